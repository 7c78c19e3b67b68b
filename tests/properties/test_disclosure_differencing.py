"""An attack by differencing: is any withheld count pinned by all that was published?

Many random clinics; the attacker here is written from the published numbers alone, with linear
relaxation and rounding of its own, not with the package's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from parsoutcomes.conventions import MILESTONES_MONTHS
from parsoutcomes.report.disclosure import Protected, protect
from parsoutcomes.report.publishable_cells import GROUPS, MIX, bind_cells

N_CLINICS = 12
STAGES = ("pre_lysis", "early", "progressive", "terminal")


def draw_counts(rng: np.random.Generator, n_patients: int) -> dict[str, float]:
    """Return the counts of a random clinic, patient by patient, many of them small."""
    n_pars = rng.choice([1, 2], n_patients, p=[0.6, 0.4])
    patient = np.repeat(np.arange(n_patients), n_pars)
    n = len(patient)
    mix = rng.dirichlet([0.6, 2.0, 1.5, 0.3])
    stage = rng.choice(STAGES, n, p=mix)
    bilateral = n_pars[patient] == 2
    target = stage != "terminal"
    due = target & (rng.random(n_patients)[patient] < 0.9)
    known = due & (rng.random(n) < rng.uniform(0.7, 1.0))
    united = known & (rng.random(n) < rng.uniform(0.3, 0.97))
    partial = known & (united | (rng.random(n) < 0.3))
    counts: dict[str, float] = {}
    for step, rows in (
        ("records", np.ones(n, bool)),
        ("targets", target),
        ("due", due),
        ("known", known),
    ):
        counts[f"flow/{step}/pars"] = rows.sum()
        counts[f"flow/{step}/patients"] = len(set(patient[rows]))
    for short, rows in (("complete", united), ("partial", partial)):
        counts[f"rates/pars/{short}/known"] = known.sum()
        counts[f"rates/pars/{short}/united"] = rows.sum()
        counts[f"rates/pars/{short}/estimated"] = estimate(rng, target.sum(), known, rows)
        settled = [p for p in set(patient[target]) if known[(patient == p) & target].all()]
        all_united = sum(rows[(patient == p) & target].all() for p in settled)
        counts[f"rates/patients/{short}/known"] = len(settled)
        counts[f"rates/patients/{short}/united"] = all_united
        counts[f"rates/patients/{short}/estimated"] = all_united + 0.4
    groups = {"stage": stage, "laterality": np.where(bilateral, "bilateral", "unilateral")}
    for by, names in GROUPS.items():
        for name in names:
            inside = target & (groups[by] == name)
            counts[f"rates/{by}/{name}/targets"] = inside.sum()
            counts[f"rates/{by}/{name}/patients"] = len(set(patient[inside]))
            counts[f"rates/{by}/{name}/known"] = (inside & known).sum()
            counts[f"rates/{by}/{name}/united"] = (inside & united).sum()
            counts[f"rates/{by}/{name}/estimated"] = estimate(
                rng, inside.sum(), inside & known, inside & united
            )
    for months in MILESTONES_MONTHS:
        share = min(1.0, months / 8)
        counts[f"time/{months:g}/known"] = round(known.sum() * (1.05 - 0.05 * share))
        counts[f"time/{months:g}/estimated"] = share * united.sum() + 0.3
    for name, _, unit, categories in MIX:
        whole = n_patients if unit == "patients" else n
        weights = rng.dirichlet([*rng.uniform(0.2, 2, len(categories)), 0.1])
        if name == "stage":
            parts = [(stage == one).sum() for one in STAGES]
        elif name == "laterality":
            parts = [(~bilateral).sum(), bilateral.sum()]
        else:
            parts = list(rng.multinomial(whole, weights))[:-1]
        counts |= {
            f"mix/{name}/{label}": part for (label, _), part in zip(categories, parts, strict=True)
        }
    return {name: float(value) for name, value in counts.items()}


def estimate(rng: np.random.Generator, n: float, known: np.ndarray, united: np.ndarray) -> float:
    share = united.sum() / known.sum() if known.sum() else math.nan
    return n * min(1.0, share * rng.uniform(0.97, 1.03))


def attack(
    published: Mapping[str, int],
    last: Mapping[str, int] | None = None,
    small: frozenset[str] = frozenset(),
) -> dict[str, tuple]:
    """Return the range of every count that was not published, from the outside.

    What the attacker knows: the tables, their sums, the rule, and of `small` that they are at most
    seven. No sum is taken from the package: they are read from the names.
    """
    names = sorted(_all_names())
    years = {"now": published, **({"last": last} if last is not None else {})}
    place = {(year, name): i for i, (year, name) in enumerate((y, n) for y in years for n in names)}
    bounds = [
        (max(8, known[name] - 2), known[name] + 2)
        if name in known
        else (0, 7 if year == "now" and name in small else None)
        for year, known in years.items()
        for name in names
    ]
    equal, at_most = [], []
    for year in years:
        for whole, parts in _sums(names):
            row = np.zeros(len(place))
            row[place[year, whole]] = -1
            for part in parts:
                row[place[year, part]] = 1
            (equal if _is_complete(whole, parts) else at_most).append(row)
    if last is not None:
        for name in names:
            row = np.zeros(len(place))
            row[place["last", name]], row[place["now", name]] = 1, -1
            at_most.append(row)
    system = {
        "A_ub": np.array(at_most),
        "b_ub": np.zeros(len(at_most)),
        "A_eq": np.array(equal),
        "b_eq": np.zeros(len(equal)),
        "bounds": bounds,
    }
    found = {}
    for (year, name), target in place.items():
        if name in years[year]:
            continue
        ends = []
        for sign in (1, -1):
            cost = np.zeros(len(place))
            cost[target] = sign
            solved = linprog(cost, **system)
            ends.append(sign * solved.fun if solved.status == 0 else (math.inf if sign < 0 else 0))
            if solved.status == 2:
                return {}
        found[f"{year} {name}"] = (math.ceil(ends[0] - 1e-6), math.floor(min(ends[1], 1e9) + 1e-6))
    return found


def _all_names() -> set[str]:
    rng = np.random.default_rng(0)
    cells, _ = bind_cells(draw_counts(rng, 50))
    return {one.id for one in cells if not one.is_estimate and not one.is_hidden}


def _sums(names: list[str]) -> list[tuple[str, list[str]]]:
    sums: list[tuple[str, list[str]]] = []
    for unit in ("pars", "patients"):
        chain = [f"flow/{step}/{unit}" for step in ("records", "targets", "due", "known")]
        sums += [(a, [b, f"{b}/left_out"]) for a, b in pairwise(chain)]
    for name, _, unit, _ in MIX:
        sums.append((f"flow/records/{unit}", [n for n in names if n.startswith(f"mix/{name}/")]))
    for by in GROUPS:
        for part, whole in (
            ("targets", "flow/targets/pars"),
            ("known", "rates/pars/complete/known"),
            ("united", "rates/pars/complete/united"),
        ):
            inside = [n for n in names if n.startswith(f"rates/{by}/") and n.endswith(part)]
            sums.append((whole, inside))
            sums += [(f"{n.rpartition('/')[0]}/known", [n]) for n in inside if part == "united"]
            sums += [(f"{n.rpartition('/')[0]}/targets", [n]) for n in inside if part == "known"]
    return sums


def _is_complete(whole: str, parts: list[str]) -> bool:
    return parts[-1].endswith("left_out") or parts[0].startswith("mix/")


def pinned(ranges: dict[str, tuple]) -> list[str]:
    return [name for name, (low, high) in ranges.items() if high - low < 1]


def small_ones(counts: dict[str, float], protected: Protected) -> frozenset[str]:
    cells, _ = bind_cells(counts)
    return frozenset(one.id for one in cells if one.group in protected.reasons and one.value < 8)


def publish(counts: dict[str, float], last: Mapping[str, int] | None = None) -> Protected:
    cells, relations = bind_cells(counts)
    return protect(cells, relations, previous=last)


@pytest.mark.parametrize("seed", range(N_CLINICS))
def test_no_withheld_count_can_be_worked_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = draw_counts(rng, int(rng.integers(8, 160)))
    protected = publish(counts)
    assert all(count >= 10 and count % 5 == 0 for count in protected.counts.values())
    ranges = attack(protected.counts, small=small_ones(counts, protected))
    assert pinned(ranges) == []
    assert all(low <= counts.get(name[4:], low) <= high for name, (low, high) in ranges.items())


@pytest.mark.parametrize("seed", range(2))
def test_nor_from_last_years_report_beside_it(seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    n_last = int(rng.integers(20, 100))
    last = draw_counts(np.random.default_rng(seed), n_last)
    new = draw_counts(rng, int(rng.integers(1, 25)))
    now = {name: last[name] + new[name] for name in last}
    last_published = publish(last).counts
    protected = publish(now, last_published)
    before = set(pinned(attack(last_published)))
    assert before == set()
    small = small_ones(now, protected)
    assert pinned(attack(protected.counts, last_published, small)) == []


def test_the_attacker_can_win_where_nothing_more_is_withheld() -> None:
    """The attack itself works: rounding alone, without the second withholding, is broken."""
    published = {"flow/records/patients": 45}
    mixed = {"mix/sex/male": 20, "mix/sex/female": 20}
    ranges = attack({**published, **mixed})
    low, high = ranges["now mix/sex/other or not recorded"]
    assert (low, high) == (0, 11)
    tight = attack({"flow/records/patients": 10, "mix/sex/male": 10})
    assert tight["now mix/sex/female"] == (0, 4)
