"""How the numbers of a sentence are found, and the ways in which a number may be written."""

from __future__ import annotations

import re

import pandas as pd

from parsoutcomes.conventions import GRACE_MONTHS, HORIZON_MONTHS

# Names and places that hold a digit and are no result: papers, levels, dates, guidelines.
_NOT_NUMBERS = re.compile(
    r"(Virkki|Tatsumura|Ostelo|Gamada) \d{4}|\d{1,2} [A-Z][a-z]+ \d{4}|[LT]\d+\b|ROBINS-I"
    r"|\(0 to 100?\)|scans up to 7\.5 months"
)


def told_numbers(text: str) -> set[str]:
    """Return the numbers of a sentence, names and dates left out."""
    plain = _NOT_NUMBERS.sub("", text.replace(",", ""))
    return set(re.findall(r"(?<![\w.#])\d+(?:\.\d+)?", plain))


def known_numbers(numbers: pd.DataFrame, name: str) -> set[str]:
    """Return each number of a result in every way in which a sentence may write it."""
    rows = numbers[numbers["result"].eq(name)]
    words = rows["describes"].fillna("").astype(str)
    known = {word for text in words for word in re.findall(r"\d[\d.]*", text)}
    known |= {f"{HORIZON_MONTHS:g}", f"{GRACE_MONTHS:g}", f"{HORIZON_MONTHS + GRACE_MONTHS:g}"}
    # Per 100; ">99%" and "<1%" of a share next to all or none; "<0.001" of a smaller p-value.
    known |= {"100", "99", "1", "0.001"}
    for value in rows["value"].abs().tolist():
        for scaled in (value, 100 * value):
            known |= {f"{scaled:.0f}", f"{scaled:.1f}", f"{scaled:.2f}", f"{scaled:.3f}"}
            known |= {f"{scaled:g}", f"{scaled:.3g}", f"{scaled:.2g}"}
    return known
