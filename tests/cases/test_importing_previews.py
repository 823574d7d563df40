"""Is an upload sealed as it arrives, and does its preview say what the import will do?"""

from pathlib import Path
from uuid import uuid4

import pytest

from audit.events import Event
from audit.models import Entry
from cases.access import Hidden, Viewer, viewer_for
from cases.enums import RoleCode
from cases.models import Case, ImportChunk, ImportRun, SavedMapping, Squad
from cases.services.importing import previews
from cases.services.importing.errors import ImportRefused
from cases.services.importing.uploads import CHUNK, MOST_BYTES, SealedUpload, TooLarge, uploaded
from tests.cases.importing_files import LAPD, NOW, PEOPLE, bundle, event, imported, numbers, zipped
from tests.cases.importing_uploads import carried_out, caseload, committed, uploaded_file
from tests.factories import AccountFactory, SquadFactory
from tests.leaks import assert_database_is_clean

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Viewer:
    return viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))


def test_an_upload_is_sealed_piece_by_piece(administrator: Viewer, tmp_path: Path) -> None:
    cases, events = caseload(2)
    data = zipped(bundle(tmp_path, cases=cases, events=events))
    upload = previews.open_upload(viewer=administrator, now=NOW)
    for at in range(0, len(data), 1_000):
        upload.write(data[at : at + 1_000])
    run = upload.finish()

    assert data[:200] not in bytes(ImportChunk.objects.get(position=0).sealed)
    with uploaded(run) as source, source.files["cases.csv"]() as stream:
        assert b"26-0002" in stream.read()
    assert_database_is_clean(PEOPLE)


def test_pieces_make_one_file_whatever_its_size(administrator: Viewer) -> None:
    data = b"case,name\n" + b"1,x\n" * (CHUNK // 4 + 10)
    run = uploaded_file(administrator, data)

    assert ImportChunk.objects.filter(run=run).count() == 2
    with uploaded(run) as source, source.files["file"]() as stream:
        assert stream.read() == data


@pytest.mark.parametrize(("size", "fits"), [(MOST_BYTES, True), (MOST_BYTES + 1, False)])
def test_an_upload_has_a_largest_size(administrator: Viewer, size: int, fits: bool) -> None:
    upload = SealedUpload(ImportRun(source="csv", created_at=NOW))
    upload.size = size - 1
    if fits:
        upload.write(b"x")
        assert upload.size == size
    else:
        with pytest.raises(TooLarge, match="larger than 1,024 MB"):
            upload.write(b"x")


def test_another_unsealed_run_does_not_open_these_pieces(administrator: Viewer) -> None:
    run = uploaded_file(administrator, LAPD.read_bytes())
    other = uploaded_file(administrator, b"a,b\n1,2\n")
    ImportChunk.objects.filter(run=other).update(
        sealed=ImportChunk.objects.get(run=run, position=0).sealed
    )

    with pytest.raises(Exception, match="does not open in its place"), uploaded(other):
        pass


# -- previews -----------------------------------------------------------------------------------


def test_a_preview_says_what_the_import_will_do_and_writes_none_of_it(
    administrator: Viewer, tmp_path: Path
) -> None:
    cases, events = caseload(3)
    bad = event("note", "2026-02-02T12:00-06:00", case_number="26-0001")
    data = zipped(bundle(tmp_path, cases=cases, events=[*events, bad]))
    run = uploaded_file(administrator, data)

    previews.preview_import(viewer=administrator, now=NOW, run_id=run.pk)

    run.refresh_from_db()
    assert numbers(run) == (11, 0, 0, 0, 1)
    assert not Case.objects.exists()
    assert not Squad.objects.exists()
    previews.commit_import(viewer=administrator, now=NOW, run_id=run.pk, squad_id=None)
    assert numbers(carried_out(run)) == (11, 0, 0, 0, 1)


def test_a_preview_of_what_has_landed_says_unchanged(administrator: Viewer) -> None:
    carried_out(committed(administrator, LAPD.read_bytes()))
    run = uploaded_file(administrator, LAPD.read_bytes())
    previews.choose_mapping(viewer=administrator, now=NOW, run_id=run.pk, name="lapd")

    previews.preview_import(viewer=administrator, now=NOW, run_id=run.pk)

    run.refresh_from_db()
    assert numbers(run) == (0, 0, 168, 0, 0)


def test_a_long_file_is_previewed_by_its_first_rows(
    administrator: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "PREVIEW_ROWS", 100)
    run = uploaded_file(administrator, LAPD.read_bytes())
    previews.choose_mapping(viewer=administrator, now=NOW, run_id=run.pk, name="lapd")

    previews.preview_import(viewer=administrator, now=NOW, run_id=run.pk)

    run.refresh_from_db()
    assert (run.rows_total, run.counts["cut"]) == (100, True)


def test_nothing_is_committed_unseen_or_twice(administrator: Viewer) -> None:
    run = uploaded_file(administrator, LAPD.read_bytes())
    previews.choose_mapping(viewer=administrator, now=NOW, run_id=run.pk, name="lapd")

    def commit() -> None:
        previews.commit_import(viewer=administrator, now=NOW, run_id=run.pk, squad_id=None)

    with pytest.raises(ImportRefused, match="Look at the preview first"):
        commit()
    previews.preview_import(viewer=administrator, now=NOW, run_id=run.pk)
    commit()
    with pytest.raises(previews.NotPreviewed):
        commit()


def test_a_drawn_mapping_is_saved_under_a_name_of_its_own(administrator: Viewer) -> None:
    run = committed(administrator, LAPD.read_bytes())
    assert not SavedMapping.objects.exists()
    ImportRun.objects.filter(pk=run.pk).update(state="previewed", counts={"previewed": True})
    squad = SquadFactory.create()

    previews.commit_import(
        viewer=administrator, now=NOW, run_id=run.pk, squad_id=squad.pk, save_as="la-2"
    )

    run.refresh_from_db()
    assert (run.squad, run.mapping) == (squad, SavedMapping.objects.get(name="la-2"))
    assert numbers(imported(LAPD, mapping="la-2")) == (168, 0, 0, 0, 0)
    assert Entry.objects.filter(event=Event.MAPPING_SAVED).count() == 1


@pytest.mark.parametrize("name", ["lapd", "taken"])
def test_a_mapping_does_not_replace_another(administrator: Viewer, name: str) -> None:
    run = committed(administrator, LAPD.read_bytes())
    SavedMapping.objects.create(name="taken", body={}, created_at=NOW)
    ImportRun.objects.filter(pk=run.pk).update(state="previewed", counts={"previewed": True})

    with pytest.raises(ImportRefused, match="A mapping of this name exists"):
        previews.commit_import(
            viewer=administrator, now=NOW, run_id=run.pk, squad_id=None, save_as=name
        )


def test_who_may_not_import_finds_nothing(administrator: Viewer) -> None:
    run = uploaded_file(administrator, LAPD.read_bytes())
    sergeant = viewer_for(AccountFactory.create(role=RoleCode.SERGEANT))

    for attempt in (
        lambda: previews.open_upload(viewer=sergeant, now=NOW),
        lambda: previews.preview_import(viewer=sergeant, now=NOW, run_id=run.pk),
        lambda: previews.upload_look(viewer=sergeant, run_id=run.pk),
        lambda: previews.discard_import(viewer=sergeant, now=NOW, run_id=run.pk),
        lambda: previews.preview_import(viewer=administrator, now=NOW, run_id=uuid4()),
    ):
        with pytest.raises(Hidden):
            attempt()
