"""A simulated cohort in the standard tables, with its truth attached."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import ArgumentError
from parsoutcomes.synthetic.frames import tabulate_course, tabulate_truth
from parsoutcomes.synthetic.parameters import SimulationParameters, change_parameters
from parsoutcomes.synthetic.visits import draw_course


@public()
def simulate_cohort(
    n_patients: int,
    *,
    seed: int | np.random.Generator,
    parameters: SimulationParameters | None = None,
    **changes: object,
) -> Cohort:
    """Draw a cohort of brace-treated patients of whom the truth is known.

    For teaching, tests and proof by simulation; its results say nothing about a real clinic.

    Parameters
    ----------
    n_patients : int
        1 or more; each has one course of brace and one or two fractured pars at one level.
    seed : int or numpy.random.Generator
        The source of chance: the same seed gives the same cohort.
    parameters : SimulationParameters, optional
        What to draw from; default as documented there.
    **changes
        Single parameters by name, such as ``bilateral_fraction=0.3``.

    Returns
    -------
    Cohort
        Its `truth` holds "defects" (`unites`; `union_days` and `partial_days`, infinite if never;
        `probability_ever` given stage and opposite stage; `probability_by_3_months` and so on,
        with surgery competing), "patients" (`frailty`; `surgery_days`, infinite if none) and
        "parameters" (one row per parameter).

    Raises
    ------
    ArgumentError
        When a number, a name or a parameter is not possible.

    Notes
    -----
    Whether and when a pars unites: `draw_union_times`. What the clinic sees of it:
    `draw_follow_up`. The months of brace prescribed depend on stage and have no effect, unless
    `brace_decisions` let scans decide when the brace comes off (`draw_braced_course`): then
    "defects" also holds `union_days_if_3_months` and `probability_if_3_by_12_months` (if nobody
    is operated on), and so on, and `probability_by_12_months` is for a brace never taken off.

    Examples
    --------
    >>> simulate_cohort(20, seed=7)
    Cohort: 20 patients, 20 courses of brace, 31 pars, 79 scan readings; data lock 31 March 2026
    """
    _require_patients(n_patients)
    chosen = change_parameters(parameters, changes)
    rng = np.random.default_rng(seed)
    patients, union, follow_up = draw_course(n_patients, rng=rng, parameters=chosen)
    return build_cohort(
        tabulate_course(patients, union, follow_up, rng=rng, parameters=chosen),
        intake=IntakeAccount(
            title="Simulated cohort",
            finding=f"{n_patients} simulated patients; no real person is among them.",
            method="Drawn by simulate_cohort.",
        ),
        data_lock=pd.Timestamp(chosen.data_lock),
        truth=tabulate_truth(patients, union, follow_up, parameters=chosen),
    )


def _require_patients(n_patients: int) -> None:
    if isinstance(n_patients, bool) or not isinstance(n_patients, (int, np.integer)):
        found = type(n_patients).__name__
    elif n_patients < 1:
        found = str(n_patients)
    else:
        return
    raise ArgumentError(
        "n_patients is not a number of patients.",
        expected="a whole number, 1 or more",
        found=found,
        fix="Say how many patients to draw, such as simulate_cohort(200, seed=7).",
    )
