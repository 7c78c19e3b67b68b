"""What a reader needs to make the same report again: versions, input, seed, dates passed in."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Final

from parsoutcomes import __version__
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import REPORT_BRACE_N_RESAMPLES
from parsoutcomes.wording import format_date

_LIBRARIES: Final = (
    "numpy",
    "pandas",
    "scipy",
    "lifelines",
    "statsmodels",
    "firthmodels",
    "matplotlib",
    "jinja2",
)


def describe_provenance(
    cohort: Cohort, *, year: int, n_resamples: int, seed: int
) -> tuple[tuple[str, str], ...]:
    """Return what was run, on what, as pairs of label and text.

    Parameters
    ----------
    cohort : Cohort
        The cohort as it was passed in.
    year, n_resamples, seed : int
        As passed to `build_report`.

    Returns
    -------
    tuple of tuple of str
        No clock is read, so that the same input gives the same text.
    """
    sources = cohort.intake.sources["source"].dropna().drop_duplicates().astype(str).tolist()
    return (
        ("Source", ", ".join(sources) or "made in memory, not read from a file"),
        ("SHA-256 of the source", cohort.intake.sha256 or "none: no file was read"),
        ("Follow-up counted to (data lock)", format_date(cohort.data_lock)),
        ("Year of the report", str(year)),
        ("Resamples of patients", f"{n_resamples:,}"),
        (
            "Resamples of patients for strategies of duration",
            f"{min(n_resamples, REPORT_BRACE_N_RESAMPLES):,}",
        ),
        ("Seed", str(seed)),
        ("parsoutcomes", __version__),
        ("Python", platform.python_version()),
        *((library, version(library)) for library in _LIBRARIES),
    )
