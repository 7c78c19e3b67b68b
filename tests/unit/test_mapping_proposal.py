"""What each column is taken for, how sure that is, and when the load stops to ask."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.conventions import MAPPING_CONFIDENCE
from parsoutcomes.errors import RecordsError, SourceError

STAGES = ["early", "progressive", "terminal", "early", "early", "progressive"]


def log(**columns: list[object]) -> pd.DataFrame:
    """Six patients with one pars each; further columns, or other headers, as given."""
    rows = {
        "Study ID": [f"P{n:04d}" for n in range(1, 7)],
        "Level": ["L5"] * 6,
        "Side": ["L", "R", "L", "R", "L", "R"],
        "Stage": STAGES,
        "Fitted": ["2024-03-01"] * 6,
        "Scan date": ["2024-06-05"] * 6,
        "Union": ["healed", "nu", "nu", "healed", "partial", "n/k"],
    }
    rows |= {name.replace("_", " "): values for name, values in columns.items()}
    return pd.DataFrame({name: values for name, values in rows.items() if values})


def proposed(frame: pd.DataFrame, header: str) -> dict[str, object]:
    table = po.propose_mapping(frame).to_frame()
    return dict(table[table["header"] == header].iloc[0])


def refusal(frame: pd.DataFrame, **arguments: object) -> str:
    with pytest.raises(RecordsError) as error:
        po.load_records(frame, **arguments)
    return str(error.value)


def test_known_headers_over_known_values_are_certain() -> None:
    table = po.propose_mapping(log()).to_frame()
    assert table["role"].tolist() == [
        "patient_id", "level", "side", "stage", "fitted_date", "scan_date", "union_status",
    ]  # fmt: skip
    assert table["confidence"].tolist() == [1.0] * 7


def test_words_for_missing_do_not_count_against_a_column() -> None:
    line = proposed(log(), "Union")
    assert line["n_understood"] == 5
    assert line["reason"].endswith("5 of 5 cells understood so")


def test_confidence_is_half_plus_half_the_share_understood() -> None:
    line = proposed(log(Stage=[*STAGES[:3], "zwetschge", "pflaume", "quitte"]), "Stage")
    assert (line["confidence"], line["n_unknown"], line["role"]) == (0.75, 3, "stage")


def test_a_known_header_over_cells_that_do_not_fit_stops_the_load() -> None:
    frame = log(Stage=["a1", "b2", "c3", "d4", "e5", "early"])
    assert proposed(frame, "Stage")["role"] == "undecided"
    message = refusal(frame)
    assert 'column D, "Stage", perhaps stage (0.58:' in message
    assert "1 of 6 cells understood so" in message
    assert "e5" not in message


def test_four_cells_of_which_none_fits_stop_the_load_too() -> None:
    frame = log(Stage=["a1", "b2", "c3", "d4", "n/k", None])
    assert proposed(frame, "Stage")["role"] == "undecided"
    assert "0 of 4 cells understood so" in refusal(frame)


def test_of_four_cells_three_that_do_not_fit_are_listed_and_do_not_stop_the_load() -> None:
    frame = log(Stage=["a1", "b2", "c3", "early", "n/k", None])
    cells = po.load_records(frame).intake.cells
    assert cells["action"].tolist().count("unresolved") == 3


@pytest.mark.parametrize(
    ("header", "role"),
    [("Stge", "stage"), ("Stagee (L)", "stage:side=left"), ("Pars stge left", "stage:side=left")],
)
def test_a_near_miss_is_suggested_and_never_mapped(header: str, role: str) -> None:
    frame = log(Stage=[]).assign(**{header: STAGES})
    line = proposed(frame, header)
    assert (line["role"], line["suggestion"]) == ("undecided", role)
    assert line["confidence"] < MAPPING_CONFIDENCE
    assert f'"{header}"' in refusal(frame)


def test_every_undecided_column_is_named_at_once() -> None:
    frame = log(Stage=[], Union=[]).assign(Stge=STAGES, Unoin=["healed", "nu"] * 3)
    message = refusal(frame)
    assert '"Stge"' in message
    assert '"Unoin"' in message
    assert "parsoutcomes map SOURCE --out mapping.yaml" in message


def test_a_near_miss_over_values_of_another_kind_is_not_used() -> None:
    frame = log().assign(Stagger=["steady", "unsteady"] * 3)
    assert proposed(frame, "Stagger")["role"] == "ignore"
    assert po.load_records(frame).n_defects == 6


def test_a_misspelled_second_column_of_a_role_is_not_asked_about_twice() -> None:
    frame = log().assign(Stge=STAGES)
    assert proposed(frame, "Stge")["role"] == "ignore"


def test_values_alone_are_asked_about_when_no_column_has_that_role() -> None:
    frame = log(Union=[]).assign(Zwetschge=["healed", "non-union", "partial union"] * 2)
    line = proposed(frame, "Zwetschge")
    assert (line["role"], line["suggestion"], line["confidence"]) == (
        "undecided", "union_status", 0.5,
    )  # fmt: skip


@pytest.mark.parametrize("values", [["yes", "no"] * 3, ["complete", "partial"] * 3])
def test_words_that_say_little_away_from_a_scan_date_are_not_taken_for_union(
    values: list[object],
) -> None:
    frame = log(Union=[]).assign(Sport="golf", Zwetschge=values)
    assert proposed(frame, "Zwetschge")["role"] == "ignore"


def test_a_word_for_missing_is_never_a_brace() -> None:
    frame = log().assign(**{"N/K": ["x"] * 6, "Brace type": ["N/K"] * 6})
    cohort = po.load_records(frame)
    assert cohort.episodes["brace_type"].isna().all()
    assert proposed(frame, "N/K")["role"] == "ignore"


def test_dates_without_a_date_of_fitting_are_asked_about() -> None:
    frame = log(Fitted=[]).assign(Zwetschge=["2024-03-01"] * 6)
    line = proposed(frame, "Zwetschge")
    assert (line["role"], line["suggestion"], line["confidence"]) == (
        "undecided", "fitted_date", 0.3,
    )  # fmt: skip


def test_a_sheet_that_lacks_only_a_key_names_the_column_that_may_be_one() -> None:
    frame = log().rename(columns={"Study ID": "Zwetschge"})
    line = proposed(frame, "Zwetschge")
    assert (line["role"], line["suggestion"]) == ("undecided", "patient_id")
    cohort = po.load_records(frame, mapping={"Zwetschge": "patient_id"})
    assert cohort.n_patients == 6


def test_without_anything_like_a_key_there_are_no_records() -> None:
    frame = log().drop(columns="Study ID")
    with pytest.raises(SourceError, match="nothing that can be recognised"):
        po.load_records(frame)


def test_free_text_and_names_are_never_candidates() -> None:
    frame = log(Stage=[]).assign(
        Comments=STAGES,
        Zwetschge=["Ann Lee", "Bob Ray", "Cy Fox", "Dee Orr", "Eve Poe", "Fay Roe"],
    )
    assert proposed(frame, "Comments")["role"] == "ignore"
    assert proposed(frame, "Zwetschge")["role"] == "identifier"


def test_a_short_mapping_settles_an_undecided_column() -> None:
    frame = log(Stage=[]).assign(Stge=STAGES)
    cohort = po.load_records(frame, mapping={"Stge": "stage"})
    assert sorted(cohort.defects["stage"]) == sorted(STAGES)
    assert po.load_records(frame, mapping={"Stge": "ignore"}).defects["stage"].isna().all()


def test_a_mapping_cannot_bring_names_in() -> None:
    names = ["Ann Lee", "Bob Ray", "Cy Fox", "Dee Orr", "Eve Poe", "Fay Roe"]
    cohort = po.load_records(log().assign(Zwetschge=names), mapping={"Zwetschge": "site"})
    assert "site" not in cohort.episodes or cohort.episodes["site"].isna().all()


def test_the_source_is_not_touched_and_the_proposal_is_the_same_twice() -> None:
    frame = log()
    before = frame.copy()
    assert repr(po.propose_mapping(frame)) == repr(po.propose_mapping(frame))
    pd.testing.assert_frame_equal(frame, before)


def test_a_header_on_scans_over_cells_without_union_is_not_one_more_scan() -> None:
    frame = log().assign(**{"MRI findings": ["oedema", "normal disc"] * 3})
    cohort = po.load_records(frame)
    assert len(cohort.readings) == 5
    assert proposed(frame, "MRI findings")["role"] == "ignore"


def test_the_only_column_on_union_is_asked_about_when_no_cell_fits() -> None:
    frame = log(Union=["a1", "b2", "c3", "d4", "e5", "f6"])
    line = proposed(frame, "Union")
    assert (line["role"], line["suggestion"]) == ("undecided", "union_status")
    assert '"Union", perhaps union status' in refusal(frame)


def test_many_other_columns_of_a_clinic_are_left_out_without_asking() -> None:
    frame = log().assign(
        **{
            "Dominant hand": ["R", "L"] * 3,
            "Bowling arm": ["right", "left"] * 3,
            "Date of referral": "2024-01-05",
            "Date of consent": "2024-01-06",
            "Final stage": ["terminal", "early"] * 3,
            "Pain side": ["L", "R"] * 3,
            "Previous fracture": ["no", "L5"] * 3,
            "Months to RTS": [4, 5] * 3,
            "Level of pain": [3, 4] * 3,
            "Next CT due": "2025-01-05",
        }
    )
    cohort = po.load_records(frame)
    assert cohort.n_defects == 6
    assert sorted(cohort.defects["stage"]) == sorted(STAGES)


def test_headers_of_another_language_are_written_out_and_the_mapping_then_loads(
    tmp_path: Path,
) -> None:
    frame = log().set_axis(
        ["Kennung", "Wirbel", "Koerperseite", "Stadium", "Angepasst", "Aufnahme", "Heilung"], axis=1
    )
    with pytest.raises(SourceError, match="parsoutcomes map SOURCE"):
        po.load_records(frame)
    proposal = po.propose_mapping(frame)
    suggested = proposal.to_frame().set_index("header")["suggestion"]
    assert suggested[["Kennung", "Wirbel", "Koerperseite", "Stadium", "Heilung"]].tolist() == [
        "patient_id", "level", "side", "stage", "union_status",
    ]  # fmt: skip
    text = proposal.write(tmp_path / "mapping.yaml").read_text(encoding="utf-8")
    roles = ["patient_id", "level", "side", "stage", "fitted_date", "scan_date", "union_status"]
    for header, role in zip(frame.columns, roles, strict=True):
        start = text.index(f'"{header}"')
        line = text[text.index("role:", start) :].splitlines()[0]
        text = text[:start] + text[start:].replace(line, f"role: {role}", 1)
    (tmp_path / "mapping.yaml").write_text(text, encoding="utf-8")
    cohort = po.load_records(frame, mapping=tmp_path / "mapping.yaml")
    assert cohort.defects["interval_right_days"].notna().sum() == 2
