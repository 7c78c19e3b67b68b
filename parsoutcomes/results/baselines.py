"""Published rates, as a checked result."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Baselines(Result):
    """Published numbers on union of pars fractures; `frame` is `rates`.

    Attributes
    ----------
    studies : pandas.DataFrame
        One row per paper that stands behind a row of `rates` or `effects`.
    rates : pandas.DataFrame
        One row per published number: what it counts, in whom, `n_united` of `n`, how the count is
        known (`count_basis`), where it was read (`read_from`), and `pool_default`, True for the
        one row that speaks for its group of patients and stratum.
    effects : pandas.DataFrame
        Odds ratios, risk ratios and tests, as printed.
    conflicts : pandas.DataFrame
        `study_id, kind, conflict`: numbers of a paper that contradict each other, and papers
        without a DOI.
    """

    studies: pd.DataFrame = field(default_factory=pd.DataFrame)
    rates: pd.DataFrame = field(default_factory=pd.DataFrame)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    conflicts: pd.DataFrame = field(default_factory=pd.DataFrame)
