"""Scores, return to sport and safety on a few rows that can be checked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from parsoutcomes import estimate_return_to_sport, summarise_safety, summarise_scores
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import ArgumentError, EstimationError

FITTED = pd.Timestamp("2024-01-01")


def _day(days):
    return FITTED + pd.Timedelta(days=days)


def clinic(n=4, *, events=(), scores=(), data_lock="2026-01-01", **episode):
    """`n` patients fitted on one day; events as (patient, day, type), scores as (patient, time)."""
    people = [f"P{number}" for number in range(n)]
    episodes = pd.DataFrame(
        {"episode_id": people, "patient_id": people, "fitted_date": FITTED, **episode}
    )
    tables = {"episodes": episodes}
    if events:
        rows = [
            (f"P{who}", f"P{who}", pd.NaT if day is None else _day(day), kind)
            for who, day, kind in events
        ]
        tables["events"] = pd.DataFrame(rows, columns=["episode_id", "patient_id", "date", "type"])
    if scores:
        rows = [
            (
                f"P{who}",
                f"P{who}",
                _day(time) if isinstance(time, int) else pd.NaT,
                None if isinstance(time, int) else time,
                instrument,
                float(value),
            )
            for who, time, instrument, value in scores
        ]
        names = ["episode_id", "patient_id", "date", "timepoint", "instrument", "value"]
        tables["scores"] = pd.DataFrame(rows, columns=names)
    return build_cohort(tables, data_lock=pd.Timestamp(data_lock))


def measure(result, name, column="estimate"):
    frame = result.to_frame()
    return frame.loc[frame["measure"].eq(name), column].tolist()


def pain(*values):
    return [
        (who, time, "pain_nrs", value)
        for who, answers in enumerate(values)
        for time, value in zip(("baseline", "3 months"), answers, strict=True)
        if value is not None
    ]


class TestScores:
    def test_change_is_of_those_who_answered_both(self):
        result = summarise_scores(clinic(3, scores=pain((8, 2), (6, 4), (10, None))))
        assert measure(result, "mean_change") == [-4.0]
        assert measure(result, "mean_change", "n_patients") == [2]
        assert measure(result, "mean", "n_patients") == [3, 2]
        assert "2 of 3 patients answered both" in result.finding
        assert any("1 of 3 patients" in text and "10.0" in text for text in result.cautions)

    def test_important_change_counts_both_ways(self):
        result = summarise_scores(clinic(4, scores=pain((8, 2), (6, 5), (3, 6), (1, 0))))
        row = result.to_frame().query("measure == 'important_change'").iloc[0]
        assert (row["n_events"], row["n_worse"], row["n_low_at_baseline"]) == (1, 1, 1)
        assert row["estimate"] == 0.25

    def test_the_same_answers_give_no_limits(self):
        result = summarise_scores(clinic(2, scores=pain((5, 3), (6, 4))))
        row = result.to_frame().query("measure == 'mean_change'").iloc[0]
        assert row["estimate"] == -2.0
        assert pd.isna(row["conf_low"])

    def test_one_patient_gets_a_count_and_no_limits(self):
        result = summarise_scores(clinic(1, scores=pain((8, 2))))
        assert measure(result, "mean_change") == [-6.0]
        assert pd.isna(measure(result, "mean_change", "conf_low")[0])
        assert any("fewer than 5 patients" in text for text in result.cautions)

    def test_dates_are_placed_at_the_nearest_planned_visit(self):
        scores = [(0, -20, "odi", 40), (0, 10, "odi", 44), (0, 80, "odi", 20), (0, 95, "odi", 12)]
        frame = summarise_scores(clinic(1, scores=scores)).to_frame()
        means = frame.query("measure == 'mean'")[["months", "estimate"]].to_numpy().tolist()
        assert means == [[0.0, 44.0], [3.0, 12.0]]

    def test_a_time_without_a_number_is_left_out_and_counted(self):
        scores = [*pain((8, 2)), (0, "final", "pain_nrs", 1)]
        result = summarise_scores(clinic(1, scores=scores))
        assert any("without a number" in exclusion.reason for exclusion in result.exclusions)

    def test_higher_is_better_where_it_is(self):
        scores = [(who, time, "srs22r", value) for who in range(2)
                  for time, value in (("baseline", 3 + who / 2), ("6 months", 4))]  # fmt: skip
        assert "an improvement" in summarise_scores(clinic(2, scores=scores)).finding

    def test_no_score_is_refused(self):
        with pytest.raises(EstimationError, match="no questionnaire"):
            summarise_scores(clinic(2))

    def test_only_first_answers_say_so(self):
        result = summarise_scores(clinic(2, scores=pain((8, None), (6, None))))
        assert "No patient answered the same questionnaire" in result.finding


class TestReturnToSport:
    def test_shares_by_hand(self):
        """Surgery on day 1, lost on day 2, back on days 3 and 4: 0.375, then 0.75."""
        cohort = clinic(
            4,
            events=[(0, 1, "surgery"), (2, 3, "return_sport"), (3, 4, "return_sport")],
            last_contact_date=[_day(1), _day(2), _day(3), _day(4)],
        )
        result = estimate_return_to_sport(cohort)
        assert result.curve["incidence"].round(6).tolist()[:5] == [0.0, 0.0, 0.0, 0.375, 0.75]
        assert measure(result, "cumulative_return") == [0.75] * 4

    def test_nothing_is_said_beyond_the_last_record(self):
        cohort = clinic(3, events=[(0, 100, "return_sport")], last_contact_date=[_day(120)] * 3)
        result = estimate_return_to_sport(cohort)
        assert pd.isna(measure(result, "cumulative_return")[1:]).all()
        assert (
            measure(result, "cumulative_return", "left_open")[1:]
            == ["nobody was followed so long"] * 3
        )

    def test_those_who_cannot_be_placed_are_counted(self):
        cohort = clinic(
            4,
            events=[(0, 100, "return_sport"), (1, None, "return_sport"), (2, -5, "return_sport")],
            last_contact_date=[_day(400), _day(400), _day(400), pd.NaT],
        )
        reasons = [exclusion.reason for exclusion in estimate_return_to_sport(cohort).exclusions]
        assert reasons == [
            "Went back on a day not recorded",
            "Recorded as back before fitting",
            "No record after fitting",
        ]

    def test_nobody_back_by_a_month_still_has_limits(self):
        cohort = clinic(12, events=[(0, 300, "return_sport")], last_contact_date=[_day(400)] * 12)
        frame = estimate_return_to_sport(cohort).to_frame()
        first = frame.iloc[0]
        assert (first["estimate"], first["conf_low"]) == (0.0, 0.0)
        assert first["conf_high"] == pytest.approx(0.2646, abs=1e-4)

    def test_no_return_recorded_is_refused(self):
        with pytest.raises(EstimationError, match="No return to sport is recorded"):
            estimate_return_to_sport(clinic(3))

    def test_unknown_event_names_the_allowed(self):
        with pytest.raises(ArgumentError, match="return_training"):
            estimate_return_to_sport(clinic(3), event="return")


class TestSafety:
    def test_rate_by_hand(self):
        """Two events in 4 x 91 days: 11.96 brace-months, 16.7 per 100."""
        cohort = clinic(
            4,
            events=[(0, 10, "skin"), (1, 20, "adverse_other"), (2, 200, "skin")],
            brace_end_date=_day(91),
        )
        result = summarise_safety(cohort)
        assert result.brace_months == pytest.approx(4 * 91 / 30.4375)
        assert measure(result, "per_100_brace_months")[0] == pytest.approx(16.72, abs=0.01)
        assert any("1 adverse events dated outside" in text for text in result.cautions)

    def test_unknown_time_in_brace_is_left_out_and_counted(self):
        ends = [_day(91), _day(91), pd.NaT, pd.NaT]
        result = summarise_safety(clinic(4, events=[(2, 10, "skin")], brace_end_date=ends))
        assert measure(result, "per_100_brace_months") == [0.0]
        assert result.exclusions[0].n_patients == 2

    def test_no_adverse_event_is_not_taken_as_safety(self):
        result = summarise_safety(clinic(4, events=[(0, 300, "surgery")], brace_end_date=_day(91)))
        assert any("No adverse event is recorded at all" in text for text in result.cautions)
        assert measure(result, "per_100_brace_months", "conf_high")[0] > 0

    def test_several_events_of_one_patient_are_said_to_narrow_the_limits(self):
        events = [(0, day, "skin") for day in (5, 10, 20)]
        result = summarise_safety(clinic(4, events=events, brace_end_date=_day(91)))
        assert any("not independent" in text for text in result.cautions)

    def test_nothing_recorded_is_refused(self):
        with pytest.raises(EstimationError, match="Nothing can be said of safety"):
            summarise_safety(clinic(4, brace_end_date=_day(91)))


@pytest.mark.parametrize("estimate", [summarise_scores, estimate_return_to_sport, summarise_safety])
def test_no_key_of_a_patient_is_shown(estimate):
    cohort = clinic(
        3,
        events=[(0, 100, "return_sport"), (1, 20, "skin")],
        scores=pain((8, 2), (6, 4), (9, 3)),
        brace_end_date=_day(91),
        last_contact_date=[_day(400)] * 3,
    )
    result = estimate(cohort)
    shown = f"{result!r} {result._repr_html_()} {result.to_frame().to_string()}"
    assert not any(f"P{number}" in shown for number in range(3))
