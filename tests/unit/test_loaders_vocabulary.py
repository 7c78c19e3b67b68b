"""Words of the clinic: what each header and each cell means, and what is left unread."""

from __future__ import annotations

import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.vocabulary import (
    MISSING_REASONS,
    Vocabulary,
    load_vocabulary,
    normalise,
)
from parsoutcomes.schema.tables import TABLES

WORDS = load_vocabulary()


def role(header):
    match = WORDS.header_role(header)
    return None if match is None else (match.role, match.attributes)


def value(column, text):
    match = WORDS.value(column, text)
    return None if match is None else match.value


def missing(column, text):
    return WORDS.value(column, text).missing


# --- spellings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pre-lysis", " PRE LYSIS. "),
        ("rt.", "RT"),
        ("B/L", "b / l"),
        ("non–union", "non-union"),
        ("brace_type", "Brace  Type"),
        ("L5", "l 5"),
        ("lost to f/u", "LOST TO F/U "),
        ("patient's", "patients"),
    ],
)
def test_case_spaces_and_punctuation_do_not_matter(one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("early", "? early"), ("+", "-"), ("+ve", "-ve"), ("united", "united?"), ("-1", "1")],
)
def test_signs_that_change_the_meaning_are_kept(one, other):
    assert normalise(one) != normalise(other)


# --- headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Hosp No", ("patient_id", {"kind": "hospital_number"})),
        ("MRN", ("patient_id", {"kind": "hospital_number"})),
        ("Study ID", ("patient_id", {"kind": "study_number"})),
        ("record_id", ("patient_id", {"kind": "study_number"})),
        ("NHS No.", ("identifier", {"kind": "nhs_number"})),
        ("CHI", ("identifier", {"kind": "chi_number"})),
        ("Surname", ("identifier", {"kind": "name"})),
        ("Post code", ("identifier", {"kind": "postcode"})),
        ("GP practice", ("identifier", {"kind": "gp"})),
        ("DOB", ("birth_date", {"identifier": "birth_date"})),
        ("Date of birth (dd/mm/yyyy)", ("birth_date", {"identifier": "birth_date"})),
        ("Gender", ("sex", {})),
        ("Age (yrs)", ("age_years", {})),
        ("Spondylolysis level", ("level", {})),
        ("Side (R/L)", ("side", {})),
        ("Unilateral/bilateral", ("laterality", {})),
        ("Date of fitting", ("fitted_date", {})),
        ("Brace on", ("fitted_date", {})),
        ("FittedDate", ("fitted_date", {})),
        ("Brace removed", ("brace_end_date", {})),
        ("Planned duration", ("prescribed_months", {})),
        ("Brace duration (months)", ("prescribed_months", {"unit": "months"})),
        ("Duration (weeks)", ("prescribed_months", {"unit": "weeks"})),
        ("Time in brace (months)", ("received_months", {"unit": "months"})),
        ("Disposition", ("status", {})),
        ("Outcome", ("status", {"also": "union_status"})),
        ("Date of last f/u", ("last_contact_date", {})),
        ("Op date", ("surgery_date", {})),
        ("Spina bifida occulta?", ("spina_bifida_occulta", {})),
        ("Slip %", ("slip_percent", {})),
        ("RTS date", ("event_date", {"event": "return_sport"})),
        ("Comments", ("free_text", {})),
        ("Months to last scan", ("days_since_fitting", {"unit": "months"})),
    ],
)
def test_headers_of_the_field_are_known(header, expected):
    assert role(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("CT stage R", ("stage", {"modality": "CT", "side": "right"})),
        ("Right stage", ("stage", {"side": "right"})),
        ("R pars stage", ("stage", {"side": "right"})),
        ("Stage (L)", ("stage", {"side": "left"})),
        ("L5 R stage", ("stage", {"level": "L5", "side": "right"})),
        ("MRI oedema left", ("stir", {"side": "left"})),
        ("CT 1 Date", ("scan_date", {"modality": "CT", "visit": "1"})),
        ("CT 1 > Date", ("scan_date", {"modality": "CT", "visit": "1"})),
        ("Date of 2nd CT", ("scan_date", {"modality": "CT", "visit": "2"})),
        ("Scan date 3", ("scan_date", {"visit": "3"})),
        ("CT 2 > R", ("union_status", {"modality": "CT", "visit": "2", "side": "right"})),
        ("CT1_L", ("union_status", {"modality": "CT", "visit": "1", "side": "left"})),
        ("union_right_2", ("union_status", {"side": "right", "visit": "2"})),
        ("Union L 6/12", ("union_status", {"side": "left", "timepoint": "6 months"})),
        ("Scan 2 modality", ("modality", {"visit": "2"})),
        ("VAS pre", ("value", {"instrument": "pain_nrs", "timepoint": "baseline"})),
        ("VAS 3/12", ("value", {"instrument": "pain_nrs", "timepoint": "3 months"})),
        ("ODI_6m", ("value", {"instrument": "odi", "timepoint": "6 months"})),
        ("Micheli 12 weeks", ("value", {"instrument": "micheli", "timepoint": "3 months"})),
        (
            "Pain score /10 baseline",
            ("value", {"instrument": "pain_nrs", "maximum": "10", "timepoint": "baseline"}),
        ),
        ("CT at 3 months (date)", ("scan_date", {"modality": "CT", "timepoint": "3 months"})),
        ("Side of #", ("side", {})),
        ("Scan #1 date", ("scan_date", {"visit": "1"})),
        ("CT 3", ("group", {"about": "scan", "modality": "CT", "visit": "3"})),
        ("Follow up", ("group", {"about": "follow_up"})),
        ("R", ("by_side", {"side": "right"})),
        ("Date", ("date", {})),
    ],
)
def test_side_visit_and_time_beside_a_spelling_are_read(header, expected):
    assert role(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "Frobnication",
        "Shoe size",
        "CT R",  # stage or union: the header cannot say
        "Baseline CT result",  # union at fitting is no union
        "Union L2",  # second scan of the left side, or second lumbar vertebra
        "Fitted by physio on ward",
        "Stage CT 2",
        "",
        "2023",
    ],
)
def test_a_header_with_a_word_not_accounted_for_is_not_mapped(header):
    assert role(header) is None


def test_near_misses_are_suggested_and_never_mapped():
    assert role("Brace tpye") is None
    assert WORDS.suggest_header("Brace tpye")[0][0] == "brace_type"
    assert all(0.7 <= score <= 1 for _, score in WORDS.suggest_header("Brace tpye"))
    assert WORDS.suggest_header("zzzzqqqq") == []


def test_every_column_a_source_can_give_has_a_header():
    own_name = {
        "date": "score_date",
        "method": "wear_method",
        "type": "event_type",
        "detail": "event_detail",
    }
    expected = {
        own_name.get(column.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if not column.derived
    }
    grammar = WORDS._headers  # the roles are nowhere else
    assert expected - {entry.role for entry in grammar.exact.values()} == set()


# --- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "spellings", "meaning"),
    [
        ("sex", ["M", "m", "boy", "Male", "male "], "male"),
        ("sex", ["F", "girl", "Female"], "female"),
        ("side", ["left", "LEFT ", "Lt", "lt.", "L"], "left"),
        ("side", ["R", "RT", "rt.", "right", "Rt"], "right"),
        ("side", ["B/L", "BL", "bilat", "Bilateral", "Both", "L+R", "R + L", "L & R"], "both"),
        ("stage", ["E", "early ", "Early stage", "incomplete #", "ERL"], "early"),
        ("stage", ["P", "prog", "progr.", "Progressive", "complete #"], "progressive"),
        ("stage", ["T", "term", "old", "pseudarthrosis", "established non-union"], "terminal"),
        ("stage", ["prelysis", "pre-lysis", "stress reaction", "V. early"], "pre_lysis"),
        ("stage", ["-", "normal", "nil", "None", "intact"], "no_defect"),
        ("ct_stage", ["no fracture line", "normal CT"], "no_fracture_line"),
        ("stir", ["+", "+ve", "high signal", "oedema", "edema", "Yes"], "present"),
        ("stir", ["-ve", "neg", "no oedema", "No"], "absent"),
        (
            "union_status",
            ["union", "United", "healed", "Fully healed", "Complete", "yes"],
            "complete",
        ),
        ("union_status", ["part", "Partial", "some bridging", "incomplete union"], "partial"),
        ("union_status", ["NU", "Non-union", "nil healing", "no change", "not united"], "none"),
        ("union_status", ["not assessable", "motion artefact"], "not_assessable"),
        ("status", ["completed", "d/c", "discharged"], "completed"),
        ("status", ["lost", "LTFU", "lost to f/u"], "lost"),
        ("status", ["op", "Surgery", "converted to surgery"], "surgery"),
        ("status", ["f/u", "in follow up", "ongoing", "under review"], "in_follow_up"),
        ("brace_type", ["bespoke", "LOC", "Bespoke rigid", "custom LSO"], "bespoke_rigid_lso"),
        ("brace_type", ["BOB", "Boston overlap"], "boston_overlap"),
        ("brace_type", ["Boston", "boston brace"], "boston"),
        ("modality", ["CT", "low dose CT", "ct scan"], "CT"),
        ("modality", ["MRI", "VIBE"], "MRI"),
        ("laterality", ["bilat", "B/L", "Both"], "bilateral"),
        ("spina_bifida_occulta", ["Y", "yes", "present"], "yes"),
        ("sport", ["soccer", "FOOTBALL"], "football"),
        ("type", ["RTS"], "return_sport"),
    ],
)
def test_spellings_of_a_value_mean_the_same(column, spellings, meaning):
    assert {value(column, spelling) for spelling in spellings} == {meaning}


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("stage", "? early"),
        ("stage", "early/progressive"),
        ("union_status", "united?"),
        ("union_status", "probably united"),
        ("union_status", "2"),
        ("union_status", "50%"),
        ("status", "seen by dr"),
        ("brace_type", "LSO"),
        ("brace_type", "Bostn overlp"),
        ("side", "middle"),
        ("sex", "1"),
        ("no_such_column", "anything"),
    ],
)
def test_a_spelling_that_is_not_listed_is_never_guessed(column, text):
    assert WORDS.value(column, text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "blank"),
        (None, "blank"),
        (float("nan"), "blank"),
        ("-", "blank"),
        ("NK", "not_known"),
        ("N/K", "not_known"),
        ("?", "not_known"),
        ("not known", "not_known"),
        ("n/a", "not_applicable"),
        ("declined", "declined"),
        ("not done", "not_done"),
        ("DNA", "lost"),
        ("awaited", "not_yet_due"),
    ],
)
def test_reasons_for_missing_are_kept_apart(text, reason):
    assert missing("modality", text) == reason
    assert missing("a column without a list", text) == reason
    assert reason in MISSING_REASONS


def test_words_in_date_columns_say_why_there_is_no_date():
    assert missing("brace_end_date", "still in") == "not_yet_due"
    assert missing("surgery_date", "none") == "not_applicable"
    assert value("surgery_date", "Yes") == "yes"
    assert WORDS.value("surgery_date", "yes").flag == "surgery recorded without its day"


def test_a_dash_is_no_defect_in_a_stage_and_blank_elsewhere():
    assert value("stage", "-") == "no_defect"
    assert missing("stage", "") == "blank"
    assert missing("sport", "-") == "blank"


def test_doubtful_readings_carry_a_flag():
    assert WORDS.value("stage", "complete #").flag is None
    assert WORDS.value("stage", "complete").flag is not None
    assert WORDS.value("union_status", "fibrous union").value == "none"
    assert WORDS.value("union_status", "fibrous union").flag is not None


def test_fracture_in_short_and_in_full_are_one_word():
    assert {
        value("stage", s) for s in ("incomplete #", "Incomplete fx", "incomplete fracture")
    } == {"early"}


def test_two_spellings_in_one_cell_are_read_only_when_they_agree():
    assert value("stage", "Terminal (old)") == "terminal"
    assert value("union_status", "NU / no change") == "none"
    assert WORDS.value("union_status", "united / no change") is None
    assert WORDS.value("stage", "early (?)") is None


def test_abbreviations_with_stops_are_those_without():
    assert value("brace_type", "L.O.C.") == "bespoke_rigid_lso"
    assert role("M.R.N.") == role("MRN")


def test_listed_for_surgery_is_not_surgery():
    match = WORDS.value("status", "listed for surgery")
    assert match.value == "in_follow_up"
    assert match.flag == "listed for surgery, which is not recorded as done"


def test_every_meaning_is_one_the_schema_allows():
    extra = {"stage": {"no_defect"}, "side": {"both", "unilateral"}}
    for table in TABLES.values():
        for column in table.columns:
            name = {"type": "event_type", "method": "wear_method"}.get(column.name, column.name)
            if column.allowed and name in WORDS.columns and name != "level":
                meanings = {match.value for match in WORDS._values[name].values()} - {None}
                assert meanings <= set(column.allowed) | extra.get(name, set()), name
                assert meanings >= set(column.allowed), name


def test_named_times():
    assert WORDS.timepoint("pre") == "baseline"
    assert WORDS.timepoint("6/12") == "6 months"
    assert WORDS.timepoint("26 weeks") == "6 months"
    assert WORDS.timepoint("6 weeks") == "6 weeks"
    assert WORDS.timepoint("1 year") == "12 months"
    assert WORDS.timepoint("Tuesday") is None


def test_a_spelling_with_two_meanings_is_refused():
    content = {
        "headers": [
            {"role": "sex", "spellings": ["Sex"]},
            {"role": "age_years", "spellings": ["sex."]},
        ],
        "header_words": {},
        "units": {},
        "header_annotations": [],
        "missing": {},
        "values": {},
    }
    with pytest.raises(SourceError) as caught:
        Vocabulary(content)
    assert caught.value.found == 'headers: "sex"'


@pytest.mark.parametrize("text", ["U", "No, healing"])
def test_what_may_mean_two_things_for_union_is_not_read(text: str) -> None:
    assert load_vocabulary().value("union_status", text) is None


@pytest.mark.parametrize("text", ["no healing", "No, not healed"])
def test_no_and_words_that_agree_with_it_are_no_union(text: str) -> None:
    found = load_vocabulary().value("union_status", text)
    assert found is not None
    assert found.value == "none"
