"""Chained equations: each missing covariate drawn in turn from the others and from the outcome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsoutcomes.conventions import (
    IMPUTATION_PRIOR_DEVIATION,
    N_DONORS,
    N_IMPUTATION_ROUNDS,
)
from parsoutcomes.models.imputation_rows import (
    DEFECT_COLUMNS,
    NUMBERS,
    PATIENT_COLUMNS,
    Booleans,
    Chain,
    Floats,
    Integers,
)
from parsoutcomes.stats.multinomial import category_probabilities, draw_categories, fit_multinomial

PRE_LYSIS = "pre_lysis"


def draw_completed(start: Chain, generator: np.random.Generator) -> Chain:
    """Draw one completed set: patients' columns first, then level, stage and signal on STIR.

    Parameters
    ----------
    start : Chain
        The records, missing values and all.
    generator : numpy.random.Generator
        The source of chance.

    Returns
    -------
    Chain
        Nothing missing in its columns.

    Notes
    -----
    Every model is fitted to the recorded rows under smooth random weights of whole patients (the
    Bayesian bootstrap), so that its coefficients are a proper draw and pars of one patient do not
    count as two independent ones. Pars of one course are drawn one after the other, each given
    what the others have just been drawn as.
    """
    chain = start.copy()
    missing = [name for name in chain.current if not chain.recorded[name].all()]
    ordered = [n for n in (*PATIENT_COLUMNS, *DEFECT_COLUMNS) if n in missing]
    for name in ordered:
        _start(chain, name, generator)
    for _ in range(N_IMPUTATION_ROUNDS):
        for name in ordered:
            _redraw(chain, name, generator)
    return chain


def possible_levels(chain: Chain, name: str) -> Booleans:
    """Say which levels a category may have in each row, whatever the models say.

    Pre-lysis means signal on STIR: a pars without signal cannot be pre-lysis, and one that is
    pre-lysis has signal; a pars without a fracture line on CT can only be pre-lysis. One pars of a
    course cannot have level and side of another.
    """
    levels = chain.levels[name]
    possible = np.ones((len(chain.rows), len(levels)), dtype=bool)
    if name == "stage" and PRE_LYSIS in levels:
        at = levels.index(PRE_LYSIS)
        possible[:, at] = ~chain.rows["stir"].eq("absent").to_numpy()
        no_line = chain.rows["ct_stage"].eq("no_fracture_line").to_numpy()
        possible[no_line] = [level == PRE_LYSIS for level in levels]
    if name == "stir":
        is_pre_lysis = _is_pre_lysis(chain)
        possible[is_pre_lysis] = [level == "present" for level in levels]
    if name == "level":
        possible &= ~_taken_levels(chain)
    possible[~possible.any(axis=1)] = True
    return possible


def _is_pre_lysis(chain: Chain) -> Booleans:
    if "stage" not in chain.current:
        return np.asarray(chain.rows["stage"].eq(PRE_LYSIS).to_numpy())
    levels = chain.levels["stage"]
    if PRE_LYSIS not in levels:
        return np.zeros(len(chain.rows), dtype=bool)
    return np.asarray(chain.current["stage"] == levels.index(PRE_LYSIS))


def _taken_levels(chain: Chain) -> Booleans:
    """Say which levels another pars of the course, on the same recorded side, already has."""
    n_levels = len(chain.levels["level"])
    taken = np.zeros((len(chain.rows), n_levels), dtype=bool)
    for side in ("left", "right"):
        on_side = chain.rows["side"].eq(side).to_numpy()
        held = chain.indicators("level") * on_side[:, None]
        others = chain.of_others(held) > 0
        taken |= others & on_side[:, None]
    return taken


def _start(chain: Chain, name: str, generator: np.random.Generator) -> None:
    """Fill the gaps of a column with values drawn from those recorded."""
    recorded, values = chain.recorded[name], chain.current[name]
    if name in NUMBERS:
        values[~recorded] = generator.choice(values[recorded], int((~recorded).sum()))
        _share_within(chain, name)
        return
    common = np.bincount(values[recorded], minlength=len(chain.levels[name])) / recorded.sum()
    for rows in _rows_in_turn(chain, name):
        possible = possible_levels(chain, name)[rows]
        values[rows] = draw_categories(np.tile(common, (rows.size, 1)), generator, possible)
    if name in PATIENT_COLUMNS:
        _share_within(chain, name)


def _redraw(chain: Chain, name: str, generator: np.random.Generator) -> None:
    weights = generator.standard_exponential(int(chain.patient.max()) + 1)[chain.patient]
    if name in PATIENT_COLUMNS:
        _redraw_patients(chain, name, weights, generator)
        return
    if len(chain.levels[name]) == 1:
        return
    design = _design(chain, name)
    columns = _varying(design)
    coefficients = _fit(chain, name, design[:, columns], _learned_rows(chain, name), weights)
    for rows in _rows_in_turn(chain, name):
        design = _design(chain, name)[:, columns]
        drawn = draw_categories(
            category_probabilities(coefficients, design[rows]),
            generator,
            possible_levels(chain, name)[rows],
        )
        chain.current[name][rows] = drawn


def _fit(chain: Chain, name: str, design: Floats, learned: Booleans, weights: Floats) -> Floats:
    return fit_multinomial(
        chain.current[name][learned],
        design[learned],
        n_categories=len(chain.levels[name]),
        weights=weights[learned],
        prior_deviation=IMPUTATION_PRIOR_DEVIATION,
    )


def _learned_rows(chain: Chain, name: str) -> Booleans:
    """Say from which rows a model learns: recorded, and not settled by definition."""
    recorded = chain.recorded[name]
    if name == "stir" and bool((recorded & ~_is_pre_lysis(chain)).any()):
        return np.asarray(recorded & ~_is_pre_lysis(chain))
    return recorded


def _rows_in_turn(chain: Chain, name: str) -> Iterator[Integers]:
    """Yield the rows with a gap: the first pars of every course, then the second, and so on."""
    missing = ~chain.recorded[name]
    for position in np.unique(chain.position[missing]):
        yield np.flatnonzero(missing & (chain.position == position))


def _design(chain: Chain, name: str) -> Floats:
    """Return outcome, own covariates, and outcome and covariates of the other pars."""
    own = [chain.columns_of(other) for other in chain.current if other != name]
    pars = [other for other in chain.current if other in DEFECT_COLUMNS]
    others = [chain.of_others(chain.indicators(other)[:, 1:]) for other in pars]
    others.append(chain.of_others(chain.outcome[:, :2]))
    parts = [np.ones((len(chain.rows), 1)), chain.outcome, *own, chain.has_other, *others]
    return np.hstack(parts)


def _patient_design(chain: Chain, name: str) -> Floats:
    own = [chain.columns_of(n) for n in chain.current if n != name and n in PATIENT_COLUMNS]
    pars = [chain.of_course(chain.columns_of(n)) for n in chain.current if n in DEFECT_COLUMNS]
    parts = [np.ones((len(chain.rows), 1)), chain.of_course(chain.outcome), chain.has_other]
    return np.hstack([*parts, *own, *pars])


def _varying(design: Floats) -> Booleans:
    """Say which columns are the column of ones, or not constant."""
    varies = np.asarray(np.ptp(design, axis=0) > 0)
    varies[0] = True
    return varies


def _redraw_patients(
    chain: Chain, name: str, weights: Floats, generator: np.random.Generator
) -> None:
    """Draw for the first pars of each patient, and give the value to all pars of the patient."""
    design = _patient_design(chain, name)
    design = design[:, _varying(design)]
    first = _first_rows(chain)
    learned = first & chain.recorded[name]
    rows = np.flatnonzero(first & ~chain.recorded[name])
    if name in NUMBERS:
        values = np.asarray(chain.current[name], dtype=np.float64)
        chain.current[name][rows] = _match(values, design, learned, rows, weights, generator)
    elif len(chain.levels[name]) > 1:
        coefficients = _fit(chain, name, design, learned, weights)
        risk = category_probabilities(coefficients, design[rows])
        chain.current[name][rows] = draw_categories(risk, generator, np.ones_like(risk, dtype=bool))
    _share_within(chain, name)


def _match(  # noqa: PLR0917
    values: Floats,
    design: Floats,
    learned: Booleans,
    rows: Integers,
    weights: Floats,
    generator: np.random.Generator,
) -> Floats:
    """Take the number of one of the recorded patients whose prediction is nearest."""
    root = np.sqrt(weights[learned])[:, None]
    ridge = np.eye(design.shape[1]) / IMPUTATION_PRIOR_DEVIATION**2
    ridge[0, 0] = 0.0
    scaled = design[learned] * root
    slopes = np.linalg.solve(scaled.T @ scaled + ridge, scaled.T @ (values[learned, None] * root))
    predicted = (design @ slopes)[:, 0]
    gaps = np.abs(predicted[rows, None] - predicted[learned][None, :])
    nearest = np.argsort(gaps, axis=1, kind="stable")[:, :N_DONORS]
    chosen = nearest[np.arange(rows.size), generator.integers(0, nearest.shape[1], rows.size)]
    return np.asarray(values[learned][chosen])


def _first_rows(chain: Chain) -> Booleans:
    first = np.zeros(len(chain.rows), dtype=bool)
    first[np.unique(chain.course, return_index=True)[1]] = True
    return first


def _share_within(chain: Chain, name: str) -> None:
    """Give all pars of a course, or of a patient for sex, what its first pars has."""
    group = chain.patient if name == "sex" else chain.course
    first = np.unique(group, return_index=True)[1]
    gaps = ~chain.recorded[name]
    chain.current[name][gaps] = chain.current[name][first][group][gaps]
