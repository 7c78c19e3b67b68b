"""The embedded clinic workbook on which the demonstration runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DEMO_YEAR: Final = 2025


def demo_workbook() -> Path:
    """Return where the synthetic clinic workbook is kept inside the package.

    It holds 72 simulated patients, kept the messy way clinics keep them; no real person. Results
    from it say nothing about any clinic.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> demo_workbook().name
    'clinic_log.xlsx'
    """
    return Path(__file__).parent / "demo_data" / "clinic_log.xlsx"
