"""How many of the unknown it takes: one rate, a reference, two groups, nobody and everybody."""

from __future__ import annotations

import pytest
from model_rows import cohort_of, patients

import parsoutcomes as po
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.proportions import clustered_interval, wilson_interval
from parsoutcomes.stats.tipping import list_outcomes


def clinic(n_united, n_not, n_lost, stage="early", prefix=""):
    return [
        *patients(n_united, f"{prefix}U", scans={180: "complete"}, stage=stage),
        *patients(n_not, f"{prefix}N", scans={180: "none"}, stage=stage),
        *patients(n_lost, f"{prefix}L", stage=stage),
    ]


def test_first_and_last_rows_are_the_bounds() -> None:
    result = po.find_tipping_point(cohort_of(*clinic(20, 5, 5)), threshold=0.5)
    frame = result.to_frame()
    assert frame["estimate"].iloc[[0, -1]].tolist() == [20 / 30, 25 / 30]
    rates = po.estimate_union_rates(cohort_of(*clinic(20, 5, 5))).to_frame()
    bounds = rates.set_index("measure")["estimate"]
    assert bounds["bound_unknown_not_united"] == frame["estimate"].iloc[0]
    assert bounds["bound_unknown_united"] == frame["estimate"].iloc[-1]


def test_per_patient_the_limits_are_wilsons() -> None:
    cohort = cohort_of(*clinic(20, 5, 5))
    frame = po.find_tipping_point(cohort, threshold=0.5, unit="patient").to_frame()
    wilson = wilson_interval(22, 30)
    assert frame.loc[2, ["conf_low", "conf_high"]].tolist() == pytest.approx(
        [wilson.conf_low, wilson.conf_high]
    )


def test_nobody_lost_gives_the_clustered_interval_itself() -> None:
    united, patient = [1, 1, 0, 1, 0, 0, 1, 1, 1, 0], list("aabbccdefg")
    only = list_outcomes(united, [1] * 10, patient)
    rate = clustered_interval(united, patient)
    assert only.conf_low.tolist() == pytest.approx([rate.conf_low])
    assert only.conf_high.tolist() == pytest.approx([rate.conf_high])


def test_a_finding_that_seventeen_failures_would_undo() -> None:
    cohort = cohort_of(*clinic(30, 6, 24))
    result = po.find_tipping_point(cohort, threshold=0.5, unit="patient")
    frame = result.to_frame()
    holds = frame[frame["keeps_finding"]]
    assert result.verdict == "above"
    assert holds["n_unknown_united"].tolist() == list(range(8, 25))
    assert wilson_interval(38, 60).conf_low > 0.5 > wilson_interval(37, 60).conf_low
    assert "as long as at least 8 of 24" in result.finding
    assert "17 or more not united would change it" in result.finding
    assert "like the known, 20 had" in result.finding


def test_a_finding_that_nothing_can_change() -> None:
    result = po.find_tipping_point(cohort_of(*clinic(50, 2, 2)), threshold=0.5)
    assert "However the 2 of unknown status turned out, union stays above 50%" in result.finding


def test_nobody_lost_can_tip_nothing() -> None:
    result = po.find_tipping_point(cohort_of(*clinic(20, 5, 0)), threshold=0.5)
    assert result.finding.endswith("nobody's status is unknown, so nothing can tip it")
    assert len(result.to_frame()) == 1


def test_everybody_lost_has_no_finding_to_change() -> None:
    with pytest.raises(EstimationError, match="no finding that could change"):
        po.find_tipping_point(cohort_of(*clinic(0, 0, 8)), threshold=0.5)


def test_one_patient() -> None:
    result = po.find_tipping_point(cohort_of(*clinic(1, 0, 0)), threshold=0.5)
    assert result.verdict == "too few for a claim"
    assert result.finding == (
        "1 of 1 target pars of known status by 7 months (6 months and a grace of 1 month) had "
        "reached complete union, 100% (3 to 100): too few of known status for a claim (under 10 "
        "pars or 5 patients)"
    )


def test_nine_of_nine_united_is_a_count_and_an_interval_and_no_claim() -> None:
    result = po.find_tipping_point(cohort_of(*clinic(9, 0, 3)), threshold=0.3)
    assert result.to_frame()["conf_low"].iloc[-1] > 0.3
    assert set(result.to_frame()["verdict"]) == {"too few for a claim"}
    assert "above" not in result.finding
    assert result.finding.endswith("3 are of unknown status")
    assert po.find_tipping_point(cohort_of(*clinic(10, 0, 3)), threshold=0.3).verdict == "above"


def test_two_groups_of_which_one_is_too_small_are_not_told_apart() -> None:
    males = [{**one, "sex": "male"} for one in clinic(12, 0, 0, prefix="M")]
    females = [{**one, "sex": "female"} for one in clinic(0, 6, 2, prefix="F")]
    result = po.find_tipping_point(cohort_of(*males, *females), by="sex")
    assert result.verdict == "too few for a claim"
    assert "male 12 of 12 and female 0 of 6 had reached complete union" in result.finding
    assert "higher" not in result.finding


def test_a_stage_misspelt_in_the_reference_is_refused_and_not_left_out() -> None:
    with pytest.raises(ArgumentError, match="erly"):
        po.find_tipping_point(cohort_of(*clinic(20, 5, 0)), reference={"erly": 0.8})
    with pytest.raises(EstimationError, match="no rate for any pars"):
        po.find_tipping_point(cohort_of(*clinic(20, 5, 0)), reference={"terminal": 0.8})


def test_observed_over_expected_is_the_rate_over_the_mean_of_the_reference() -> None:
    cohort = cohort_of(
        *clinic(12, 3, 5, "early", "E"),
        *clinic(4, 6, 2, "progressive", "P"),
        *clinic(3, 1, 0, "pre_lysis", "X"),
    )
    result = po.find_tipping_point(cohort, reference={"early": 0.8, "progressive": 0.3})
    expected = (20 * 0.8 + 12 * 0.3) / 32
    assert result.compared_with == pytest.approx(expected)
    assert result.to_frame()["estimate"].iloc[0] == pytest.approx(16 / 32 / expected)
    reasons = [(one.reason, one.n_defects) for one in result.exclusions]
    assert ("Stage without a rate in the reference", 4) in reasons


def test_two_groups_square_and_add_the_limits_of_both() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    men, women = clinic(30, 6, 4, prefix="E"), clinic(12, 18, 6, prefix="P")
    cohort = cohort_of(
        *[{**one, "sex": "male"} for one in men], *[{**one, "sex": "female"} for one in women]
    )
    result = po.find_tipping_point(cohort, by="sex", unit="patient")
    frame = result.to_frame()
    assert len(frame) == 5 * 7
    row = frame.query("n_unknown_united_first == 1 and n_unknown_united_second == 5").iloc[0]
    theirs = confint_proportions_2indep(31, 40, 17, 36, method="newcomb", compare="diff")
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx(theirs, abs=1e-12)
    assert result.verdict == "above"
    assert result.groups == ("male", "female")


def test_the_nearest_change_is_the_smallest_departure_from_the_known() -> None:
    cohort = cohort_of(*clinic(20, 8, 10, "early", "E"), *clinic(10, 16, 10, "progressive", "P"))
    result = po.find_tipping_point(cohort, by="stage")
    frame = result.to_frame()
    moved = (frame["n_unknown_united_first"] - result.like_known[0]).abs() + (
        frame["n_unknown_united_second"] - result.like_known[1]
    ).abs()
    nearest = frame[frame["is_nearest_change"]]
    assert len(nearest) == 1
    assert not nearest["keeps_finding"].iloc[0]
    smallest = int(moved[~frame["keeps_finding"]].min())
    assert int(moved[nearest.index[0]]) == smallest
    assert f"To change that, at least {smallest} of 20 of unknown status" in result.finding


def test_not_yet_due_stay_out() -> None:
    recent = patients(3, "R", fitted="2025-12-01", scans={20: "complete"})
    result = po.find_tipping_point(cohort_of(*clinic(10, 5, 5), *recent), threshold=0.5)
    assert result.to_frame()["n_defects"].iloc[0] == 20
    reasons = [(one.reason, one.n_defects) for one in result.exclusions]
    assert ("Not yet due at data lock", 3) in reasons


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"threshold": 0.5, "reference": 0.6},
        {"threshold": 1.5},
        {"by": "side"},
        {"by": "stage", "groups": ("early", "late")},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(question) -> None:
    with pytest.raises(ArgumentError):
        po.find_tipping_point(cohort_of(*clinic(10, 5, 5)), **question)
