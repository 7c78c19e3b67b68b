"""Run lengths of a CUSUM by the Markov chain of Brook and Evans: no simulation, none of our code.

Patients are listed with the chances of their pars; two pars share one uniform variate with
probability `correlation`, so each patient's outcomes have known probabilities.
"""

from __future__ import annotations

import math

import numpy as np


def list_increments(patients, correlation, odds_ratio, truth=None):
    """Return each possible increment of the sum with its probability."""
    truth = patients if truth is None else truth
    found = []
    for expected, chances in zip(patients, truth, strict=True):
        for outcome, probability in _outcomes(chances, correlation):
            weight = sum(
                math.log((odds_ratio if united else 1.0) / (1 - p + odds_ratio * p))
                for p, united in zip(expected, outcome, strict=True)
            )
            found.append((weight, probability / len(patients)))
    return found


def _outcomes(chances, correlation):
    if len(chances) == 1:
        return [((1,), chances[0]), ((0,), 1 - chances[0])]
    p, q = chances
    both = correlation * min(p, q) + (1 - correlation) * p * q
    return [((1, 1), both), ((1, 0), p - both), ((0, 1), q - both), ((0, 0), 1 - p - q + both)]


def transitions(increments, limit, n_states=800):
    """Return the chance of going from each state to each other without a signal.

    States are the values 0, d, 2 d, ... below the limit; between two, mass is divided so that the
    mean is kept.
    """
    width = limit / n_states
    chances = np.zeros((n_states, n_states))
    for weight, probability in increments:
        places = np.maximum(np.arange(n_states) + weight / width, 0.0)
        inside = places < n_states
        lower = np.floor(places).astype(int)
        upper_share = places - lower
        rows = np.arange(n_states)[inside]
        np.add.at(chances, (rows, lower[inside]), probability * (1 - upper_share[inside]))
        upper = lower + 1
        held = inside & (upper < n_states)
        at = np.arange(n_states)[held]
        np.add.at(chances, (at, upper[held]), probability * upper_share[held])
        top = inside & (upper == n_states)
        edge = np.arange(n_states)[top]
        np.add.at(chances, (edge, np.full(edge.size, n_states - 1)), probability * upper_share[top])
    return chances


def mean_run_length(increments, limit, n_states=800):
    """Return the mean number of patients until a signal, from zero."""
    chances = transitions(increments, limit, n_states)
    return float(np.linalg.solve(np.eye(n_states) - chances, np.ones(n_states))[0])


def median_run_length(increments, limit, n_states=400):
    """Return by which patient half of all charts have signalled."""
    chances = transitions(increments, limit, n_states)
    start, patients = np.eye(n_states)[0], 0
    while start.sum() > 0.5:
        start, patients = start @ chances, patients + 1
    return patients
