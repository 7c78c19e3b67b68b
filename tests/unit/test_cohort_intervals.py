from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import derive_intervals, group_to_visits
from parsoutcomes.errors import ArgumentError

FITTED = pd.Timestamp("2024-01-01")


def _one_pars(readings: list[tuple[int, str]], **episode: object) -> Cohort:
    """One patient, one pars; readings are (day, union_status) on CT."""
    scans = pd.DataFrame(readings, columns=["days_since_fitting", "union_status"])
    keys = {"patient_id": "P1", "episode_id": "P1-1"}
    return build_cohort(
        {
            "episodes": pd.DataFrame([{**keys, "fitted_date": FITTED, **episode}]),
            "defects": pd.DataFrame([{**keys, "defect_id": "D1", "level": "L5", "side": "left"}]),
            "readings": scans.assign(**keys, defect_id="D1", modality="CT", scope="defect"),
        },
        data_lock=pd.Timestamp("2025-01-01"),
    )


def _ends(cohort: Cohort, definition: str = "complete") -> tuple[float, float]:
    row = derive_intervals(cohort, definition=definition).iloc[0]
    return row["interval_left_days"], row["interval_right_days"]


def _surgery(cohort: Cohort) -> tuple[float, float]:
    row = derive_intervals(cohort).iloc[0]
    return row["surgery_from_days"], row["surgery_to_days"]


def test_union_lies_between_the_last_scan_without_it_and_the_first_with_it():
    assert _ends(_one_pars([(90, "none"), (180, "partial"), (270, "complete")])) == (180, 270)


def test_partial_union_ends_the_interval_only_under_the_wider_definition():
    cohort = _one_pars([(90, "none"), (180, "partial"), (270, "complete")])
    assert _ends(cohort, "partial_or_better") == (90, 180)


def test_nobody_scanned_is_from_fitting_and_not_yet():
    left, right = _ends(_one_pars([]))
    assert left == 0
    assert np.isnan(right)


def test_united_on_the_first_scan_is_left_censored():
    assert _ends(_one_pars([(95, "complete")])) == (0, 95)


def test_a_scan_on_the_day_of_fitting_tells_nothing():
    assert _ends(_one_pars([(0, "none"), (95, "complete")])) == (0, 95)


def test_two_contradictory_readings_of_one_day_count_as_union():
    assert _ends(_one_pars([(60, "none"), (95, "none"), (95, "complete")])) == (60, 95)


def test_union_then_a_reading_without_it_keeps_the_first_union():
    assert _ends(_one_pars([(95, "complete"), (180, "none")])) == (0, 95)


def test_an_unassessable_scan_is_no_scan():
    assert _ends(_one_pars([(95, "not_assessable"), (180, "complete")])) == (0, 180)


def test_mri_does_not_count_and_imaging_of_unknown_kind_does():
    cohort = _one_pars([(95, "none"), (180, "complete")])
    tables = dict(cohort.tables)
    tables["readings"] = cohort.readings.assign(modality=[None, "MRI"])
    left, right = _ends(build_cohort(tables))
    assert left == 95
    assert np.isnan(right)


def test_readings_after_surgery_are_ignored_and_surgery_competes():
    cohort = _one_pars(
        [(95, "none"), (200, "complete")], surgery_date=FITTED + pd.Timedelta(days=150)
    )
    left, right = _ends(cohort)
    assert left == 95
    assert np.isnan(right)
    assert _surgery(cohort) == (150, 150)


def test_surgery_after_union_does_not_compete():
    cohort = _one_pars([(95, "complete")], surgery_date=FITTED + pd.Timedelta(days=150))
    assert _ends(cohort) == (0, 95)
    assert np.isnan(_surgery(cohort)).all()


def test_surgery_without_a_date_lies_between_last_scan_and_last_contact():
    cohort = _one_pars(
        [(95, "none")],
        status="surgery",
        last_contact_date=FITTED + pd.Timedelta(days=150),
    )
    assert _surgery(cohort) == (95, 150)


def test_surgery_without_a_date_or_later_contact_lies_before_data_lock():
    assert _surgery(_one_pars([(95, "none")], status="surgery")) == (95, 366)


def test_surgery_that_nothing_bounds_came_at_some_time_after_the_last_scan():
    by_status = _one_pars([(95, "none")], status="surgery", fitted_date=None)
    by_date = _one_pars([(95, "none")], surgery_date=FITTED, fitted_date=None)
    assert _surgery(by_status) == _surgery(by_date) == (95, np.inf)


def test_surgery_before_fitting_discards_no_reading_and_does_not_compete():
    cohort = _one_pars([(95, "none"), (180, "complete")], surgery_date=pd.Timestamp("2023-05-01"))
    assert _ends(cohort) == (95, 180)
    assert np.isnan(_surgery(cohort)).all()
    assert derive_intervals(cohort)["surgery_before_fitting"].tolist() == [True]


def test_surgery_dated_before_fitting_that_ended_the_course_is_on_a_day_not_recorded():
    cohort = _one_pars(
        [(95, "none")],
        surgery_date=pd.Timestamp("2023-05-01"),
        status="surgery",
        last_contact_date=FITTED + pd.Timedelta(days=150),
    )
    assert _surgery(cohort) == (95, 150)


def test_surgery_told_by_the_events_without_a_day_competes():
    event = pd.DataFrame({"patient_id": ["P1"], "episode_id": ["P1-1"], "type": ["surgery"]})
    tables = dict(_one_pars([(95, "none")]).tables)
    assert _surgery(build_cohort({**tables, "events": event})) == (95, np.inf)


def test_a_scan_whose_reading_is_missing_is_no_scan():
    cohort = _one_pars([(95, "none"), (180, None)])
    assert _ends(cohort)[0] == 95
    assert derive_intervals(cohort)["n_readings"].tolist() == [1]


def test_an_unknown_definition_is_refused():
    with pytest.raises(ArgumentError, match="definition"):
        derive_intervals(build_cohort({}), definition="any")


def test_visit_windows_meet_half_way_and_the_half_way_day_goes_up():
    month = 30.4375
    days = pd.Series([0, 1.5 * month - 0.01, 1.5 * month, 4.5 * month, 99 * month, np.nan])
    visits = group_to_visits(days, (3.0, 6.0)) / month
    assert visits.tolist()[:5] == [0, 0, 3, 6, 6]
    assert np.isnan(visits.iloc[5])


def _month_only(readings: list[tuple[int, float | None, str]], **episode: object) -> Cohort:
    """As `_one_pars`; readings are (earliest day, latest day or None, union_status)."""
    cohort = _one_pars([(first, union) for first, _, union in readings], **episode)
    latest = [last for _, last, _ in readings]
    spans = cohort.readings.assign(days_since_fitting_latest=pd.Series(latest, dtype="float64"))
    return build_cohort({**cohort.tables, "readings": spans}, data_lock=cohort.data_lock)


def test_a_month_without_union_counts_from_its_first_day_and_one_with_union_from_its_last():
    cohort = _month_only([(61, 90, "none"), (152, 181, "complete")])
    assert _ends(cohort) == (61, 181)


def test_partial_union_in_a_month_counts_at_the_end_that_each_definition_asks_for():
    cohort = _month_only([(61, 90, "none"), (152, 181, "partial"), (244, None, "complete")])
    assert _ends(cohort, "complete") == (152, 244)
    assert _ends(cohort, "partial_or_better") == (61, 181)


def test_a_known_day_within_the_month_keeps_its_place():
    cohort = _month_only([(152, 181, "none"), (160, None, "none"), (152, 181, "complete")])
    assert _ends(cohort) == (160, 181)


def test_a_year_of_union_says_only_that_it_came_by_its_last_day():
    assert _ends(_month_only([(0, 365, "complete")])) == (0, 365)


def test_a_month_around_fitting_without_union_tells_nothing():
    cohort = _month_only([(0, 20, "none"), (95, None, "complete")])
    assert _ends(cohort) == (0, 95)
    assert derive_intervals(cohort)["n_readings"].tolist() == [1]


def test_a_month_that_lies_before_fitting_is_not_counted():
    left, right = _ends(_month_only([(-40, -10, "complete")]))
    assert left == 0
    assert np.isnan(right)


@pytest.mark.parametrize(("latest", "counts"), [(150, True), (151, False)])
def test_a_month_that_may_lie_after_surgery_is_not_counted(latest: int, counts: bool):
    cohort = _month_only([(122, latest, "complete")], surgery_date=FITTED + pd.Timedelta(days=150))
    assert np.isnan(_ends(cohort)[1]) != counts


def test_the_lock_of_a_cohort_is_no_earlier_than_its_months_begin():
    cohort = _month_only([(61, 90, "none"), (152, 181, "none")])
    assert build_cohort(cohort.tables).data_lock == FITTED + pd.Timedelta(days=152)


def test_a_day_that_is_known_needs_no_latest_day():
    cohort = _month_only([(61, 90, "none")])
    dated = cohort.readings.assign(scan_date=FITTED + pd.Timedelta(days=70))
    reading = build_cohort({**cohort.tables, "readings": dated}).readings.iloc[0]
    assert reading["days_since_fitting"] == 70
    assert np.isnan(reading["days_since_fitting_latest"])
