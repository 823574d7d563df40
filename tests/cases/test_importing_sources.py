"""Is a bundle found in a folder or a zip, and is a hostile or damaged zip refused in a sentence?"""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.services.importing.errors import ImportRefused
from cases.services.importing.rows import CASES, EVENTS
from cases.services.importing.sources import (
    BUNDLE_FILES,
    MOST_ENTRIES,
    RATIO_COUNTS_FROM,
    source_at,
    source_of,
)
from tests.cases.importing_files import bundle, zipped


def opened(data: bytes) -> dict[str, bytes]:
    with source_of(io.BytesIO(data)) as source:
        found = {}
        for name, opener in source.files.items():
            with opener() as stream:
                found[name] = stream.read()
        return found


def archive(entries: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return data.getvalue()


WHOLE = dict.fromkeys(BUNDLE_FILES, b"header\n")


def test_a_folder_and_its_zip_hold_the_same(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "caseload")

    with source_at(folder) as source:
        assert source.kind == "bundle"
        with source.files[CASES]() as stream:
            from_folder = stream.read()

    assert opened(zipped(folder))[CASES] == from_folder
    assert opened(zipped(folder, inside="caseload/"))[CASES] == from_folder


def test_an_entry_can_be_read_again_from_its_beginning(tmp_path: Path) -> None:
    with source_of(io.BytesIO(zipped(bundle(tmp_path)))) as source, source.files[CASES]() as stream:
        first = stream.read()
        stream.seek(0)
        assert stream.read() == first


def test_what_lies_beside_the_bundle_is_left_alone() -> None:
    data = archive({**WHOLE, "notes.txt": b"x", f"__MACOSX/._{CASES}": b"x"})

    assert sorted(opened(data)) == sorted(BUNDLE_FILES)


def test_one_file_is_one_file() -> None:
    with source_of(io.BytesIO(b"a,b\n1,2\n")) as source:
        assert (source.kind, list(source.files)) == ("csv", ["file"])


def test_one_file_can_be_opened_again_and_again() -> None:
    with source_of(io.BytesIO(b"a,b\n1,2\n")) as source:
        for _ in range(2):
            with source.files["file"]() as stream:
                assert stream.read() == b"a,b\n1,2\n"


def test_the_same_bytes_have_the_same_digest(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    with source_at(folder) as one, source_at(folder) as other:
        assert one.digest == other.digest
    (folder / EVENTS).write_bytes(b"something else")
    with source_at(folder) as changed:
        assert changed.digest != one.digest


@pytest.mark.parametrize(
    "name", ["../cases.csv", "/etc/cases.csv", "a/../../cases.csv", "..\\cases.csv", "C:cases.csv"]
)
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(ImportRefused, match="leads out of it"):
        opened(archive({**WHOLE, name: b"x"}))


def test_a_missing_file_is_named() -> None:
    without = {name: content for name, content in WHOLE.items() if name != EVENTS}

    with pytest.raises(ImportRefused, match=r"lacks events\.csv"):
        opened(archive(without))


def test_the_same_file_twice_is_refused() -> None:
    with pytest.raises(ImportRefused, match=r"holds cases\.csv twice"):
        opened(archive({**WHOLE, f"old/{CASES}": b"x"}))


def test_a_zip_bomb_is_not_read_to_its_end() -> None:
    bomb = archive({**WHOLE, EVENTS: b"0" * (RATIO_COUNTS_FROM + 1)})

    with pytest.raises(ImportRefused, match=r"events\.csv in the zip file unpacks to more"):
        opened(bomb)


def test_just_under_the_limit_is_read() -> None:
    large = archive({**WHOLE, EVENTS: b"0" * RATIO_COUNTS_FROM})

    assert len(opened(large)[EVENTS]) == RATIO_COUNTS_FROM


def test_more_files_than_any_bundle_holds_are_refused() -> None:
    beside = {f"notes/{number}.txt": b"" for number in range(MOST_ENTRIES - len(WHOLE))}

    assert opened(archive(WHOLE | beside))
    with pytest.raises(ImportRefused, match=r"holds more than 1,000 files"):
        opened(archive(WHOLE | beside | {"one more.txt": b""}))


def test_a_size_that_the_zip_claims_is_not_believed() -> None:
    size = RATIO_COUNTS_FROM + 1
    bomb = archive({**WHOLE, EVENTS: b"0" * size})
    claimed = bomb.replace(size.to_bytes(4, "little"), (7).to_bytes(4, "little"))
    assert claimed != bomb

    with pytest.raises(ImportRefused, match=r"damaged|unpacks to more"):
        opened(claimed)


def test_a_password_is_refused() -> None:
    data = bytearray(archive(WHOLE))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)

    with pytest.raises(ImportRefused, match="has a password"):
        opened(bytes(data))


def test_a_spreadsheet_is_told_from_a_bundle() -> None:
    with pytest.raises(ImportRefused, match="This is a spreadsheet"):
        opened(archive({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}))


def test_a_damaged_entry_is_refused() -> None:
    data = archive({**WHOLE, CASES: bytes(range(256)) * 40})
    at = data.find(CASES.encode()) + len(CASES) + 10

    with pytest.raises(ImportRefused, match=r"damaged|can't be opened"):
        opened(data[:at] + bytes(255 - byte for byte in data[at : at + 8]) + data[at + 8 :])


def test_a_truncated_zip_is_refused() -> None:
    with pytest.raises(ImportRefused, match="The zip file is damaged"):
        opened(archive(WHOLE)[:-30])


def test_no_file_is_told_apart_from_an_unreadable_one(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="can't be read"), source_at(tmp_path / "none.zip"):
        pass


@given(st.binary(max_size=2_000), st.booleans())
def test_no_bytes_bring_anything_but_a_source_or_a_refusal(data: bytes, like_zip: bool) -> None:
    try:
        opened(b"PK\x03\x04" + data if like_zip else data)
        told = "It is read."
    except ImportRefused as refused:
        told = str(refused)
    assert told.endswith(".")
