"""One exception tree. Every message has four lines: what is wrong, expected, found, fix.

Messages carry column names, row numbers and counts; never an identifier, never a cell value.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Final, SupportsInt, TypeGuard

# What else a choice is called; only hints rest on it.
_OTHER_WORDS: Final = {
    "pars": "defect",
    "fracture": "defect",
    "per_pars": "defect",
    "person": "patient",
    "full": "complete",
    "union": "complete",
    "united": "complete",
    "word": "docx",
    "powerpoint": "pptx",
    "exact": "clopper_pearson",
    "public": "publishable",
    "europe": "european",
    "japan": "japanese",
}
_SHORT_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z_./-]{0,29}\d{0,2}")
_LARGEST_NUMBER_SHOWN: Final = 1_000_000


class ParsOutcomesError(Exception):
    """The root of everything that parsoutcomes raises on purpose.

    Parameters
    ----------
    wrong : str
        What is wrong, in one plain sentence.
    expected : str
        What would have been right.
    found : str
        What was there instead: column names, row numbers and counts only.
    fix : str
        What the reader can do now.

    Examples
    --------
    >>> print(ParsOutcomesError("No file.", expected="a file", found="none", fix="Check it."))
    What is wrong: No file.
    Expected: a file
    Found: none
    Fix: Check it.
    """

    def __init__(self, wrong: str, *, expected: str, found: str, fix: str) -> None:
        self.wrong = wrong
        self.expected = expected
        self.found = found
        self.fix = fix
        super().__init__(
            f"What is wrong: {wrong}\nExpected: {expected}\nFound: {found}\nFix: {fix}"
        )


class SourceError(ParsOutcomesError):
    """A source cannot be opened or read as records: missing, empty, or not a workbook.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> try:
    ...     po.load_records("no_such_file.xlsx")
    ... except po.SourceError as error:
    ...     print(error.wrong)
    There is no such file.
    """


class ArgumentError(ParsOutcomesError, TypeError, ValueError):
    """An argument has a name or a value that the function does not take.

    Also a `TypeError` and a `ValueError`, as Python's own functions raise.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> try:
    ...     po.estimate_union_rates(po.simulate_cohort(5, seed=1), unit="patients")
    ... except po.ArgumentError as error:
    ...     print(error.fix)
    Did you mean unit="patient"?
    """


class EstimationError(ParsOutcomesError):
    """An estimate cannot honestly be given from these data.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> try:
    ...     po.describe_wear_dose(po.simulate_cohort(5, seed=1))
    ... except po.EstimationError as error:
    ...     print(error.wrong)
    No wear is measured.
    """


class BaselineError(ParsOutcomesError):
    """The published rates are not usable as asked: mixed units, mixed outcomes, unknown rows.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> try:
    ...     po.convert_union_rate(31, 40, unit="patient")
    ... except po.BaselineError as error:
    ...     print(error.expected)
    the correlation of the two pars of a patient, and the share with two
    """


class ReportError(ParsOutcomesError):
    """A part of the report cannot be made, so the report is not made.

    Examples
    --------
    >>> str(ReportError("No PDF.", expected="PDF", found="none", fix="Ask.")).splitlines()[0]
    'What is wrong: No PDF.'
    """


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One of several problems of a source, as part of a `RecordsError`.

    Attributes
    ----------
    wrong, expected, found, fix : str
        As in `ParsOutcomesError`.
    """

    wrong: str
    expected: str
    found: str
    fix: str


class RecordsError(ParsOutcomesError):
    """The content of a source stops the load; all its problems are listed at once.

    Parameters
    ----------
    problems : sequence of Problem
        At least one.

    Examples
    --------
    >>> problem = Problem(wrong="No level.", expected="L1-L5", found="row 7", fix="Fill it in.")
    >>> RecordsError([problem]).problems[0].found
    'row 7'
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            _join(p.wrong for p in self.problems),
            expected=_join(p.expected for p in self.problems),
            found=_join(p.found for p in self.problems),
            fix=_join(p.fix for p in self.problems),
        )


class DateOrderError(RecordsError):
    r"""Day and month cannot be told apart in this source, so its dates are not read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import parsoutcomes as po
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "clinic.csv")
    ...     _ = path.write_text("Patient,Side,Stage,Brace fitted\nA1,L,early,03/04/2024\n")
    ...     try:
    ...         po.load_records(path)
    ...     except po.DateOrderError as error:
    ...         print(error.wrong)
    Day and month cannot be told apart in this source.
    """


def _join(parts: Iterable[str]) -> str:
    listed = list(parts)
    if len(listed) == 1:
        return listed[0]
    return " ".join(f"({number}) {part}" for number, part in enumerate(listed, start=1))


def require_choice(name: str, value: object, allowed: Sequence[str]) -> str:
    """Return `value` when it is one of `allowed`; otherwise say which is nearest.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : object
        What the caller gave.
    allowed : sequence of str
        The values that are taken.

    Returns
    -------
    str
        `value`, unchanged.

    Raises
    ------
    ArgumentError
        When `value` is not allowed.

    Examples
    --------
    >>> require_choice("unit", "patient", ["defect", "patient"])
    'patient'
    """
    if isinstance(value, str) and value in allowed:
        return value
    near = find_nearest(value, allowed) if isinstance(value, str) else ""
    raise ArgumentError(
        f"{name} has a value that is not known.",
        expected=", ".join(f'"{choice}"' for choice in allowed),
        found=describe_value(value),
        fix=f'Did you mean {name}="{near}"?' if near else f"Use one of these for {name}.",
    )


def find_nearest(word: str, allowed: Iterable[str]) -> str:
    """Return which of the allowed words was meant, or no word when none is near.

    Parameters
    ----------
    word : str
        What was written.
    allowed : iterable of str
        What can be written.

    Returns
    -------
    str
        One of `allowed`, or "".

    Examples
    --------
    >>> find_nearest("Horizon", ["unit", "horizon_months", "grace_months"])
    'horizon_months'
    >>> find_nearest("pars", ["defect", "patient"])
    'defect'
    """
    by_key = {re.sub(r"\W+", "_", one.casefold()): one for one in allowed}
    key = re.sub(r"\W+", "_", word.casefold().strip())
    key = _OTHER_WORDS[key] if _OTHER_WORDS.get(key) in by_key else key
    near = difflib.get_close_matches(key, by_key, n=1)
    words = set(key.split("_"))
    parts = [one for one in by_key if (len(key) > 2 and key in one) or words & set(one.split("_"))]
    found = near or sorted(parts, key=len)[:1]
    return by_key[found[0]] if found else ""


def describe_value(value: object) -> str:
    """Return what was given as a message may say it: a short word, a number, or only its kind.

    A longer text, a table or a list may hold what was written of a patient.

    Parameters
    ----------
    value : object
        What the caller gave.

    Returns
    -------
    str

    Examples
    --------
    >>> describe_value("patients"), describe_value(95), describe_value(["a", "b"])
    ("'patients'", '95', 'a list')
    """
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        is_short = not value or _SHORT_WORD.fullmatch(value)
        return repr(value) if is_short else f"a text of {len(value)} characters"
    if isinstance(value, Integral | Real):
        number = int(value) if isinstance(value, Integral) else float(value)
        is_small = not math.isfinite(number) or abs(number) <= _LARGEST_NUMBER_SHOWN
        return repr(number) if is_small else "a number beyond a million"
    kind = type(value).__name__
    return f"an {kind}" if kind[0] in "AEIOUaeiou" else f"a {kind}"


def require_fraction(name: str, value: float) -> float:
    """Return `value` when it lies strictly between 0 and 1, as a confidence level must.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : float
        What the caller gave.

    Returns
    -------
    float
        `value`, unchanged.

    Raises
    ------
    ArgumentError
        When `value` is not strictly between 0 and 1.

    Examples
    --------
    >>> require_fraction("conf_level", 0.95)
    0.95
    """
    if isinstance(value, (int, float)) and 0 < value < 1:
        return float(value)
    raise ArgumentError(
        f"{name} must lie between 0 and 1.",
        expected="a number above 0 and below 1, such as 0.95",
        found=describe_value(value),
        fix=f"Give {name} as a fraction, not as a percentage.",
    )


def _is_whole(value: object) -> TypeGuard[SupportsInt]:
    return isinstance(value, Integral) and not isinstance(value, bool)


def require_whole(name: str, value: object, *, at_least: int = 0) -> int:
    """Return `value` when it is a whole number of at least so many, as a seed must be.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : object
        What the caller gave.
    at_least : int
        The smallest that is taken.

    Returns
    -------
    int
        `value`, unchanged.

    Raises
    ------
    ArgumentError
        When `value` is anything else.

    Examples
    --------
    >>> require_whole("n_resamples", 2000, at_least=1)
    2000
    """
    number = int(value) if _is_whole(value) else at_least - 1
    if number >= at_least:
        return number
    raise ArgumentError(
        f"{name} must be a whole number.",
        expected=f"{name} of at least {at_least}",
        found=describe_value(value),
        fix=f"Write a whole number for {name}, or leave it at its default.",
    )
