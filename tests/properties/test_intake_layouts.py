"""Workbooks drawn at random from the schema: nothing that was written is lost, nothing invented.

``PARSOUTCOMES_EXAMPLES=2000 python -m pytest tests/properties/test_intake_layouts.py`` draws more.
"""

from __future__ import annotations

import datetime
import io
import os
from dataclasses import dataclass, replace
from typing import Any, Final

import openpyxl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import ParsOutcomesError
from parsoutcomes.loaders.load import load_content
from parsoutcomes.loaders.source import SourceContent
from parsoutcomes.loaders.workbook import read_workbook

HEADERS: Final = {
    "key": ("Study number", "patient_id", "Study ID"),
    "level": ("Level", "Vertebral level"),
    "side": ("Side", "Laterality"),
    "stage": ("Stage", "CT stage"),
    "fitted": ("Fitted", "Brace fitted", "Date fitted", "fitted_date"),
    "scan_date": ("Scan date", "Date of CT", "scan_date"),
    "union": ("Union", "Union status"),
}
STAGES: Final = {
    "pre_lysis": ("prelysis", "Pre-lysis", "V. early"),
    "early": ("early", "E", "Incomplete #"),
    "progressive": ("progressive", "Prog.", "prog"),
    "terminal": ("terminal", "term", "old"),
}
UNION: Final = {
    "none": ("not united", "NU", "no change", "Non-union"),
    "partial": ("partially united", "some bridging"),
    "complete": ("united", "United ", "union", "Fully healed"),
}
SIDES: Final = {
    "left": ("left", "L", "Lt"),
    "right": ("right", "R", "rt."),
    "both": ("B/L", "both"),
}
DAYS: Final = ("{:%d/%m/%Y}", "{:%d %B %Y}", "{:%Y-%m-%d}", "{:%d-%b-%Y}", None)
FAULT: Final = "zwetschge"
OUTCOMES: Final = ["n_read", "n_flagged", "n_missing", "n_unresolved", "n_set_aside"]

many = settings(
    max_examples=int(os.environ.get("PARSOUTCOMES_EXAMPLES", "60")),
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True, kw_only=True)
class Patient:
    key: str
    level: str
    stages: dict[str, str]
    fitted: datetime.date
    scans: tuple[tuple[datetime.date, dict[str, str]], ...]


@dataclass(frozen=True, kw_only=True)
class DrawnSheet:
    rows: list[list[Any]]
    header_row: int
    n_header_rows: int = 1

    @property
    def headers(self) -> list[str]:
        """What the account calls each column: the group over it, then its own header."""
        own = self.rows[self.header_row + self.n_header_rows - 1]
        if self.n_header_rows == 1:
            return [str(text) for text in own]
        groups, group = [], ""
        for text in self.rows[self.header_row] + [None] * len(own):
            group = text or group
            groups.append(group)
        return [f"{over} > {text}" for over, text in zip(groups, own, strict=False)]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    patients: tuple[Patient, ...]
    sheets: tuple[DrawnSheet, ...]


@st.composite
def patient(draw: st.DrawFn, number: int) -> Patient:
    sides = draw(st.sampled_from((("left",), ("right",), ("left", "right"))))
    fitted = datetime.date(2023, 1, 1) + datetime.timedelta(draw(st.integers(0, 700)))
    days = sorted(draw(st.sets(st.integers(1, 400), max_size=3)))
    return Patient(
        key=f"P{number:04d}",
        level=draw(st.sampled_from(("L3", "L4", "L5"))),
        stages={side: draw(st.sampled_from(tuple(STAGES))) for side in sides},
        fitted=fitted,
        scans=tuple(
            (
                fitted + datetime.timedelta(day),
                {side: draw(st.sampled_from(tuple(UNION))) for side in sides},
            )
            for day in days
        ),
    )


@st.composite
def spelt(draw: st.DrawFn, meanings: dict[str, tuple[str, ...]], value: str | None) -> str | None:
    return None if value is None else draw(st.sampled_from(meanings[value]))


@st.composite
def written(draw: st.DrawFn, day: datetime.date | None) -> object:
    form = draw(st.sampled_from(DAYS))
    if day is None:
        return None
    return datetime.datetime(day.year, day.month, day.day) if form is None else form.format(day)


@st.composite
def long_rows(draw: st.DrawFn, patients: tuple[Patient, ...]) -> list[list[Any]]:
    names = draw(st.permutations(tuple(HEADERS)))
    rows: list[list[Any]] = [[draw(st.sampled_from(HEADERS[name])) for name in names]]
    for one in patients:
        for side, stage in one.stages.items():
            for day, status in one.scans or ((None, {}),):
                cells = {
                    "key": one.key,
                    "level": draw(st.sampled_from((one.level, one.level.lower()))),
                    "side": draw(spelt(SIDES, side)),
                    "stage": draw(spelt(STAGES, stage)),
                    "fitted": draw(written(one.fitted)),
                    "scan_date": draw(written(day)),
                    "union": draw(spelt(UNION, status.get(side))),
                }
                rows.append([cells[name] for name in names])
    return rows


@st.composite
def wide_rows(draw: st.DrawFn, patients: tuple[Patient, ...]) -> list[list[Any]]:
    n_scans = max(1, *(len(one.scans) for one in patients))
    names = draw(st.permutations(("level", "fitted", "side", "stage right", "stage left")))
    header = [HEADERS["key"][0]]
    header += [
        f"Stage {name[6:]}" if name.startswith("stage") else draw(st.sampled_from(HEADERS[name]))
        for name in names
    ]
    header += [f"CT {n} {what}" for n in range(1, n_scans + 1) for what in ("date", "R", "L")]
    rows: list[list[Any]] = [header]
    for one in patients:
        both = "both" if len(one.stages) == 2 else next(iter(one.stages))
        cells = {
            "level": one.level,
            "fitted": draw(written(one.fitted)),
            "side": draw(spelt(SIDES, both)),
            "stage right": draw(spelt(STAGES, one.stages.get("right"))),
            "stage left": draw(spelt(STAGES, one.stages.get("left"))),
        }
        row = [one.key, *(cells[name] for name in names)]
        for day, status in one.scans:
            row += [
                draw(written(day)),
                *(draw(spelt(UNION, status.get(s))) for s in ("right", "left")),
            ]
        rows.append(row + [None] * (len(header) - len(row)))
    return rows


@st.composite
def grouped_rows(draw: st.DrawFn, patients: tuple[Patient, ...]) -> list[list[Any]]:
    """Draw blocks of scans below a row of groups, "CT 1" over Date, R and L."""
    wide = draw(wide_rows(patients))
    n_about = sum(not str(text).startswith("CT ") or "stage" in str(text) for text in wide[0])
    n_scans = (len(wide[0]) - n_about) // 3
    groups = ["Patient", *[None] * (n_about - 1)]
    groups += [text for n in range(1, n_scans + 1) for text in (f"CT {n}", None, None)]
    return [groups, [*wide[0][:n_about], *("Date", "R", "L") * n_scans], *wide[1:]]


@st.composite
def sheets(draw: st.DrawFn, patients: tuple[Patient, ...]) -> DrawnSheet:
    kind = draw(st.sampled_from((long_rows, wide_rows, grouped_rows)))
    rows = draw(kind(patients))
    n_header_rows = 2 if kind is grouped_rows else 1
    if draw(st.booleans()):
        header = n_header_rows - 1
        rows = [
            [*row, None, "Colour" if number == header else ""] for number, row in enumerate(rows)
        ]
    n_blank = draw(st.integers(0, 2))
    for _ in range(n_blank):
        rows.insert(draw(st.integers(n_header_rows, len(rows))), [None])
    titles = draw(st.sampled_from(([], [["PARS CLINIC LOG"], [None]])))
    return DrawnSheet(rows=[*titles, *rows], header_row=len(titles), n_header_rows=n_header_rows)


@st.composite
def workbooks(draw: st.DrawFn) -> Drawn:
    patients = tuple(draw(patient(number)) for number in range(1, draw(st.integers(1, 5)) + 1))
    cut = draw(st.integers(1, len(patients)))
    parts = [part for part in (patients[:cut], patients[cut:]) if part]
    return Drawn(patients=patients, sheets=tuple(draw(sheets(part)) for part in parts))


def load(drawn: Drawn) -> Cohort:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for number, sheet in enumerate(drawn.sheets):
        made = book.create_sheet(f"Sheet {number}")
        for row in sheet.rows:
            made.append(row)
    book.save(content)
    grids = read_workbook(content.getvalue(), "drawn.xlsx")
    return load_content(
        SourceContent(name="drawn.xlsx", grids=grids, sha256=""), date_order="day_first"
    )


def load_or_refuse(drawn: Drawn) -> tuple[Cohort | None, str]:
    try:
        return load(drawn), ""
    except ParsOutcomesError as error:
        return None, str(error)


def drawn_readings(drawn: Drawn) -> set[tuple[object, ...]]:
    return {
        (one.key, one.level, side, day, found)
        for one in drawn.patients
        for day, status in one.scans
        for side, found in status.items()
    }


def loaded_readings(cohort: Cohort) -> set[tuple[object, ...]]:
    pars = cohort.defects[["defect_id", "level", "side"]]
    joined = cohort.readings.merge(pars, on="defect_id", how="left")
    columns = ["patient_id", "level", "side", "scan_date", "union_status"]
    return {
        (key, level, side, day.date(), status)
        for key, level, side, day, status in joined[columns].itertuples(index=False)
    }


def require_conserved(cohort: Cohort, drawn: Drawn) -> None:
    account = cohort.intake
    for number, sheet in enumerate(drawn.sheets):
        rows = account.rows[account.rows["sheet"] == f"Sheet {number}"]
        assert sorted(rows["row_number"]) == list(range(1, last_filled(sheet.rows) + 1))
    actions = account.rows["action"]
    assert account.sources["n_rows_used"].sum() == actions.eq("used").sum()
    assert account.rows.loc[actions.ne("used"), "reason"].ne("").all()
    read = account.columns[account.columns["becomes"] != ""]
    assert (read["n_filled"] == read[OUTCOMES].sum(axis=1)).all()


@many
@given(workbooks())
def test_what_was_written_is_what_is_loaded(drawn: Drawn) -> None:
    cohort = load(drawn)
    assert loaded_readings(cohort) == drawn_readings(drawn)
    pars = cohort.defects[["patient_id", "level", "side", "stage"]]
    assert set(pars.itertuples(index=False, name=None)) == {
        (one.key, one.level, side, stage)
        for one in drawn.patients
        for side, stage in one.stages.items()
    }
    fitted = cohort.episodes.set_index("patient_id")["fitted_date"]
    assert {key: day.date() for key, day in fitted.items()} == {
        one.key: one.fitted for one in drawn.patients
    }
    assert not cohort.intake.cells["action"].isin(("unresolved", "conflict")).any()
    require_conserved(cohort, drawn)


@many
@given(workbooks(), st.data())
def test_faults_are_listed_and_nothing_is_made_of_them(drawn: Drawn, data: st.DataObject) -> None:
    faulty, faults = with_faults(drawn, data)
    cohort, refusal = load_or_refuse(faulty)
    assert FAULT not in refusal
    if cohort is None:
        return
    require_conserved(cohort, faulty)
    require_nothing_invented(cohort, drawn)
    cells, columns, rows = cohort.intake.cells, cohort.intake.columns, cohort.intake.rows
    listed = set(zip(cells["sheet"], cells["row_number"], cells["header"], strict=True))
    for number, row_number, header in faults:
        name = f"Sheet {number}"
        used = columns.query("becomes != '' and sheet == @name")["header"]
        kept = rows.query("action == 'used' and sheet == @name")["row_number"]
        if header in set(used) and row_number in set(kept):
            assert (name, row_number, header) in listed
    assert FAULT not in cohort.intake.cells.to_csv() + cohort.intake.summary()


def require_nothing_invented(cohort: Cohort, drawn: Drawn) -> None:
    """Whatever the cohort says stands in some cell; a fault only leaves things out."""
    known = drawn_readings(drawn)
    for reading in loaded_readings(cohort):
        assert any(agrees(reading, one) for one in known)
    pars = {
        (one.key, one.level, side, stage)
        for one in drawn.patients
        for side, stage in one.stages.items()
    }
    told = cohort.defects[["patient_id", "level", "side", "stage"]]
    for one in told.itertuples(index=False, name=None):
        assert any(agrees(one, other) for other in pars)
    days = {one.key: one.fitted for one in drawn.patients}
    for key, day in cohort.episodes[["patient_id", "fitted_date"]].itertuples(index=False):
        assert day != day or day.date() == days[key]  # noqa: PLR0124


def with_faults(drawn: Drawn, data: st.DataObject) -> tuple[Drawn, list[tuple[int, int, str]]]:
    """Put faults in the place of cells, and say in which sheet, row and column."""
    sheets = [[list(row) for row in sheet.rows] for sheet in drawn.sheets]
    filled = [
        (number, row_number, position)
        for number, sheet in enumerate(drawn.sheets)
        for row_number, row in enumerate(sheet.rows)
        for position, cell in enumerate(row)
        if row_number >= sheet.header_row + sheet.n_header_rows
        and sheet.headers[position].removeprefix("Patient > ") not in HEADERS["key"]
        and cell
    ]
    chosen = data.draw(st.lists(st.sampled_from(filled), max_size=3, unique=True))
    for number, row_number, position in chosen:
        sheets[number][row_number][position] = FAULT
    faulty = tuple(
        replace(sheet, rows=rows) for sheet, rows in zip(drawn.sheets, sheets, strict=True)
    )
    faults = [(n, row + 1, drawn.sheets[n].headers[position]) for n, row, position in chosen]
    return replace(drawn, sheets=faulty), faults


def agrees(reading: tuple[object, ...], drawn: tuple[object, ...]) -> bool:
    pairs = zip(reading, drawn, strict=True)
    return all(got == was or got is None or got != got for got, was in pairs)  # noqa: PLR0124


def last_filled(rows: list[list[Any]]) -> int:
    return max(number for number, row in enumerate(rows, start=1) if any(row))
