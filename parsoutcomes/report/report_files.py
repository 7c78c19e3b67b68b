"""A finished report as files: all of them, or none."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import FORMATS
from parsoutcomes.report.content import FigureBlock, Report
from parsoutcomes.report.documents import render_documents
from parsoutcomes.report.publishing import Check
from parsoutcomes.schema.plain_cells import plain_frame


@dataclass(frozen=True, kw_only=True)
class ReportFiles:
    """Where the report was written.

    Attributes
    ----------
    folder, report, numbers, manifest : pathlib.Path
        The folder, the first of the documents, every number as CSV, and the hash of each file.
    documents : tuple of pathlib.Path
        The report in each format asked for.
    figures : tuple of pathlib.Path
        Drawings, their data and their descriptions.
    withheld : pathlib.Path or None
        Beside the folder of a publishable report, never in it: what was withheld and why. Internal.
    """

    folder: Path
    report: Path
    numbers: Path
    manifest: Path
    figures: tuple[Path, ...]
    documents: tuple[Path, ...] = ()
    withheld: Path | None = None

    def __repr__(self) -> str:
        """Name the documents and the folder, not each file in it."""
        lines = [
            f"The report is in {self.folder.as_posix()}:",
            *(f"  {path.name}" for path in self._shown()),
        ]
        if self.withheld is not None:
            lines.append(f"What was withheld (internal): {self.withheld.as_posix()}")
        return "\n".join(lines)

    def _shown(self) -> tuple[Path, ...]:
        folders = sorted({path.parent for path in self.figures})
        return (*self.documents, self.numbers, self.manifest, *folders)


def write_files(
    report: Report,
    folder: Path,
    *,
    formats: Sequence[str] = FORMATS,
    template: bytes | None = None,
    check: Check | None = None,
    replaces: Sequence[Path] = (),
    tell: Callable[[str], None] | None = None,
) -> ReportFiles:
    """Write a finished report to a folder: all of it, or nothing.

    Parameters
    ----------
    report : Report
        Content with drawn figures.
    folder : pathlib.Path
        Made when it does not exist.
    formats : sequence of str
        As in `build_report`.
    template : bytes, optional
        The Word template.
    check : callable, optional
        Takes the files as written, by name, and raises when one may not go out.
    replaces : sequence of pathlib.Path
        Files of an earlier report, removed once the new ones have passed.
    tell : callable, optional
        Called with the name of each document before it is made.

    Returns
    -------
    ReportFiles

    Raises
    ------
    ReportError
        When the folder cannot be written to, or the check finds something.
    """
    documents = render_documents(report, formats, template=template, tell=tell)
    contents = {
        **documents,
        "numbers.csv": as_csv(report.numbers),
        **{
            f"figures/{name}": data
            for figure in report.figures()
            for name, data in _figure_files(figure).items()
        },
    }
    contents["manifest.json"] = _manifest(contents, report.audience)
    try:
        _write_all(folder, contents, check, replaces)
    except OSError as error:
        raise ReportError(
            "The report's folder cannot be written to.",
            expected="a folder in which files can be made",
            found=type(error).__name__,
            fix="Choose another folder, or close the files that are open in it.",
        ) from error
    figures = tuple(folder / name for name in contents if name.startswith("figures/"))
    return ReportFiles(
        folder=folder,
        report=folder / next(iter(documents)),
        numbers=folder / "numbers.csv",
        manifest=folder / "manifest.json",
        figures=figures,
        documents=tuple(folder / name for name in documents),
    )


def _write_all(
    folder: Path, contents: Mapping[str, bytes], check: Check | None, replaces: Sequence[Path]
) -> None:
    """Write beside the folder, read back and check, and only then move into it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, data in contents.items():
            (aside / name).parent.mkdir(exist_ok=True)
            (aside / name).write_bytes(data)
        if check is not None:
            check({name: (aside / name).read_bytes() for name in contents})
        for path in replaces:
            path.unlink()
        for name in contents:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).replace(folder / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _figure_files(figure: FigureBlock) -> dict[str, bytes]:
    tables = {f"{figure.id}{suffix}.csv": as_csv(data) for suffix, data in figure.data.items()}
    return {
        f"{figure.id}.svg": figure.svg.encode("utf-8"),
        f"{figure.id}.png": figure.png,
        f"{figure.id}.txt": f"{figure.caption}\n\n{figure.alt}\n".encode(),
        **tables,
    }


def as_csv(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV, the same bytes everywhere."""
    return plain_frame(frame).to_csv(index=False, lineterminator="\n").encode("utf-8")


def _manifest(contents: Mapping[str, bytes], audience: str) -> bytes:
    """List the files with their hashes; nothing of the input, not even its hash."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())}
    told = {"audience": audience, "sha256": hashes}
    return (json.dumps(told, indent=2) + "\n").encode("utf-8")
