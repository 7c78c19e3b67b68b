"""The checks across fields, run over finished tables; they list, and change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.conventions import STAGES
from parsoutcomes.schema.tables import TABLES, Column

UNITED: Final = ("complete",)


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One row of a table that breaks one constraint.

    Attributes
    ----------
    check : str
        Name of the constraint.
    table : str
        Table in which it was found.
    position : int
        Position of the row in that table.
    columns : tuple of str
        Columns that disagree.
    """

    check: str
    table: str
    position: int
    columns: tuple[str, ...]


Tables = Mapping[str, pd.DataFrame]


def find_violations(tables: Tables) -> tuple[Violation, ...]:
    """List every row that breaks a declared constraint.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Conformed tables, with `days_since_fitting` filled in.

    Returns
    -------
    tuple of Violation
        In the order of the checks, then of the rows.

    Examples
    --------
    >>> find_violations({name: table.empty_frame() for name, table in TABLES.items()})
    ()
    """
    return tuple(violation for check in _CHECKS for violation in check(tables))


def _listed(
    check: str, table: str, broken: pd.Series, columns: tuple[str, ...]
) -> Iterator[Violation]:
    for position in broken.fillna(False).to_numpy(dtype=bool).nonzero()[0]:
        yield Violation(check=check, table=table, position=int(position), columns=columns)


def _earliest_day(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return a date, or the earliest day that it may have; so a check finds what is certain."""
    earliest = f"{column}_earliest"
    return frame[column].fillna(frame[earliest]) if earliest in frame else frame[column]


def _latest_day(frame: pd.DataFrame, column: str) -> pd.Series:
    latest = f"{column}_latest"
    return frame[latest].fillna(frame[column]) if latest in frame else frame[column]


_EPISODE_ORDER: Final = (
    ("brace_end_before_fitting", "brace_end_date", "fitted_date"),
    ("brace_end_after_last_contact", "last_contact_date", "brace_end_date"),
    ("last_contact_before_fitting", "last_contact_date", "fitted_date"),
    ("onset_after_fitting", "fitted_date", "onset_date"),
    ("surgery_before_fitting", "surgery_date", "fitted_date"),
)


def _dates_in_order(tables: Tables) -> Iterator[Violation]:
    episodes = tables["episodes"]
    for check, earlier, later in _EPISODE_ORDER:
        broken = _latest_day(episodes, earlier) < _earliest_day(episodes, later)
        yield from _listed(check, "episodes", broken, (earlier, later))


def _soon_enough(tables: Tables) -> Iterator[Violation]:
    """List dates so long after fitting that the year is likely to be a slip of the pen."""
    episodes, readings = tables["episodes"], tables["readings"]
    longest = TABLES["readings"].column("days_since_fitting").maximum or float("inf")
    for column in ("brace_end_date", "last_contact_date", "surgery_date"):
        days = (_earliest_day(episodes, column) - episodes["fitted_date"]).dt.days
        yield from _listed("long_after_fitting", "episodes", days > longest, (column,))
    late = readings["days_since_fitting"] > longest
    yield from _listed("long_after_fitting", "readings", late, ("scan_date",))


def _fitting_known(tables: Tables) -> Iterator[Violation]:
    readings, episodes = tables["readings"], tables["episodes"]
    counted = readings.loc[readings["days_since_fitting"].notna(), "episode_id"]
    missing = episodes["fitted_date"].isna() & ~episodes["episode_id"].isin(counted)
    yield from _listed("fitting_date_missing", "episodes", missing, ("fitted_date",))


def _surgery_agrees(tables: Tables) -> Iterator[Violation]:
    episodes = tables["episodes"]
    says_surgery = episodes["status"].eq("surgery")
    dated = _earliest_day(episodes, "surgery_date").notna()
    columns = ("status", "surgery_date")
    yield from _listed("surgery_without_date", "episodes", says_surgery & ~dated, columns)
    otherwise = dated & ~says_surgery & episodes["status"].notna()
    yield from _listed("surgery_date_without_outcome", "episodes", otherwise, columns)


def _surgery_after_union(tables: Tables) -> Iterator[Violation]:
    """List surgery on a patient whose every pars had been read as united before."""
    episodes, defects, readings = tables["episodes"], tables["defects"], tables["readings"]
    united = readings[readings["union_status"].isin(UNITED)]
    first = defects["defect_id"].map(united.groupby("defect_id")["scan_date"].min())
    days = _earliest_day(episodes, "surgery_date").set_axis(episodes["episode_id"])
    surgery = defects["episode_id"].map(days)
    before = (pd.to_datetime(first) <= pd.to_datetime(surgery)) | defects["stage"].eq("terminal")
    all_before = episodes["episode_id"].map(before.groupby(defects["episode_id"]).all())
    any_united = episodes["episode_id"].isin(united["episode_id"])
    dated = _earliest_day(episodes, "surgery_date").notna()
    broken = all_before.eq(True) & any_united & dated
    yield from _listed("surgery_after_union", "episodes", broken, ("surgery_date", "union_status"))


def _latest_days(readings: pd.DataFrame) -> pd.Series:
    latest = readings["days_since_fitting_latest"]
    return pd.Series(latest.fillna(readings["days_since_fitting"]))


def _scans_in_order(tables: Tables) -> Iterator[Violation]:
    readings, episodes = tables["readings"], tables["episodes"].set_index("episode_id")
    before = _latest_days(readings) <= 0
    yield from _listed("scan_before_fitting", "readings", before, ("scan_date", "fitted_date"))
    onset = pd.to_datetime(readings["episode_id"].map(_earliest_day(episodes, "onset_date")))
    early = readings["scan_date"] < onset
    yield from _listed("scan_before_onset", "readings", early, ("scan_date", "onset_date"))
    last_contact = readings["episode_id"].map(_latest_day(episodes, "last_contact_date"))
    after = readings["scan_date"] > pd.to_datetime(last_contact)
    yield from _listed(
        "scan_after_last_contact", "readings", after, ("scan_date", "last_contact_date")
    )


def _union_lasts(tables: Tables) -> Iterator[Violation]:
    readings = tables["readings"]
    of_one = readings[readings["defect_id"].notna()]
    united = of_one[of_one["union_status"].isin(UNITED)]
    first = readings["defect_id"].map(_latest_days(united).groupby(united["defect_id"]).min())
    not_united = readings["union_status"].isin(("none", "partial"))
    later = not_united & (readings["days_since_fitting"] > first.astype("float64"))
    yield from _listed("union_then_not_united", "readings", later, ("union_status",))


def _sides_keep(tables: Tables) -> Iterator[Violation]:
    """List scans on which the united side is the other one than on the scan before."""
    readings, defects = tables["readings"].reset_index(drop=True), tables["defects"]
    pars = defects.set_index("defect_id")
    seen = readings.assign(
        level=readings["defect_id"].map(pars["level"]),
        side=readings["defect_id"].map(pars["side"]),
        united=readings["union_status"].isin(UNITED).astype("float64"),
        position=readings.index,
    )
    seen = seen[seen["side"].notna() & seen["union_status"].ne("not_assessable")]
    key = ["episode_id", "level", "days_since_fitting"]
    united = seen.pivot_table(index=key, columns="side", values="united", aggfunc="max")
    united = united.reindex(columns=["left", "right"]).dropna().sort_index()
    lean = united["left"] - united["right"]
    before = lean.groupby(level=["episode_id", "level"]).shift()
    swapped = lean.index[(lean * before).eq(-1.0)]
    broken = pd.MultiIndex.from_frame(seen[key]).isin(swapped)
    on_scan = pd.Series(readings.index.isin(seen.loc[broken, "position"]))
    yield from _listed("sides_swapped_between_scans", "readings", on_scan, ("side", "union_status"))


def _stages_progress(tables: Tables) -> Iterator[Violation]:
    defects, episodes = tables["defects"].reset_index(drop=True), tables["episodes"]
    order = defects["stage"].map({stage: number for number, stage in enumerate(STAGES)})
    fitted = defects["episode_id"].map(episodes.set_index("episode_id")["fitted_date"])
    known = defects.assign(order=order.astype("float64"), fitted=fitted)
    known = known.dropna(subset=["level", "side", "order", "fitted"])
    known = known.sort_values("fitted", kind="stable")
    earlier = known.groupby(["patient_id", "level", "side"])["order"].shift()
    back = (known["order"] < earlier).reindex(defects.index, fill_value=False)
    yield from _listed("stage_going_back", "defects", back, ("stage",))


def _numbers_in_range(tables: Tables) -> Iterator[Violation]:
    for name, table in TABLES.items():
        for column in table.columns:
            if column.kind == "number" and not column.derived:
                yield from _outside_range(tables[name], name, column)


def _outside_range(frame: pd.DataFrame, table: str, column: Column) -> Iterator[Violation]:
    if column.name == "days_since_fitting":
        return
    values = frame[column.name]
    low = column.minimum is not None and values < column.minimum
    high = column.maximum is not None and values > column.maximum
    check = "age_outside_range" if column.name == "age_years" else "number_outside_range"
    yield from _listed(check, table, pd.Series(low | high, index=frame.index), (column.name,))


def _episodes_apart(tables: Tables) -> Iterator[Violation]:
    ordered = tables["episodes"].reset_index(drop=True)
    ordered = ordered.sort_values(["patient_id", "fitted_date"], kind="stable")
    ordered["brace_end_date"] = _earliest_day(ordered, "brace_end_date")
    previous = ordered.groupby("patient_id")["brace_end_date"].shift()
    overlaps = (ordered["fitted_date"] < previous).sort_index()
    yield from _listed(
        "overlapping_episodes", "episodes", overlaps, ("fitted_date", "brace_end_date")
    )


def _patients_have_pars(tables: Tables) -> Iterator[Violation]:
    episodes = tables["episodes"]
    without = ~episodes["episode_id"].isin(tables["defects"]["episode_id"])
    yield from _listed("no_defect_recorded", "episodes", without, ("level", "side", "stage"))


_CHECKS: Final[Iterable[Callable[[Tables], Iterator[Violation]]]] = (
    _fitting_known,
    _dates_in_order,
    _soon_enough,
    _surgery_agrees,
    _surgery_after_union,
    _scans_in_order,
    _union_lasts,
    _sides_keep,
    _stages_progress,
    _numbers_in_range,
    _episodes_apart,
    _patients_have_pars,
)
