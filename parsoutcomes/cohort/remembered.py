"""Tables that follow from a cohort alone, made once for each cohort."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from weakref import WeakKeyDictionary

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort

P = ParamSpec("P")


def once_per_cohort(
    derive: Callable[Concatenate[Cohort, P], pd.DataFrame],
) -> Callable[Concatenate[Cohort, P], pd.DataFrame]:
    """Make a table once for each cohort and choice of arguments, and hand out copies of it.

    A cohort is frozen, so what follows from it cannot change; it is forgotten with the cohort.

    Parameters
    ----------
    derive : callable
        Takes a cohort and other arguments, and returns a frame; with an argument that cannot be
        looked up, such as a list, the table is made anew.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> made = []
    >>> @once_per_cohort
    ... def count_pars(cohort):
    ...     made.append(1)
    ...     return pd.DataFrame({"n": [cohort.n_defects]})
    >>> cohort = build_cohort({})
    >>> count_pars(cohort)["n"].tolist(), count_pars(cohort)["n"].tolist(), len(made)
    ([0], [0], 1)
    """
    made: WeakKeyDictionary[Cohort, dict[Hashable, pd.DataFrame]] = WeakKeyDictionary()

    @wraps(derive)
    def derive_once(cohort: Cohort, *args: P.args, **kwargs: P.kwargs) -> pd.DataFrame:
        choice = (args, tuple(sorted(kwargs.items())))
        if not all(isinstance(value, Hashable) for value in (*args, *kwargs.values())):
            return derive(cohort, *args, **kwargs)
        of_cohort = made.setdefault(cohort, {})
        if choice not in of_cohort:
            of_cohort[choice] = derive(cohort, *args, **kwargs)
        return of_cohort[choice].copy()

    return cast("Callable[Concatenate[Cohort, P], pd.DataFrame]", derive_once)
