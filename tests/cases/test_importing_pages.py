"""Can somebody bring a caseload in from the pages, seeing every reason and nobody's name?"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases import tasks
from cases.enums import ImportState, RoleCode
from cases.models import Case, ImportChunk, ImportRejection, ImportRun, InvolvedPerson, Victim
from cases.services.importing import runs
from caseunit import celery_app
from tests.cases.importing_files import (
    IMPORTER,
    LAPD,
    NOW,
    PEOPLE,
    REPORTED,
    bundle,
    event,
    zipped,
)
from tests.cases.importing_uploads import carried_out
from tests.cases.pages import MAX_QUERIES, signed_in, words
from tests.factories import AccountFactory, SquadFactory
from tests.leaks import Watch, assert_database_is_clean, assert_nothing_leaks

assert tasks.run_import.name in celery_app.tasks
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NAMED = (
    "Case No;Received;Source;Offence;Child Name;DOB;Sex;Status;Narrative\n"
    "26-1;2/23/2026 8:05;Walk-in;Child abuse;Quillfeather, Zephyrine;2/9/2018;Female;Open;"
    "Zephyrine was seen.\n"
    "26-2;2/30/2026 8:05;Walk-in;Rape;Brackwater, Odalys;2/9/2016;Female;Open;\n"
    "26-3;2/24/2026 10:00;Hospital ER;Neglect;;;Male;Closed - unfounded;\n"
)


@pytest.fixture
def client() -> Client:
    return signed_in(AccountFactory.create(role=RoleCode.ADMINISTRATOR))


def upload(client: Client, data: bytes, name: str = "caseload.csv") -> Any:
    return client.post(reverse("import-new"), {"file": SimpleUploadedFile(name, data)})


def initial(form: Any) -> dict[str, str]:
    """What a browser sends for a form that nobody has touched."""
    return {name: str(form[name].initial or "") for name in form.fields}


def mapped(client: Client, data: bytes, **corrections: str) -> Any:
    """Upload, draw what is guessed with corrections, take the guessed codes; the preview."""
    step = upload(client, data)
    page = client.get(step["Location"])
    drawn = {**initial(page.context["form"]), **corrections, "draw": "1"}
    step = client.post(
        step["Location"], {name.replace("__", "-"): value for name, value in drawn.items()}
    )
    assert step.status_code == 302, words(step)
    page = client.get(step["Location"])
    step = client.post(step["Location"], initial(page.context["form"]))
    assert step.status_code == 302, words(step)
    return client.get(step["Location"])


# -- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role",
    [RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.RECORDS, RoleCode.AUDITOR, RoleCode.PARTNER],
)
def test_who_may_not_import_finds_no_page(client: Client, role: str) -> None:
    run = upload(client, LAPD.read_bytes())["Location"].split("/")[2]
    other = signed_in(AccountFactory.create(role=role))

    for name in ("imports", "import-new"):
        assert other.get(reverse(name)).status_code == 404
    for name in ("import-detail", "import-map", "import-codes", "import-preview"):
        assert other.get(reverse(name, args=[run])).status_code == 404
    for name in ("import-commit", "import-discard"):
        assert other.post(reverse(name, args=[run])).status_code == 404
    assert upload(other, b"a,b\n1,2\n").status_code == 404
    assert ImportRun.objects.count() == 1


def test_what_does_not_exist_is_not_found(client: Client) -> None:
    for name in ("import-detail", "import-map", "import-codes", "import-preview"):
        assert client.get(reverse(name, args=[uuid4()])).status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in() -> None:
    assert Client().get(reverse("imports")).status_code == 302
    assert upload(Client(), b"a,b\n1,2\n").status_code == 302
    assert not ImportChunk.objects.exists()


# -- upload -------------------------------------------------------------------------------------


def test_an_upload_never_touches_the_disk(client: Client, tmp_path: Path, settings: Any) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    data = b"case,name\n" + b"1,Zephyrine\n" * 300_000

    answer = upload(client, data, name="Zephyrine Quillfeather.csv")

    assert answer.status_code == 302
    assert list(tmp_path.iterdir()) == []
    assert ImportChunk.objects.count() == 4
    assert_database_is_clean(PEOPLE)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"a,a\n1,2\n", "columns 1 and 2 have the same name"),
        (b"26-1,2/3/2026,Quillfeather\n26-2,2/4/2026,Mirecroft\n", "has no header"),
        (b"a,b\n", "has a header and no rows"),
        (b"%PDF-1.7\x00\x01\x02\x03\x04\xff\xfe" * 20, "is not"),
        (b"PK\x03\x04nonsense", "The zip file is damaged"),
    ],
)
def test_a_bad_upload_gets_a_sentence_and_is_not_kept(
    client: Client, data: bytes, sentence: str
) -> None:
    answer = upload(client, data)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not ImportRun.objects.exists()
    assert not ImportChunk.objects.exists()
    assert_nothing_leaks(answer, PEOPLE)


def test_no_file_gets_a_sentence(client: Client) -> None:
    answer = client.post(reverse("import-new"), {})

    assert (answer.status_code, "Choose a file." in words(answer)) == (422, True)


def test_only_one_file_is_taken(client: Client) -> None:
    two = [SimpleUploadedFile("a.csv", b"a,b\n1,2\n"), SimpleUploadedFile("b.csv", b"c,d\n1,2\n")]

    client.post(reverse("import-new"), {"file": two, "other": SimpleUploadedFile("c.csv", b"x")})

    assert ImportRun.objects.count() == 1
    assert ImportChunk.objects.count() == 1


def test_a_form_of_somebody_elses_page_is_refused_and_not_kept() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(AccountFactory.create(role=RoleCode.ADMINISTRATOR))

    refused = upload(client, LAPD.read_bytes())

    assert refused.status_code == 403
    assert not ImportRun.objects.exists()
    token = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"',
        words_with_tags(client.get(reverse("import-new"))),
    )
    assert token is not None
    body = {"csrfmiddlewaretoken": token[1], "file": SimpleUploadedFile("a.csv", LAPD.read_bytes())}
    assert client.post(reverse("import-new"), body).status_code == 302


def words_with_tags(response: Any) -> str:
    return str(response.content.decode())


# -- mapping ------------------------------------------------------------------------------------


def test_the_real_export_is_guessed_mapped_and_landed(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    preview = mapped(
        client, LAPD.read_bytes(), **{"channel-value": "scene", "time_zone": "America/Los_Angeles"}
    )

    said = words(preview)
    assert "51 rows would not land" in said
    assert '"Status Desc" has a code that the mapping does not translate' in said
    run = preview.context["card"].id
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("import-commit", args=[run]), {"squad": "", "save_as": "la"})
    detail = client.get(answer["Location"])
    assert "Done" in words(detail)
    assert Case.objects.count() == 117


def test_a_shipped_mapping_is_chosen(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    squad = SquadFactory.create(name="West")
    step = upload(client, LAPD.read_bytes())

    step = client.post(step["Location"], {"choose": "1", "mapping": "lapd"})
    preview = client.get(step["Location"])
    assert "Every row would land" in words(preview)
    assert not Case.objects.exists()
    run = preview.context["card"].id
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("import-commit", args=[run]), {"squad": str(squad.pk)})

    assert Case.objects.filter(squad=squad).count() == 168


def test_names_are_never_on_a_page(
    client: Client, watch: Watch, django_capture_on_commit_callbacks: Any
) -> None:
    step = upload(client, NAMED.encode("cp1252"), name="Quillfeather Zephyrine.csv")
    map_page = client.get(step["Location"])
    preview = mapped(client, NAMED.encode("cp1252"))
    run = preview.context["card"].id
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            reverse("import-commit", args=[run]), {"squad": "", "save_as": "named"}
        )
    pages = [map_page, preview, client.get(answer["Location"]), client.get(reverse("imports"))]

    assert "Aaaaaaaaaaaa, Aaaaaaaaa" in map_page.content.decode()
    assert "name given, 6-9, female" in words(preview)
    assert Case.objects.count() == 2
    for page in pages:
        assert_nothing_leaks(page, PEOPLE)
    assert_database_is_clean(PEOPLE)
    watch.nothing_leaked(PEOPLE)
    watch.no_models_in_contexts(Victim, InvolvedPerson, Case, ImportRun, ImportRejection)


def test_guesses_read_headers_as_people_write_them(client: Client) -> None:
    form = client.get(upload(client, NAMED.encode())["Location"]).context["form"]

    guessed = {
        name: value for name, value in initial(form).items() if name.endswith("-column") and value
    }
    assert guessed == {
        "case_number-column": "Case No",
        "received_at-column": "Received",
        "channel-column": "Source",
        "offense_class-column": "Offence",
        "victim_name-column": "Child Name",
        "victim_birth_date-column": "DOB",
        "victim_sex-column": "Sex",
        "status-column": "Status",
        "report-column": "Narrative",
    }


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"case_number-column": ""}, "Choose the column for: case number."),
    ({"channel-column": ""}, "or say that it is always the same"),
    ({"channel-value": "scene"}, "choose a column or one value for all, not both"),
    ({"received_at-column": "Sex"}, "Nothing that reads as a date"),
    ({"victim_last_name-column": "Child Name"}, "Keep one of the two ways"),
    ({"time_zone": "Mars"}, "time_zone is no time zone"),
]


@pytest.mark.parametrize(("change", "sentence"), MISTAKES)
def test_a_mapping_drawn_wrong_gets_a_sentence(
    client: Client, change: Mapping[str, str], sentence: str
) -> None:
    step = upload(client, NAMED.encode())["Location"]
    form = client.get(step).context["form"]

    answer = client.post(step, {**initial(form), **change, "draw": "1"})

    assert answer.status_code == 422
    assert sentence in words(answer)


def test_dates_that_read_two_ways_are_asked_about(client: Client) -> None:
    data = b"Case No,Received,Source,Offense\n1,02/03/2026,x,y\n2,04/05/2026,x,y\n"
    step = upload(client, data)["Location"]
    form = client.get(step).context["form"]

    asked = client.post(step, {**initial(form), "draw": "1"})
    told = client.post(step, {**initial(form), "received_at-formats": "%d/%m/%Y", "draw": "1"})

    assert "month first and day first alike" in words(asked)
    assert told.status_code == 302


def test_a_column_of_names_is_never_listed_as_codes(client: Client) -> None:
    step = upload(client, NAMED.encode())["Location"]
    form = client.get(step).context["form"]
    wrong = {**initial(form), "victim_name-column": "", "offense_class-column": "Child Name"}
    codes = client.post(step, {**wrong, "draw": "1"})["Location"]

    answer = client.get(codes, follow=True)

    assert "That is no column of codes" in words(answer)
    assert_nothing_leaks(answer, PEOPLE)


def test_a_mapping_can_be_corrected_after_the_preview(client: Client) -> None:
    preview = mapped(client, NAMED.encode())
    run = preview.context["card"].id

    form = client.get(reverse("import-map", args=[run])).context["form"]

    assert form["offense_class-column"].initial == "Offence"
    assert form["received_at-formats"].initial in ("auto", "%m/%d/%Y %H:%M")


def test_a_mapping_that_does_not_fit_the_file_says_so(client: Client) -> None:
    step = upload(client, NAMED.encode())["Location"]

    answer = client.post(step, {"choose": "1", "mapping": "lapd"}, follow=True)

    assert 'no column "DR_NO"' in words(answer)


# -- preview, commit, detail --------------------------------------------------------------------


def test_a_bundle_is_previewed_in_the_background(
    client: Client, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    bad = event("note", "2026-02-02T12:00-06:00")
    data = zipped(bundle(tmp_path, events=(REPORTED, bad)))
    step = upload(client, data)["Location"]
    waiting = client.get(step)
    assert "The file is being read" in words(waiting)
    assert client.get(step, headers={"HX-Request": "true"}).status_code == 204
    ImportRun.objects.all().delete()

    with django_capture_on_commit_callbacks(execute=True):
        step = upload(client, data)["Location"]
    preview = client.get(step)

    assert "1 row would not land" in words(preview)
    assert "kind is none of" in words(preview)
    assert client.get(step, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert_nothing_leaks(preview, PEOPLE)


def test_a_bundle_that_cant_be_read_is_told_on_its_page(
    client: Client, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    folder = bundle(tmp_path)
    (folder / "events.csv").write_text("case_number\n")

    with django_capture_on_commit_callbacks(execute=True):
        step = upload(client, zipped(folder))["Location"]

    said = words(client.get(step))
    assert "This can't be imported yet" in said
    assert "events.csv lacks the columns" in said


def test_an_import_that_waits_shows_how_far_it_is(client: Client) -> None:
    preview = mapped(client, NAMED.encode())
    run = ImportRun.objects.get(pk=preview.context["card"].id)
    detail = reverse("import-detail", args=[run.pk])
    client.post(reverse("import-commit", args=[run.pk]), {"squad": ""})

    assert "Waiting to begin" in words(client.get(detail))
    ImportRun.objects.filter(pk=run.pk).update(
        state="running", started_at=NOW, rows_total=3, rows_done=1
    )
    partial = client.get(detail, headers={"HX-Request": "true"})
    assert "1 of 3 rows" in words(partial)
    assert b'hx-trigger="every 2s"' in partial.content
    assert b"<html" not in partial.content
    carried_out(run)
    done = client.get(detail, headers={"HX-Request": "true"})
    assert b"hx-trigger" not in done.content
    assert "Landed 2" in words(done)


def test_committing_twice_is_committing_once(client: Client) -> None:
    preview = mapped(client, NAMED.encode())
    commit = reverse("import-commit", args=[preview.context["card"].id])

    first = client.post(commit, {"squad": ""})
    second = client.post(commit, {"squad": ""})

    assert first["Location"] == second["Location"]
    assert ImportRun.objects.get().state == ImportState.QUEUED


def test_what_was_committed_is_mapped_no_more(client: Client) -> None:
    run = mapped(client, NAMED.encode()).context["card"].id
    detail = reverse("import-detail", args=[run])
    client.post(reverse("import-commit", args=[run]), {"squad": ""})
    carried_out(ImportRun.objects.get(pk=run))

    for name in ("import-map", "import-codes"):
        assert client.get(reverse(name, args=[run]))["Location"] == detail
        assert client.post(reverse(name, args=[run]), {"draw": "1"})["Location"] == detail


def test_a_bundle_is_not_mapped(client: Client, tmp_path: Path) -> None:
    preview = upload(client, zipped(bundle(tmp_path)))["Location"]
    run = ImportRun.objects.get().pk

    assert client.get(reverse("import-map", args=[run]))["Location"] == preview


def test_a_name_for_the_mapping_that_is_taken(client: Client) -> None:
    preview = mapped(client, NAMED.encode())

    answer = client.post(
        reverse("import-commit", args=[preview.context["card"].id]),
        {"squad": "", "save_as": "lapd"},
    )

    assert answer.status_code == 422
    assert "A mapping of this name exists" in words(answer)
    assert ImportRun.objects.get().state == ImportState.PREVIEWED


def test_an_upload_is_discarded(client: Client) -> None:
    upload(client, NAMED.encode())
    run = ImportRun.objects.get()

    answer = client.post(reverse("import-discard", args=[run.pk]), follow=True)

    assert "nothing of it was kept" in words(answer)
    assert not ImportChunk.objects.exists()
    again = client.post(reverse("import-discard", args=[run.pk]), follow=True)
    assert "committed or discarded already" in words(again)


def test_the_same_file_again_is_said_before_it_is_committed(client: Client) -> None:
    for _ in range(2):
        preview = mapped(client, NAMED.encode())
        run = ImportRun.objects.get(pk=preview.context["card"].id)
        client.post(reverse("import-commit", args=[run.pk]), {"squad": ""})
        carried_out(run)

    assert "This very file was imported" in words(mapped(client, NAMED.encode()))


def test_many_reasons_come_page_by_page(client: Client) -> None:
    rows = "".join(f"{at};2/30/2026 8:05;x;y;;;;;\n" for at in range(150))
    preview = mapped(client, (NAMED + rows).encode())

    assert len(preview.context["rejections"].rows) == 100
    after = preview.context["rejections"].after
    more = client.get(
        reverse("import-preview", args=[preview.context["card"].id]), {"after": after}
    )
    assert len(more.context["rejections"].rows) == 51
    odd = client.get(reverse("import-preview", args=[preview.context["card"].id]), {"after": "²"})
    assert len(odd.context["rejections"].rows) == 100


@pytest.fixture
def broker_down() -> Iterator[None]:
    """Tasks are published to an address where nothing listens."""
    conf = celery_app.conf
    before = {"task_always_eager": conf.task_always_eager, "broker_url": conf.broker_url}
    conf.update(task_always_eager=False, broker_url="redis://127.0.0.1:1/0")
    _forget_connections()
    yield
    conf.update(before)
    _forget_connections()


def _forget_connections() -> None:
    """Kept ones lead to the address that there was: not to ours now, nor from ours later."""
    celery_app._after_fork()  # type: ignore[attr-defined]


def test_a_broker_that_is_down_delays_and_loses_nothing(
    client: Client, broker_down: None, django_capture_on_commit_callbacks: Any
) -> None:
    preview = mapped(client, NAMED.encode())
    run = ImportRun.objects.get(pk=preview.context["card"].id)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("import-commit", args=[run.pk]), {"squad": ""})

    assert answer.status_code == 302
    run.refresh_from_db()
    assert run.state == ImportState.QUEUED
    runs.resume_imports(viewer=IMPORTER, now=NOW, clock=lambda: NOW)
    run.refresh_from_db()
    assert run.state == ImportState.DONE


@pytest.mark.parametrize(
    "name",
    ["imports", "import-new", "import-map", "import-codes", "import-preview", "import-detail"],
)
def test_each_page_keeps_to_its_queries_and_leaves_an_entry(
    client: Client, name: str, django_assert_max_num_queries: Any
) -> None:
    run = mapped(client, NAMED.encode()).context["card"].id
    arguments = [] if name in ("imports", "import-new") else [run]
    looks = Entry.objects.exclude(event=Event.KEYS_USED)
    before = looks.count()

    with django_assert_max_num_queries(MAX_QUERIES):
        page = client.get(reverse(name, args=arguments))

    assert page.status_code == 200
    assert looks.count() == before + 1


def test_who_imports_sees_no_case(client: Client) -> None:
    preview = mapped(client, NAMED.encode())
    run = ImportRun.objects.get(pk=preview.context["card"].id)
    client.post(reverse("import-commit", args=[run.pk]), {"squad": ""})
    carried_out(run)

    case = Case.objects.get(number="26-1")
    assert client.get(reverse("case-detail", args=[case.pk])).status_code == 404
