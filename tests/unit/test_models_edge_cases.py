"""The hard cases by name, put to every estimator of times: an honest answer, or a refusal."""

from __future__ import annotations

import pytest
from model_rows import cohort_of, patients

import parsoutcomes as po

FAST = {"n_resamples": 200}
NONE_BY_12 = {"scans": {90: "none", 185: "none", 365: "none"}}
BY_3 = {"scans": {90: "complete"}}
BY_6 = {"scans": {90: "none", 185: "complete"}}
ONE_SCAN = {"scans": {185: "complete"}}
ONE_SCAN_NONE = {"scans": {185: "none"}}


def of_each_sex(*groups, data_lock="2026-01-01"):
    """12 males and 12 females, each in equal parts of the given groups."""
    return cohort_of(
        *(
            one
            for sex in ("male", "female")
            for number, group in enumerate(groups)
            for one in patients(12 // len(groups), f"{sex}{number}-", sex=sex, **group)
        ),
        data_lock=data_lock,
    )


CASES = {
    "nobody united": of_each_sex(NONE_BY_12),
    "everybody at the first scan": of_each_sex(BY_3),
    "one patient": cohort_of(*patients(1, sex="male", **BY_6)),
    "one scan each": of_each_sex(ONE_SCAN, ONE_SCAN_NONE),
    "one scan in all": cohort_of(
        *patients(1, "A", sex="male", **BY_3),
        *patients(11, "M", sex="male"),
        *patients(12, "F", sex="female"),
    ),
    "ties everywhere": of_each_sex(BY_3, BY_6),
    "a group without target pars": cohort_of(
        *patients(12, "M", sex="male", **BY_6),
        *patients(12, "F", sex="female", stage="terminal", **NONE_BY_12),
    ),
    "surgery for all": of_each_sex({"scans": {90: "none"}, "surgery": 150}),
    "intervals of one day": of_each_sex({"scans": {90: "none", 91: "complete"}}),
    "follow-up of no days": of_each_sex({}, data_lock="2024-01-01"),
}
ESTIMATORS = {
    "time to union": lambda cohort: po.estimate_time_to_union(cohort, by="sex", **FAST),
    "comparison": lambda cohort: po.compare_time_to_union(cohort, "sex", **FAST),
    "competing risks": lambda cohort: po.estimate_competing_risks(cohort, by="sex", **FAST),
    "Kaplan-Meier": lambda cohort: po.estimate_kaplan_meier(cohort, by="sex"),
    "time factors": po.fit_union_aft,
    "eventual union": po.fit_union_cure,
    "scanning": lambda cohort: po.describe_scanning(cohort, **FAST),
}
NOTHING = ("not told", "not told", "not told")

# Males by 6 months, in per cent: estimate and limits. Clopper-Pearson of 0 or 12 of 12 is 0 to 26
# and 74 to 100; of 1 of 1, 3 to 100; Wilson of 6 of 12 with t on 11 degrees is 22 to 78.
UNION = {
    "nobody united": (0, 0, 26),
    "everybody at the first scan": (100, 74, 100),
    "one patient": (100, 3, 100),
    "one scan each": (50, 22, 78),
    "one scan in all": (100, 3, 100),
    "ties everywhere": (100, 74, 100),
    "a group without target pars": (100, 74, 100),
    "surgery for all": (0, 0, 26),
    "intervals of one day": (100, 74, 100),
    "follow-up of no days": NOTHING,
}
# By day 183, from the day of the first united scan: one on day 185 comes too late. Log-log limits
# of 6 of 12 are 26 to 79; follow-up that ended with surgery on day 150 tells nothing.
SEEN_UNITED = {
    **UNION,
    "one patient": (0, 0, 98),
    "one scan each": (0, 0, 26),
    "ties everywhere": (50, 26, 79),
    "a group without target pars": (0, 0, 26),
    "surgery for all": NOTHING,
}
TOO_FEW = "no test, since fewer than two groups"
NO_SCORE = "no test, since no score differs"
PERMUTED = "whole patients permuted"
COMPARED = {
    "nobody united": NO_SCORE,
    "everybody at the first scan": NO_SCORE,
    "one patient": TOO_FEW,
    "one scan each": PERMUTED,
    "one scan in all": TOO_FEW,
    "ties everywhere": PERMUTED,
    "a group without target pars": TOO_FEW,
    "surgery for all": NO_SCORE,
    "intervals of one day": NO_SCORE,
    "follow-up of no days": TOO_FEW,
}
FEW, ONE_WINDOW, NO_MAXIMUM = "too few unions", "cannot be fitted", "no maximum"
REFUSED = {
    "nobody united": FEW,
    "everybody at the first scan": ONE_WINDOW,
    "one patient": FEW,
    "one scan each": NO_MAXIMUM,
    "one scan in all": FEW,
    "ties everywhere": NO_MAXIMUM,
    "a group without target pars": NO_MAXIMUM,
    "surgery for all": FEW,
    "intervals of one day": ONE_WINDOW,
    "follow-up of no days": FEW,
}
NO_NEXT_SCAN = "no scan was followed by another"
SCANNED_AGAIN = {
    "nobody united": "no union 4.5 (48 scans)",
    "everybody at the first scan": NO_NEXT_SCAN,
    "one patient": "no union 3.1 (1 scan)",
    "one scan each": NO_NEXT_SCAN,
    "one scan in all": NO_NEXT_SCAN,
    "ties everywhere": "no union 3.1 (12 scans)",
    "a group without target pars": "no union 3.1 (12 scans)",
    "surgery for all": NO_NEXT_SCAN,
    "intervals of one day": "no union 0.0 (24 scans)",
}


def per_cent(rows):
    """The estimate and limits of one row."""
    (row,) = rows[["estimate", "conf_low", "conf_high"]].to_numpy(float)
    return NOTHING if row[0] != row[0] else tuple(int(value) for value in (100 * row).round())


def males_by_6_months(frame, measure):
    return frame[frame["sex"].eq("male") & frame["months"].eq(6) & frame["measure"].eq(measure)]


@pytest.mark.parametrize("case", CASES)
def test_curve_of_union(case):
    frame = ESTIMATORS["time to union"](CASES[case]).to_frame()
    assert per_cent(males_by_6_months(frame, "cumulative_union")) == UNION[case]


@pytest.mark.parametrize("case", CASES)
def test_union_and_surgery(case):
    result = ESTIMATORS["competing risks"](CASES[case])
    assert per_cent(males_by_6_months(result.to_frame(), "cumulative_union")) == UNION[case]
    surgery = per_cent(males_by_6_months(result.to_frame(), "cumulative_surgery"))
    is_operated = {"surgery for all": (100, 74, 100), "follow-up of no days": NOTHING}
    assert surgery == is_operated.get(case, (0, 0, surgery[2]))


@pytest.mark.parametrize("case", CASES)
def test_kaplan_meier_of_the_first_united_scan(case):
    frame = ESTIMATORS["Kaplan-Meier"](CASES[case]).to_frame()
    assert per_cent(males_by_6_months(frame, "seen_united")) == SEEN_UNITED[case]


@pytest.mark.parametrize("case", CASES)
def test_comparison_of_groups(case):
    result = ESTIMATORS["comparison"](CASES[case])
    assert COMPARED[case] in result.test_why
    frame = result.to_frame()
    if COMPARED[case] == TOO_FEW:
        assert frame.empty
        assert result.finding == "No two groups by sex are large enough for a comparison."
    else:
        at_6 = frame[frame["months"].eq(6) & frame["measure"].eq("union_difference")]
        estimate, low, high = per_cent(at_6)
        assert (estimate, low) == (0, -high)
        assert high >= 26


@pytest.mark.parametrize("case", CASES)
def test_models_of_times_refuse(case):
    with pytest.raises(po.EstimationError, match=REFUSED[case]):
        po.fit_union_aft(CASES[case])
    shares = "cannot be told" if REFUSED[case] == NO_MAXIMUM else REFUSED[case]
    with pytest.raises(po.EstimationError, match=shares):
        po.fit_union_cure(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_who_is_scanned_again(case):
    if case == "follow-up of no days":
        with pytest.raises(po.EstimationError, match="no scan to describe"):
            ESTIMATORS["scanning"](CASES[case])
    else:
        assert SCANNED_AGAIN[case] in ESTIMATORS["scanning"](CASES[case]).finding


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("case", CASES)
def test_answers_are_in_order_and_in_words(case, name):
    try:
        result = ESTIMATORS[name](CASES[case])
    except po.EstimationError as refusal:
        openings = [line.split(":")[0] for line in str(refusal).splitlines()]
        assert openings == ["What is wrong", "Expected", "Found", "Fix"]
        return
    told = result.to_frame().reindex(columns=["estimate", "conf_low", "conf_high"]).dropna()
    assert (told["conf_low"] <= told["estimate"] + 1e-9).all()
    assert (told["estimate"] <= told["conf_high"] + 1e-9).all()
    for text in (result.summary(), result._repr_html_()):
        assert " nan" not in text
        assert "inf " not in text
