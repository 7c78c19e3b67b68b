"""The rounded counts that a publishable report is written from, and the shares they come to."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.disclosure import (
    Cell,
    Nearly,
    Protected,
    allows_ratio,
    bound_percent,
    is_small,
    percent_interval,
    percent_of,
    protect,
)
from parsoutcomes.report.publishable_cells import (
    TARGETS,
    Line,
    collect_cells,
    group_lines,
    overall_lines,
)
from parsoutcomes.results.comparison import BaselineComparison
from parsoutcomes.results.published import WITHHELD, PublishedShare
from parsoutcomes.stats.proportions import wilson_interval

NUMBER_COLUMNS: Final = ("id", "describes", "quantity", "value")
LOG_COLUMNS: Final = ("id", "describes", "table", "reason")
_COMPARED: Final = "comparison"
_STRATA: Final = ("early", "progressive")


@dataclass(frozen=True, kw_only=True)
class PublishedSeries:
    """A published series: its name, and by stage how many united of how many, as printed."""

    name: str
    strata: Mapping[str, tuple[int, int]]
    design_effects: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class PublishableCounts:
    """All that a publishable report knows of the clinic.

    Attributes
    ----------
    year : int
        Of the report.
    is_period_judged : bool
        False when the source has no fitting dates.
    counts : mapping of str to int
        Rounded, by id; what is not here is withheld.
    nearly : mapping of str to {"all", "none"}
        Shares of which only that fewer than 8 are on one side may be said, by id of the group.
    series : tuple of PublishedSeries
        To compare with.
    labels : mapping of str to str
        What each count counts.
    references : tuple of str
        Of the methods and the series.
    """

    year: int
    is_period_judged: bool
    counts: Mapping[str, int]
    nearly: Mapping[str, Nearly]
    series: tuple[PublishedSeries, ...]
    labels: Mapping[str, str]
    references: tuple[str, ...] = ()

    def text_of(self, name: str) -> str:
        """Return a rounded count as text, or "withheld"."""
        return f"{self.counts[name]:,}" if name in self.counts else WITHHELD


def publish_counts(
    analyses: Analyses, *, previous: Mapping[str, int] | None = None
) -> tuple[PublishableCounts, pd.DataFrame]:
    """Round, and withhold, the counts of finished analyses.

    Parameters
    ----------
    analyses : Analyses
        From `run_analyses`.
    previous : mapping of str to int, optional
        From `read_previous`.

    Returns
    -------
    tuple
        What may be published, and the internal log of what was withheld: `id, describes, table,
        reason`, without the counts.
    """
    cells, relations = collect_cells(analyses)
    protected = protect(cells, relations, previous=previous)
    published = PublishableCounts(
        year=analyses.period.year,
        is_period_judged=analyses.period.is_judged,
        counts=protected.counts,
        nearly=_find_nearly(cells, protected),
        series=_read_series(analyses.find("comparison", BaselineComparison)),
        labels={cell.id: cell.label for cell in cells if not cell.is_hidden},
        references=_read_references(analyses),
    )
    return published, log_withheld(cells, protected)


def _find_nearly(cells: Sequence[Cell], protected: Protected) -> dict[str, Nearly]:
    """Say of each share of everyone on which side the few are; never of a group's."""
    groups = {line.id for line in overall_lines()}
    nearly: dict[str, Nearly] = {}
    for line in groups | {cell.group for cell in cells if cell.group.startswith("time/")}:
        for group in (line, f"{line}/estimated"):
            inside = [cell for cell in cells if cell.group == group]
            if group in protected.reasons and len(inside) == 2:
                few = [is_small(cell.value) for cell in inside]
                known = all(math.isfinite(cell.value) for cell in inside)
                if known and few[0] != few[1]:
                    nearly[group] = "none" if few[0] else "all"
    return nearly


def _read_references(analyses: Analyses) -> tuple[str, ...]:
    cited = {
        f"{one.text} doi:{one.doi}" if one.doi and one.doi not in one.text else one.text
        for name in ("time", "comparison")
        if name in analyses.results
        for one in analyses.results[name].citations
    }
    return tuple(sorted(cited))


def _read_series(result: BaselineComparison | None) -> tuple[PublishedSeries, ...]:
    if result is None or result.strata.empty:
        return ()
    return tuple(
        PublishedSeries(
            name=str(name),
            strata={
                str(row["stage"]): (int(row["published_n_united"]), int(row["published_n"]))
                for _, row in rows.iterrows()
            },
            design_effects={
                str(row["stage"]): float(row["design_effect"]) for _, row in rows.iterrows()
            },
        )
        for name, rows in result.strata.groupby("series", sort=False)
    )


def log_withheld(cells: Sequence[Cell], protected: Protected) -> pd.DataFrame:
    """List what was withheld and why, for those who may see the records.

    Parameters
    ----------
    cells, protected
        From `collect_cells` and `protect`.
    """
    rows = [
        (cell.id, cell.label, cell.id.split("/")[0], protected.reasons[cell.group])
        for cell in cells
        if cell.group in protected.reasons and not cell.is_hidden
    ]
    return pd.DataFrame(rows, columns=list(LOG_COLUMNS))


def read_previous(folder: str | os.PathLike[str]) -> dict[str, int]:
    """Read the rounded counts of last year's publishable report.

    Parameters
    ----------
    folder : str or path
        That holds its `numbers.csv`.

    Raises
    ------
    ReportError
        When there is none, or it is not of a publishable report.
    """
    path = Path(folder) / "numbers.csv"
    try:
        with path.open(encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        counts = {row["id"]: int(row["value"]) for row in rows if row["quantity"] == "count"}
        if rows and tuple(rows[0]) == NUMBER_COLUMNS:
            return counts
    except (OSError, KeyError, ValueError, UnicodeDecodeError):
        pass
    raise ReportError(
        "Last year's publishable report cannot be read.",
        expected="a folder with the numbers.csv of a report made for publication",
        found="none that can be read",
        fix="Give previous= the folder of last year's publishable report, or leave it out.",
    )


def share_estimated(published: PublishableCounts, line: Line) -> PublishedShare:
    """Return the share of all targets estimated to have united, as far as it may be given."""
    return _share(published, line, whole=line.targets, kind="estimated")


def share_known(published: PublishableCounts, line: Line) -> PublishedShare:
    """Return the share united among those of known status, as far as it may be given."""
    return _share(published, line, whole=line.known, kind="united")


def _share(published: PublishableCounts, line: Line, *, whole: str, kind: str) -> PublishedShare:
    counts, part = published.counts, f"{line.id}/{kind}"
    total = counts.get(whole)
    group = line.id if kind == "united" else f"{line.id}/estimated"
    n_effective = effective_number(counts, line)
    if total is None or n_effective is None:
        return PublishedShare(id=part, label=line.label, whole=WITHHELD, text=WITHHELD)
    if part not in counts:
        text = _write_bound(total, published.nearly.get(group))
        return PublishedShare(id=part, label=line.label, whole=f"{total:,}", text=text)
    low, high = percent_interval(counts[part], total, n_effective)
    percent = percent_of(counts[part], total)
    return PublishedShare(
        id=part,
        label=line.label,
        whole=f"{total:,}",
        text=f"{percent}% ({low}% to {high}%)",
        estimate=percent,
        conf_low=low,
        conf_high=high,
    )


def effective_number(counts: Mapping[str, int], line: Line) -> float | None:
    """Return how many independent patients a share rests on, from rounded counts.

    Pars of one patient are taken to share one fate, which is never too bold.

    Parameters
    ----------
    counts : mapping of str to int
        Rounded.
    line : Line
        Of the share.
    """
    if any(name not in counts for name in (line.known, line.targets, line.patients)):
        return None
    if line.unit == "patients":
        return float(counts[line.known])
    return counts[line.known] * min(1.0, counts[line.patients] / counts[line.targets])


def _write_bound(total: int, nearly: Nearly | None) -> str:
    percent = None if nearly is None else bound_percent(total, nearly)
    if percent is None:
        return WITHHELD
    return f"at {'least' if nearly == 'all' else 'most'} {percent}%"


def compare_published(published: PublishableCounts) -> tuple[PublishedShare, ...]:
    """Return observed over expected against each series, from the rounded counts of the stages.

    Not a test of the brace. Withheld below 20 pars, or when a stage is withheld.

    Parameters
    ----------
    published : PublishableCounts
        With its series.

    Returns
    -------
    tuple of PublishedShare
        Ratios to two decimals.

    Notes
    -----
    Expected: the published rates at the rounded numbers of early and progressive pars. Interval:
    limits of both shares put together on the log scale (MOVER); those of the series are Wilson's on
    the effective number of its rates at this mix.
    """
    lines = [line for line in group_lines("stage") if line.id.split("/")[-1] in _STRATA]
    return tuple(_ratio(published, lines, series) for series in published.series)


def _ratio(
    published: PublishableCounts, lines: Sequence[Line], series: PublishedSeries
) -> PublishedShare:
    name = f"{_COMPARED}/{series.name}"
    stages = [line.id.split("/")[-1] for line in lines]
    counts = published.counts
    targets = [counts.get(line.targets, 0) for line in lines]
    if not (all(targets) and set(stages) <= set(series.strata) and allows_ratio(sum(targets))):
        return PublishedShare(id=name, label=series.name, whole=WITHHELD, text=WITHHELD)
    total = sum(targets)
    united = sum(counts[f"{line.id}/estimated"] for line in lines)
    known = sum(counts[line.known] for line in lines)
    patients = sum(counts[line.patients] for line in lines)
    everyone = counts.get(f"{TARGETS}/patients", patients)
    n_effective = known * min(1.0, min(patients, everyone) / total)
    observed = percent_of(united, total) / 100
    limits = tuple(percent / 100 for percent in percent_interval(united, total, n_effective))
    expected, low, high = _expect(series, stages, targets)
    below = math.hypot(_log(observed, limits[0]), _log(high, expected))
    above = math.hypot(_log(limits[1], observed), _log(expected, low))
    ratio = observed / expected
    shown = tuple(
        round(one, 2) for one in (ratio, ratio * math.exp(-below), ratio * math.exp(above))
    )
    return PublishedShare(
        id=name,
        label=series.name,
        whole=f"{total:,}",
        text=f"{shown[0]:.2f} ({shown[1]:.2f} to {shown[2]:.2f})",
        estimate=shown[0],
        conf_low=shown[1],
        conf_high=shown[2],
    )


def _log(over: float, under: float) -> float:
    return math.log(over / under) if over > 0 and under > 0 else math.inf


def _expect(
    series: PublishedSeries, stages: Sequence[str], targets: Sequence[int]
) -> tuple[float, float, float]:
    """Return the share that the series' rates expect at this mix, with its limits."""
    expected = variance = 0.0
    for stage, n_targets in zip(stages, targets, strict=True):
        n_united, n = series.strata[stage]
        weight, rate = n_targets / sum(targets), n_united / n
        held = (n_united + 0.5) / (n + 1)
        expected += weight * rate
        variance += weight**2 * held * (1 - held) * series.design_effects[stage] / n
    n_effective = expected * (1 - expected) / variance
    limits = wilson_interval(expected * n_effective, n_effective, conf_level=CONF_LEVEL)
    return expected, limits.conf_low, limits.conf_high


def tabulate_published(
    published: PublishableCounts, shares: Sequence[PublishedShare], ratios: Sequence[PublishedShare]
) -> pd.DataFrame:
    """List every published number of the clinic, and nothing else.

    Parameters
    ----------
    published : PublishableCounts
        The counts.
    shares, ratios : sequence of PublishedShare
        What was computed from them.

    Returns
    -------
    pandas.DataFrame
        `id, describes, quantity, value`, values as text without false decimals.
    """
    rows = [
        (name, published.labels[name], "count", str(count))
        for name, count in published.counts.items()
    ]
    for share in shares:
        bound, _, percent = share.text.removesuffix("%").rpartition(" ")
        if share.is_given:
            rows += _number_rows(share, "percent", 0)
        elif bound:
            quantity = f"percent_{bound.replace(' ', '_')}"
            rows.append((f"{share.id}/{quantity}", share.label, quantity, percent))
    given = [ratio for ratio in ratios if ratio.is_given]
    if given:
        total = given[0].whole.replace(",", "")
        rows.append((f"{_COMPARED}/pars", "early and progressive pars, as rounded", "count", total))
    for ratio in given:
        rows += _number_rows(ratio, "ratio", 2)
    return pd.DataFrame(rows, columns=list(NUMBER_COLUMNS))


def _number_rows(
    share: PublishedShare, quantity: str, decimals: int
) -> list[tuple[str, str, str, str]]:
    named = {
        quantity: share.estimate,
        f"{quantity}_low": share.conf_low,
        f"{quantity}_high": share.conf_high,
    }
    return [
        (f"{share.id}/{name}", share.label, name, f"{value:.{decimals}f}")
        for name, value in named.items()
    ]
