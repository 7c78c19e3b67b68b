"""The columns of a file of published rates that a user adds, and an empty file to fill in."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from parsoutcomes.baselines.checks import CATEGORIES
from parsoutcomes.calls import public
from parsoutcomes.errors import SourceError


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the file: its name, what it holds, whether a row may leave it empty.

    Attributes
    ----------
    name, meaning : str
        As in the header; in words.
    is_required : bool
        Whether every row needs it.
    default : str
        What an empty cell stands for.
    is_of_paper : bool
        Whether it describes the paper, and so is the same on each of its rows.
    """

    name: str
    meaning: str
    is_required: bool = False
    default: str = ""
    is_of_paper: bool = False


COLUMNS: Final = (
    Column(name="study_id", meaning="your short key of the paper: smith2027", is_required=True),
    Column(
        name="first_author",
        meaning="surname; empty, as all of a paper, where it is listed here",
        is_of_paper=True,
    ),
    Column(name="year", meaning="of publication, four digits", is_of_paper=True),
    Column(name="title", meaning="of the paper", is_of_paper=True),
    Column(name="journal", meaning="its name; or give doi, pmid or url", is_of_paper=True),
    Column(name="doi", meaning="10.xxxx/..., without https", is_of_paper=True),
    Column(name="pmid", meaning="PubMed number", is_of_paper=True),
    Column(name="url", meaning="address", is_of_paper=True),
    Column(name="n_patients", meaning="patients in the whole paper", is_of_paper=True),
    Column(name="n_defects", meaning="pars in the whole paper", is_of_paper=True),
    Column(
        name="cohort_group",
        meaning="papers that share patients have the same; its own study_id where it shares none",
        is_required=True,
        is_of_paper=True,
    ),
    Column(name="outcome", meaning="what is counted", is_required=True),
    Column(name="unit", meaning="what it is counted in", is_required=True),
    Column(name="laterality", meaning="one side, both, or any", is_required=True),
    Column(name="stage", meaning='"any" = not broken down by stage', is_required=True),
    Column(name="contralateral_stage", meaning="stage of the opposite pars", default="any"),
    Column(name="level", meaning="vertebra", default="any"),
    Column(name="stir", meaning="high signal on MRI", default="any"),
    Column(name="brace", meaning="as printed", default="not_stated"),
    Column(name="subgroup", meaning="what else the row is limited to, in words"),
    Column(name="n", meaning="how many were judged"),
    Column(name="n_united", meaning="how many of them had the outcome"),
    Column(name="percent_printed", meaning="0 to 100, as printed"),
    Column(name="mean_months_to_union", meaning="as printed"),
    Column(name="spread", meaning="SD or range of these months, as printed"),
    Column(name="count_basis", meaning="how the counts are known", is_required=True),
    Column(name="read_from", meaning="the paper itself, or another text", is_required=True),
    Column(name="notes", meaning='free text; after "CONFLICT: " what does not add up'),
    Column(
        name="pool_default",
        meaning="yes for the one row that speaks for its group of patients and stratum",
        is_required=True,
    ),
)


@public()
def describe_baseline_columns() -> pd.DataFrame:
    """Tell which columns a file of your own published rates has.

    To fill in such a file for `load_baselines(extra=...)`. Not the columns of patients' records:
    those are in `describe_schema`.

    Returns
    -------
    pandas.DataFrame
        `column, is_required, allowed, when_empty, meaning`, in the order of the template.

    Examples
    --------
    >>> columns = describe_baseline_columns().set_index("column")
    >>> columns.loc["unit", "allowed"]
    'defect, patient, vertebra, unclear'
    """
    return pd.DataFrame(
        {
            "column": column.name,
            "is_required": column.is_required,
            "allowed": ", ".join(CATEGORIES.get(column.name, ())),
            "when_empty": column.default,
            "meaning": column.meaning,
        }
        for column in COLUMNS
    )


@public()
def write_baseline_template(path: str | os.PathLike[str]) -> Path:
    """Write an empty file to fill in with published rates of your own.

    Not for patients' records. One row is one published number; `describe_baseline_columns` tells
    what goes where.

    Parameters
    ----------
    path : str or path-like
        A file that does not exist yet, such as "our_papers.csv".

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    SourceError
        When the file exists already, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_baseline_template(f"{folder}/our_papers.csv")
    ...     path.read_text(encoding="utf-8-sig").split(",")[:3]
    ['study_id', 'first_author', 'year']
    """
    target = Path(path)
    try:
        with target.open("x", encoding="utf-8-sig", newline="") as lines:
            csv.writer(lines).writerow(column.name for column in COLUMNS)
    except OSError as error:
        raise SourceError(
            "The template cannot be written.",
            expected="a file name that is not in use, in a folder that may be written to",
            found="a file of that name" if isinstance(error, FileExistsError) else "no such place",
            fix="Choose another name or folder.",
        ) from error
    return target
