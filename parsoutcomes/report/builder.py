"""From a cohort to a folder that holds the report, its figures and its numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import MIN_RESAMPLES, N_RESAMPLES, SEED, DocumentFormat
from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import (
    FORMATS,
    Analyses,
    Progress,
    require_audience,
    run_analyses,
)
from parsoutcomes.report.config_file import ReportWords, read_report_words
from parsoutcomes.report.content import Report
from parsoutcomes.report.last_year import read_last_year
from parsoutcomes.report.notebook_progress import notebook_progress
from parsoutcomes.report.numbers import tabulate_numbers
from parsoutcomes.report.provenance import describe_provenance
from parsoutcomes.report.publishable_cells import PUBLISHED_RESULTS
from parsoutcomes.report.publishing import clear_earlier, prepare_publication
from parsoutcomes.report.report_files import ReportFiles, as_csv, write_files
from parsoutcomes.report.sections import write_sections

INTERNAL_NOTE: Final = "Internal: small numbers are shown, so not for publication"


@public(made_by="load_records")
def build_report(
    cohort: Cohort,
    folder: str | os.PathLike[str],
    *,
    year: int,
    audience: Literal["internal", "publishable"] = "internal",
    formats: Sequence[DocumentFormat] = FORMATS,
    title: str = "",
    clinic: str = "",
    config: str | os.PathLike[str] | None = None,
    template: str | os.PathLike[str] | None = None,
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
        Of "html", "pdf", "docx" and "pptx" (slides).
    title, clinic : str
        For the title page; where given they come before those of `config`.
    config : str or path, optional
        A YAML file with title, clinic, authors, logo, interests, registration, sign-off, the flow
        before the brace and comments by section; see `read_report_words`.
    template : str or path, optional
        A Word document with one paragraph `[[REPORT]]`, at which the report is put.
    n_resamples, seed : int
        Resamples of whole patients behind the intervals; those of a publishable report come from
        the rounded counts, and need none.
    previous : str or path, optional
        The folder of last year's report of the same clinic and audience. Internal: what changed
        since is said. For publication: what the two together would give away is withheld too.
    progress : callable, optional
        Called with the name of a step, how many are done and how many there are; default a line
        that changes in a notebook, and nothing elsewhere.

    Returns
    -------
    ReportFiles
        `report.html`, `report.pdf`, `report.docx`, `slides.pptx`, `numbers.csv`,
        `manifest.json` and `figures/`; for a publishable report `<folder>-withheld.csv` beside the
        folder, which is internal.

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
    progress = notebook_progress() if progress is None else progress
    words = _choose_words(config, title=title, clinic=clinic)
    setting = _Setting(
        folder=Path(folder), formats=tuple(formats), template=_read_template(template)
    )
    write = _build_publishable if audience == "publishable" else _build_internal
    return write(
        cohort,
        setting,
        words,
        year=year,
        n_resamples=n_resamples,
        seed=seed,
        previous=previous,
        progress=progress,
    )


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """Where and in which forms a report is written."""

    folder: Path
    formats: tuple[str, ...]
    template: bytes | None


def _build_internal(
    cohort: Cohort,
    setting: _Setting,
    words: ReportWords,
    *,
    year: int,
    n_resamples: int,
    seed: int,
    previous: str | os.PathLike[str] | None,
    progress: Progress | None,
) -> ReportFiles:
    analyses = run_analyses(
        cohort,
        year=year,
        n_resamples=n_resamples,
        seed=seed,
        previous=None if previous is None else read_last_year(Path(previous)),
        config=words.config,
        progress=progress,
    )
    provenance = describe_provenance(cohort, year=year, n_resamples=n_resamples, seed=seed)
    files = write_files(
        _write_content(analyses, provenance, words, _teller(progress, analyses)),
        setting.folder,
        formats=setting.formats,
        template=setting.template,
        tell=_teller(progress, analyses),
    )
    _tell_done(progress, analyses)
    return files


def _build_publishable(
    cohort: Cohort,
    setting: _Setting,
    words: ReportWords,
    *,
    year: int,
    n_resamples: int,
    seed: int,
    previous: str | os.PathLike[str] | None,
    progress: Progress | None,
) -> ReportFiles:
    """Write the checked files, and beside their folder the log of what was withheld."""
    analyses = run_analyses(
        cohort,
        year=year,
        n_resamples=min(n_resamples, MIN_RESAMPLES),
        seed=seed,
        only=PUBLISHED_RESULTS,
        progress=progress,
    )
    publication = prepare_publication(
        cohort,
        analyses,
        title=words.title,
        clinic=words.clinic,
        authors=words.authors,
        comments=words.config.comments,
        previous=previous,
    )
    folder = setting.folder
    files = write_files(
        replace(publication.report, logo=words.logo, logo_alt=words.logo_alt),
        folder,
        formats=setting.formats,
        template=setting.template,
        check=publication.check,
        replaces=clear_earlier(folder),
        tell=_teller(progress, analyses),
    )
    withheld = folder.with_name(f"{folder.name}-withheld.csv")
    withheld.write_bytes(as_csv(publication.withheld))
    _tell_done(progress, analyses)
    return replace(files, withheld=withheld)


def _teller(progress: Progress | None, analyses: Analyses) -> Callable[[str], None] | None:
    if progress is None:
        return None
    return lambda words: progress(words, analyses.n_steps - 1, analyses.n_steps)


def _tell_done(progress: Progress | None, analyses: Analyses) -> None:
    if progress is not None:
        progress("done", analyses.n_steps, analyses.n_steps)


def _choose_words(config: str | os.PathLike[str] | None, *, title: str, clinic: str) -> ReportWords:
    words = ReportWords() if config is None else read_report_words(config)
    return replace(words, title=title or words.title, clinic=clinic or words.clinic)


def _read_template(template: str | os.PathLike[str] | None) -> bytes | None:
    if template is None:
        return None
    try:
        return Path(template).read_bytes()
    except OSError as error:
        raise ReportError(
            "The Word template cannot be read.",
            expected="a DOCX file with one paragraph that says [[REPORT]]",
            found=type(error).__name__,
            fix="Check the name of the file, and close it in Word.",
        ) from None


def _write_content(
    analyses: Analyses,
    provenance: tuple[tuple[str, str], ...],
    words: ReportWords,
    tell: Callable[[str], None] | None,
) -> Report:
    return Report(
        title=words.title,
        clinic=words.clinic,
        period=analyses.results["period"].finding,
        audience_note=INTERNAL_NOTE,
        sections=write_sections(analyses, provenance, words.config, tell=tell),
        numbers=tabulate_numbers(analyses.results, analyses.refusals),
        authors=words.authors,
        logo=words.logo,
        logo_alt=words.logo_alt,
    )
