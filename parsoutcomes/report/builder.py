"""From a cohort to a folder that holds the report, its figures and its numbers."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import MIN_RESAMPLES, N_RESAMPLES, SEED
from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import Analyses, Progress, require_audience, run_analyses
from parsoutcomes.report.content import FigureBlock, Report
from parsoutcomes.report.numbers import tabulate_numbers
from parsoutcomes.report.provenance import describe_provenance
from parsoutcomes.report.publishable_cells import PUBLISHED_RESULTS
from parsoutcomes.report.publishing import Check, Publication, clear_earlier, prepare_publication
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
    withheld : pathlib.Path or None
        Beside the folder of a publishable report, never in it: what was withheld and why. Internal.
    """

    folder: Path
    report: Path
    numbers: Path
    manifest: Path
    figures: tuple[Path, ...]
    withheld: Path | None = None


def build_report(
    cohort: Cohort,
    folder: str | os.PathLike[str],
    *,
    year: int,
    audience: Literal["internal", "publishable"] = "internal",
    formats: Sequence[str] = ("html",),
    title: str = TITLE,
    clinic: str = "",
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
    previous: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ReportFiles:
    """Write the annual report: everyone fitted to the end of a year, and that year alone.

    For the treating team, and not for publication, since it shows small numbers. With
    `audience="publishable"` a short report from rounded counts, small ones withheld.

    Parameters
    ----------
    cohort : Cohort
        From `load_records` or `simulate_cohort`.
    folder : str or path
        Made when it does not exist; files of an earlier report in it are replaced. For publication
        it may hold nothing else.
    year : int
        Everyone fitted on or before 31 December of this year; without any fitting date in the
        source, everyone, and the report says so.
    audience : {"internal", "publishable"}
        Who it is for. The finished files of a publishable report are read again and checked; on a
        breach nothing is left in the folder.
    formats : sequence of str
        ("html",).
    title, clinic : str
        For the title page.
    n_resamples, seed : int
        Resamples of whole patients behind the intervals; those of a publishable report come from
        the rounded counts, and need none.
    previous : str or path, optional
        The folder of last year's publishable report of the same clinic: what the two together
        would give away is withheld too.
    progress : callable, optional
        Called with the name of a step, how many are done and how many there are.

    Returns
    -------
    ReportFiles
        `report.html`, `numbers.csv`, `manifest.json` and `figures/`; for a publishable report
        `<folder>-withheld.csv` beside the folder, which is internal.

    Raises
    ------
    ArgumentError
        When an audience or a format is asked for that cannot be made.
    ReportError
        When nobody was fitted by the end of the year, a part cannot be made, or a file for
        publication holds what it may not.

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
    is_published = audience == "publishable"
    analyses = run_analyses(
        cohort,
        year=year,
        n_resamples=MIN_RESAMPLES if is_published else n_resamples,
        seed=seed,
        only=PUBLISHED_RESULTS if is_published else (),
        progress=progress,
    )
    if is_published:
        publication = prepare_publication(
            cohort, analyses, title=title, clinic=clinic, previous=previous
        )
        files = _publish(publication, Path(folder))
    else:
        provenance = describe_provenance(cohort, year=year, n_resamples=n_resamples, seed=seed)
        files = write_files(
            _write_content(analyses, provenance, title=title, clinic=clinic), Path(folder)
        )
    if progress is not None:
        progress("done", analyses.n_steps, analyses.n_steps)
    return files


def _publish(publication: Publication, folder: Path) -> ReportFiles:
    """Write the checked files, and beside their folder the log of what was withheld."""
    earlier = clear_earlier(folder)
    files = write_files(publication.report, folder, check=publication.check, replaces=earlier)
    withheld = folder.with_name(f"{folder.name}-withheld.csv")
    withheld.write_bytes(_as_csv(publication.withheld))
    return replace(files, withheld=withheld)


def _write_content(
    analyses: Analyses, provenance: tuple[tuple[str, str], ...], *, title: str, clinic: str
) -> Report:
    return Report(
        title=title,
        clinic=clinic,
        period=analyses.results["period"].finding,
        audience_note=INTERNAL_NOTE,
        sections=write_sections(analyses, provenance),
        numbers=tabulate_numbers(analyses.results, analyses.refusals),
    )


def write_files(
    report: Report, folder: Path, *, check: Check | None = None, replaces: Sequence[Path] = ()
) -> ReportFiles:
    """Write a finished report to a folder: all of it, or nothing.

    Parameters
    ----------
    report : Report
        Content with drawn figures.
    folder : pathlib.Path
        Made when it does not exist.
    check : callable, optional
        Takes the files as written, by name, and raises when one may not go out.
    replaces : sequence of pathlib.Path
        Files of an earlier report, removed once the new ones have passed.

    Returns
    -------
    ReportFiles

    Raises
    ------
    ReportError
        When the folder cannot be written to, or the check finds something.
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
        report=folder / "report.html",
        numbers=folder / "numbers.csv",
        manifest=folder / "manifest.json",
        figures=figures,
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
    tables = {f"{figure.id}{suffix}.csv": _as_csv(data) for suffix, data in figure.data.items()}
    return {
        f"{figure.id}.svg": figure.svg.encode("utf-8"),
        f"{figure.id}.png": figure.png,
        f"{figure.id}.txt": f"{figure.caption}\n\n{figure.alt}\n".encode(),
        **tables,
    }


def _as_csv(frame: pd.DataFrame) -> bytes:
    return plain_frame(frame).to_csv(index=False, lineterminator="\n").encode("utf-8")


def _manifest(contents: Mapping[str, bytes], audience: str) -> bytes:
    """List the files with their hashes; nothing of the input, not even its hash."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())}
    told = {"audience": audience, "sha256": hashes}
    return (json.dumps(told, indent=2) + "\n").encode("utf-8")
