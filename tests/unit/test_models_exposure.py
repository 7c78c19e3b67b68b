"""Brace treatment as it was, on a few courses that can be checked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from brace_clinic import draw_brace_clinic

from parsoutcomes import describe_exposure
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.loaders.load import load_records

FITTED = pd.Timestamp("2024-01-01")


def day(number):
    return FITTED + pd.Timedelta(days=number)


def course(*, end=None, events=(), wear=(), lock="2026-01-01", **episode):
    """One course; events as (type, day), wear as (method, first day, last day, hours)."""
    keys = {"episode_id": "E1", "patient_id": "P1"}
    planned = {"prescribed_months": 3.0, "prescribed_hours_per_day": 20.0}
    brace_end = pd.NaT if end is None else day(end)
    dated = {"fitted_date": FITTED, "brace_end_date": brace_end}
    tables = {"episodes": pd.DataFrame([{**keys, **planned, **dated, **episode}])}
    if events:
        rows = [{**keys, "type": kind, "date": day(at)} for kind, at in events]
        tables["events"] = pd.DataFrame(rows)
    if wear:
        names = ("method", "period_start", "period_end", "mean_hours_per_day")
        rows = [(how, day(first), day(last), hours) for how, first, last, hours in wear]
        tables["wear"] = pd.DataFrame(rows, columns=names).assign(**keys)
    return build_cohort(tables, data_lock=pd.Timestamp(lock))


def periods(cohort):
    frame = describe_exposure(cohort).to_frame()
    return frame[["period", "start_days", "stop_days"]].to_numpy().tolist()


def received(**course_of):
    frame = describe_exposure(course(**course_of)).received
    assert len(frame) == 1
    return frame["received"].iloc[0]


def test_a_course_without_gap_is_one_period_that_says_how_it_ended():
    frame = describe_exposure(course(end=91, brace_end_reason="united")).to_frame()
    row = frame.iloc[0]
    assert len(frame) == 1
    assert (row["period"], row["stop_days"], row["ended_by"]) == ("in_brace", 91, "united")
    assert row["stop_date"] == day(91)


def test_a_pause_for_the_skin_cuts_a_course_in_three():
    cohort = course(end=90, events=[("brace_paused", 30), ("skin", 30), ("brace_resumed", 40)])
    assert periods(cohort) == [["in_brace", 0, 30], ["gap", 30, 40], ["in_brace", 40, 90]]
    frame = describe_exposure(cohort).to_frame()
    assert frame["reason"].tolist() == ["", "skin", ""]
    assert frame["ended_by"].tolist() == ["paused", "resumed", "not recorded"]
    months = describe_exposure(cohort).received[["median_months", "median_months_worn"]]
    assert months.iloc[0].tolist() == pytest.approx([90 / 30.4375, 80 / 30.4375])


def test_a_pause_never_ended_runs_to_the_end_of_the_course():
    assert periods(course(end=90, events=[("brace_paused", 80)]))[-1] == ["gap", 80, 90]


def test_wear_measured_as_none_is_a_gap_and_counts_as_no_hours():
    cohort = course(end=90, wear=[("sensor", 0, 19, 20.0), ("sensor", 20, 29, 0.0)])
    assert periods(cohort)[1] == ["gap", 20, 30]
    assert describe_exposure(cohort).adherence["adherence"].tolist() == pytest.approx([2 / 3])


def test_pauses_that_overlap_are_one_gap():
    events = [("brace_paused", 20), ("brace_resumed", 40)]
    cohort = course(end=90, events=events, wear=[("sensor", 35, 49, 0.0)])
    assert periods(cohort)[1] == ["gap", 20, 50]


def test_wear_beyond_the_prescription_is_an_extension_whether_or_not_it_is_recorded():
    assert periods(course(end=180)) == [["in_brace", 0, 91], ["extension", 91, 180]]
    recorded = course(end=100, events=[("prescription_extended", 85)])
    assert periods(recorded)[1] == ["extension", 91, 100]
    assert describe_exposure(recorded).to_frame()["reason"].tolist() == ["", "extension recorded"]


@pytest.mark.parametrize(
    ("end", "expected"),
    [(60, "completed_early"), (61, "as_prescribed"), (121, "as_prescribed"), (122, "extended")],
)
def test_a_month_either_side_is_as_prescribed(end, expected):
    assert received(end=end) == expected


def test_a_course_still_in_brace_is_not_known_until_it_is_longer_than_prescribed():
    assert received(status="in_brace", lock="2024-02-01") == "not_yet_known"
    assert received(status="in_brace", lock="2024-08-01") == "extended"


def test_of_a_course_gone_from_view_nothing_is_known_however_late_it_was_last_seen():
    cohort = course(status="lost", last_contact_date=day(300))
    result = describe_exposure(cohort)
    assert result.received["received"].tolist() == ["not_yet_known"]
    assert "gone from view before removal was recorded: 1" in result.summary()


def test_surgery_ends_a_course():
    frame = describe_exposure(course(surgery_date=day(50), status="surgery")).to_frame()
    assert frame[["stop_days", "ended_by", "is_open"]].to_numpy().tolist() == [
        [50.0, "surgery", False]
    ]


def test_no_prescription_is_said():
    assert received(end=90, prescribed_months=float("nan")) == "no_prescription"


def test_adherence_is_not_capped():
    cohort = course(end=90, wear=[("sensor", 0, 9, 24.0)])
    assert describe_exposure(cohort).adherence["adherence"].tolist() == pytest.approx([1.2])


def test_methods_of_measurement_are_never_joined():
    cohort = course(end=90, wear=[("sensor", 0, 9, 10.0), ("diary", 0, 9, 20.0)])
    frame = describe_exposure(cohort).adherence
    assert frame[["method", "adherence"]].to_numpy().tolist() == [["diary", 1.0], ["sensor", 0.5]]


def test_adherence_weighs_periods_by_their_days_and_puts_each_day_in_its_month():
    cohort = course(end=90, wear=[("sensor", 0, 29, 20.0), ("sensor", 30, 39, 10.0)])
    result = describe_exposure(cohort)
    assert result.adherence["worn_hours"].tolist() == [30 * 20 + 10 * 10]
    assert result.adherence["adherence"].tolist() == pytest.approx([700 / 800])
    months = result.adherence_over_time
    assert months["measured_days"].tolist() == pytest.approx([30.4375, 9.5625])
    assert months["worn_hours"].sum() == pytest.approx(700)


@pytest.mark.parametrize(
    ("wear", "why"),
    [
        ((0, 9, 25.0), "hours a day outside 0 to 24"),
        ((9, 0, 20.0), "last day before the first"),
        ((-5, 9, 20.0), "begins before fitting"),
        ((95, 99, 20.0), "begins after the brace came off"),
        ((5, 15, 20.0), "shares days with an earlier period by the same method"),
    ],
)
def test_measured_wear_that_cannot_be_used_is_counted_with_its_reason(wear, why):
    cohort = course(end=90, wear=[("sensor", 1, 8, 20.0), ("sensor", *wear)])
    result = describe_exposure(cohort)
    assert f"Measured periods left out, {why}: 1" in result.cautions
    assert result.adherence["n_periods"].tolist() == [1]


def test_what_is_not_recorded_is_counted():
    result = describe_exposure(course(end=90, prescribed_hours_per_day=float("nan")))
    missing = result.missing.set_index("what")["n_courses"]
    assert missing["hours a day prescribed"] == 1
    assert missing["any measurement of wear"] == 1
    assert missing["reason why the brace came off"] == 1
    assert missing["end of brace, though not still in brace"] == 0


def test_hours_without_a_prescription_have_no_adherence():
    cohort = course(end=90, prescribed_hours_per_day=float("nan"), wear=[("sensor", 0, 9, 24.0)])
    result = describe_exposure(cohort)
    assert result.adherence["adherence"].isna().all()
    assert "adherence was not measured" in result.finding


def test_a_course_that_cannot_be_placed_is_left_out_and_counted():
    cohort = draw_brace_clinic(8)
    tables = {**cohort.tables, "episodes": cohort.episodes}
    tables["episodes"].loc[0, "fitted_date"] = pd.NaT
    result = describe_exposure(build_cohort(tables, data_lock=cohort.data_lock))
    assert result.to_frame()["episode_id"].nunique() == 7
    assert [one.n_patients for one in result.exclusions] == [1]


def test_nobody_placed_is_refused():
    with pytest.raises(EstimationError, match="No course of brace can be placed"):
        describe_exposure(course(fitted_date=pd.NaT))


@pytest.mark.parametrize("grace", [-1, float("nan")])
def test_a_grace_that_is_no_length_is_refused(grace):
    with pytest.raises(ArgumentError):
        describe_exposure(course(end=90), grace_months=grace)


def test_no_key_and_no_reason_in_the_records_own_words_is_in_any_view():
    cohort = draw_brace_clinic(20)
    episodes = cohort.episodes
    episodes["brace_end_reason"] = "SECRET words"
    result = describe_exposure(build_cohort({**cohort.tables, "episodes": episodes}))
    assert "SECRET" not in result.summary() + repr(result) + result._repr_html_()
    assert result.to_frame()["patient_id"].str.startswith("SECRET").all()
    frames = [result.received, result.reasons, result.adherence, result.adherence_over_time]
    assert not any("SECRET" in frame.to_string() for frame in frames)


def test_periods_of_a_course_follow_one_another_without_a_hole():
    frame = describe_exposure(draw_brace_clinic(60)).to_frame()
    for _, rows in frame.groupby("episode_id"):
        assert rows["start_days"].iloc[0] == 0
        assert rows["start_days"].tolist()[1:] == rows["stop_days"].tolist()[:-1]


def test_a_clinics_files_keep_wear_extensions_and_pauses(tmp_path):
    (tmp_path / "patients.csv").write_text(
        "Study ID,Fitted,Level,Side,Stage,Prescribed months,Hours per day prescribed,"
        "Brace off,Reason brace stopped\n"
        "P01,01/02/2024,L5,Left,early,3,20,23/05/2024,healed\n"
        "P02,25/02/2024,L5,Left,early,3,20,23/08/2024,completed course\n",
        encoding="utf-8",
    )
    (tmp_path / "wear.csv").write_text(
        "Study ID,Wear from,Wear to,Hours worn per day,Measured by\n"
        "P01,01/02/2024,29/02/2024,18,temperature sensor\n"
        "P02,25/02/2024,24/03/2024,20,diary\n",
        encoding="utf-8",
    )
    (tmp_path / "events.csv").write_text(
        "Study ID,Event date,Event\n"
        "P02,23/05/2024,extended to 6 months\n"
        "P01,14/03/2024,brace interrupted\n"
        "P01,24/03/2024,back in brace\n",
        encoding="utf-8",
    )
    cohort = load_records(tmp_path)
    assert sorted(cohort.events["type"]) == [
        "brace_paused",
        "brace_resumed",
        "prescription_extended",
    ]
    assert sorted(cohort.wear["method"]) == ["diary", "sensor"]
    result = describe_exposure(cohort)
    assert sorted(result.to_frame()["period"]) == [
        "extension", "gap", "in_brace", "in_brace", "in_brace",
    ]  # fmt: skip
    assert result.adherence["adherence"].tolist() == pytest.approx([1.0, 0.9])
