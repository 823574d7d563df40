"""Do rows come out of any bytes with their true line, or a sentence why they don't?"""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.services.importing.errors import ImportRefused
from cases.services.importing.tables import (
    LONGEST_FIELD,
    LONGEST_LINE,
    Row,
    Shape,
    rows_of,
    shape_of,
)
from tests.cases.importing_files import LAPD


def read(data: bytes, **how: str) -> tuple[Shape, list[Row]]:
    stream = io.BytesIO(data)
    shape = shape_of(stream, what="it.csv", **how)
    return shape, list(rows_of(stream, shape, what="it.csv"))


def cells(data: bytes, **how: str) -> list[tuple[str, ...]]:
    return [row.cells for row in read(data, **how)[1] if not row.is_blank]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found_out(encoding: str, found: str) -> None:
    text = "case,name\n1,Zoë Nuñez\n2,“Müller”\n"

    shape, rows = read(text.encode(encoding))

    assert shape.encoding == found
    assert shape.columns == ("case", "name")
    assert [row.cells for row in rows] == [("1", "Zoë Nuñez"), ("2", "“Müller”")]


def test_bytes_that_windows_leaves_undefined_make_it_latin_1() -> None:
    shape, rows = read(b"case,name\n1,\x81\xe9\n")

    assert shape.encoding == "latin-1"
    assert rows[0].cells == ("1", "\x81é")


@pytest.mark.parametrize(
    ("delimiter", "ends"), [(",", "\n"), (";", "\r\n"), ("\t", "\r\n"), ("|", "\r")]
)
def test_the_delimiter_and_line_ends_are_found_out(delimiter: str, ends: str) -> None:
    lines = ["case;when;what", "1;2;a, b", "2;3;c, d"]
    text = ends.join(
        line.replace(";", delimiter)
        if delimiter != ","
        else line.replace(", ", " ").replace(";", ",")
        for line in lines
    )

    shape, rows = read(text.encode())

    assert shape.delimiter == delimiter
    assert [row.line for row in rows] == [2, 3]
    assert all(len(row.cells) == 3 for row in rows)


def test_a_spreadsheets_declared_delimiter_is_obeyed() -> None:
    shape, rows = read(b"sep=;\r\na;b\r\n1,5;2\r\n")

    assert (shape.delimiter, shape.header_line) == (";", 2)
    assert rows == [Row(3, ("1,5", "2"))]


def test_lines_are_physical_ones_also_after_quoted_newlines() -> None:
    data = b'a,b\n1,"one\ntwo\r\nthree"\n\n2,x\n'

    rows = read(data)[1]

    assert [(row.line, row.is_blank) for row in rows] == [(2, False), (5, True), (6, False)]
    assert rows[0].cells[1] == "one\ntwo\r\nthree"


def test_blank_lines_before_the_header_are_skipped() -> None:
    shape, rows = read(b"\n,,\n a ,b\n1,2\n")

    assert (shape.header_line, shape.columns) == (3, ("a", "b"))
    assert rows[0].line == 4


def test_a_nameless_column_is_called_by_its_place() -> None:
    assert read(b",b,,\n1,2,3,\n")[0].columns == ("(column 1)", "b")


def test_ragged_rows_are_told_and_their_neighbours_land() -> None:
    rows = read(b"a,b\n1\n1,2,3\n1,2,\n1,2\n")[1]

    assert [bool(row.problem) for row in rows] == [True, True, False, False]
    assert rows[0].problem.startswith("The row has 1 columns and the header 2.")
    assert rows[2].cells == ("1", "2")


def test_a_quotation_mark_that_never_closes_costs_one_row() -> None:
    rows = read(b'a,b\n1,"open\n2,x\n3,y\n')[1]

    assert rows[0].line == 2
    assert "never closed" in rows[0].problem
    assert [row.cells for row in rows[1:]] == [("2", "x"), ("3", "y")]


def test_a_quotation_mark_inside_a_quoted_text_costs_one_row() -> None:
    rows = read(b'a,b\n1,"he said "no" twice"\n2,x\n')[1]

    assert "Double it" in rows[0].problem
    assert rows[1].cells == ("2", "x")


@pytest.mark.parametrize(("size", "lands"), [(LONGEST_FIELD, True), (LONGEST_FIELD + 1, False)])
def test_a_field_may_be_long_but_not_endless(size: int, lands: bool) -> None:
    rows = read(b"a,b\n1," + b"x" * size + b"\n2,y\n")[1]

    assert bool(rows[0].problem) is not lands
    assert rows[1].cells == ("2", "y")


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(ImportRefused, match="line 2 is longer than"):
        read(b"a,b\n1," + b"x" * LONGEST_LINE)


def test_a_file_full_of_broken_quotes_is_refused_and_not_read_for_ever() -> None:
    with pytest.raises(ImportRefused, match="quotation marks that don't match"):
        read(b"a,b\n" + b'1,"x" y\n' * 100)


def test_a_nul_costs_its_row_and_names_the_column() -> None:
    rows = read(b"a,b\n1,x\0y\n2,z\n", encoding="utf-8")[1]

    assert rows[0].problem.startswith("Column 2 holds a NUL character")
    assert rows[1].cells == ("2", "z")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "it.csv is empty"),
        (b"\n\n", "holds no rows, not even a header"),
        (b"a,b,A\n1,2,3\n", "columns 1 and 3 have the same name"),
        (b"\x00\x01\x02\x03\xff\xfe\x80" * 50, "is not"),
        (b"a," * 600 + b"\n", "can be read"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        read(data)


def test_wrong_encoding_names_the_line() -> None:
    with pytest.raises(ImportRefused, match=r"it\.csv, line 3: this is not UTF-8 text"):
        read("a,b\n1,x\n2,é\n".encode("latin-1"), encoding="utf-8-sig")


def test_the_real_export_reads_whole() -> None:
    shape, rows = read(LAPD.read_bytes())

    assert (shape.encoding, shape.delimiter, len(shape.columns)) == ("utf-8", ",", 24)
    assert [row.line for row in rows] == list(range(2, 170))


@given(st.binary(max_size=4_000))
def test_no_bytes_bring_anything_but_rows_or_a_refusal(data: bytes) -> None:
    try:
        shape, rows = read(data)
    except ImportRefused:
        return
    assert all(row.problem or row.is_blank or len(row.cells) == len(shape.columns) for row in rows)


@given(st.lists(st.text(alphabet='a,";\n\r\t|é\0', max_size=30), max_size=30))
def test_no_text_brings_anything_but_rows_or_a_refusal(lines: list[str]) -> None:
    data = "\n".join(["h1,h2", *lines]).encode()
    try:
        _, rows = read(data)
    except ImportRefused:
        return
    assert [row.line for row in rows] == sorted({row.line for row in rows})


def test_a_table_on_disk_is_read_like_one_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "it.csv"
    path.write_bytes(b"a,b\n1,2\n")

    with path.open("rb") as stream:
        shape = shape_of(stream, what="it.csv")
        assert list(rows_of(stream, shape, what="it.csv")) == [Row(2, ("1", "2"))]
