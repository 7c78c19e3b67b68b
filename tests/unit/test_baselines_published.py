from __future__ import annotations

import pandas as pd
import pytest

from parsoutcomes.baselines.checks import name_strata, require_sound
from parsoutcomes.baselines.published import _read, load_baselines
from parsoutcomes.errors import ArgumentError, BaselineError


def _files() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    studies, rates, effects = (_read(name) for name in ("studies", "rates", "effects"))
    for name in ("n", "n_united", "percent_printed"):
        rates[name] = pd.to_numeric(rates[name].replace("", None))
    return studies, rates, effects


def _counts(study_id: str, stage: str) -> tuple[int, int]:
    rates = load_baselines(outcome="union", unit="defect", stage=stage).rates
    row = rates[rates["study_id"].eq(study_id) & rates["pool_default"]].iloc[0]
    return int(row["n_united"]), int(row["n"])


def test_the_two_references_have_the_published_counts_by_stage():
    assert _counts("virkki2020", "early") == (38, 46)
    assert _counts("virkki2020", "progressive") == (11, 38)
    assert _counts("virkki2020", "terminal") == (0, 26)
    assert _counts("tatsumura2022", "pre_lysis") == (36, 39)
    assert _counts("tatsumura2022", "early") == (81, 97)
    assert _counts("tatsumura2022", "progressive") == (27, 53)


def test_one_row_speaks_for_each_group_stratum_outcome_and_unit():
    rates = load_baselines().rates
    assert not name_strata(rates[rates["pool_default"]]).duplicated().any()


def test_percentages_ultrasound_and_second_hand_figures_never_enter_a_pool():
    rates = load_baselines().rates
    out = ~rates["pool_default"]
    assert out[rates["count_basis"].eq("percent_only")].all()
    assert out[rates["read_from"].eq("secondary")].all()
    assert out[rates["subgroup"].str.contains("LIPUS")].all()


def test_the_paper_whose_sides_do_not_add_up_is_listed():
    conflicts = load_baselines().conflicts
    found = conflicts[conflicts["study_id"].eq("tatsumura2022") & conflicts["kind"].eq("sum")]
    assert found["conflict"].tolist() == ["united by side add up to 149, not 144"]


def test_a_choice_keeps_only_its_rows_and_the_papers_behind_them():
    baselines = load_baselines(outcome="clinical_success")
    assert baselines.rates["study_id"].tolist() == ["klein2009"]
    assert set(baselines.rates["outcome"]) == {"clinical_success"}


def test_an_unknown_choice_names_the_nearest():
    with pytest.raises(ArgumentError, match='Did you mean stage="progressive"'):
        load_baselines(stage="progresive")


def test_a_choice_that_nobody_published_is_refused():
    with pytest.raises(BaselineError, match="Nothing has been published"):
        load_baselines(outcome="clinical_success", unit="defect")


def test_changing_a_result_does_not_change_the_next_one():
    load_baselines().rates["n"] = 0
    assert _counts("virkki2020", "early") == (38, 46)


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("stage", "earliest", "unknown stage on line 32"),
        ("n_united", 999, "more united than there are on line 32"),
        ("percent_printed", 50.0, "percentage that does not match its counts on line 32"),
        ("study_id", "nobody1900", "studies cited that are not listed"),
        ("cohort_group", "elsewhere", "1 rates whose cohort group is not that of their study"),
        ("count_basis", "percent_only", "a count where only a percentage is printed on line 32"),
    ],
)
def test_a_spoilt_row_is_refused_by_line(column, value, problem):
    studies, rates, effects = _files()
    rates.loc[30, column] = value
    with pytest.raises(BaselineError, match=problem):
        require_sound(rates, studies, effects)


def test_two_speakers_for_one_stratum_are_refused():
    studies, rates, effects = _files()
    same = rates["study_id"].eq("gamada2021") & rates["laterality"].eq("unilateral")
    rates.loc[same, "pool_default"] = "yes"
    with pytest.raises(BaselineError, match="two rows speak for one stratum"):
        require_sound(rates, studies, effects)


def test_all_problems_are_told_at_once():
    studies, rates, effects = _files()
    rates.loc[30, "stage"] = "earliest"
    rates.loc[31, "n_united"] = 999
    with pytest.raises(BaselineError, match=r"unknown stage.*more united"):
        require_sound(rates, studies, effects)


def test_what_a_caller_changes_is_not_in_the_next_list():
    load_baselines(stage="early").rates["n"] = -1.0
    assert (load_baselines(stage="early").rates["n"].dropna() > 0).all()


def test_an_author_who_was_not_seen_is_named_as_such():
    texts = [citation.text for citation in load_baselines().citations]
    assert not [text for text in texts if text.startswith("not s")]
    assert any(text.startswith("[authors not read]. 2018.") for text in texts)
