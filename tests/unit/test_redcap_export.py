"""REDCap exports in every shape: raw, labels, events, repeats, checkboxes, missing-data codes."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from parsoutcomes.errors import ArgumentError, SourceError
from parsoutcomes.loaders.mapping_proposal import propose_mapping
from parsoutcomes.loaders.redcap import load_redcap
from parsoutcomes.loaders.redcap_dictionary import make_dictionary, read_choices, read_dictionary

NAMES = {
    "name": "Variable / Field Name",
    "form": "Form Name",
    "section": "Section Header",
    "kind": "Field Type",
    "label": "Field Label",
    "choices": "Choices, Calculations, OR Slider Labels",
    "validation": "Text Validation Type OR Show Slider Number",
    "identifier": "Identifier?",
}
FIELDS = [
    ("record_id", "baseline", "text", "Record ID", "", "", ""),
    ("surname", "baseline", "text", "Family", "", "", "y"),
    ("fitted", "baseline", "text", "Date brace fitted", "", "date_dmy", ""),
    ("lvl", "baseline", "checkbox", "Level", "4, L4 | 5, L5", "", ""),
    ("side", "baseline", "radio", "Side", "1, Left | 2, Right", "", ""),
    ("stage", "baseline", "dropdown", "Stage", "1, Early | 2, Progressive", "", ""),
    ("extra", "baseline", "checkbox", "Given besides", "-1, Vitamin D | 2, LIPUS", "", ""),
    ("scan_on", "scan", "text", "Scan date", "", "date_dmy", ""),
    ("union", "scan", "radio", "Union", "0, None | 2, Complete", "", ""),
]


def dictionary(*more: tuple[str, ...], **changes: tuple[str, ...]) -> pd.DataFrame:
    parts = ("name", "form", "kind", "label", "choices", "validation", "identifier")
    fields = [changes.get(one[0], one) for one in FIELDS] + list(more)
    frame = pd.DataFrame(fields, columns=[NAMES[part] for part in parts])
    return frame.assign(**{NAMES["section"]: ""})


RAW = {
    "record_id": ["P1", "P1", "P1"],
    "redcap_repeat_instrument": ["", "scan", "scan"],
    "redcap_repeat_instance": ["", "1", "2"],
    "surname": ["Planted", "", ""],
    "fitted": ["2024-03-01", "", ""],
    "lvl___4": ["0", "", ""],
    "lvl___5": ["1", "", ""],
    "side": ["1", "", ""],
    "stage": ["2", "", ""],
    "extra____1": ["1", "", ""],
    "extra___2": ["0", "", ""],
    "baseline_complete": ["2", "", ""],
    "scan_on": ["", "2024-06-01", "2024-09-01"],
    "union": ["", "0", "2"],
    "scan_complete": ["", "2", "2"],
}


def raw(**changes: list[str]) -> pd.DataFrame:
    return pd.DataFrame({**RAW, **changes})


def cells_of(cohort) -> list[tuple[str, str, int, str]]:
    columns = ["sheet", "header", "row_number", "reason"]
    return list(cohort.intake.cells[columns].itertuples(index=False, name=None))


def test_a_raw_export_is_read_through_its_dictionary() -> None:
    cohort = load_redcap(raw(), dictionary=dictionary())
    columns = ["level", "side", "stage", "interval_left_days", "interval_right_days"]
    assert cohort.defects[columns].to_numpy().tolist() == [["L5", "left", "progressive", 92, 184]]
    assert cohort.episodes[["vitamin_d", "lipus"]].to_numpy().tolist() == [[True, False]]
    assert cohort.intake.sources["sheet"].tolist() == ["records", "scan"]


def test_the_source_frame_is_not_touched() -> None:
    export, fields = raw(), dictionary()
    load_redcap(export, dictionary=fields)
    pd.testing.assert_frame_equal(export, raw())
    pd.testing.assert_frame_equal(fields, dictionary())


def test_several_ticks_are_several_levels() -> None:
    cohort = load_redcap(raw(lvl___4=["1", "", ""]), dictionary=dictionary())
    assert cohort.defects["level"].tolist() == ["L4", "L5"]


def test_nothing_ticked_is_nothing_said() -> None:
    export = raw(lvl___5=["0", "", ""], extra____1=["", "", ""], extra___2=["", "", ""])
    cohort = load_redcap(export, dictionary=dictionary())
    assert cohort.defects["level"].isna().all()
    assert cohort.episodes["vitamin_d"].isna().all()


def test_a_code_that_the_dictionary_does_not_list_is_never_read_as_a_word() -> None:
    cohort = load_redcap(raw(side=["left", "", ""]), dictionary=dictionary())
    assert cohort.defects["side"].isna().all()
    assert [(cell[1], cell[2]) for cell in cells_of(cohort)] == [("Side", 1)]
    assert "code is not in the data dictionary" in cells_of(cohort)[0][3]


@pytest.mark.parametrize(
    ("code", "given", "reason"),
    [
        ("-99", "-99, Not done", "recorded as not done"),
        ("-98", {"-98": "Refused"}, "recorded as declined"),
        ("UNK", None, "recorded as not known"),
        ("NA", None, "recorded as not applicable"),
    ],
)
def test_missing_data_codes_keep_their_reasons_apart(code, given, reason) -> None:
    export = raw(stage=[code, "", ""])
    cohort = load_redcap(export, dictionary=dictionary(), missing_codes=given)
    assert cells_of(cohort) == [("records", "Stage", 1, reason)]
    assert cohort.defects["stage"].isna().all()


def test_a_choice_of_the_field_goes_before_a_missing_data_code() -> None:
    fields = dictionary(side=("side", "baseline", "radio", "Side", "NA, Left", "", ""))
    cohort = load_redcap(raw(side=["NA", "", ""]), dictionary=fields)
    assert cohort.defects["side"].tolist() == ["left"]


def test_a_missing_data_code_has_a_checkbox_column_of_its_own() -> None:
    export = raw(lvl___5=["0", "", ""]).assign(lvl____99=["1", "", ""])
    cohort = load_redcap(export, dictionary=dictionary(), missing_codes="-99, Not known")
    assert cells_of(cohort) == [("records", "Level", 1, "recorded as not known")]


def test_a_choice_left_unticked_on_a_form_that_nobody_filled_is_not_a_no() -> None:
    fields = dictionary(("vit", "advice", "checkbox", "Advice", "1, Vitamin D", "", ""))
    export = raw(extra____1=["", "", ""], extra___2=["", "", ""]).assign(vit___1=["0", "", ""])
    cohort = load_redcap(export, dictionary=fields)
    assert cohort.episodes["vitamin_d"].isna().all()


def test_identifying_fields_are_dropped_by_mark_and_by_validation() -> None:
    fields = dictionary(("mob", "baseline", "text", "Reach at", "", "phone", ""))
    cohort = load_redcap(raw(mob=["07700 900123", "", ""]), dictionary=fields)
    columns = cohort.intake.columns.set_index("header")["action"]
    assert columns[["surname", "mob"]].tolist() == ["dropped as an identifier"] * 2
    assert "Planted" not in cohort.intake.columns.to_csv()
    assert "900123" not in cohort.intake.columns.to_csv()


def test_a_record_key_marked_as_an_identifier_becomes_a_pseudonym() -> None:
    fields = dictionary(record_id=("record_id", "baseline", "text", "Record ID", "", "", "y"))
    cohort = load_redcap(raw(record_id=["SMITHJ"] * 3), dictionary=fields)
    assert cohort.n_patients == 1
    assert "SMITHJ" not in "".join(frame.to_csv() for frame in cohort.tables.values())


def test_free_text_goes_no_further() -> None:
    fields = dictionary(("memo", "baseline", "notes", "Union", "", "", ""))
    cohort = load_redcap(raw(memo=["Planted", "", ""]), dictionary=fields)
    reasons = cohort.intake.columns["reason"]
    assert reasons.str.startswith("free text or a file").sum() == 1


def test_a_column_that_the_dictionary_does_not_list_is_named_and_not_read() -> None:
    cohort = load_redcap(raw(stir=["1", "", ""]), dictionary=dictionary())
    columns = cohort.intake.columns.set_index("header")
    assert columns.loc["stir", "reason"].startswith("not in the data dictionary")
    assert cohort.defects["stir"].isna().all()


LABELS = pd.DataFrame(
    {
        "Record ID": ["P1", "P1", "P1"],
        "Repeat Instrument": ["", "Scan", "Scan"],
        "Repeat Instance": ["", "1", "2"],
        "Date brace fitted": ["2024-03-01", "", ""],
        "Level (choice=L4)": ["Unchecked", "", ""],
        "Level (choice=L5)": ["Checked", "", ""],
        "Side": ["Left", "", ""],
        "Stage": ["Progressive", "", ""],
        "Given besides (choice=Vitamin D)": ["Checked", "", ""],
        "Given besides (choice=LIPUS)": ["Unchecked", "", ""],
        "Complete?": ["Complete", "", ""],
        "Scan date": ["", "2024-06-01", "2024-09-01"],
        "Union": ["", "None", "Complete"],
        "Complete?.1": ["", "Complete", "Complete"],
    }
).rename(columns={"Complete?.1": "Complete?"})


@pytest.mark.parametrize("fields", [None, dictionary()], ids=["without", "with the dictionary"])
def test_an_export_with_labels_gives_the_same_cohort_as_the_raw_one(fields) -> None:
    cohort = load_redcap(LABELS, dictionary=fields)
    expected = load_redcap(raw(), dictionary=dictionary())
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(cohort.tables[name], table)


def test_raw_headers_over_labels_are_read_too() -> None:
    export = raw(
        lvl___4=["Unchecked", "", ""],
        lvl___5=["Checked", "", ""],
        side=["Left", "", ""],
        stage=["Progressive", "", ""],
        union=["", "None", "Complete"],
        baseline_complete=["Complete", "", ""],
    )
    cohort = load_redcap(export, dictionary=dictionary())
    assert cohort.defects[["level", "side", "stage"]].to_numpy().tolist() == [
        ["L5", "left", "progressive"]
    ]
    assert cohort.defects["interval_right_days"].tolist() == [184]


def test_events_split_the_rows_and_date_the_scores() -> None:
    fields = dictionary(("vas", "score", "text", "Pain VAS", "", "integer", ""))
    baseline = raw().drop(columns=["redcap_repeat_instrument", "redcap_repeat_instance"]).iloc[:1]
    events = pd.DataFrame(
        {
            "record_id": ["P1"] * 3,
            "redcap_event_name": ["baseline_arm_1", "3_month_review_arm_1", "month_6_arm_2"],
            "vas": ["7", "4", "1"],
            "scan_on": ["", "2024-06-01", "2024-09-01"],
            "union": ["", "0", "2"],
        }
    )
    merged = events.merge(
        baseline.drop(columns=["scan_on", "union"]).assign(redcap_event_name="baseline_arm_1"),
        on=["record_id", "redcap_event_name"],
        how="left",
    ).fillna("")
    cohort = load_redcap(merged, dictionary=fields)
    assert cohort.scores[["timepoint", "value"]].to_numpy().tolist() == [
        ["baseline", 7],
        ["3 months", 4],
        ["6 months", 1],
    ]
    assert cohort.defects["interval_right_days"].tolist() == [184]
    assert len(cohort.intake.sources) == 3


def test_a_repeating_event_is_a_second_course_of_treatment() -> None:
    export = pd.DataFrame(
        {
            "record_id": ["P1", "P1"],
            "redcap_event_name": ["course_arm_1", "course_arm_1"],
            "redcap_repeat_instrument": ["", ""],
            "redcap_repeat_instance": ["1", "2"],
            "fitted": ["2022-03-01", "2024-03-01"],
            "lvl___4": ["0", "0"],
            "lvl___5": ["1", "1"],
            "side": ["1", "1"],
            "stage": ["1", "2"],
        }
    )
    cohort = load_redcap(export, dictionary=dictionary())
    assert cohort.episodes["episode_id"].tolist() == ["P1-1", "P1-2"]
    assert cohort.defects["is_recurrence"].tolist() == [False, True]


def test_a_field_is_named_by_its_section_when_its_label_alone_says_too_little() -> None:
    fields = dictionary(scan_on=("d1", "scan", "text", "Date", "", "date_dmy", ""))
    fields.loc[fields["Variable / Field Name"].eq("d1"), "Section Header"] = "CT scan"
    export = raw().rename(columns={"scan_on": "d1"})
    cohort = load_redcap(export, dictionary=fields)
    assert cohort.defects["interval_right_days"].tolist() == [184]


def test_a_mapping_names_fields() -> None:
    fields = dictionary(stage=("grp", "baseline", "dropdown", "Group", "1, Early", "", ""))
    export = raw().rename(columns={"stage": "grp"}).assign(grp=["1", "", ""])
    cohort = load_redcap(export, dictionary=fields, mapping={"grp": "stage"})
    assert cohort.defects["stage"].tolist() == ["early"]


@pytest.mark.parametrize("form", ["object", "path"])
def test_a_corrected_mapping_of_the_exported_file_is_taken_in_any_form(form, tmp_path) -> None:
    fields = dictionary(stage=("grp", "baseline", "dropdown", "Group", "1, Early", "", ""))
    export = raw().rename(columns={"stage": "grp"}).assign(grp=["1", "", ""])
    proposed = propose_mapping(export)
    columns = [
        replace(one, role="stage") if one.header == "grp" else one for one in proposed.columns
    ]
    mapping = replace(proposed, columns=tuple(columns))
    given = mapping if form == "object" else mapping.write(tmp_path / "mapping.yaml")
    cohort = load_redcap(export, dictionary=fields, mapping=given)
    assert cohort.defects["stage"].tolist() == ["early"]
    assert cohort.defects["interval_right_days"].tolist() == [184]
    found = cohort.intake.checks
    assert found.loc[found["check"].eq("mapping_missing_column"), "reason"].tolist() == []
    assert "Planted" not in cohort.intake.summary()


def test_a_spelling_of_the_mapping_holds_for_labels(tmp_path) -> None:
    fields = dictionary(
        stage=("stage", "baseline", "radio", "Stage", "1, Early | 2, Kind B", "", "")
    )
    proposed = propose_mapping(raw().assign(stage=["Kind B", "", ""]))
    columns = [
        replace(one, role="stage", spellings={"Kind B": "progressive"})
        if one.header == "stage"
        else one
        for one in proposed.columns
    ]
    mapping = replace(proposed, columns=tuple(columns)).write(tmp_path / "mapping.yaml")
    cohort = load_redcap(raw(), dictionary=fields, mapping=mapping)
    assert cohort.defects["stage"].tolist() == ["progressive"]


def test_a_mapping_that_cannot_be_read_is_refused_before_the_source_is(tmp_path) -> None:
    with pytest.raises(ArgumentError, match="no mapping file of that name"):
        load_redcap(raw(), dictionary=dictionary(), mapping=tmp_path / "none.yaml")


def test_a_label_known_only_without_its_brackets_is_flagged() -> None:
    choices = "1, Early | 2, Progressive (seen on CT)"
    fields = dictionary(stage=("stage", "baseline", "radio", "Stage", choices, "", ""))
    cohort = load_redcap(raw(), dictionary=fields)
    assert cohort.defects["stage"].tolist() == ["progressive"]
    assert [cell[:3] for cell in cells_of(cohort)] == [("records", "Stage", 1)]


@pytest.mark.parametrize(
    ("export", "fields", "wrong"),
    [
        (raw(), None, "codes, which only the project's data dictionary can read"),
        (raw().iloc[:, [0, 4, 7]], None, "not recognised as a REDCap export"),
        (raw(), raw(), "The data dictionary cannot be read"),
        (raw().rename(columns={"record_id": "id"}), dictionary(), "do not belong together"),
    ],
)
def test_what_cannot_be_decoded_is_refused_in_four_lines(export, fields, wrong) -> None:
    with pytest.raises(SourceError) as raised:
        load_redcap(export, dictionary=fields)
    assert wrong in raised.value.wrong
    assert str(raised.value).count("\n") == 3
    assert "Planted" not in str(raised.value)


def test_several_sheets_are_refused_not_passed_over(tmp_path) -> None:
    raw().to_csv(tmp_path / "export.csv", index=False)
    dictionary().to_csv(tmp_path / "dictionary.csv", index=False)
    with pytest.raises(SourceError, match="2 sheets or files"):
        load_redcap(tmp_path)
    assert load_redcap(tmp_path / "export.csv", dictionary=tmp_path / "dictionary.csv").n_patients


def test_arguments_that_do_not_fit_the_source_are_refused() -> None:
    with pytest.raises(ArgumentError, match="token does not fit"):
        load_redcap(raw(), dictionary=dictionary(), token="x")
    with pytest.raises(ArgumentError, match="dictionary does not fit"):
        load_redcap("https://redcap.example.org/api/", dictionary=dictionary())
    with pytest.raises(ArgumentError, match="missing_codes does not fit"):
        load_redcap(LABELS, missing_codes="-9, Not known")


def test_choices_keep_commas_and_negative_codes() -> None:
    assert read_choices(" -1, No, never | 1 , <b>Yes</b> &amp; often |") == {
        "-1": "No, never",
        "1": "Yes & often",
    }


def test_yes_no_and_true_false_fields_have_their_own_choices() -> None:
    lines = [{"name": "a", "kind": "yesno"}, {"name": "b", "kind": "truefalse"}]
    fields = make_dictionary(lines).fields
    assert dict(fields["a"].choices) == {"1": "Yes", "0": "No"}
    assert dict(fields["b"].choices) == {"1": "True", "0": "False"}


def test_an_empty_dictionary_is_refused() -> None:
    from parsoutcomes.loaders.grid import Grid, number_rows

    with pytest.raises(SourceError, match="no fields"):
        read_dictionary(Grid(source="d.csv", sheet="", rows=number_rows([list(NAMES.values())])))
