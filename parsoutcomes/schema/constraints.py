"""Every check across fields, declared once: what is wrong, how grave it is, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Severity = Literal["stops", "excludes", "flags"]


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """One rule that records must keep.

    Attributes
    ----------
    name : str
        The check's name in the account.
    severity : {"stops", "excludes", "flags"}
        Whether the load stops, the row or value is left out, or it is kept and listed.
    meaning : str
        What was found, in words.
    action : str
        What was done, and what the clinic does next, in words.
    """

    name: str
    severity: Severity
    meaning: str
    action: str


def _flags(name: str, meaning: str, action: str) -> Constraint:
    return Constraint(name=name, severity="flags", meaning=meaning, action=action)


def _excludes(name: str, meaning: str, action: str) -> Constraint:
    return Constraint(name=name, severity="excludes", meaning=meaning, action=action)


_DECLARED: Final = (
    _flags(
        "scan_before_fitting",
        "a scan is dated on or before the day of fitting",
        "kept as a scan at the start, not counted towards union: check both dates",
    ),
    _flags(
        "scan_before_onset",
        "a scan is dated before symptoms began",
        "kept as recorded: check both dates",
    ),
    _flags(
        "brace_end_before_fitting",
        "the brace came off before it was fitted",
        "kept as recorded: check both dates",
    ),
    _flags(
        "brace_end_after_last_contact",
        "the brace came off after the last contact",
        "kept as recorded: check both dates",
    ),
    _flags(
        "brace_end_unknown",
        "the brace is recorded as still on, of a patient who is no longer followed",
        "day of its end not known, and not taken as still on: fill it in if it is known",
    ),
    _flags(
        "last_contact_before_fitting",
        "the last contact lies before fitting",
        "kept as recorded: check both dates",
    ),
    _flags(
        "scan_after_last_contact",
        "a scan is dated after the last contact",
        "kept as recorded; follow-up runs to the scan: check both dates",
    ),
    _flags(
        "scan_day_nominal",
        "a scan has no date, only the visit for which it was planned",
        "placed on the day of the planned visit: fill in the date of the scan",
    ),
    _flags(
        "long_after_fitting",
        "a date lies more than ten years after fitting",
        "kept as recorded, and it may move the data lock: check the year",
    ),
    _flags(
        "onset_after_fitting",
        "symptoms began after fitting",
        "kept as recorded: check both dates",
    ),
    _flags(
        "surgery_before_fitting",
        "surgery is dated before fitting",
        "kept as recorded: check both dates",
    ),
    _flags(
        "surgery_after_union",
        "surgery was done after union had been seen",
        "kept: the union counts, the surgery does not compete with it; check why",
    ),
    _flags(
        "surgery_without_date",
        "the outcome says surgery, but no date is given",
        "kept: surgery is taken to lie between last scan and last contact; fill in the date",
    ),
    _flags(
        "surgery_date_without_outcome",
        "a date of surgery is given, but the outcome says otherwise",
        "kept: the date counts as surgery; check the outcome",
    ),
    _flags(
        "union_then_not_united",
        "a pars was read as united and later as not united",
        "kept: the first union counts; check both readings",
    ),
    _flags(
        "sides_swapped_between_scans",
        "one side united and the other not on one scan, and the reverse on the next",
        "kept as recorded, the first union of each side counts: check left and right",
    ),
    _flags(
        "readers_disagree",
        "two readers read the same pars on the same scan differently",
        "both kept; union counts as soon as one of them sees it: agree on one reading",
    ),
    _flags(
        "stage_going_back",
        "a pars has an earlier stage in a later course of treatment",
        "kept as recorded: check stage and side of both courses",
    ),
    _flags(
        "age_outside_range",
        "age at fitting is outside the expected range",
        "kept as recorded: check birth date or age",
    ),
    _flags(
        "number_outside_range",
        "a number is outside its expected range",
        "kept as recorded: check the number",
    ),
    _flags(
        "fitting_date_missing",
        "the day of fitting is not known",
        "kept: time to union cannot be counted from fitting; fill in the date",
    ),
    _flags(
        "overlapping_episodes",
        "a course of brace begins before the patient's previous one has ended",
        "kept as two courses: check the dates, or join the rows",
    ),
    _flags(
        "one_person_two_keys",
        "two keys share birth date, sex and day of fitting",
        "kept as two patients: check whether they are one person",
    ),
    _flags(
        "one_key_two_people",
        "one key has two different birth dates or sexes",
        "kept as one patient, the disagreeing value left out: check the key",
    ),
    _flags(
        "one_key_two_sites",
        "one key stands under two sites",
        "kept as one patient: where sites number patients alike, put the site before the number",
    ),
    _flags(
        "stage_without_side",
        "a stage is given on a side that the side column does not name",
        "kept as a pars: check the side",
    ),
    _flags(
        "side_without_stage",
        "the side column names a side whose stage is not given",
        "kept as a pars of unknown stage: fill in the stage",
    ),
    _flags(
        "side_without_fracture",
        "the side column names a side whose stage says no fracture",
        "no pars on that side, as its stage says: check the side",
    ),
    _flags(
        "one_stage_two_sides",
        "one stage is given for a fracture on both sides",
        "taken for both sides: give a stage per side",
    ),
    _flags(
        "pars_told_in_part",
        "a row without a stage gives the level or side alone of a pars that another row gives",
        "taken for the same pars: fill in the level and side",
    ),
    _excludes(
        "pars_not_understood",
        "a row's level or side is not understood, and it may be of a pars that another row gives",
        "pars and scans of the row left out: correct the level or side",
    ),
    _flags(
        "sides_disagree",
        "the level column names another side than the side column",
        "neither side used: check which one is right",
    ),
    _flags(
        "several_levels_one_row",
        "several levels stand in one row",
        "kept as a pars per level, stage and scans of the row not shared out: give a row per level",
    ),
    _flags(
        "no_defect_recorded",
        "no pars is recorded for the patient",
        "kept as a patient without pars: fill in level, side and stage",
    ),
    _flags(
        "no_line_no_oedema",
        "no fracture line on CT and no high signal on MRI",
        "kept as a patient; not counted as a fractured pars: check the stage",
    ),
    _flags(
        "conflicting_value",
        "rows of one course of treatment disagree",
        "neither value used: check which one is right",
    ),
    _flags(
        "repeated_pars",
        "the same patient, day of fitting, level and side stand in an earlier row that says less",
        "rows joined, as one course of treatment: check that they belong together",
    ),
    _excludes(
        "duplicated_row",
        "the same patient, day of fitting, level and side stand in an earlier row",
        "row set aside, as it adds nothing to the earlier one: remove one of the two",
    ),
    _excludes(
        "duplicated_reading",
        "the same pars is read the same way on the same day, or in the same month or year where "
        "no day is given, in an earlier row",
        "counted once: remove one of the two",
    ),
    _excludes(
        "conflicting_reading",
        "the same pars is read differently on the same day",
        "neither reading used: check which one is right",
    ),
    _excludes(
        "reading_without_defect",
        "a scan is read for a side that has no pars recorded",
        "reading left out: check the side, or fill in the stage",
    ),
    _excludes(
        "reading_without_date",
        "a union status is given without the day of its scan, or with its month or year only and "
        "no day of fitting to count from",
        "reading left out: fill in the date of the scan",
    ),
    _excludes(
        "after_data_lock",
        "the date lies after the data lock",
        "left out, as it would not have been known on that day",
    ),
)

CONSTRAINTS: Final[Mapping[str, Constraint]] = MappingProxyType(
    {constraint.name: constraint for constraint in _DECLARED}
)
