"""Does another department's one-file export land, however it is written?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils.timezone import localtime

from cases.enums import FlagKind
from cases.models import (
    Assignment,
    Case,
    CaseStateChange,
    Flag,
    InvolvedPerson,
    Officer,
    Response,
    Squad,
    Victim,
)
from cases.models.case import OPEN
from cases.models.sealing import open_identity_of
from tests.cases.importing_files import LAPD, NOW, imported, numbers, rejected
from tests.factories import OfficerFactory, SquadFactory
from tests.leaks import Watch, assert_database_is_clean

pytestmark = pytest.mark.django_db

# -- the real one -------------------------------------------------------------------------------


def test_every_row_of_the_real_export_lands() -> None:
    run = imported(LAPD, mapping="lapd")

    assert numbers(run) == (168, 0, 0, 0, 0)
    open_cases = Case.objects.filter(OPEN)
    assert open_cases.count() == 78
    assert not open_cases.filter(detective__isnull=False).exists()
    ended = Case.objects.exclude(pk__in=open_cases)
    assert {(case.state, case.disposition) for case in ended} == {
        ("closed", "cleared_arrest"),
        ("closed", "cleared_exceptional"),
    }
    assert not ended.filter(closed_at__isnull=False).exists()


def test_each_open_case_of_it_is_raised_to_a_supervisor() -> None:
    imported(LAPD, mapping="lapd")

    raised = Flag.objects.filter(kind=FlagKind.ORPHANED, status="open")
    assert set(raised.values_list("case", flat=True)) == set(
        Case.objects.filter(OPEN).values_list("pk", flat=True)
    )
    assert not Flag.objects.exclude(kind=FlagKind.ORPHANED).exists()


def test_importing_the_real_export_again_changes_nothing() -> None:
    imported(LAPD, mapping="lapd")
    cases = list(Case.objects.order_by("pk").values())
    flags = list(Flag.objects.order_by("pk").values())

    run = imported(LAPD, mapping="lapd", at=NOW + timedelta(hours=2))

    assert numbers(run) == (0, 0, 168, 0, 0)
    assert list(Case.objects.order_by("pk").values()) == cases
    assert list(Flag.objects.order_by("pk").values()) == flags


def test_what_the_real_export_says_of_a_case() -> None:
    imported(LAPD, mapping="lapd")

    case = Case.objects.get(number="220813309")
    assert (case.offense_class, case.nibrs, case.division) == ("sodomy", "11B", "West LA")
    assert case.received_at == datetime(2022, 8, 15, 7, tzinfo=UTC)
    assert case.happened_at == datetime(2020, 8, 24, 19, tzinfo=UTC)
    assert case.entered_at == NOW
    victim = case.victims.get()
    assert (victim.age_band, victim.sex, open_identity_of(victim)) == ("6-9", "M", {})
    assert case.carries == []


def test_a_report_of_the_same_day_came_in_no_earlier_than_it_happened() -> None:
    imported(LAPD, mapping="lapd")

    case = Case.objects.get(number="200810018")
    assert case.received_at == case.happened_at == datetime(2020, 5, 27, 22, 45, tzinfo=UTC)


def test_ages_and_sexes_that_are_not_recorded() -> None:
    imported(LAPD, mapping="lapd")

    assert Victim.objects.filter(age_band="unknown").count() == 1
    assert Victim.objects.filter(age_band="18+").count() == 1
    assert Victim.objects.filter(sex="").count() == 2


def test_a_named_squad_gets_the_cases_and_its_sergeant_the_flags() -> None:
    squad = SquadFactory.create(name="West", led=True)

    imported(LAPD, mapping="lapd", squad_name="West")

    assert set(Case.objects.values_list("squad", "supervisor")) == {(squad.pk, squad.sergeant_id)}
    assert set(Flag.objects.values_list("supervisor", flat=True)) == {squad.sergeant_id}


# -- nasty ones ---------------------------------------------------------------------------------

GERMAN = """
schema = 1
title = "Invented department, semicolons and dots"
time_zone = "Europe/Berlin"
[fields]
case_number = { column = "Aktenzeichen" }
received_at = { column = "Eingang", formats = ["%d.%m.%Y"], time_column = "Uhrzeit" }
victim_name = { column = "Kind (Name)" }
victim_birth_date = { column = "geb.", formats = ["%d.%m.%Y", "%d.%m.%y"] }
victim_sex = { column = "Geschl.", codes = { "w" = "F", "m" = "M", "d" = "X" }, default = "" }
report = { column = "Sachverhalt" }
[fields.channel]
column = "Weg"
codes = { "Notruf" = "scene", "Wache" = "walk_in", "Klinik" = "hospital" }
[fields.offense_class]
column = "Delikt"
default = "unclassified"
codes = { "Mißhandlung" = "abuse", "Vernachlässigung" = "neglect" }
[fields.status]
column = "Stand"
codes = { "offen" = "open", "eingestellt" = "inactive" }
"""


def test_semicolons_dots_and_eight_bit_text(tmp_path: Path, watch: Watch) -> None:
    mapping = _written(tmp_path / "german.toml", GERMAN)
    text = (
        "Aktenzeichen;Eingang;Uhrzeit;Weg;Kind (Name);geb.;Geschl.;Delikt;Stand;Sachverhalt\r\n"
        "A-1;03.02.2026;0830;Klinik;Müllerström, Zoë;09.02.18;W;Mißhandlung;offen;"
        '"Zoë Müllerström\r\n'
        'wurde gesehen; keine Verletzung.\r\nAngaben zu MÜLLERSTRÖM folgen."\r\n'
        ";;;;;;;;;\r\n"
        "A-2;04.02.2026;;NOTRUF;;;;vernachlässigung;Eingestellt;\r\n"
        "A-2;04.02.2026;;NOTRUF;;;;vernachlässigung;Eingestellt;\r\n"
        "A-3;31.02.2026;;Wache;Niemand, Nora;;;;offen;\r\n"
    )
    path = tmp_path / "export.csv"
    path.write_bytes(text.encode("cp1252"))

    run = imported(path, mapping=mapping)

    assert numbers(run) == (2, 0, 1, 1, 1)
    [(file, line, reason)] = rejected(run)
    assert (file, line) == ("file", 8)
    assert '"Eingang" does not read as any of the date formats' in reason
    first, second = Case.objects.order_by("number")
    assert first.received_at == datetime(2026, 2, 3, 7, 30, tzinfo=UTC)
    assert (first.channel, first.offense_class, second.state) == ("hospital", "abuse", "inactive")
    child = first.victims.get()
    identity = {"first_name": "Zoë", "last_name": "Müllerström", "birth_date": "2018-02-09"}
    assert open_identity_of(child) == identity
    narrative = Response.objects.get().narrative
    assert "Müllerström" not in narrative
    assert child.pseudonym in narrative
    assert_database_is_clean([identity])
    watch.nothing_leaked([identity])
    assert numbers(imported(path, mapping=mapping)) == (0, 0, 3, 1, 1)


AMERICAN = """
schema = 1
[fields]
case_number = { column = "INCIDENT #" }
received_at = { column = "rpt date", formats = ["%m/%d/%y %I:%M %p"] }
channel = { value = "walk_in" }
victim_first_name = { column = "Vic First" }
victim_last_name = { column = "VIC LAST" }
victim_age = { column = "Vic Age", not_recorded = ["0", "UNK", "999"] }
victim_sex = { column = "Vic Sex" }
suspect_name = { column = "Suspect" }
assigned_badge = { column = "Det", unknown = "unassigned" }
serious_injury = { column = "Injury" }
disposition = { column = "Dispo", codes = { "EXC" = "cleared_exceptional", "UNF" = "unfounded" } }
closed_at = { column = "Closed", formats = ["%m/%d/%y"] }
[fields.status]
column = "Case Status"
codes = { "OPEN/ACTIVE" = "open", "CLOSED" = "closed", "pend lab" = "awaiting_lab" }
[fields.offense_class]
column = "UCR"
codes = { "11A" = "rape", "13A" = "abuse", "13B" = "non_abuse" }
"""


HEADER = (
    "incident #,RPT DATE,vic first,Vic Last,VIC AGE,vic sex,suspect,det,injury,dispo,closed,"
    "case status,ucr"
)


def test_a_byte_order_mark_mixed_case_and_windows_line_ends(tmp_path: Path) -> None:
    mapping = _written(tmp_path / "american.toml", AMERICAN)
    detective = OfficerFactory.create(badge="D77", squad=SquadFactory.create(led=True))
    text = (
        f"{HEADER},unused\r\n"
        "26-1,2/3/26 8:05 AM,Zephyrine,Quillfeather,7 yrs,girl,Thaddeus Mirecroft,D77,Y,,,"
        "open/active,11a,x\r\n"
        "\r\n"
        "26-2,2/3/26 12:00 AM,,,UNK,U,,NEW1,n,,,Open/Active,13A.0,x\r\n"
        "26-3,2/4/26 1:00 PM,,,16,M,,,,Unf,2/20/26,Closed,13b,x\r\n"
        "26-4,2/4/26 1:00 PM,,,16,M,,,,,2/20/26,Closed,13b,x\r\n"
        "26-5,2/4/26 1:00 PM,,,16,M,,,,,,Pend  Lab,13b,x\r\n"
        "26-6,2/4/26 1:00 PM,,,16,M,,,,,,archived,13b,x\r\n"
    )
    path = tmp_path / "export.csv"
    path.write_bytes(text.encode("utf-8-sig"))

    run = imported(path, mapping=mapping)

    assert numbers(run) == (3, 0, 0, 1, 3)
    reasons = {line: reason for _, line, reason in rejected(run)}
    assert sorted(reasons) == [4, 6, 8]
    assert '"UCR" has a code that the mapping does not translate' in reasons[4]
    assert "no disposition is given" in reasons[6]
    assert '"Case Status" has a code' in reasons[8]
    first = Case.objects.get(number="26-1")
    assert (first.detective, first.squad, first.serious_injury) == (
        detective,
        detective.squad,
        True,
    )
    assert first.carries == ["assignments", "suspects"]
    assert first.victims.get().sex == "F"
    assert localtime(first.received_at).hour == 8
    closed = Case.objects.get(number="26-3")
    assert closed.closed_at == datetime(2026, 2, 20, 6, tzinfo=UTC)
    assert closed.state_changes.get(state="closed").entered_at == NOW
    assert Case.objects.get(number="26-5").state == "awaiting_lab"
    assert InvolvedPerson.objects.get().role == "suspect"


def test_an_unknown_detective_leaves_the_case_to_be_seen(tmp_path: Path) -> None:
    mapping = _written(tmp_path / "american.toml", AMERICAN)
    path = tmp_path / "export.csv"
    path.write_text(f"{HEADER}\n26-2,2/3/26 12:00 AM,,,UNK,U,,NEW1,n,,,Open/Active,13A\n")
    imported(path, mapping=mapping)
    assert Flag.objects.get(case__number="26-2").kind == FlagKind.ORPHANED

    OfficerFactory.create(badge="NEW1")
    run = imported(path, mapping=mapping)

    assert numbers(run) == (0, 1, 0, 0, 0)
    assert Assignment.objects.get().officer == Officer.objects.get(badge="NEW1")
    assert not Flag.objects.exclude(status="resolved").filter(kind=FlagKind.ORPHANED).exists()


def test_an_unknown_detective_is_listed_where_the_mapping_says_so(tmp_path: Path) -> None:
    mapping = _written(tmp_path / "strict.toml", AMERICAN.replace(', unknown = "unassigned"', ""))
    path = tmp_path / "export.csv"
    path.write_text(f"{HEADER}\n26-2,2/3/26 12:00 AM,,,UNK,U,,NEW1,n,,,Open/Active,13A\n")

    run = imported(path, mapping=mapping)

    assert "assigned_badge is not on record" in rejected(run)[0][2]
    assert not Case.objects.exists()


SPREADSHEET = """
schema = 1
[fields]
case_number = { column = "case_id" }
received_at = { column = "opened_on" }
channel = { column = "source", default = "scene", codes = { "1" = "hotline", "2" = "hospital" } }
offense_class = { column = "nature" }
division = { column = "district" }
nibrs = { column = "nature", codes = { "rape" = "11A" }, default = "" }
reporter_name = { column = "reported_by" }
"""


def test_tabs_in_utf_16_with_spreadsheet_numbers(tmp_path: Path) -> None:
    mapping = _written(tmp_path / "sheet.toml", SPREADSHEET)
    text = (
        "\tcase_id\topened_on\tsource\tnature\tdistrict\treported_by\r\n"
        "0\t1001\t2026-02-03\t1.0\tRape\tÉast\tNemo, Nadia\r\n"
        '1\t1002\t2026-02-03T10:30:00-08:00\t9\tPhysical abuse\t"No ""12"""\t\r\n'
        "2\t\t2026-02-03\t1\tRape\t\t\r\n"
        "3\t1004\r\n"
        "4\t1005\t2026-02-03\t2\tRape\t\t\t\t\r\n"
    )
    path = tmp_path / "export.txt"
    path.write_bytes(text.encode("utf-16"))

    run = imported(path, mapping=mapping)

    assert numbers(run) == (3, 0, 0, 0, 2)
    assert [(line, reason[:24]) for _, line, reason in rejected(run)] == [
        (4, '"case_id" is empty. Fill'),
        (5, "The row has 2 columns an"),
    ]
    one, two, three = Case.objects.order_by("number")
    assert (one.channel, one.nibrs, one.division) == ("hotline", "11A", "Éast")
    assert one.received_at == datetime(2026, 2, 3, 6, tzinfo=UTC)
    assert (two.channel, two.offense_class, two.nibrs) == ("scene", "abuse", "")
    assert two.received_at == datetime(2026, 2, 3, 18, 30, tzinfo=UTC)
    assert two.division == 'No "12"'
    assert three.channel == "hospital"
    assert InvolvedPerson.objects.get().role == "reporter"


def test_one_row_for_each_child_of_a_case(tmp_path: Path) -> None:
    mapping = _written(tmp_path / "american.toml", AMERICAN)
    path = tmp_path / "export.csv"
    path.write_text(
        f"{HEADER}\n"
        "26-1,2/3/26 8:05 AM,Zephyrine,Quillfeather,7,F,,,,,,open/active,11A\n"
        "26-1,2/3/26 8:05 AM,Marigold,Quillfeather,4,F,,,,,,open/active,11A\n"
        "26-1,2/3/26 8:05 AM,Zephyrine,Quillfeather,7,F,,,,,,open/active,13A\n"
    )

    run = imported(path, mapping=mapping)

    assert numbers(run) == (2, 0, 0, 0, 1)
    assert Case.objects.get().victims.count() == 2
    assert "than line 2" in rejected(run)[0][2]


def test_a_case_that_ended_meanwhile_is_ended_here(tmp_path: Path) -> None:
    mapping = _written(tmp_path / "american.toml", AMERICAN)
    path = tmp_path / "export.csv"
    header = f"{HEADER}\n"
    path.write_text(header + "26-3,2/4/26 1:00 PM,,,16,M,,,,,,Open/Active,13b\n")
    imported(path, mapping=mapping)
    path.write_text(header + "26-3,2/4/26 1:00 PM,,,16,M,,,,EXC,2/20/26,closed,13b\n")

    run = imported(path, mapping=mapping, at=NOW + timedelta(days=1))

    assert numbers(run) == (0, 1, 0, 0, 0)
    case = Case.objects.get()
    assert (case.state, case.disposition) == ("closed", "cleared_exceptional")
    assert CaseStateChange.objects.filter(case=case, state="closed").count() == 1
    path.write_text(header + "26-3,2/4/26 1:00 PM,,,16,M,,,,,,Open/Active,13b\n")
    assert "has ended here" in rejected(imported(path, mapping=mapping))[0][2]


def test_a_column_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    mapping = _written(tmp_path / "sheet.toml", SPREADSHEET)
    path = tmp_path / "export.csv"
    path.write_text("case_id,opened_on\n1,2026-02-03\n")

    with pytest.raises(ValueError, match='no column "source", "nature", "district"'):
        imported(path, mapping=mapping)

    assert not Squad.objects.exists()
    assert not Case.objects.exists()


def _written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)
