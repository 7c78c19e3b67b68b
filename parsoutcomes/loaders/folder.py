"""A folder, or several files, joined on the patient's key."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.grid import Grid

if TYPE_CHECKING:
    from parsoutcomes.loaders.source import SourceContent

RECORD_ENDINGS: Final = (
    ".xlsx",
    ".xlsm",
    ".xls",
    ".xlsb",
    ".ods",
    ".csv",
    ".tsv",
    ".txt",
    ".parquet",
    ".dta",
    ".sav",
    ".zsav",
    ".sas7bdat",
    ".xpt",
    ".db",
    ".sqlite",
    ".sqlite3",
    ".duckdb",
)
_PASSED_OVER: Final = (".", "~$")
_MOST_FILES: Final = 1000


def files_of_folder(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that may hold records, by name; folders within are left.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Returns
    -------
    tuple of pathlib.Path

    Raises
    ------
    SourceError
        When there is none, or so many that it cannot be the folder meant, or when some of them
        are links: one that leads nowhere would be a year without patients, one that leads to
        another file of the folder the same patients twice.
    """
    named = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in RECORD_ENDINGS and not path.name.startswith(_PASSED_OVER)
    ]
    if n_links := sum(path.is_symlink() for path in named):
        raise _holds_links(folder, n_links)
    found = sorted(path for path in named if path.is_file())
    if 0 < len(found) <= _MOST_FILES:
        return tuple(found)
    raise SourceError(
        "The folder cannot be read as records.",
        expected=f"a folder with 1 to {_MOST_FILES:,} workbooks, text files or data files",
        found=f"{folder.name}: {len(found):,} of them",
        fix="Give the folder that holds the records and nothing else, or a list of files.",
    )


def _holds_links(folder: Path, n_links: int) -> SourceError:
    return SourceError(
        "The folder holds links in place of files.",
        expected="the files of the records themselves",
        found=f"{folder.name}: {n_links:,} links with the ending of a file of records",
        fix="Put the files themselves into the folder, or give a list of the files meant.",
    )


def read_files(
    paths: Sequence[str | os.PathLike[str]], read_file: Callable[[Path], SourceContent]
) -> SourceContent:
    """Read several files as one source; rows of one patient are joined by the patient's key.

    Parameters
    ----------
    paths : sequence of path
        The files; they must have different names.
    read_file : callable
        Reads one file.

    Returns
    -------
    SourceContent
        Its hash is that of the names and hashes of all files.

    Raises
    ------
    SourceError
        When a file cannot be read, or two have the same name.
    """
    files = [Path(path) for path in paths]
    _require_names_apart(files)
    contents = [read_file(path) for path in files]
    named = [(path.name, one.sha256) for path, one in zip(files, contents, strict=True)]
    whole = "\n".join(f"{name} {sha256}" for name, sha256 in sorted(named))
    return replace(
        contents[0],
        name=f"{len(files)} files" if len(files) != 1 else contents[0].name,
        grids=tuple(_placed(grid, one.name) for one in contents for grid in one.grids),
        sha256=hashlib.sha256(whole.encode()).hexdigest(),
    )


def _placed(grid: Grid, name: str) -> Grid:
    return grid if grid.source == name else replace(grid, source=name)


def _require_names_apart(files: Sequence[Path]) -> None:
    names = [path.name for path in files]
    if files and len(set(names)) == len(names):
        return
    raise SourceError(
        "The files cannot be told apart in the account." if files else "No file is named.",
        expected="at least one file, each of another name",
        found=f"{len(names)} files, {len(set(names))} names",
        fix="Rename one of them, such as by its year.",
    )
