"""From what the user names - files, a database or a frame - to grids and their hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from parsoutcomes.conventions import LARGEST_FILE_BYTES
from parsoutcomes.errors import ArgumentError, SourceError
from parsoutcomes.loaders.columnar import is_parquet, read_parquet
from parsoutcomes.loaders.database import database_address, is_database_address, read_database
from parsoutcomes.loaders.delimited import read_delimited
from parsoutcomes.loaders.encrypted import decrypt_workbook, is_encrypted
from parsoutcomes.loaders.folder import files_of_folder, read_files
from parsoutcomes.loaders.grid import Grid, GridRow, clean_cell
from parsoutcomes.loaders.joining import join_keys
from parsoutcomes.loaders.lesion_keys import join_lesions
from parsoutcomes.loaders.statistical import read_statistical, statistical_kind
from parsoutcomes.loaders.withheld import shown_file, with_shown_names
from parsoutcomes.loaders.workbook import not_a_workbook, read_workbook

_WORKBOOK_ENDINGS: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_ARCHIVE: Final = b"PK\x03\x04"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class SourceContent:
    """What was read: the source's name, its grids, and the hash of its bytes."""

    name: str
    grids: tuple[Grid, ...]
    sha256: str


def read_source(source: Source, *, password: str | None = None) -> SourceContent:
    """Read a file, several files, a folder, a database or a frame into grids.

    Parameters
    ----------
    source : path, address, sequence of paths, or pandas.DataFrame
        What kind of file it is, is judged by its content, not by its name.
    password : str, optional
        For protected workbooks; refused for a source that has none.

    Returns
    -------
    SourceContent
        Files and sheets whose names hold an identifier are named by number.

    Raises
    ------
    SourceError
        When there is no such file, it is empty, or it is of no kind that can be read.
    ArgumentError
        When a password is given for a source that is not protected.
    """
    content = _read_any(source, password)
    return replace(content, name=shown_file(content.name), grids=with_shown_names(content.grids))


def _read_any(source: Source, password: str | None) -> SourceContent:
    if isinstance(source, pd.DataFrame):
        _refuse_password(password, "a frame")
        return SourceContent(name="frame", grids=(_frame_grid(source),), sha256="")
    if isinstance(source, str) and "://" in source:
        return _read_address(source, password)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return (
            _read_several(files_of_folder(path), password)
            if path.is_dir()
            else _read_file(path, password)
        )
    return _read_several(source, password)


def _read_address(address: str, password: str | None) -> SourceContent:
    if not is_database_address(address):
        raise SourceError(
            "Records cannot be loaded from an address of the web.",
            expected="a file, a folder, or the address of a database",
            found="an address that begins with http",
            fix="For a REDCap project use load_redcap; otherwise save the file, and load that.",
        )
    _refuse_password(password, "a database")
    grids = read_database(address)
    return SourceContent(name=grids[0].source, grids=join_lesions(join_keys(grids)), sha256="")


def _read_several(paths: Sequence[str | os.PathLike[str]], password: str | None) -> SourceContent:
    content = read_files(paths, lambda path: _read_file(path, password, is_one_of_several=True))
    return replace(content, grids=join_lesions(join_keys(content.grids)))


def _read_file(
    path: Path, password: str | None, *, is_one_of_several: bool = False
) -> SourceContent:
    content = _read_bytes(path)
    opened = content
    if is_encrypted(content):
        opened = decrypt_workbook(content, path.name, password)
    elif not is_one_of_several:
        _refuse_password(password, path.name)
    grids = _read_grids(opened, path)
    if all(grid.is_blank for grid in grids):
        raise _nothing_in(path)
    sha256 = hashlib.sha256(content).hexdigest()
    return SourceContent(name=path.name, grids=join_lesions(join_keys(grids)), sha256=sha256)


def _read_grids(content: bytes, path: Path) -> tuple[Grid, ...]:
    if content.startswith((_ARCHIVE, _OLD_OFFICE)):
        return read_workbook(content, path.name)
    if statistical_kind(content):
        labels = path.with_suffix(".sas7bcat")
        catalogue = labels.read_bytes() if labels.is_file() else None
        return (read_statistical(content, path.name, catalogue=catalogue),)
    if is_parquet(content):
        return (read_parquet(content, path.name),)
    address = database_address(path, content)
    if address is not None:
        return read_database(address)
    if path.suffix.lower() in _WORKBOOK_ENDINGS:
        raise not_a_workbook(path.name)
    return (read_delimited(content, path.name),)


def _read_bytes(path: Path) -> bytes:
    if not path.exists():
        raise SourceError(
            "There is no such file.",
            expected="the path of an Excel workbook or a text file with separators",
            found=f"nothing called {path.name} in {_folder_found(path)}",
            fix="Check the spelling of the path and the folder you are working in.",
        )
    if not path.is_file() or path.stat().st_size > LARGEST_FILE_BYTES:
        raise _no_file_of_records(path)
    content, problem = b"", ""
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = type(error).__name__
    # Raised out here, since the error of the system carries the whole path along.
    if problem:
        raise SourceError(
            "The file cannot be opened.",
            expected="a file that may be read",
            found=f"{path.name}: {problem}",
            fix="Close it in other programs, and check that you may read it.",
        )
    if not content.strip():
        raise _nothing_in(path)
    return content


def _no_file_of_records(path: Path) -> SourceError:
    return SourceError(
        "The file is no file of records, or too large for one.",
        expected=f"an ordinary file of at most {LARGEST_FILE_BYTES // 1_000_000} MB",
        found=f"{path.name}: more than that" if path.is_file() else f"{path.name}: no such file",
        fix="Give the clinic's own records as .csv or .xlsx, year by year if there are too many.",
    )


def _folder_found(path: Path) -> str:
    return "the folder named" if path.parent.is_dir() else "a folder that does not exist either"


def _nothing_in(path: Path) -> SourceError:
    return SourceError(
        "The file is empty.",
        expected="a header row and at least one row of records",
        found=f"{path.name}: nothing in it",
        fix="Check that the export finished, and give the file with the records.",
    )


def _refuse_password(password: str | None, name: str) -> None:
    if password is None:
        return
    raise ArgumentError(
        "A password was given for a source that is not protected.",
        expected="a password only for a workbook that needs one",
        found=f"{name}: opens without a password",
        fix="Leave password out, and check that this is the file you mean.",
    )


def _frame_grid(frame: pd.DataFrame) -> Grid:
    if frame.empty:
        raise SourceError(
            "The frame is empty.",
            expected="at least one row of records",
            found=f"{len(frame.columns)} columns and no rows",
            fix="Check the step that made the frame.",
        )
    header = GridRow(number=0, cells=tuple(clean_cell(str(name)) for name in frame.columns))
    columns = [_frame_cells(frame.iloc[:, position]) for position in range(frame.shape[1])]
    rows = (
        GridRow(number=number, cells=tuple(cells))
        for number, cells in enumerate(zip(*columns, strict=True), start=1)
    )
    return Grid(source="frame", sheet="", rows=(header, *rows))


def _frame_cells(column: pd.Series) -> list[object]:
    values = column.astype("object").where(column.notna(), None).tolist()
    return [
        clean_cell(value.to_pydatetime() if isinstance(value, pd.Timestamp) else value)
        for value in values
    ]
