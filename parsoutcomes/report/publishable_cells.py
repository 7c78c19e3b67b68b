"""From finished analyses to the few counts that a publishable report may rest on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.conventions import MILESTONES_MONTHS, STAGES
from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.disclosure import Cell
from parsoutcomes.results.description import CohortDescription, CohortFlow
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.time_to_union import TimeToUnion
from parsoutcomes.stats.feasible import Relation
from parsoutcomes.wording import format_label, format_months

RECORDS: Final = "flow/records"
TARGETS: Final = "flow/targets"
DUE: Final = "flow/due"
KNOWN: Final = "flow/known"
REST_LABEL: Final = "other or not recorded"
_UNIT_OF: Final = {"pars": "defect", "patients": "patient"}
_OTHER_LEVELS: Final = ("T12", "L1", "L2", "L3", "L4")

# Every category that the case mix may show, and which levels it holds. Always all of them: a line
# that appears only when somebody is in it would tell that somebody is.
MIX: Final[tuple[tuple[str, str, str, tuple[tuple[str, tuple[str, ...]], ...]], ...]] = (
    ("sex", "Sex", "patients", (("male", ("male",)), ("female", ("female",)))),
    (
        "age_years",
        "Age at fitting",
        "patients",
        (
            ("15 years or younger", ("under 10", "10 to 12", "13 to 15")),
            ("16 years or older", ("16 to 19", "20 or more")),
        ),
    ),
    (
        "prescribed_months",
        "Brace prescribed at fitting",
        "patients",
        (("3 months", ("3",)), ("6 months", ("6",))),
    ),
    ("stage", "Stage", "pars", tuple((format_label(one), (one,)) for one in STAGES)),
    (
        "laterality",
        "Laterality",
        "pars",
        (("unilateral", ("unilateral",)), ("bilateral", ("bilateral",))),
    ),
    ("level", "Level", "pars", (("L5", ("L5",)), ("another level", _OTHER_LEVELS))),
)
# The analyses that a publishable report rests on; no other is run for it.
PUBLISHED_RESULTS: Final = (
    *("flow", "case-mix", "time", "comparison"),
    *(f"rates-{unit}-{short}" for unit in _UNIT_OF for short in ("complete", "partial")),
    *("rates-by-stage", "rates-by-laterality"),
)
GROUPS: Final = {
    "stage": ("pre_lysis", "early", "progressive"),
    "laterality": ("unilateral", "bilateral"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """Where the counts behind a share are found, by id.

    Attributes
    ----------
    id, label : str
        Of the line.
    unit : {"pars", "patients"}
        What is counted.
    targets, patients, known : str
        All that could unite; their patients; those of known status.
    """

    id: str
    label: str
    unit: str
    targets: str
    patients: str
    known: str


def overall_lines() -> tuple[Line, ...]:
    """Return the lines for everyone: both units, both definitions."""
    return tuple(
        Line(
            id=f"rates/{unit}/{short}",
            label=f"Per {format_label(_UNIT_OF[unit])}, {format_label(definition)}",
            unit=unit,
            targets=f"{TARGETS}/{unit}",
            patients=f"{TARGETS}/patients",
            known=f"rates/{unit}/{short}/known",
        )
        for unit in _UNIT_OF
        for short, definition in (("complete", "complete"), ("partial", "partial_or_better"))
    )


def group_lines(by: str) -> tuple[Line, ...]:
    """Return the lines of a grouping, per pars, complete union; every group always."""
    return tuple(
        Line(
            id=f"rates/{by}/{group}",
            label=format_label(group),
            unit="pars",
            targets=f"rates/{by}/{group}/targets",
            patients=f"rates/{by}/{group}/patients",
            known=f"rates/{by}/{group}/known",
        )
        for group in GROUPS[by]
    )


def month_lines() -> tuple[Line, ...]:
    """Return the lines of the curve on its grid, per pars, complete union."""
    return tuple(
        Line(
            id=f"time/{months:g}",
            label=f"By {format_months(months)}",
            unit="pars",
            targets=f"{TARGETS}/pars",
            patients=f"{TARGETS}/patients",
            known=f"time/{months:g}/known",
        )
        for months in MILESTONES_MONTHS
    )


def collect_cells(analyses: Analyses) -> tuple[list[Cell], list[Relation]]:
    """Return the true counts behind a publishable report, and the sums that bind them.

    Parameters
    ----------
    analyses : Analyses
        From `run_analyses`.

    Returns
    -------
    tuple
        Cells and relations, the same ones whatever the cohort.
    """
    return bind_cells(read_counts(analyses))


def bind_cells(counts: Mapping[str, float]) -> tuple[list[Cell], list[Relation]]:
    """Return cells with their groups, their rests, and the sums between them.

    Parameters
    ----------
    counts : mapping of str to float
        From `read_counts`.
    """
    binder = _Binder(counts)
    for unit in _UNIT_OF:
        binder.add_flow(unit)
    for name, _, unit, categories in MIX:
        binder.add_mix(name, unit, [label for label, _ in categories])
    for line in overall_lines():
        binder.add_overall(line)
    for by in GROUPS:
        binder.add_groups(by)
    for line in month_lines():
        binder.add_month(line)
    binder.add_what_units_and_definitions_share()
    return binder.cells, binder.relations


def read_counts(analyses: Analyses) -> dict[str, float]:
    """Return the true counts by id; nought where a result was refused.

    Parameters
    ----------
    analyses : Analyses
        From `run_analyses`.
    """
    return {
        **dict(_read_mix(analyses.find("case-mix", CohortDescription))),
        **dict(_read_overall(analyses)),
        **dict(_read_groups(analyses)),
        **dict(_read_time(analyses.find("time", TimeToUnion))),
    }


def _read_mix(result: CohortDescription | None) -> Iterator[tuple[str, float]]:
    for name, _, unit, categories in MIX:
        for label, levels in categories:
            count = 0 if result is None else _count_mix(result.frame, name, levels, unit)
            yield f"mix/{name}/{label}", count


def _count_mix(frame: pd.DataFrame, name: str, levels: tuple[str, ...], unit: str) -> int:
    rows = frame[frame["characteristic"].eq(name) & frame["level"].isin(levels)]
    return int(rows[f"n_{_UNIT_OF[unit]}s"].sum())


def _read_overall(analyses: Analyses) -> Iterator[tuple[str, float]]:
    flow = analyses.find("flow", CohortFlow)
    for unit, column in (("pars", "n_defects"), ("patients", "n_patients")):
        yield f"{RECORDS}/{unit}", _count_records(flow, column)
    first = _by_measure(analyses.find("rates-pars-complete", UnionRates))
    for unit, column in (("pars", "n_defects"), ("patients", "n_patients")):
        yield f"{TARGETS}/{unit}", _count(first, "union_npmle", column)
        yield f"{DUE}/{unit}", _count(first, "bound_unknown_united", column)
        yield f"{KNOWN}/{unit}", _count(first, "union_known_status", column)
    for line in overall_lines():
        _, unit, short = line.id.split("/")
        rows = _by_measure(analyses.find(f"rates-{unit}-{short}", UnionRates))
        yield from _read_rates(rows, line.id, unit)


def _count_records(flow: CohortFlow | None, column: str) -> int:
    """Return those in the records of the period: the first step, or that which took the period."""
    if flow is None:
        return 0
    takes_period = flow.frame["step"].str.startswith("Fitted on or before")
    rows = flow.frame[takes_period] if takes_period.any() else flow.frame
    return int(rows[column].iloc[0])


def _read_groups(analyses: Analyses) -> Iterator[tuple[str, float]]:
    for by, groups in GROUPS.items():
        result = analyses.find(f"rates-by-{by}", UnionRates)
        for group in groups:
            name = f"rates/{by}/{group}"
            rows = _by_measure(result, group)
            yield f"{name}/targets", _count(rows, "union_npmle", "n_defects")
            yield f"{name}/patients", _count(rows, "union_npmle", "n_patients")
            yield from _read_rates(rows, name, "pars")


def _read_rates(rows: Mapping[str, pd.Series], name: str, unit: str) -> Iterator[tuple[str, float]]:
    column = "n_defects" if unit == "pars" else "n_patients"
    yield f"{name}/known", _count(rows, "union_known_status", column)
    yield f"{name}/united", _count(rows, "union_known_status", "n_events")
    estimated = math.nan
    if "union_npmle" in rows:
        estimated = float(rows["union_npmle"]["estimate"]) * float(rows["union_npmle"][column])
    yield f"{name}/estimated", estimated


def _read_time(result: TimeToUnion | None) -> Iterator[tuple[str, float]]:
    for months in MILESTONES_MONTHS:
        known, estimated = 0.0, math.nan
        if result is not None:
            at = result.frame[result.frame["months"].eq(months)]
            seen = result.risk_table[result.risk_table["months"].eq(months)]
            known = float(seen[["n_united", "n_not_united"]].to_numpy().sum())
            estimated = float((at["estimate"] * at["n_defects"]).sum(min_count=1))
        yield f"time/{months:g}/known", known
        yield f"time/{months:g}/estimated", estimated


def _by_measure(result: UnionRates | None, group: str | None = None) -> dict[str, pd.Series]:
    if result is None:
        return {}
    frame = result.to_frame()
    if group is not None:
        frame = frame[frame[str(result.by)].astype(str).eq(group)]
    return {str(row["measure"]): row for _, row in frame.iterrows()}


def _count(rows: Mapping[str, pd.Series], measure: str, column: str) -> int:
    return int(rows[measure][column]) if measure in rows else 0


class _Binder:
    """Puts counts into groups and writes down the sums that any reader knows."""

    def __init__(self, counts: Mapping[str, float]) -> None:
        self.counts = dict(counts)
        self.cells: list[Cell] = []
        self.relations: list[Relation] = []

    def _add(self, name: str, group: str, label: str, **kind: bool) -> str:
        value = self.counts[name]
        self.cells.append(Cell(id=name, value=value, group=group, label=label, **kind))
        return name

    def _add_rest(
        self, whole: str, parts: Sequence[str], name: str, group: str, label: str, **kind: bool
    ) -> None:
        """Add what is left of a whole, and the sum that it completes."""
        self.counts[name] = self.counts[whole] - sum(self.counts[part] for part in parts)
        self._add(name, group, label, **kind)
        if not kind.get("is_estimate"):
            parts_of_whole = {**dict.fromkeys(parts, 1.0), name: 1.0, whole: -1.0}
            self.relations.append(Relation(coefficients=parts_of_whole))

    def add_flow(self, unit: str) -> None:
        steps = {RECORDS: "in the records", TARGETS: "treated as targets"}
        steps |= {DUE: "due at 6 months", KNOWN: "of known status at 6 months"}
        before = ""
        for step, words in steps.items():
            name = self._add(f"{step}/{unit}", f"{step}/{unit}", f"{unit} {words}")
            if before:
                left = f"{step}/{unit}/left_out"
                self._add_rest(before, [name], left, left, f"{unit} left out before: {words}")
            before = name

    def add_mix(self, characteristic: str, unit: str, labels: Sequence[str]) -> None:
        whole = f"{RECORDS}/{unit}"
        names = [f"mix/{characteristic}/{label}" for label in labels]
        for name, label in zip(names, labels, strict=True):
            self._add(name, name, f"{unit}, {label}")
            self._add_rest(whole, [name], f"{name}/rest", name, "all others", is_hidden=True)
        rest = f"mix/{characteristic}/{REST_LABEL}"
        self._add_rest(whole, names, rest, rest, f"{unit}, {REST_LABEL}")

    def add_overall(self, line: Line) -> None:
        self._add(line.known, line.known, f"{line.label}: status known at 6 months")
        self._add_rest(
            line.targets, [line.known], f"{line.id}/unknown", "", "not known", is_hidden=True
        )
        self._add_shares(line, line.id)

    def _add_shares(self, line: Line, group: str) -> None:
        united = self._add(f"{line.id}/united", group, f"{line.label}: united")
        self._add_rest(
            line.known, [united], f"{line.id}/not_united", group, "not united", is_hidden=True
        )
        self._add_estimate(line, group if group != line.id else f"{group}/estimated")

    def _add_estimate(self, line: Line, group: str) -> None:
        name = f"{line.id}/estimated"
        self._add(name, group, f"{line.label}: estimated to have united", is_estimate=True)
        rest = f"{name}/rest"
        hidden = {"is_hidden": True, "is_estimate": True}
        self._add_rest(line.targets, [name], rest, group, "estimated not to have", **hidden)

    def add_groups(self, by: str) -> None:
        lines = group_lines(by)
        for line in lines:
            group = f"{line.id}/"
            self._add(line.targets, group, f"pars, {line.label}")
            self._add(line.patients, group, f"patients with pars, {line.label}")
            self._add(line.known, group, f"pars, {line.label}: status known at 6 months")
            self._add_rest(
                line.targets, [line.known], f"{line.id}/unknown", "", "not known", is_hidden=True
            )
            self._add_shares(line, group)
            self._bind_at_most(line.patients, line.targets)
            self._bind_at_most(line.patients, f"{TARGETS}/patients")
            if by == "stage":
                self._bind_at_most(line.targets, f"mix/stage/{line.label}")
        self._add_remainders(by, lines)

    def _add_remainders(self, by: str, lines: Sequence[Line]) -> None:
        """Add the pars in none of the groups, which no line shows."""
        wholes = {
            "targets": f"{TARGETS}/pars",
            "known": "rates/pars/complete/known",
            "united": "rates/pars/complete/united",
            "not_united": "rates/pars/complete/not_united",
        }
        for part, whole in wholes.items():
            parts = [f"{line.id}/{part}" for line in lines]
            self._add_rest(
                whole, parts, f"rates/{by}/rest/{part}", "", "in no group", is_hidden=True
            )

    def add_month(self, line: Line) -> None:
        self._add(line.known, line.known, f"pars of known status {line.label.lower()}")
        self._add_rest(
            line.targets, [line.known], f"{line.id}/unknown", "", "not known", is_hidden=True
        )
        self._add_estimate(line, f"{line.id}/estimated")

    def _bind_at_most(self, less: str, more: str) -> None:
        self.relations.append(Relation(coefficients={more: 1, less: -1}, high=math.inf))

    def add_what_units_and_definitions_share(self) -> None:
        for step in (RECORDS, TARGETS, DUE, KNOWN):
            self._bind_at_most(f"{step}/patients", f"{step}/pars")
        for unit in _UNIT_OF:
            self._bind_at_most(f"rates/{unit}/complete/united", f"rates/{unit}/partial/united")
        same = {f"{KNOWN}/pars": 1.0, "rates/pars/complete/known": -1.0}
        self.relations.append(Relation(coefficients=same))
