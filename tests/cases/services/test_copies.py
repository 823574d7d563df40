"""Are two reports on different cases told to be nearly the same, both of them, and no others?"""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.enums import FlagKind
from cases.models import Flag, Response
from cases.services.clocks import detect_copies, refresh_cases
from tests.factories import DAY, HOUR, NARRATIVE, NOW, CaseFactory, ResponseFactory

pytestmark = pytest.mark.django_db

OTHER = (
    "A teacher called the hotline after a pupil spoke at school. The child was met at the advocacy "
    "center, where a trained interviewer asked and the detective watched. Photographs of bruises "
    "on both arms were taken by the nurse. The stepfather was told to leave the house until the "
    "court decides. Bedding was collected and sealed. The prosecutor has the file and will answer "
    "within the month; a second interview with the aunt is planned for next week at the station."
)


def report(text: str = NARRATIVE, **fields: object) -> Response:
    made: Response = ResponseFactory.create(
        case=CaseFactory.create(), initial_report=True, narrative=text, **fields
    )
    return made


def compare(*reports: Response) -> set[UUID]:
    return detect_copies(response_ids=[one.pk for one in reports], now=NOW)


def test_both_sides_of_a_copy_are_marked_from_when_both_were_on_record() -> None:
    first = report(entered_at=NOW - 2 * DAY)
    compare(first)
    second = report(NARRATIVE.replace("caregiver", "mother"), entered_at=NOW - HOUR)

    marked = compare(second)

    first.refresh_from_db()
    second.refresh_from_db()
    assert marked == {first.case_id, second.case_id}
    assert (first.copy_of, second.copy_of) == (second, first)
    assert first.copied_at == second.copied_at == NOW - HOUR
    assert first.copied_similarity == second.copied_similarity
    assert first.copied_similarity is not None
    assert 0.9 <= first.copied_similarity < 1


def test_both_cases_are_flagged_when_refreshed() -> None:
    one, other = report(), report()

    refresh_cases(case_ids=compare(one, other), now=NOW)

    flags = Flag.objects.filter(kind=FlagKind.COPIED_NARRATIVE)
    assert {flag.case_id for flag in flags} == {one.case_id, other.case_id}


def test_different_texts_are_no_copies() -> None:
    assert compare(report(NARRATIVE), report(OTHER)) == set()
    assert not Response.objects.filter(copied_at__isnull=False).exists()


def test_a_correction_on_the_same_case_is_no_copy() -> None:
    case = CaseFactory.create()
    versions = ResponseFactory.create_batch(2, case=case, initial_report=True)

    assert compare(*versions) == set()


def test_short_texts_and_other_kinds_are_not_compared() -> None:
    short = "Officer responded. Nothing further."

    assert compare(report(short), report(short)) == set()
    supplements = [ResponseFactory.create(case=CaseFactory.create()) for _ in range(2)]
    assert compare(*supplements) == set()
    assert not Response.objects.filter(bands__isnull=False).exists()


def test_only_names_changed_is_still_a_copy() -> None:
    one = report(f"V-7Q2MX was seen. {NARRATIVE}")
    other = report(f"V-K4T9P was seen. {NARRATIVE}")

    compare(one, other)

    one.refresh_from_db()
    assert one.copied_similarity == 1


def test_a_closer_copy_takes_the_place_of_a_distant_one_and_keeps_the_first_moment() -> None:
    first = report(entered_at=NOW - 3 * DAY)
    distant = report(NARRATIVE.replace("caregiver", "mother"), entered_at=NOW - 2 * DAY)
    compare(first, distant)
    exact = report(entered_at=NOW - DAY)

    compare(exact)

    first.refresh_from_db()
    assert (first.copy_of, first.copied_similarity) == (exact, 1)
    assert first.copied_at == NOW - 2 * DAY


def test_comparing_again_marks_nothing_new() -> None:
    pair = report(), report()
    compare(*pair)

    assert compare(*pair) == set()


def test_what_is_not_entered_yet_is_not_compared() -> None:
    assert compare(report(), report(entered_at=NOW + HOUR)) == set()


def test_as_many_queries_for_thirty_reports_as_for_two() -> None:
    def queries(count: int) -> int:
        reports = [report() for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            compare(*reports)
        return len(captured)

    assert queries(2) == queries(30)


def test_candidates_come_from_the_index() -> None:
    one = report()
    compare(one)
    fields = [field.attname for field in Response._meta.concrete_fields]
    columns = ", ".join(name for name in fields if name not in {"id", "bands"})
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO cases_response (id, bands, {columns}) "
            "SELECT gen_random_uuid(), ARRAY(SELECT (random() * 1e15)::bigint + n "
            f"FROM generate_series(1, 32)), {columns} FROM cases_response, "
            "generate_series(1, 5000) AS n WHERE id = %s",
            [one.pk],
        )
        cursor.execute("SELECT gin_clean_pending_list('response_bands')")
        cursor.execute("ANALYZE cases_response")
        before = index_scans(cursor)
        compare(one)

        assert index_scans(cursor) > before


def index_scans(cursor: Any) -> int:
    cursor.execute("SELECT pg_stat_get_xact_numscans('response_bands'::regclass)")
    return int(cursor.fetchone()[0])
