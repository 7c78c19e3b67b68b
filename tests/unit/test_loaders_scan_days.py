"""The day of a scan: the planned visit stands in for a blank date, never for an unreadable one."""

from __future__ import annotations

import pandas as pd
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.load import load_records

HEADER = ("Hosp no", "Level", "Side", "Stage", "Brace fitted", "3/12 CT date", "3/12 CT result")


def load(*cells: object) -> Cohort:
    row = ("S1", "L5", "R", "early", "2024-01-10", *cells)
    return load_records(pd.DataFrame([row], columns=HEADER))


def checks(cohort: Cohort) -> list[str]:
    return cohort.intake.checks["check"].tolist()


def unresolved(cohort: Cohort) -> list[tuple[str, str]]:
    cells = cohort.intake.cells
    cells = cells[cells["action"] == "unresolved"]
    return list(zip(cells["header"], cells["reason"], strict=True))


@pytest.mark.parametrize(
    ("written", "reason"),
    [("31/06/24", "no such day"), ("20 Aug 24?", "not a date"), ("soon after 6", "not a date")],
)
def test_an_unreadable_date_is_not_replaced_by_the_planned_visit(written: str, reason: str) -> None:
    cohort = load(written, "healed")
    assert cohort.readings.empty
    assert cohort.defects["interval_right_days"].isna().tolist() == [True]
    assert checks(cohort) == ["reading_without_date"]
    assert unresolved(cohort) == [("3/12 CT date", reason)]


def test_a_date_recorded_as_not_known_is_not_replaced_either() -> None:
    cohort = load("not known", "healed")
    assert cohort.readings.empty
    assert checks(cohort) == ["reading_without_date"]


def test_a_blank_date_is_the_day_of_the_planned_visit_and_flagged() -> None:
    cohort = load(None, "healed")
    assert cohort.readings["days_since_fitting"].tolist() == [91.0]
    assert checks(cohort) == ["scan_day_nominal"]


def test_an_unreadable_date_without_a_reading_is_listed_only() -> None:
    cohort = load("31/06/24", None)
    assert checks(cohort) == []
    assert unresolved(cohort) == [("3/12 CT date", "no such day")]
