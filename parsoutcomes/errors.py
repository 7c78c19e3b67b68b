"""One exception tree. Every message has four lines: what is wrong, expected, found, fix.

Messages carry column names, row numbers and counts; never an identifier, never a cell value.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import SupportsInt, TypeGuard


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
    """A source cannot be opened or read as records: missing, empty, or not a workbook."""


class ArgumentError(ParsOutcomesError, ValueError):
    """An argument has a value that the function does not take."""


class EstimationError(ParsOutcomesError):
    """An estimate cannot honestly be given from these data."""


class BaselineError(ParsOutcomesError):
    """The published rates are not usable as asked: mixed units, mixed outcomes, unknown rows."""


class ReportError(ParsOutcomesError):
    """A part of the report cannot be made, so the report is not made."""


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
    """Day and month cannot be told apart in this source, so its dates are not read."""


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
    near = difflib.get_close_matches(str(value), allowed, n=1)
    hint = f'Did you mean {name}="{near[0]}"?' if near else f"Use one of these for {name}."
    raise ArgumentError(
        f"{name} has a value that is not known.",
        expected=", ".join(f'"{choice}"' for choice in allowed),
        found=repr(value),
        fix=hint,
    )


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
        found=repr(value),
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
        found=repr(value),
        fix=f"Leave {name} at its default.",
    )
