"""From finished analyses to a report for publication, and what its files are checked against."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Comment, Report
from parsoutcomes.report.disclosure_check import check_content, check_files
from parsoutcomes.report.disclosure_text import allow
from parsoutcomes.report.publishable import write_publishable
from parsoutcomes.report.publishable_counts import publish_counts, read_previous

Check = Callable[[Mapping[str, bytes]], None]


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A report for publication, with its check and its internal log.

    Attributes
    ----------
    report : Report
        Written from rounded counts alone.
    check : callable
        Takes the finished files by name; raises `ReportError` on a breach.
    withheld : pandas.DataFrame
        What was withheld and why: `id, describes, table, reason`. Not for publication.
    """

    report: Report
    check: Check
    withheld: pd.DataFrame


def prepare_publication(
    cohort: Cohort,
    analyses: Analyses,
    *,
    title: str,
    clinic: str,
    authors: tuple[str, ...] = (),
    comments: Mapping[str, Sequence[Comment]] = MappingProxyType({}),
    previous: str | os.PathLike[str] | None = None,
) -> Publication:
    """Write the publishable report of finished analyses.

    Parameters
    ----------
    cohort : Cohort
        Whose keys and texts the files may not hold.
    analyses : Analyses
        From `run_analyses`; resamples do not matter here.
    title, clinic, authors : str, str and tuple of str
        For the title page; checked like everything else.
    comments : mapping of str to sequence of Comment
        By id of the section they close; refused when they hold a number, a person or a value of
        the records.
    previous : str or path, optional
        The folder of last year's publishable report of the same clinic.

    Returns
    -------
    Publication

    Raises
    ------
    ReportError
        When last year's report cannot be read, or title or clinic's name may not be published.
    """
    last_year = None if previous is None else read_previous(previous)
    published, withheld = publish_counts(analyses, previous=last_year)
    report = _add_words(write_publishable(published, title=title, clinic=clinic), authors, comments)
    allowed = allow(report, year=published.year, references=published.references, cohort=cohort)
    check_content(report, allowed)
    return Publication(
        report=report, check=partial(check_files, allowed=allowed), withheld=withheld
    )


def _add_words(
    report: Report, authors: tuple[str, ...], comments: Mapping[str, Sequence[Comment]]
) -> Report:
    unknown = sorted(set(comments) - {section.id for section in report.sections})
    if unknown:
        raise ReportError(
            "A comment belongs to a section that a publishable report does not have.",
            expected=f"one of {', '.join(section.id for section in report.sections)}",
            found=f"{len(unknown)} other section names",
            fix="Leave these comments to the internal report.",
        )
    sections = tuple(
        replace(section, blocks=(*section.blocks, *comments.get(section.id, ())))
        for section in report.sections
    )
    return replace(report, authors=authors, sections=sections)


def clear_earlier(folder: Path) -> tuple[Path, ...]:
    """Return the files of an earlier publishable report, which the new one replaces.

    Parameters
    ----------
    folder : pathlib.Path
        Where the report will be; need not exist.

    Raises
    ------
    ReportError
        When it holds any other file: a published folder holds nothing that was not checked.
    """
    present = {path for path in folder.rglob("*") if path.is_file()}
    if not present:
        return ()
    earlier = {folder / name for name in _list_earlier(folder)} | {folder / "manifest.json"}
    if not present <= earlier:
        raise ReportError(
            "The folder for publication holds other files, which nobody checked.",
            expected="a folder that is new or empty, or holds an earlier report for publication",
            found=f"{len(present - earlier)} other files",
            fix="Choose another folder.",
        )
    return tuple(sorted(present))


def _list_earlier(folder: Path) -> list[str]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    is_ours = isinstance(manifest, dict) and manifest.get("audience") == "publishable"
    return list(manifest.get("sha256", ())) if is_ours else []
