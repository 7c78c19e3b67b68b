"""Short names of databases: short forms and prefixes are read, other words beside are not."""

from __future__ import annotations

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.errors import RecordsError
from parsoutcomes.loaders.vocabulary import load_vocabulary


def role_of(header: str) -> str:
    match = load_vocabulary().header_role(header)
    return match.role if match else ""


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("dem_age", "age_years"),
        ("Age @ dx", "age_years"),
        ("age_bl", "age_years"),
        ("Age (y) @ fitting", "age_years"),
        ("base_sex", "sex"),
        ("demog_sport", "sport"),
        ("pt_side", "side"),
        ("side_bl", "side"),
        ("inj_level", "level"),
        ("dx_level", "level"),
        ("Level of #", "level"),
        ("base_stage", "stage"),
        ("Stage Rt pars", "stage"),
        ("brace_fit_dt", "fitted_date"),
        ("dt_fitted", "fitted_date"),
        ("brace_mths", "prescribed_months"),
        ("brace_end_dt", "brace_end_date"),
        ("Date brace d/c", "brace_end_date"),
        ("Brace d/c date", "brace_end_date"),
        ("surg_dt", "surgery_date"),
        ("dt_onset", "onset_date"),
        ("lfu_date", "last_contact_date"),
        ("Date last rv", "last_contact_date"),
        ("ct1_date", "scan_date"),
        ("v2_union", "union_status"),
        ("fu_3m_union", "union_status"),
        ("sbo_yn", "spina_bifida_occulta"),
        ("dem_dob", "birth_date"),
        ("dem_nhs", "identifier"),
        ("subj_initials", "identifier"),
    ],
)
def test_a_decorated_header_is_read(header: str, role: str) -> None:
    assert role_of(header) == role


@pytest.mark.parametrize(
    "header",
    [
        "mother_age",
        "age_at_followup",
        "age_fu",
        "fu_age",
        "referrer_side",
        "gp_level",
        "sex_partner",
        "father_sport",
        "previous_stage",
        "contralat_side",
        "kicking_side",
        "surg_level",
        "age_cat",
        "base_union",
        "dem_union",
        "pt_union_3m_planned",
        "bl_scan_reader_name",
        "Date_of_#",
    ],
)
def test_a_word_that_changes_what_is_meant_leaves_the_header_unread(header: str) -> None:
    assert role_of(header) == ""


@pytest.mark.parametrize(
    "header",
    [
        *("bl_status", "baseline status", "base_vit_d", "baseline physio", "bl_last_seen"),
        *("dem_no", "baseline number", "base_surgery", "pt_code_2"),
    ],
)
def test_a_prefix_of_the_start_is_not_dropped_from_what_happens_later(header: str) -> None:
    assert role_of(header) == ""


def test_a_key_of_its_own_words_goes_before_that_of_a_form() -> None:
    frame = export(pt_side="left").rename(columns={"rec_id": "study_id"})
    frame.insert(0, "dem_id", [f"F{n}" for n in range(6)])
    cohort = po.load_records(frame)
    assert cohort.episodes["patient_id"].tolist() == [f"P{n}" for n in range(1, 7)]


def test_attributes_beside_short_forms_are_kept() -> None:
    assert load_vocabulary().header_role("bl_nrs").attributes == {
        "instrument": "pain_nrs",
        "timepoint": "baseline",
    }
    assert load_vocabulary().header_role("fu_3m_union").attributes == {"timepoint": "3 months"}


def export(**columns: str) -> pd.DataFrame:
    known = {"rec_id": "P", "dem_age": "14", "base_sex": "F", "fx_level": "L5", "brace_fit_dt": ""}
    known |= {"brace_fit_dt": "2024-01-10", "brace_end_dt": "2024-07-10", "bl_stage": "early"}
    known |= {"ct1_date": "2024-04-10", "ct1_union": "united"}
    return pd.DataFrame([known | columns | {"rec_id": f"P{n}"} for n in range(1, 7)])


def test_an_export_of_short_names_loads_without_a_mapping() -> None:
    cohort = po.load_records(export(pt_side="left"))
    course = cohort.episodes.iloc[0]
    assert (course["age_years"], course["sex"]) == (14.0, "female")
    assert str(course["brace_end_date"].date()) == "2024-07-10"
    assert cohort.defects[["level", "side", "stage"]].iloc[0].tolist() == ["L5", "left", "early"]
    assert cohort.defects["interval_right_days"].tolist() == [91.0] * 6


def test_an_unknown_word_beside_a_known_header_is_asked_about() -> None:
    with pytest.raises(RecordsError) as error:
        po.load_records(export(zwetschge_side="left"))
    assert '"zwetschge_side", perhaps side' in str(error.value)


def test_it_is_not_asked_about_where_another_column_says_it() -> None:
    cohort = po.load_records(export(pt_side="left", kicking_side="right"))
    assert cohort.defects["side"].tolist() == ["left"] * 6
    columns = cohort.intake.columns.set_index("header")
    assert columns.loc["kicking_side", "action"] == "not used"


def test_the_side_at_the_start_beside_the_side_is_listed_not_mixed() -> None:
    cohort = po.load_records(export(pt_side="left", side_bl="right"))
    assert cohort.defects["side"].tolist() == ["left"] * 6
    reason = cohort.intake.columns.set_index("header").loc["side_bl", "reason"]
    assert "an earlier column holds the same" in reason
