"""The duration contrast under other choices: bounds that bracket, lines that are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.models.brace_intervals import place_windows
from parsoutcomes.models.brace_sensitivity import find_lost
from parsoutcomes.stats.e_value import e_value
from parsoutcomes.synthetic.brace_decisions import BraceDecisions
from parsoutcomes.synthetic.demo import demo_workbook

COHORT = po.simulate_cohort(200, seed=5, brace_decisions=BraceDecisions())


@pytest.fixture(scope="module")
def varied():
    return po.vary_brace_durations(COHORT, n_resamples=40)


def difference(varied, choice, option=""):
    frame = varied.to_frame().set_index(["choice", "option"])
    return frame.loc[(choice, option), "estimate"]


def test_the_primary_line_is_the_comparison_itself(varied) -> None:
    compared = po.compare_brace_durations(COHORT, n_resamples=40, with_contrasts=False)
    row = compared.difference_at(12.0)
    first = varied.frame.iloc[0]
    for name in ("estimate", "conf_low", "conf_high"):
        assert first[name] == pytest.approx(row[name], abs=1e-9)


def test_uncut_weights_are_those_of_the_comparison(varied) -> None:
    compared = po.compare_brace_durations(COHORT, n_resamples=40, with_contrasts=False)
    raw = compared.weightings[compared.weightings["weighting"].eq("raw weights")]
    assert difference(varied, "weights", "not cut") == pytest.approx(raw["estimate"].iloc[-1])


def test_bounds_for_the_lost_bracket_the_estimate(varied) -> None:
    low = difference(varied, "lost", "united under the shorter only")
    high = difference(varied, "lost", "united under the longer only")
    assert low < difference(varied, "primary") < high
    unions = varied.frame.set_index("option")[["union_first", "union_second"]]
    assert (unions.loc["all united"] > unions.loc[""]).all()
    assert (unions.loc["none united"] < unions.loc[""]).all()
    assert min(varied.n_lost) > 0


def test_the_e_value_is_that_of_the_ratio_of_the_two_risks(varied) -> None:
    primary, row = varied.frame.iloc[0], varied.e_values.iloc[0]
    ratio = primary["union_second"] / primary["union_first"]
    assert row["risk_ratio"] == pytest.approx(ratio)
    assert row["e_value"] == pytest.approx(e_value(ratio))
    assert row["e_value_of_limit"] <= row["e_value"]
    assert "risk ratio of" in varied.finding


def test_those_not_yet_due_and_those_operated_on_are_not_lost() -> None:
    rows = pd.DataFrame(
        {
            "cause": [0, 0, 2, 1, 0],
            "left_days": [91.0, 91, 91, 91, 365.25],
            "due_until_days": [400.0, 300, 400, 400, 400],
        }
    )
    assert find_lost(rows, 365.25).tolist() == [True, False, False, False, False]


def test_a_line_with_too_few_followers_says_so_and_stops_nothing() -> None:
    varied = po.vary_brace_durations(COHORT, n_resamples=40, graces=(0.02,), truncations=())
    line = varied.frame[varied.frame["choice"].eq("grace")].iloc[0]
    assert np.isnan(line["estimate"])
    assert "patients stopped in the window" in line["refused"]
    assert varied.cautions == ("1 of 6 lines: too few patients follow a strategy then",)


def test_windows_that_touch_share_no_day() -> None:
    windows = place_windows((3.0, 6.0), 1.5)
    assert windows.second[0] > windows.first[1]
    assert list(windows.edges) == sorted(windows.edges)


def test_what_the_scans_leave_open_is_not_called_too_few_or_nobody_united() -> None:
    """The demonstration clinic was scanned too seldom by 12 months, though many united."""
    result = po.vary_brace_durations(po.load_records(demo_workbook()), n_resamples=40)
    primary = result.frame.iloc[0]
    assert pd.isna(primary["estimate"])
    assert primary["refused"] == ""
    assert result.finding.startswith("The scans leave the difference open; bounds for those lost")
    assert result.e_values.iloc[0]["withheld"].startswith("the scans leave union open")
    given = result.frame.dropna(subset=["conf_low"])
    assert (given["conf_low"] < given["conf_high"]).all()
