"""What a logistic model is fitted to, and which model the data allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.conventions import (
    MIN_EVENTS_PER_PARAMETER,
    MIN_EVENTS_PER_PARAMETER_PENALISED,
    MIN_GEE_DEGREES_OF_FREEDOM,
    MIN_PATIENTS_FOR_CLAIM,
)
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.models._firth import find_separation
from parsoutcomes.models.design import Design, Term, build_design
from parsoutcomes.results.predictors import write_separation

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LogisticData:
    """The rows of a model, coded, with what separates them.

    Attributes
    ----------
    design : Design
        Predictors as columns.
    events : array of shape (n_rows,)
        0 and 1.
    clusters : array of shape (n_rows,)
        The patient of each row, as a number.
    is_separated : array of shape (n_columns,)
        Whether the ordinary estimate of a column is infinite.
    separation : str
        The same in words.
    """

    design: Design
    events: Floats
    clusters: NDArray[np.int64]
    is_separated: NDArray[np.bool_]
    separation: str

    @property
    def n_parameters(self) -> int:
        """Number of columns, without the intercept."""
        return int(self.design.matrix.shape[1])

    @property
    def n_clusters(self) -> int:
        """Number of patients."""
        return int(np.unique(self.clusters).size)

    @property
    def n_rarer(self) -> int:
        """Events or non-events, whichever are fewer."""
        return int(min(self.events.sum(), len(self.events) - self.events.sum()))

    @property
    def is_told_apart_by_single_levels(self) -> bool:
        """Whether each separation comes from a level in which all or none have the event."""
        return all(
            not self.is_separated[column] or self._is_pure(term, level)
            for term in self.design.terms
            for column, level in zip(term.columns, term.column_levels, strict=True)
        )

    def _is_pure(self, term: Term, level: str) -> bool:
        if term.is_number:
            return False
        seen = (self.events[rows_at(self.design, term, one)] for one in (level, term.reference))
        return any(events.min(initial=1) == events.max(initial=0) for events in seen)

    @property
    def has_pairs(self) -> bool:
        """Whether there are more pairs of units within patients than parameters."""
        sizes = np.bincount(self.clusters)
        return bool((sizes * (sizes - 1) / 2).sum() > self.n_parameters + 1)

    @property
    def degrees_of_freedom(self) -> int:
        """Patients less parameters."""
        return self.n_clusters - self.n_parameters - 1


def read_rows(
    rows: pd.DataFrame, outcome: str, terms: Sequence[str], clusters: str
) -> LogisticData:
    """Code the rows, look for separation, and refuse what no model can use."""
    if not terms or len(set(terms)) != len(terms):
        raise ArgumentError(
            "The terms of the model are not usable.",
            expected="at least one term, each named once",
            found=f"{len(terms)} terms, {len(set(terms))} of them different",
            fix='Name each predictor once, such as ["stage", "laterality"].',
        )
    events = rows[outcome].to_numpy(dtype=np.float64)
    if events.min(initial=1) == events.max(initial=0):
        raise _too_few(int(events.sum()), len(events), len(terms))
    design = build_design(rows, terms)
    directions = find_separation(events, design.matrix)
    return LogisticData(
        design=design,
        events=events,
        clusters=np.unique(rows[clusters].to_numpy(str), return_inverse=True)[1],
        is_separated=directions != 0,
        separation=_describe_separation(design, events, directions),
    )


def _describe_separation(design: Design, events: Floats, directions: NDArray[np.int8]) -> str:
    levels = [
        (term, column, level)
        for term in design.terms
        for column, level in zip(term.columns, term.column_levels, strict=True)
        if directions[column]
    ]
    found = [(term.name, level, int(directions[column])) for term, column, level in levels]
    counts = [
        () if term.is_number else tuple(_count_at(design, events, term, one) for one in pair)
        for term, _, level in levels
        for pair in [(level, term.reference)]
    ]
    return write_separation(found, counts)


def _count_at(design: Design, events: Floats, term: Term, level: str) -> tuple[str, int, int]:
    at_level = rows_at(design, term, level)
    return level, int(events[at_level].sum()), int(at_level.sum())


def require_events(data: LogisticData) -> None:
    """Refuse fewer patients, events or non-events than even a penalised model can carry."""
    if data.n_clusters < MIN_PATIENTS_FOR_CLAIM:
        raise EstimationError(
            "There are too few patients for a model.",
            expected=f"pars of at least {MIN_PATIENTS_FOR_CLAIM} patients",
            found=f"{len(data.events)} pars, patients: {data.n_clusters}",
            fix="Report the counts (estimate_union_rates).",
        )
    if data.n_rarer < MIN_EVENTS_PER_PARAMETER_PENALISED * data.n_parameters:
        raise _too_few(int(data.events.sum()), len(data.events), data.n_parameters)


def choose_method(data: LogisticData, method: str) -> tuple[str, str]:
    """Return "gee" or "firth", and why; refuse a GEE that would mislead."""
    obstacles = _obstacles_to_gee(data)
    if method == "gee" and obstacles:
        raise EstimationError(
            "A clustered logistic model (GEE) would mislead here.",
            expected=f"no separation, {MIN_EVENTS_PER_PARAMETER} events and non-events per "
            f"parameter, {MIN_GEE_DEGREES_OF_FREEDOM} patients more than parameters",
            found="; ".join(obstacles),
            fix='Use method="firth", or fewer terms.',
        )
    if method == "firth":
        return "firth", "Firth's penalised model was asked for"
    if obstacles:
        return "firth", f"Firth's penalised model, since {'; '.join(obstacles)}"
    structure = (
        "exchangeable correlation within patients"
        if data.has_pairs
        else "independence, as too few patients have two pars to estimate a correlation"
    )
    return "gee", (
        f"GEE with {structure}: {data.separation}, and there are at least "
        f"{MIN_EVENTS_PER_PARAMETER} events and non-events per parameter"
    )


def count_obstacles(data: LogisticData) -> list[str]:
    """Say what forbids a model without a penalty: separation, or too few events."""
    obstacles = [data.separation] if data.is_separated.any() else []
    if data.n_rarer < MIN_EVENTS_PER_PARAMETER * data.n_parameters:
        obstacles.append(
            f"{data.n_rarer} of the rarer outcome are fewer than {MIN_EVENTS_PER_PARAMETER} for "
            f"each of {data.n_parameters} parameters (levels beyond the reference, and numbers)"
        )
    return obstacles


def _obstacles_to_gee(data: LogisticData) -> list[str]:
    obstacles = count_obstacles(data)
    if data.degrees_of_freedom < MIN_GEE_DEGREES_OF_FREEDOM:
        obstacles.append(
            f"{data.n_clusters} patients are too few for {data.n_parameters} parameters"
        )
    return obstacles


def rows_at(design: Design, term: Term, level: str) -> NDArray[np.bool_]:
    """Say which rows are at one level of a category."""
    wished = design.at_level(term, level)[:, 1:]
    columns = list(term.columns)
    return np.asarray((design.matrix[:, columns] == wished[:, columns]).all(axis=1))


def _too_few(n_events: int, n: int, n_parameters: int) -> EstimationError:
    return EstimationError(
        "There are too few of the rarer outcome for this model.",
        expected=f"at least {MIN_EVENTS_PER_PARAMETER_PENALISED} united and "
        f"{MIN_EVENTS_PER_PARAMETER_PENALISED} not united for each parameter",
        found=f"{n_events} united and {n - n_events} not united for {n_parameters} parameters",
        fix="Use fewer terms, or report the rates by group (estimate_union_rates).",
    )
