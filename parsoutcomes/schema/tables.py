"""The six tables of a cohort, declared once: columns, kinds, units, meanings and allowed values.

Loading, checking, the data dictionary and the synthetic cohorts all read this declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import pandas as pd

from parsoutcomes.conventions import AGE_YEARS_EXPECTED, LEVELS, SIDES, STAGES

Kind = Literal["key", "text", "category", "date", "number", "boolean"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        The standard name, with its unit where it has one.
    kind : str
        key, text, category, date, number or boolean.
    meaning : str
        What it records, in plain words.
    allowed : tuple of str
        The values of a category; empty for the other kinds.
    minimum, maximum : float or None
        Limits of a number; a value outside is flagged, never changed.
    required : bool
        Whether a row without it cannot be used.
    derived : bool
        Whether the package computes it; a source never supplies it.
    """

    name: str
    kind: Kind
    meaning: str
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    derived: bool = False

    @property
    def dtype(self) -> str:
        """The pandas dtype in which the column is held."""
        return {"date": "datetime64[ns]", "number": "float64", "boolean": "boolean"}.get(
            self.kind, "object"
        )


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: what a row is, its key and its columns in order."""

    name: str
    one_row_per: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the declaration of the column called `name`."""
        return next(column for column in self.columns if column.name == name)

    def empty_frame(self) -> pd.DataFrame:
        """Return a frame without rows that has every column in its dtype."""
        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in self.columns})


def _key(name: str, meaning: str, *, required: bool = True) -> Column:
    return Column(name=name, kind="key", meaning=meaning, required=required)


def _text(name: str, meaning: str) -> Column:
    return Column(name=name, kind="text", meaning=meaning)


def _date(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name=name, kind="date", meaning=meaning, required=required)


def _yes_no(name: str, meaning: str) -> Column:
    return Column(name=name, kind="boolean", meaning=meaning)


def _number(name: str, meaning: str, minimum: float | None, maximum: float | None) -> Column:
    return Column(name=name, kind="number", meaning=meaning, minimum=minimum, maximum=maximum)


def _category(
    name: str, meaning: str, allowed: tuple[str, ...], *, required: bool = False
) -> Column:
    return Column(name=name, kind="category", meaning=meaning, allowed=allowed, required=required)


def _derived(column: Column) -> Column:
    return Column(**{**column.__dict__, "derived": True})


def _days_between(name: str, what: str) -> tuple[Column, Column]:
    """Declare the days between which a date lies of which only the month or year is known."""
    where = "where only its month or year is known; missing when the day is."
    return (
        _derived(_date(f"{name}_earliest", f"Earliest day that {what} may have, {where}")),
        _derived(_date(f"{name}_latest", f"Latest day that {what} may have, {where}")),
    )


UNION_STATUSES: Final = ("none", "partial", "complete", "not_assessable")
EPISODE_STATUSES: Final = (
    "in_brace",
    "in_follow_up",
    "completed",
    "lost",
    "withdrawn",
    "surgery",
    "transferred",
)
CT_STAGES: Final = ("no_fracture_line", "early", "progressive", "terminal")
CONTRALATERAL_STAGES: Final = ("none", *STAGES)
MODALITIES: Final = ("CT", "MRI", "SPECT", "X-ray", "CBCT")
BRACE_TYPES: Final = (
    "bespoke_rigid_lso",
    "boston",
    "boston_overlap",
    "rigid_tlso",
    "semi_rigid",
    "soft_corset",
    "elastic",
    "none",
    "other",
)
EVENT_TYPES: Final = (
    "return_training",
    "return_sport",
    "skin",
    "surgery",
    "recurrence",
    "new_lesion",
    "withdrawal",
    "adverse_other",
    "brace_changed",
    "prescription_changed",
    "prescription_extended",
    "prescription_shortened",
    "brace_paused",
    "brace_resumed",
)
INSTRUMENTS: Final = ("pain_nrs", "odi", "micheli", "eq5d_y", "srs22r")

_EPISODES = Table(
    name="episodes",
    one_row_per="course of brace treatment",
    key=("episode_id",),
    columns=(
        _key("episode_id", "The course of treatment."),
        _key("patient_id", "The patient; a study number or a pseudonym, never an identifier."),
        _category("sex", "Sex.", ("male", "female", "other")),
        _number("age_years", "Age at fitting.", *AGE_YEARS_EXPECTED),
        _text("sport", "Main sport."),
        _category("sport_level", "Level of sport.", ("recreational", "club", "regional", "elite")),
        _text("site", "Clinic or hospital site."),
        _date("onset_date", "First day of symptoms."),
        *_days_between("onset_date", "the onset of symptoms"),
        _date("fitted_date", "Day the brace was fitted: time zero."),
        _category("brace_type", "Brace fitted.", BRACE_TYPES),
        _number("prescribed_months", "Months of brace prescribed at fitting.", 0.5, 18),
        _number("prescribed_hours_per_day", "Hours a day prescribed at fitting.", 1, 24),
        _date("brace_end_date", "Last day in the brace."),
        *_days_between("brace_end_date", "the end of brace"),
        _text("brace_end_reason", "Why the brace came off."),
        _category("status", "Where the episode stands.", EPISODE_STATUSES),
        _date(
            "last_contact_date",
            "Last day on which the patient was seen or heard of; where only its month or year is "
            "known, the earliest.",
        ),
        _days_between("last_contact_date", "the last contact")[1],
        _date("surgery_date", "Day of surgery for this fracture."),
        *_days_between("surgery_date", "surgery"),
        _yes_no("spina_bifida_occulta", "Spina bifida occulta."),
        _number("slip_grade", "Meyerding grade of slip at fitting.", 0, 5),
        _yes_no("physiotherapy", "Physiotherapy during treatment."),
        _yes_no("lipus", "Low-intensity pulsed ultrasound during treatment."),
        _yes_no("vitamin_d", "Vitamin D during treatment."),
        _derived(_number("episode_number", "1 for the patient's first course.", 1, None)),
    ),
)

_DEFECTS = Table(
    name="defects",
    one_row_per="pars treated in an episode",
    key=("defect_id",),
    columns=(
        _key("defect_id", "The pars in this course of treatment."),
        _key("episode_id", "The course of treatment."),
        _key("patient_id", "The patient."),
        _category("level", "Vertebra.", LEVELS),
        _category("side", "Side of the pars; missing when the source does not say.", SIDES),
        _category("ct_stage", "Stage as read on CT.", CT_STAGES),
        _category("stir", "High signal on fat-suppressed MRI.", ("present", "absent")),
        _category("stage", "Stage of the fracture at fitting.", STAGES),
        _yes_no("is_target", "Whether union is the aim: a terminal pars is not, by default."),
        _derived(
            _category("laterality", "Fractured sides at this level.", ("unilateral", "bilateral"))
        ),
        _derived(
            _category("contralateral_stage", "Stage of the opposite pars.", CONTRALATERAL_STAGES)
        ),
        _derived(
            _yes_no(
                "is_recurrence",
                "Same pars as in an earlier course of treatment, or not to be told from it.",
            )
        ),
        _derived(
            _number("interval_left_days", "Last reading without complete union, days.", 0, None)
        ),
        _derived(
            _number(
                "interval_right_days",
                "First reading with complete union, days; missing means not yet.",
                0,
                None,
            )
        ),
    ),
)

_READINGS = Table(
    name="readings",
    one_row_per="pars on one scan",
    key=("episode_id", "defect_id", "days_since_fitting", "modality", "reader"),
    columns=(
        _key("patient_id", "The patient."),
        _key("episode_id", "The course of treatment."),
        _key(
            "defect_id",
            "The pars; missing when the source records union for the patient as a whole.",
            required=False,
        ),
        _date("scan_date", "Day of the scan."),
        _number(
            "days_since_fitting",
            "Days from fitting to the scan; where only its month or year is known, the earliest.",
            0,
            3653,
        ),
        _derived(
            _number(
                "days_since_fitting_latest",
                "Latest day that the scan may have, where only its month or year is known; "
                "missing when the day is known.",
                0,
                None,
            )
        ),
        _category("modality", "Kind of imaging.", MODALITIES),
        _category("union_status", "Union as read.", UNION_STATUSES, required=True),
        _text("scan_reason", "Why the scan was made: planned, or prompted by symptoms."),
        _text("reader", "Who read it."),
        _category(
            "scope",
            "Whether the reading is of one pars or of all the patient's pars together.",
            ("defect", "patient"),
            required=True,
        ),
    ),
)

_SCORES = Table(
    name="scores",
    one_row_per="questionnaire",
    key=("episode_id", "date", "timepoint", "instrument"),
    columns=(
        _key("patient_id", "The patient."),
        _key("episode_id", "The course of treatment."),
        _date("date", "Day of the questionnaire."),
        _text("timepoint", "Named time in place of a date: baseline, 3 months, 6 months."),
        _category("instrument", "Questionnaire.", INSTRUMENTS, required=True),
        _number("value", "Score on the questionnaire's own scale.", None, None),
    ),
)

_WEAR = Table(
    name="wear",
    one_row_per="measured period of wear",
    key=("episode_id", "period_start"),
    columns=(
        _key("patient_id", "The patient."),
        _key("episode_id", "The course of treatment."),
        _date("period_start", "First day of the period."),
        _date("period_end", "Last day of the period."),
        _number("mean_hours_per_day", "Mean hours worn a day.", 0, 24),
        _category("method", "How it was measured.", ("sensor", "diary", "recall")),
    ),
)

_EVENTS = Table(
    name="events",
    one_row_per="event",
    key=("episode_id", "date", "type"),
    columns=(
        _key("patient_id", "The patient."),
        _key("episode_id", "The course of treatment."),
        _date("date", "Day of the event; missing when the source gives none."),
        _category("type", "What happened.", EVENT_TYPES, required=True),
        _text("detail", "What the source says of it, in the package's own words."),
    ),
)

TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {table.name: table for table in (_EPISODES, _DEFECTS, _READINGS, _SCORES, _WEAR, _EVENTS)}
)


def conform_frame(frame: pd.DataFrame, table_name: str) -> pd.DataFrame:
    """Return `frame` with every declared column, in declared order and dtype.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the table; missing columns are added empty, undeclared ones are dropped.
    table_name : str
        One of `TABLES`.

    Returns
    -------
    pandas.DataFrame
        A new frame with a fresh index.

    Examples
    --------
    >>> conform_frame(pd.DataFrame({"level": ["L5"]}), "defects").shape
    (1, 14)
    """
    table = TABLES[table_name]
    conformed = frame.reindex(columns=list(table.column_names)).reset_index(drop=True)
    for column in table.columns:
        conformed[column.name] = _as_kind(conformed[column.name], column)
    return conformed


def _as_kind(values: pd.Series, column: Column) -> pd.Series:
    if column.kind == "date":
        return pd.to_datetime(values, errors="raise").astype("datetime64[ns]")
    if column.kind == "number":
        return pd.to_numeric(values, errors="raise").astype("float64")
    if column.kind == "boolean":
        return values.astype("boolean")
    return values.astype("object").where(values.notna(), None)
