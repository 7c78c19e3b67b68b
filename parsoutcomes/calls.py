"""Calls that go wrong are answered in plain words: argument names, missing and misplaced values.

Python's own TypeError speaks to programmers; a clinician who writes ``horizon=6`` is told that the
argument is called ``horizon_months``.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import inspect
import math
import re
from collections.abc import Callable, Mapping
from inspect import Parameter
from itertools import pairwise
from numbers import Real
from types import MappingProxyType
from typing import Any, Final, ParamSpec, TypeGuard, TypeVar

from parsoutcomes.conventions import DEFINITIONS, EARLIEST_TREATMENT_YEAR, LONGEST_HORIZON_MONTHS
from parsoutcomes.errors import (
    ArgumentError,
    describe_value,
    find_nearest,
    require_choice,
    require_fraction,
    require_whole,
)

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def public(*, made_by: str = "") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function that users call, so that a call that does not fit it is answered plainly.

    Parameters
    ----------
    made_by : str
        The public function that makes the first argument; "" where that is checked elsewhere.

    Returns
    -------
    callable
        A decorator that leaves signature, docstring and types as they are.

    Examples
    --------
    >>> @public()
    ... def judge(month, *, horizon_months=6): ...
    >>> try:
    ...     judge(3, horizon=9)
    ... except ArgumentError as error:
    ...     print(error.fix)
    Did you mean horizon_months?
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        name = function.__qualname__.rpartition("<locals>.")[2]

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                given = signature.bind(*args, **kwargs).arguments
            except TypeError:
                raise _explain(name, signature, args, kwargs, made_by) from None
            if made_by:
                _require_first(name, signature, given, made_by)
            _require_values(signature, given)
            return function(*args, **kwargs)

        return called

    return decorate


def _is_number(value: object) -> TypeGuard[float]:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _require_time(name: str, value: object, *, is_grace: bool) -> None:
    if _is_number(value) and 0 <= value <= LONGEST_HORIZON_MONTHS and (is_grace or value > 0):
        return
    raise ArgumentError(
        "The horizon or the grace is not a possible time.",
        expected=f"horizon_months above 0 and up to {LONGEST_HORIZON_MONTHS:g}, grace_months of at "
        "least 0",
        found=f"{name}={describe_value(value)}",
        fix="Leave both at their defaults, or give months since fitting.",
    )


def _require_number(name: str, value: object) -> None:
    if _is_number(value):
        return
    raise ArgumentError(
        f"{name} must be a number.",
        expected=f"a finite number for {name}",
        found=describe_value(value),
        fix=f"Leave {name} at its default, or give a number.",
    )


def _require_visits(name: str, value: object) -> None:
    months = list(value) if isinstance(value, list | tuple) else []
    are_numbers = months and all(map(_is_number, months))
    if are_numbers and months[0] > 0 and all(a < b for a, b in pairwise(months)):
        return
    raise ArgumentError(
        f"{name} is not a plan of scans.",
        expected="months above 0 in increasing order, such as (3, 6, 9, 12)",
        found=f"{len(months)} values" if months else describe_value(value),
        fix=f"Leave {name} at its default, or give the months at which scans are planned.",
    )


# An argument of one of these names means the same wherever it stands.
_RULES: Final[Mapping[str, Callable[[str, Any], object]]] = MappingProxyType(
    {
        "definition": functools.partial(require_choice, allowed=DEFINITIONS),
        "conf_level": require_fraction,
        "power": require_fraction,
        "horizon_months": functools.partial(_require_time, is_grace=False),
        "grace_months": functools.partial(_require_time, is_grace=True),
        "visits_months": _require_visits,
        "seed": require_whole,
        "n_resamples": functools.partial(require_whole, at_least=1),
        "n_replicates": functools.partial(require_whole, at_least=1),
        **dict.fromkeys(
            ("excess_per_100", "icc", "lag_months", "milestone_months", "share_two_pars"),
            _require_number,
        ),
        "year": functools.partial(require_whole, at_least=EARLIEST_TREATMENT_YEAR),
        "n_workers": functools.partial(require_whole, at_least=1),
    }
)


def _require_values(signature: inspect.Signature, given: Mapping[str, object]) -> None:
    for name, value in given.items():
        annotation = str(signature.parameters[name].annotation)
        is_other_kind = (value is None and "None" in annotation) or (
            type(value).__name__ == "Generator" and "Generator" in annotation
        )
        if name in _RULES and not is_other_kind:
            _RULES[name](name, value)
        if isinstance(value, str) and re.match(r"(Sequence|tuple)\[", annotation):
            raise ArgumentError(
                f"{name} takes several words, and was given one without brackets.",
                expected=f"a list for {name}, also of one",
                found=describe_value(value),
                fix=f"Put it in brackets, such as {name}=[...].",
            )


def built_by(maker: str) -> Callable[[C], C]:
    """Mark a class that users meet but do not build themselves, and say what builds it.

    Parameters
    ----------
    maker : str
        The call that builds one, as a user writes it.

    Returns
    -------
    callable
        A decorator of the class.
    """

    def decorate(kind: C) -> C:
        build: Any = kind.__init__  # type: ignore[misc]
        signature = inspect.signature(build)

        @functools.wraps(build)
        def built(self: object, *args: object, **kwargs: object) -> None:
            try:
                signature.bind(self, *args, **kwargs)
            except TypeError:
                raise ArgumentError(
                    f"{kind.__name__} is not built from these values.",
                    expected=maker,
                    found=_count_given(args, kwargs),
                    fix=f"Use {maker}.",
                ) from None
            build(self, *args, **kwargs)

        kind.__init__ = built  # type: ignore[misc]
        return kind

    return decorate


def _explain(
    name: str,
    signature: inspect.Signature,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    made_by: str,
) -> ArgumentError:
    takes = {one: p for one, p in signature.parameters.items() if one not in ("self", "cls")}
    args = args[len(signature.parameters) - len(takes) :]
    named = [one for one, p in takes.items() if p.kind is not Parameter.VAR_KEYWORD]
    placed = [one for one in named if takes[one].kind is Parameter.POSITIONAL_OR_KEYWORD]
    by_place = placed[: len(args)]
    unknown = [one for one in kwargs if one not in named and len(named) == len(takes)]
    if unknown:
        return _unknown_name(name, unknown, named, {*kwargs, *by_place})
    if len(args) > len(placed):
        return _too_many(name, len(args), placed, named)
    if twice := [one for one in by_place if one in kwargs]:
        return ArgumentError(
            f"{name} is given {twice[0]} twice.",
            expected=f"{twice[0]} once",
            found=f"once by its place and once as {twice[0]}=",
            fix="Leave one of the two out.",
        )
    required = {one: p for one, p in takes.items() if _is_required(p)}
    missing = [one for one in required if one not in {*by_place, *kwargs}]
    return _missing(name, missing, required, _count_given(args, kwargs), made_by)


def _unknown_name(
    name: str, unknown: list[str], named: list[str], given: set[str]
) -> ArgumentError:
    shown = [one if len(one) <= 30 else f"a name of {len(one)} letters" for one in unknown]
    free = [one for one in named if one not in given]
    near = [match for match in (find_nearest(one, free) for one in unknown) if match]
    if not named:
        fix = "Leave it out."
    else:
        fix = f"Did you mean {' and '.join(near)}?" if near else "Use one of these names."
    return ArgumentError(
        f"{name} has no argument of that name.",
        expected=", ".join(named) or "no argument",
        found=", ".join(shown),
        fix=fix,
    )


def _too_many(name: str, n_placed: int, placed: list[str], named: list[str]) -> ArgumentError:
    by_name = [one for one in named if one not in placed]
    first = ", ".join(placed) or "nothing"
    return ArgumentError(
        f"{name} is given more values without a name than it takes.",
        expected=f"{first}" + (f"; then by name: {', '.join(by_name)}" if by_name else ""),
        found=f"{n_placed} without a name",
        fix=f"Write the name before the value, such as {by_name[0]}=..."
        if by_name
        else "Leave the others out.",
    )


def _missing(
    name: str, missing: list[str], required: Mapping[str, Parameter], found: str, made_by: str
) -> ArgumentError:
    written = [
        f"{one}=..." if p.kind is Parameter.KEYWORD_ONLY else one for one, p in required.items()
    ]
    names = " and ".join(missing)
    fix = f"Give {names}; help(po.{name}) says what can be given."
    if made_by and missing[0] == next(iter(required)):
        fix = _advise(name, made_by, missing[0])
    return ArgumentError(
        f"{name} needs {names}.",
        expected=f"{name}({', '.join(written)})",
        found=found,
        fix=fix,
    )


def _is_required(parameter: Parameter) -> bool:
    is_one = parameter.kind not in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL)
    return is_one and parameter.default is Parameter.empty


def _count_given(args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    parts = [f"{len(args)} without a name"] if args else []
    parts += [f"by name {', '.join(one for one in kwargs if len(one) <= 30)}"] if kwargs else []
    return "; ".join(parts) or "nothing"


def _advise(name: str, made_by: str, first: str) -> str:
    made = {"load_records": 'load_records("clinic.xlsx")'}.get(made_by, f"{made_by}(...)")
    return f"First {first} = po.{made}, then po.{name}({first}, ...)."


def _require_first(
    name: str, signature: inspect.Signature, given: Mapping[str, object], made_by: str
) -> None:
    """Refuse a first argument of another kind than its annotation names.

    The annotation is read as text: figures know the results they draw only by name.
    """
    first, parameter = next(iter(signature.parameters.items()))
    kinds = [one for one in re.findall(r"\w+", str(parameter.annotation)) if one != "Sequence"]
    value = given.get(first, parameter.default)
    several = "Sequence" in str(parameter.annotation) and isinstance(value, list | tuple)
    parts = list(value) if several and isinstance(value, list | tuple) else [value]
    wrong = [part for part in parts if not _is_one_of(part, kinds)]
    if not wrong and parts:
        return
    kind = kinds[0]
    raise ArgumentError(
        f"{name} does not take this as its first value.",
        expected=f"{first}: the {kind} that {made_by} gives",
        found=_describe_kind(wrong[0]) if wrong else "an empty list",
        fix=_advise(name, made_by, first),
    )


def _describe_kind(value: object) -> str:
    if value is None or isinstance(value, bool):
        return repr(value)
    kind = type(value).__name__
    kind = {"str": "text", "PosixPath": "path", "WindowsPath": "path"}.get(kind, kind)
    return f"an {kind}" if kind[0] in "AEIOUaeiou" else f"a {kind}"


def _is_one_of(value: object, kinds: list[str]) -> bool:
    if value is None:
        return "None" in kinds
    return any(kind.__name__ in kinds for kind in type(value).__mro__)


def require_day(name: str, value: object) -> datetime.date:
    """Return `value` as a day when nobody can read it as another, as 03/04/2025 can be.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : object
        A date, or text with the year first.

    Returns
    -------
    datetime.date

    Raises
    ------
    ArgumentError
        When `value` is anything else.

    Examples
    --------
    >>> require_day("on_or_before", "2025-12-31")
    datetime.date(2025, 12, 31)
    """
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        with contextlib.suppress(ValueError):
            return datetime.date.fromisoformat(value.strip())
    # A missing time of pandas counts as a date, and is unequal to itself.
    if isinstance(value, datetime.date) and value == value:  # noqa: PLR0124
        return value
    kind = type(value).__name__
    raise ArgumentError(
        f"{name} is not a day.",
        expected='a day with the year first, such as "2024-01-01"',
        found="text that reads otherwise" if isinstance(value, str) else kind,
        fix=f"Write {name} as year-month-day.",
    )
