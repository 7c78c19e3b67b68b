"""The comparison when some of our pars tell little: lost, not due, operated on at no known day."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.baselines.comparison import compare_with_baselines
from parsoutcomes.baselines.standardisation import Standardised
from parsoutcomes.baselines.strata import estimate_stratum, mark_judged
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.figures.comparison import plot_baseline_comparison
from parsoutcomes.tables.estimates import tabulate_comparison, tabulate_strata

RATIO = "observed_over_expected"
LOCK = pd.Timestamp("2025-01-01")
FITTED_LONG_AGO, FITTED_LATELY = pd.Timestamp("2023-01-01"), pd.Timestamp("2024-09-01")


def _clinic(*groups: tuple[int, str, str, float], fitted=FITTED_LONG_AGO, course="completed"):
    """Groups of (patients with one pars each, stage, what their only scan showed, its month)."""
    rows = [group for n, *group in groups for _ in range(n)]
    names = [f"{str(fitted)[:4]}-{course}-{row:03d}" for row in range(len(rows))]
    keys = pd.DataFrame({"defect_id": names, "patient_id": names, "episode_id": names})
    readings = keys.assign(
        union_status=[shown for _, shown, _ in rows],
        days_since_fitting=[month * DAYS_PER_MONTH for *_, month in rows],
    )
    return {
        "episodes": keys[["patient_id", "episode_id"]].assign(fitted_date=fitted, status=course),
        "defects": keys.assign(level="L5", side="left", stage=[stage for stage, *_ in rows]),
        "readings": readings[readings["union_status"].ne("no scan")],
    }


def _compare(*clinics, data_lock=LOCK, **options):
    names = clinics[0]
    tables = {
        name: pd.concat([clinic[name] for clinic in clinics], ignore_index=True) for name in names
    }
    cohort = build_cohort(tables, data_lock=data_lock)
    return compare_with_baselines(cohort, **{"n_resamples": 1000, "seed": 1, **options})


def _verdict_rows(result, series="Virkki 2020") -> pd.DataFrame:
    frame = result.frame
    return frame[frame["role"].eq("verdict") & frame["series"].eq(series)].set_index("measure")


ALL_UNITED = (40, "early", "complete", 6.0)


def test_one_pars_never_scanned_neither_hides_nor_adds_union():
    """40 of 40 early united, 1 progressive never scanned: 40 to 41 united of 41."""
    result = _compare(_clinic(ALL_UNITED, (1, "progressive", "no scan", 0)))
    rows = _verdict_rows(result)
    expected = 40 * 38 / 46 + 11 / 38
    assert rows.loc["observed", ["estimate_low", "estimate_high"]].tolist() == [40, 41]
    assert rows.loc["expected", "estimate"] == pytest.approx(expected)
    assert rows.loc[RATIO, ["estimate_low", "estimate_high"]].tolist() == pytest.approx(
        [40 / expected, 41 / expected]
    )
    assert rows.loc[["observed", RATIO], "estimate"].isna().all()
    assert result.verdict == "above"
    assert "between 40.0 and 41.0 observed and 33.3 expected" in result.finding
    assert result.cautions[0] == (
        "Union of 1 progressive pars is not known at all at the horizon: it counts as anything "
        "from none to all."
    )
    assert not any("like the others of their stage" in caution for caution in result.cautions)


def test_the_limits_go_from_none_to_all_of_the_unknown_stage_united():
    lost = _verdict_rows(_compare(_clinic(ALL_UNITED, (1, "progressive", "no scan", 0))))
    alone = _verdict_rows(_compare(_clinic(ALL_UNITED)))
    assert lost.loc["observed", "conf_high"] == pytest.approx(41)
    assert lost.loc[RATIO, "conf_low"] < alone.loc[RATIO, "conf_low"]
    assert lost.loc[RATIO, "conf_high"] > alone.loc[RATIO, "conf_high"]


def test_pars_fitted_lately_leave_their_stage_open_and_not_the_whole():
    """30 of 32 early united; 3 progressive, not yet due, seen un-united at 3 months."""
    lately = _clinic((3, "progressive", "none", 3.0), fitted=FITTED_LATELY)
    result = _compare(_clinic((30, "early", "complete", 6.0), (2, "early", "none", 6.0)), lately)
    rows = _verdict_rows(result)
    assert rows.loc["observed", ["estimate_low", "estimate_high"]].tolist() == pytest.approx(
        [30, 33]
    )
    assert result.verdict == "not distinguishable"
    assert np.isfinite(rows[["conf_low", "conf_high"]].to_numpy()).all()


def test_no_verdict_when_the_unknown_alone_decides_it():
    """All of 20 early united, 40 progressive never scanned: 20 to 60 where 28 are expected."""
    result = _compare(_clinic((20, "early", "complete", 6.0), (40, "progressive", "no scan", 0)))
    assert result.verdict == "no verdict"
    assert "since what is not known of them decides on which side of the series" in result.finding


def test_all_lost_are_unknown_and_not_few():
    result = _compare(_clinic((12, "early", "no scan", 0)))
    assert result.verdict == "no verdict"
    assert result.finding == (
        "No verdict on union of 12 early pars in 12 patients, none of which can be judged (not "
        "yet due or of unknown status): against Virkki 2020, observed over expected cannot be "
        "given; against Tatsumura 2022, observed over expected cannot be given."
    )
    assert math.isnan(_verdict_rows(result).loc["observed", "conf_high"])
    assert _verdict_rows(result).loc["expected", "estimate"] == pytest.approx(12 * 38 / 46)


def test_the_few_known_are_counted_and_not_the_many_lost():
    result = _compare(_clinic((4, "early", "complete", 6.0), (30, "early", "no scan", 0)))
    assert result.verdict == "no verdict"
    assert "of which only 4 in 4 patients can be judged" in result.finding


def test_patients_of_unknown_status_do_not_make_up_the_minimum():
    """Ten pars known, all in two patients; four more patients were never scanned."""
    tables = _clinic((10, "early", "complete", 6.0), (4, "early", "no scan", 0))
    for name, frame in tables.items():
        known = frame["patient_id"].str[-3:].astype(int)
        tables[name] = frame.assign(
            patient_id=frame["patient_id"].where(known >= 10, (known // 5).map("P{}".format))
        )
    assert _compare(tables).verdict == "no verdict"


def test_surgery_at_no_recorded_day_is_not_taken_for_union_to_come():
    """36 of 60 united at 6 months, 24 un-united at 3 and operated on, no calendar dates."""
    united = _clinic(
        (18, "early", "complete", 6.0), (18, "progressive", "complete", 6.0), fitted=pd.NaT
    )
    operated = _clinic(
        (12, "early", "none", 3.0),
        (12, "progressive", "none", 3.0),
        fitted=pd.NaT,
        course="surgery",
    )
    result = _compare(united, operated, data_lock=None)
    assert result.verdict != "above"
    assert result.strata["our_rate"].tolist() == pytest.approx([0.6] * 4)
    assert result.strata["n_known"].tolist() == [30] * 4
    assert result.strata["our_conf_high"].max() < 0.85
    assert result.cautions[0].startswith("24 pars ended in surgery on a day not recorded")
    assert not any("like the others of their stage" in caution for caution in result.cautions)


def test_union_read_of_the_patient_as_a_whole_is_named_as_the_reason():
    """Twelve patients read pars by pars; five with two pars each have one reading for both."""
    single, left = _clinic((12, "early", "complete", 6.0)), _clinic((5, "early", "none", 6.0))
    left = {
        name: frame.replace(r"completed-(\d+)$", r"both-\1", regex=True)
        for name, frame in left.items()
    }
    right = left["defects"].assign(side="right", defect_id=left["defects"]["defect_id"] + "-r")
    both = {
        **left,
        "defects": pd.concat([left["defects"], right]),
        "readings": left["readings"].assign(defect_id=None, scope="patient"),
    }
    cautions = _compare(single, both).cautions
    assert cautions[0].startswith("Union of 10 pars in 5 patients was recorded for the patient as")
    assert cautions[1].startswith("The status of 10 of these pars at the horizon is unknown")


def _rows(*rows: tuple[str, bool | None, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["status", "is_due", "cause"])
    return frame.astype({"is_due": "boolean"})


def test_who_can_be_judged():
    rows = _rows(
        ("united", True, 1),
        ("not_united", None, 0),
        ("unknown", True, 0),
        ("unknown", True, 2),
        ("united", False, 1),
    )
    assert mark_judged(rows).tolist() == [True, True, False, True, False]


def test_a_stage_of_which_nothing_is_known_lies_between_none_and_all():
    rows = _rows(("unknown", True, 0)).assign(
        patient_id="P1", left_days=91.3, right_days=np.inf, censored_days=100.0
    )
    rate = estimate_stratum(rows, np.ones((50, 1)), "early", horizon_days=182.6, seed=1)
    assert (rate.lowest, rate.highest, rate.n_known) == (0, 1, 0)
    assert rate.is_open
    assert math.isnan(rate.estimate)
    assert (rate.low.max(), rate.high.min()) == (0, 1)


@pytest.mark.parametrize(
    ("span", "limits", "side"),
    [
        ((1.2, 1.2), (1.1, 1.3), 1),
        ((0.8, 0.8), (0.7, 0.9), -1),
        ((1.1, 1.2), (0.9, 1.4), 0),
        ((0.9, 1.2), (0.8, 1.4), None),
        ((math.nan, math.nan), (math.nan, math.nan), None),
    ],
)
def test_side_of_one(span, limits, side):
    low, high = (np.full(10, limit) for limit in limits)
    result = Standardised(
        lowest={RATIO: span[0]}, highest={RATIO: span[1]}, low={RATIO: low}, high={RATIO: high}
    )
    assert result.side_of_one() == side


def test_the_verdict_is_told_with_the_limits_it_rests_on():
    """At 80 % the frame is narrower; the sentence with the verdict keeps 95 %."""
    clinic = _clinic((25, "early", "complete", 6.0), (5, "early", "none", 6.0))
    usual, narrow = _compare(clinic), _compare(clinic, conf_level=0.8)
    assert "(95% interval" in narrow.finding
    assert narrow.finding == usual.finding
    assert _verdict_rows(narrow)["conf_level"].unique().tolist() == [0.8]
    assert (
        _verdict_rows(narrow).loc[RATIO, "conf_low"] > _verdict_rows(usual).loc[RATIO, "conf_low"]
    )


def test_only_the_stages_that_occur_are_named():
    result = _compare(_clinic((20, "early", "complete", 6.0)))
    assert result.finding.startswith("Union of 20 early pars in 20 patients ")
    assert _verdict_rows(result)["strata"].unique().tolist() == ["early"]


def test_between_scans_the_observed_is_a_range():
    """All that is known of 5 months is what scans at 3 and 6 show: none by 3, 12 of 30 by 6."""
    tables = _clinic((12, "early", "complete", 6.0), (18, "early", "none", 6.0))
    at_three = tables["readings"].assign(days_since_fitting=3 * DAYS_PER_MONTH, union_status="none")
    tables["readings"] = pd.concat([tables["readings"], at_three])
    rows = _verdict_rows(_compare(tables, horizon_months=5.0))
    assert math.isnan(rows.loc["observed", "estimate"])
    assert rows.loc["observed", ["estimate_low", "estimate_high"]].tolist() == pytest.approx(
        [0, 12], abs=1e-5
    )


def test_an_open_value_is_shown_as_its_range_and_never_as_a_number():
    result = _compare(_clinic(ALL_UNITED, (1, "progressive", "no scan", 0)))
    first = tabulate_comparison(result).rows[0]
    assert first[:4] == ("Verdict", "early + progressive", "Virkki 2020", "41")
    assert first[4].startswith("between 40.0 and 41.0 (")
    assert first[6].startswith("between 1.20 and 1.23 (")
    strata = [row[3] for row in tabulate_strata(result).rows[:2]]
    assert strata[0].startswith("100% (")
    assert strata[1] == "not estimable"
    drawn = [text.get_text() for text in plot_baseline_comparison(result).texts]
    assert "40.0 to 41.0 v 33.3" in drawn
    assert not any("nan" in text for text in drawn)
