"""The clinic's REDCap export gives the cohort that the truth says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.delimited import read_delimited
from parsoutcomes.loaders.redcap import load_redcap
from parsoutcomes.loaders.redcap_dictionary import read_dictionary

CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"
PARS = ["patient_id", "level", "side"]


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return load_redcap(CLINIC / "redcap_raw.csv", dictionary=CLINIC / "redcap_dictionary.csv")


def truth(name: str) -> pd.DataFrame:
    return pd.read_csv(CLINIC / f"truth_{name}.csv", keep_default_na=False, na_values=[""])


def test_patients_and_pars_are_those_of_the_truth(cohort) -> None:
    assert (cohort.n_patients, len(cohort.defects), len(cohort.readings)) == (72, 116, 246)
    assert sorted(cohort.defects["defect_id"]) == sorted(truth("defects")["defect_id"])
    assert set(cohort.episodes["patient_id"]) == set(truth("episodes")["patient_id"])


@pytest.mark.parametrize("column", ["level", "side", "stage", "ct_stage", "stir"])
def test_each_pars_is_described_as_in_the_truth(cohort, column) -> None:
    found = cohort.defects.set_index("defect_id")[column]
    expected = truth("defects").set_index("defect_id")[column]
    assert found.to_dict() == expected.to_dict()


@pytest.mark.parametrize("column", ["interval_left_days", "interval_right_days"])
def test_both_ends_of_each_interval_are_those_of_the_truth(cohort, column) -> None:
    found = cohort.defects.set_index("defect_id")[column].fillna(-1)
    expected = truth("defects").set_index("defect_id")[column].fillna(-1)
    assert found.to_dict() == expected.to_dict()


def test_each_reading_is_that_of_the_truth(cohort) -> None:
    found = cohort.readings.merge(cohort.defects[["defect_id", "level", "side"]], on="defect_id")
    found = found.assign(scan_date=found["scan_date"].dt.strftime("%Y-%m-%d"))
    columns = [*PARS, "scan_date", "modality", "union_status"]
    assert sorted(found[columns].itertuples(index=False, name=None)) == sorted(
        truth("readings")[columns].itertuples(index=False, name=None)
    )


@pytest.mark.parametrize("column", ["sex", "status", "prescribed_months"])
def test_each_course_is_described_as_in_the_truth(cohort, column) -> None:
    found = cohort.episodes.set_index("patient_id")[column]
    expected = truth("episodes").set_index("patient_id")[column]
    assert found.to_dict() == expected.to_dict()


@pytest.mark.parametrize("column", ["fitted_date", "last_contact_date"])
def test_days_of_each_course_are_those_of_the_truth(cohort, column) -> None:
    found = cohort.episodes.set_index("patient_id")[column].dt.strftime("%Y-%m-%d").fillna("")
    expected = truth("episodes").set_index("patient_id")[column].fillna("")
    assert found.to_dict() == expected.to_dict()


def test_birth_dates_become_ages(cohort) -> None:
    found = cohort.episodes.set_index("patient_id")["age_years"]
    expected = truth("episodes").set_index("patient_id")["age_years"]
    assert (found - expected).abs().max() < 0.1


def with_labels(headers: bool) -> pd.DataFrame:
    """Return the export as REDCap writes it with labels for values, and for headers if asked."""
    grid = read_delimited((CLINIC / "redcap_dictionary.csv").read_bytes(), "dictionary")
    fields = read_dictionary(grid).fields
    raw = pd.read_csv(CLINIC / "redcap_raw.csv", dtype=str, keep_default_na=False)
    system = {"redcap_repeat_instrument": "Repeat Instrument"}
    system["redcap_repeat_instance"] = "Repeat Instance"
    names = []
    for name in raw:
        base, _, code = str(name).partition("___")
        field = fields.get(base)
        if field is None:
            names.append(system.get(base, "Complete?"))
            if base.endswith("_complete"):
                raw[name] = raw[name].replace({"2": "Complete"})
        elif code:
            names.append(f"{field.label} (choice={field.choices[code]})")
            raw[name] = raw[name].replace({"1": "Checked", "0": "Unchecked"})
        else:
            names.append(field.label)
            raw[name] = raw[name].replace(dict(field.choices))
    raw["redcap_repeat_instrument"] = raw["redcap_repeat_instrument"].str.title()
    return raw.set_axis(names, axis="columns") if headers else raw


@pytest.mark.parametrize(
    ("headers", "has_dictionary"), [(True, True), (True, False), (False, True)]
)
def test_an_export_with_labels_gives_the_same_cohort(cohort, headers, has_dictionary) -> None:
    dictionary = CLINIC / "redcap_dictionary.csv" if has_dictionary else None
    found = load_redcap(with_labels(headers), dictionary=dictionary)
    for name in ("episodes", "defects", "readings"):
        pd.testing.assert_frame_equal(found.tables[name], cohort.tables[name])


def test_choices_known_by_code_alone_are_named_and_left_out(cohort) -> None:
    found = load_redcap(with_labels(headers=False))
    pd.testing.assert_frame_equal(found.defects, cohort.defects)
    assert found.episodes["sport"].isna().all()
    columns = found.intake.columns.set_index("header")
    assert columns.loc["sport___1", "reason"].endswith("its codes cannot be read")


def test_every_row_and_column_is_accounted_for(cohort) -> None:
    sources = cohort.intake.sources
    assert sources["n_rows"].sum() == 341
    assert (sources["n_rows_used"] + sources["n_rows_set_aside"]).tolist() == [72, 116, 153]
    export = (CLINIC / "redcap_raw.csv").read_text(encoding="utf-8-sig").splitlines()
    letters = set(cohort.intake.columns["column"])
    n_choices = sum(name.startswith("sport___") for name in export[0].split(","))
    assert len(letters) == len(export[0].split(",")) - n_choices + 1


def test_identifiers_are_dropped_and_named(cohort) -> None:
    columns = cohort.intake.columns.drop_duplicates("header").set_index("header")
    assert columns.loc["NHS number", "action"] == "dropped as an identifier"
    assert columns.loc["NHS number", "n_filled"] == 72
    assert columns.loc["Date of birth", "action"] == "used and dropped"
    assert columns.loc["Record ID", "reason"] == "study numbers, kept"


def test_no_identifier_stands_anywhere_in_the_cohort_or_its_account(cohort) -> None:
    raw = pd.read_csv(CLINIC / "redcap_raw.csv", dtype=str, keep_default_na=False)
    planted = {*raw["nhs_no"], *raw["dob"]} - {""}
    frames = [*cohort.tables.values(), cohort.intake.frame]
    frames += [getattr(cohort.intake, name) for name in ("sources", "columns", "rows", "cells")]
    written = "".join(frame.to_csv() for frame in frames) + cohort.intake.summary()
    assert [text for text in planted if text in written] == []
