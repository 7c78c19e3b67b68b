"""Files made to harm: each is refused in words, before it takes memory or time."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from parsoutcomes.conventions import LARGEST_TABLE_CELLS, LARGEST_UNPACKED_BYTES
from parsoutcomes.errors import ParsOutcomesError
from parsoutcomes.loaders.load import load_records

ODS = Path(__file__).parents[1] / "reference/workbooks/log.ods"
HEADERS = ("Study number", "Level", "Side", "Stage", "Brace fitted")
ROW = ("P0001", "L5", "left", "early", "2024-03-01")
FIRST_ROW = b"<table:table-row"


def sound_workbook() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.append(HEADERS)
    book.active.append(ROW)
    book.save(content)
    return content.getvalue()


def with_parts(content: bytes, parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in dict.fromkeys([*archive.namelist(), *parts]):
            copy.writestr(name, parts[name] if name in parts else archive.read(name))
    return written.getvalue()


def refusal(path: Path, content: bytes | None = None, **options: object) -> str:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParsOutcomesError) as caught:
        load_records(path, **options)  # type: ignore[arg-type]
    chained = (caught.value.__cause__, caught.value.__context__)
    assert all(one is None or isinstance(one, ParsOutcomesError) for one in chained)
    return caught.value.wrong


def test_one_long_text_shown_in_many_cells_is_refused(tmp_path: Path) -> None:
    n_shown = LARGEST_UNPACKED_BYTES // 1_000_000 + 1
    text = b"<sst><si><t>x</t></si><si><t>" + b"A" * 1_000_000 + b"</t></si></sst>"
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>1</v></c></row>' % (n, n)
                     for n in range(1, n_shown + 1))  # fmt: skip
    sheet = b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>"
    parts = {"xl/sharedStrings.xml": text, "xl/worksheets/sheet1.xml": sheet}
    said = refusal(tmp_path / "log.xlsx", with_parts(sound_workbook(), parts))
    assert "unpacks to far more than its size" in said


@pytest.mark.parametrize(
    "before_rows",
    [
        b"<table:x>" * 300 + b"</table:x>" * 300,
        b"<table:x/>" * 250_000,
        b'<table:table-row table:number-rows-repeated="5000"><table:table-cell '
        b'table:number-columns-repeated="100"><text:p>' + b"A" * 1000 + b"</text:p>"
        b"</table:table-cell></table:table-row>",
    ],
    ids=["deeply nested", "a quarter of a million elements", "one text in half a million cells"],
)
def test_a_document_sheet_beyond_any_spreadsheet_is_refused(
    before_rows: bytes, tmp_path: Path
) -> None:
    with zipfile.ZipFile(ODS) as archive:
        sheet = archive.read("content.xml")
    parts = {"content.xml": sheet.replace(FIRST_ROW, before_rows + FIRST_ROW, 1)}
    assert "cannot be opened" in refusal(tmp_path / "log.ods", with_parts(ODS.read_bytes(), parts))


def test_paths_within_an_archive_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    parts = {"../outside.txt": b"x", str(outside): b"x"}
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "log.xlsx").write_bytes(with_parts(sound_workbook(), parts))
    assert load_records(folder / "log.xlsx").n_patients == 1
    assert not outside.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"Study number,Level\n" + b"," * (LARGEST_TABLE_CELLS + 1),
        b"Study number,Level\n" + b"\n" * (LARGEST_TABLE_CELLS + 1),
    ],
    ids=["separators", "blank lines"],
)
def test_a_text_of_nothing_but_separators_is_refused(content: bytes, tmp_path: Path) -> None:
    assert "more cells than can be read" in refusal(tmp_path / "log.csv", content)


def test_a_text_of_one_long_line_is_refused(tmp_path: Path) -> None:
    content = b"Study number,Level\n" + b"A" * 3_000_000
    assert "cannot be read as text" in refusal(tmp_path / "log.csv", content)


def test_a_file_too_large_for_records_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)
    assert "too large" in refusal(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="the system has no such device")
def test_a_device_is_no_file_of_records() -> None:
    assert "no file of records" in refusal(Path("/dev/zero"))


def test_rows_that_parquet_writes_once_and_counts_often_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    n_rows = LARGEST_TABLE_CELLS // 2 + 1
    pq.write_table(pa.table({"Study number": pa.nulls(n_rows), "Level": pa.nulls(n_rows)}), path)
    assert "unpacks to too much" in refusal(path)


def test_a_long_text_that_parquet_writes_once_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"Study number": ["P1", "P2"], "Level": ["A" * 1_500_000] * 2}), path)
    assert "unpacks to too much" in refusal(path)


@pytest.mark.parametrize(
    "lines",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\ncolumns: [{header: Level, role: level, reason: *b}]",
        "[" * 9999,
    ],
    ids=["references", "deeply nested"],
)
def test_a_mapping_file_that_unfolds_is_refused(lines: str, tmp_path: Path) -> None:
    log, mapping = tmp_path / "log.csv", tmp_path / "mapping.yaml"
    log.write_text(",".join(HEADERS) + "\n" + ",".join(ROW), encoding="utf-8")
    mapping.write_text(f"format: parsoutcomes mapping 1\n{lines}\n", encoding="utf-8")
    assert "mapping file cannot be read" in refusal(log, mapping=mapping)
