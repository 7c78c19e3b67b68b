"""From a cohort to a folder that holds the report, its figures and its numbers."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import N_RESAMPLES, SEED
from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import Analyses, Progress, require_audience, run_analyses
from parsoutcomes.report.content import FigureBlock, Report
from parsoutcomes.report.numbers import tabulate_numbers
from parsoutcomes.report.provenance import describe_provenance
from parsoutcomes.report.render_html import render_html
from parsoutcomes.report.sections import write_sections
from parsoutcomes.schema.plain_cells import plain_frame

TITLE: Final = "Union of pars fractures after brace treatment"
INTERNAL_NOTE: Final = "Internal: small numbers are shown, so not for publication"


@dataclass(frozen=True, kw_only=True)
class ReportFiles:
    """Where the report was written.

    Attributes
    ----------
    folder, report, numbers, manifest : pathlib.Path
        The folder, the HTML page, every number as CSV, and the hash of each file.
    figures : tuple of pathlib.Path
        Drawings, their data and their descriptions.
    """

    folder: Path
    report: Path
    numbers: Path
    manifest: Path
    figures: tuple[Path, ...]


def build_report(
    cohort: Cohort,
    folder: str | os.PathLike[str],
    *,
    year: int,
    audience: Literal["internal"] = "internal",
    formats: Sequence[str] = ("html",),
    title: str = TITLE,
    clinic: str = "",
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
    progress: Progress | None = None,
) -> ReportFiles:
    """Write the annual report: everyone fitted to the end of a year, and that year alone.

    For the treating team. Not for publication: it shows small numbers.

    Parameters
    ----------
    cohort : Cohort
        From `load_records` or `simulate_cohort`.
    folder : str or path
        Made when it does not exist; files of an earlier report in it are replaced.
    year : int
        Everyone fitted on or before 31 December of this year; without any fitting date in the
        source, everyone, and the report says so.
    audience : {"internal"}
        Who it is for.
    formats : sequence of str
        ("html",).
    title, clinic : str
        For the title page.
    n_resamples, seed : int
        Resamples of whole patients behind the intervals.
    progress : callable, optional
        Called with the name of a step, how many are done and how many there are.

    Returns
    -------
    ReportFiles
        `report.html`, `numbers.csv`, `manifest.json` and `figures/`.

    Raises
    ------
    ArgumentError
        When an audience or a format is asked for that cannot be made.
    ReportError
        When nobody was fitted by the end of the year, or a part cannot be made.

    Notes
    -----
    The same cohort, versions, seed and resamples give the same bytes. An estimate that cannot
    honestly be given is a sentence that says why; nothing vanishes quietly.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> build_report(build_cohort({}), "out", year=2025)
    Traceback (most recent call last):
    parsoutcomes.errors.ReportError: What is wrong: There is nobody to report on...
    """
    require_audience(audience, tuple(formats))
    if cohort.n_patients == 0:
        raise ReportError(
            "There is nobody to report on.",
            expected="at least one course of brace treatment",
            found="none",
            fix="Check what the load used: cohort.intake.",
        )
    analyses = run_analyses(
        cohort, year=year, n_resamples=n_resamples, seed=seed, progress=progress
    )
    provenance = describe_provenance(cohort, year=year, n_resamples=n_resamples, seed=seed)
    report = _write_content(analyses, provenance, title=title, clinic=clinic)
    files = write_files(report, Path(folder))
    if progress is not None:
        progress("done", analyses.n_steps, analyses.n_steps)
    return files


def _write_content(
    analyses: Analyses, provenance: tuple[tuple[str, str], ...], *, title: str, clinic: str
) -> Report:
    return Report(
        title=title,
        clinic=clinic,
        period=analyses.results["period"].finding,
        audience_note=INTERNAL_NOTE,
        sections=write_sections(analyses, provenance),
        numbers=tabulate_numbers(analyses.results),
    )


def write_files(report: Report, folder: Path) -> ReportFiles:
    """Write a finished report to a folder.

    Parameters
    ----------
    report : Report
        Content with drawn figures.
    folder : pathlib.Path
        Made when it does not exist.

    Returns
    -------
    ReportFiles

    Raises
    ------
    ReportError
        When the folder cannot be written to.
    """
    contents = {
        "report.html": render_html(report).encode("utf-8"),
        "numbers.csv": _as_csv(report.numbers),
        **{
            f"figures/{name}": data
            for figure in report.figures()
            for name, data in _figure_files(figure).items()
        },
    }
    contents["manifest.json"] = _manifest(contents)
    try:
        _write_all(folder, contents)
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
        report=folder / "report.html",
        numbers=folder / "numbers.csv",
        manifest=folder / "manifest.json",
        figures=figures,
    )


def _write_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)


def _figure_files(figure: FigureBlock) -> dict[str, bytes]:
    tables = {f"{figure.id}{suffix}.csv": _as_csv(data) for suffix, data in figure.data.items()}
    return {
        f"{figure.id}.svg": figure.svg.encode("utf-8"),
        f"{figure.id}.png": figure.png,
        f"{figure.id}.txt": f"{figure.caption}\n\n{figure.alt}\n".encode(),
        **tables,
    }


def _as_csv(frame: pd.DataFrame) -> bytes:
    return plain_frame(frame).to_csv(index=False, lineterminator="\n").encode("utf-8")


def _manifest(contents: Mapping[str, bytes]) -> bytes:
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())}
    return (json.dumps({"sha256": hashes}, indent=2) + "\n").encode("utf-8")
