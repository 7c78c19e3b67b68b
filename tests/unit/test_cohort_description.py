from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.account import SOURCE_COLUMNS, IntakeAccount
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.completeness import check_completeness
from parsoutcomes.cohort.description import describe_cohort
from parsoutcomes.cohort.flow import count_flow
from parsoutcomes.schema.dictionary import describe_schema
from parsoutcomes.schema.tables import TABLES

SOURCES = pd.DataFrame([["log.xlsx", "2024", "3", 9, 6, 3]], columns=SOURCE_COLUMNS)


def _clinic(*, with_source: bool = False):
    """P1 both sides, one terminal; P2 no scan; P3 fitted too late; P4 no pars described."""
    episodes = pd.DataFrame(
        {
            "patient_id": ["P1", "P2", "P3", "P4"],
            "episode_id": ["e1", "e2", "e3", "e4"],
            "fitted_date": pd.to_datetime(["2023-05-01", "2024-01-01", "2024-11-01", "2024-01-01"]),
            "sex": ["male", "female", None, "male"],
            "age_years": [9.5, 13.0, 15.0, 10.0],
            "status": ["completed", "lost", "in_brace", "completed"],
            "brace_end_date": pd.to_datetime(["2023-11-01", None, None, None]),
        }
    )
    defects = pd.DataFrame(
        {
            "defect_id": ["D1", "D2", "D3", "D4"],
            "patient_id": ["P1", "P1", "P2", "P3"],
            "episode_id": ["e1", "e1", "e2", "e3"],
            "level": "L5",
            "side": ["left", "right", "left", "left"],
            "stage": ["early", "terminal", "early", None],
        }
    )
    readings = pd.DataFrame(
        {
            "patient_id": ["P1", "P1"],
            "episode_id": ["e1", "e1"],
            "defect_id": ["D1", "D2"],
            "days_since_fitting": [180.0, 180.0],
            "union_status": ["complete", "none"],
        }
    )
    intake = IntakeAccount(title="", finding="", method="", sources=SOURCES)
    return build_cohort(
        {"episodes": episodes, "defects": defects, "readings": readings},
        data_lock=pd.Timestamp("2025-01-01"),
        intake=intake if with_source else None,
    )


def _row(frame: pd.DataFrame, characteristic: str, level: str) -> list[float]:
    chosen = frame[frame["characteristic"].eq(characteristic) & frame["level"].eq(level)]
    columns = ["n_patients", "n_defects", "percent_patients", "percent_defects"]
    return chosen[columns].iloc[0].tolist()


def test_case_mix_counts_patients_and_pars_apart():
    frame = describe_cohort(_clinic()).frame
    assert _row(frame, "stage", "early") == [2, 2, 50, 50]
    assert _row(frame, "stage", "terminal") == [1, 1, 25, 25]
    assert _row(frame, "laterality", "bilateral") == [1, 2, 25, 50]


def test_missing_values_are_a_row_of_their_own():
    frame = describe_cohort(_clinic()).frame
    assert _row(frame, "stage", "not recorded") == [1, 1, 25, 25]
    assert _row(frame, "sex", "not recorded") == [1, 1, 25, 25]


def test_age_is_banded_and_summarised():
    frame = describe_cohort(_clinic()).frame
    ages = frame[frame["characteristic"].eq("age_years")]
    assert ages["level"].tolist() == ["recorded", "under 10", "10 to 12", "13 to 15"]
    assert ages["n_patients"].tolist() == [4, 1, 1, 2]
    summary = ages.iloc[0][["median", "quartile_low", "quartile_high"]].tolist()
    assert summary == [11.5, 9.875, 13.5]


def test_a_characteristic_that_nobody_recorded_is_left_out():
    assert "sport" not in set(describe_cohort(_clinic()).frame["characteristic"])


def test_a_second_course_does_not_count_the_patient_twice():
    episodes = pd.DataFrame(
        {
            "patient_id": ["P1", "P1"],
            "episode_id": ["a", "b"],
            "fitted_date": pd.to_datetime(["2023-01-01", "2024-01-01"]),
            "sex": "male",
        }
    )
    frame = describe_cohort(build_cohort({"episodes": episodes})).frame
    assert frame["n_patients"].tolist() == [1]


def test_the_flow_adds_up_from_the_records_to_a_known_status():
    frame = count_flow(_clinic(with_source=True)).frame
    columns = ["step", "n_patients", "n_defects", "n_left_out_patients", "n_left_out_defects"]
    assert frame[columns].to_numpy().tolist() == [
        ["In the records (6 of 9 rows of the source used)", 4, 4, 0, 0],
        ["With a pars described", 3, 4, 1, 0],
        ["Pars that are treatment targets", 3, 3, 0, 1],
        ["Due at 6 months", 2, 2, 1, 1],
        ["Status known at 6 months", 1, 1, 1, 1],
    ]
    assert frame.loc[0, ["n_rows", "n_left_out_rows"]].tolist() == [9, 3]


def test_the_flow_says_why_and_counts_every_reason():
    result = count_flow(_clinic())
    assert [(e.reason, e.n_defects, e.n_patients) for e in result.exclusions] == [
        ("No pars described", 0, 1),
        ("Not a treatment target (terminal at fitting)", 1, 1),
        ("Not yet due (fitted less than 7 months before data lock)", 1, 1),
        ("Status unknown (no scan in time)", 1, 1),
    ]
    assert result.finding == (
        "Of 3 target pars in 3 patients, 1 in 1 patient were due and of known status at 6 months; "
        "the records hold 4 pars in 4 patients."
    )


def test_an_undated_patient_stays_in_the_flow_with_a_caution():
    cohort = _clinic()
    tables = {**cohort.tables, "episodes": cohort.episodes.assign(fitted_date=pd.NaT)}
    result = count_flow(build_cohort(tables, data_lock=pd.Timestamp("2025-01-01")))
    assert result.frame["n_left_out_defects"].tolist()[3] == 0
    assert result.cautions[0].startswith("3 pars without a fitting date")


def test_completeness_of_the_outcome_counts_only_targets_that_are_due():
    frame = check_completeness(_clinic()).frame
    status = frame[frame["column"].eq("union_status")]
    assert status[["year", "n_expected", "n_recorded"]].to_numpy().tolist() == [
        ["all", 2, 1],
        ["2023", 1, 1],
        ["2024", 1, 0],
    ]
    assert frame.iloc[0]["column"] == "union_status"


def test_the_end_of_brace_is_not_expected_while_in_brace():
    frame = check_completeness(_clinic()).frame
    row = frame[frame["column"].eq("brace_end_date") & frame["year"].eq("all")].iloc[0]
    assert (row["n_expected"], row["n_recorded"]) == (3, 1)


def test_completeness_finding_names_the_least_complete_and_what_is_never_recorded():
    assert check_completeness(_clinic()).finding.startswith(
        "Union status is known for 50% of 2 pars; of the other fields the least complete is brace "
        "end date, 33% of 3 courses; not "
        "recorded at all: STIR"
    )


def test_nobody_at_all_is_described_without_a_share():
    nobody = build_cohort({})
    assert describe_cohort(nobody).frame.empty
    assert count_flow(nobody).frame["n_patients"].tolist() == [0, 0, 0, 0]
    assert check_completeness(nobody).frame["fraction_recorded"].isna().all()


def test_the_dictionary_has_every_column_of_every_table():
    dictionary = describe_schema()
    n_columns = sum(len(table.columns) for table in TABLES.values())
    assert len(dictionary) == n_columns
    assert not dictionary.duplicated(["table", "column"]).any()
    units = dictionary.set_index("column")["unit"]
    assert units[["age_years", "days_since_fitting", "prescribed_hours_per_day"]].tolist() == [
        "years",
        "days",
        "hours per day",
    ]
    assert dictionary["meaning"].ne("").all()
