"""The account of intake as files for the clinic: a page to read and a workbook to tick off."""

from __future__ import annotations

import datetime
import io
import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from parsoutcomes.calls import public
from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.cohort.account_page import compose_page, list_tables
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.schema.plain_cells import plain_cell

PAGE: Final = "intake.html"
WORKBOOK: Final = "intake.xlsx"
_FIXED_TIME: Final = datetime.datetime(2000, 1, 1)
_ZIP_TIME: Final = (2000, 1, 1, 0, 0, 0)
_MODIFIED: Final = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_NOT_IN_SHEET_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_LONGEST_SHEET_NAME: Final = 31
_WIDEST: Final = 70


@dataclass(frozen=True, kw_only=True)
class IntakeFiles:
    """Where the account was written.

    Attributes
    ----------
    page, workbook : pathlib.Path
        `intake.html` and `intake.xlsx`.
    """

    page: Path
    workbook: Path


@public(made_by="load_records")
def write_intake(cohort: Cohort, folder: str | os.PathLike[str]) -> IntakeFiles:
    """Write how the source was understood, and what to correct, for the clinic that keeps it.

    For whoever keeps the records: rows to correct stand by sheet and row number. It holds
    headers, row numbers and counts, no cell of a patient.

    Parameters
    ----------
    cohort : Cohort
        From `load_records`.
    folder : path
        Made when it is not there; files of the same names are replaced.

    Returns
    -------
    IntakeFiles

    Raises
    ------
    ArgumentError
        When `cohort` is no cohort.

    Notes
    -----
    The same account gives the same bytes. The page needs no network and has no script; in the
    workbook no text can act as a formula.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from parsoutcomes.loaders.load import load_records
    >>> rows = pd.DataFrame({"Study ID": ["P1"], "Level": ["L5"], "Side": ["L"], "Stage": ["?"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_intake(load_records(rows), folder).page.name
    'intake.html'
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    files = IntakeFiles(page=target / PAGE, workbook=target / WORKBOOK)
    files.page.write_text(compose_page(cohort.intake), encoding="utf-8", newline="\n")
    files.workbook.write_bytes(compose_workbook(cohort.intake))
    return files


def compose_workbook(account: IntakeAccount) -> bytes:
    """Return the account as a workbook, one sheet per table; same account, same bytes.

    Parameters
    ----------
    account : IntakeAccount
        From `load_records`.

    Returns
    -------
    bytes
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "parsoutcomes"
    book.properties.created = _FIXED_TIME
    for heading, frame in list_tables(account).items():
        name = _NOT_IN_SHEET_NAMES.sub(" ", heading)[:_LONGEST_SHEET_NAME].strip()
        _fill(book.create_sheet(name), frame)
    written = io.BytesIO()
    book.save(written)
    return _with_fixed_times(written.getvalue())


def _fill(sheet: Worksheet, frame: pd.DataFrame) -> None:
    sheet.append([plain_cell(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        sheet.append([value if isinstance(value, int) else plain_cell(str(value)) for value in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    if len(frame):
        sheet.auto_filter.ref = sheet.dimensions
    for position, name in enumerate(frame.columns, start=1):
        longest = max([len(str(name)), *(len(str(value)) for value in frame[name])])
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = min(_WIDEST, longest + 3)
        if longest > _WIDEST:
            for cell in sheet[letter]:
                cell.alignment = Alignment(wrap_text=True, vertical="top")


def _with_fixed_times(content: bytes) -> bytes:
    """Return a workbook whose entries and properties bear one fixed time."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                fixed = _FIXED_TIME.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                part = _MODIFIED.sub(rb"\g<1>" + fixed + rb"\g<2>", part)
            entry = zipfile.ZipInfo(name, date_time=_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return written.getvalue()
