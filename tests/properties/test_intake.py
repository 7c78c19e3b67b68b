"""Whatever a file holds, it loads or is refused in words, and every row is accounted for."""

from __future__ import annotations

import datetime
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import ParsOutcomesError
from parsoutcomes.loaders.grid import ERROR_CELL, Grid, number_rows
from parsoutcomes.loaders.load import load_content
from parsoutcomes.loaders.source import SourceContent

HEADERS: Final = (
    "Hosp No", "DOB", "Sex", "Level", "Side", "CT stage R", "CT stage L", "Stage", "Fitted",
    "Length", "Brace off", "Last seen", "Outcome", "Surgery date", "CT 1 date", "CT 1 R", "CT 1 L",
    "Scan date", "Union", "VAS pre", "Notes", "Colour",
)  # fmt: skip
CELLS: Final = (
    None, "P0001", "P0002", "P0003", "L5", "L5/S1", "L4, L5", "both", "R", "left", "E", "prog",
    "normal", "-", "?", "n/a", "healed", "NU", "part", "13/03/24", "15/06/2024", "31/06/24",
    "03/04/24", "2024", "6/12", "3-6 months", "lost", "completed", "Total", "m", "", "zwetschge",
    0, 7, 45000, 1e300, float("inf"), True, ERROR_CELL,
    datetime.datetime(2024, 3, 13, 9, 30), datetime.date(2010, 2, 1), datetime.date(9999, 12, 31),
)  # fmt: skip

sheets = st.lists(st.sampled_from(HEADERS[1:]), min_size=3, max_size=12, unique=True).flatmap(
    lambda header: st.lists(
        st.lists(st.sampled_from(CELLS), min_size=len(header) + 1, max_size=len(header) + 1),
        min_size=1,
        max_size=8,
    ).map(lambda rows: [["PARS LOG"], ["Hosp No", *header], *rows])
)


def load(rows: list[list[object]]) -> Cohort | None:
    grid = Grid(source="drawn", sheet="", rows=number_rows(rows))
    try:
        content = SourceContent(name="drawn", grids=(grid,), sha256="")
        return load_content(content, date_order="day_first")
    except ParsOutcomesError:
        return None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sheets)
def test_every_row_and_every_cell_is_accounted_for(rows: list[list[object]]) -> None:
    cohort = load(rows)
    if cohort is None:
        return
    account = cohort.intake
    assert len(account.rows) == len(rows)
    used = account.rows["action"].eq("used").sum()
    assert account.sources["n_rows_used"].sum() == used
    read = account.columns[account.columns["becomes"] != ""]
    outcomes = ["n_read", "n_flagged", "n_missing", "n_unresolved", "n_set_aside"]
    assert (read["n_filled"] == read[outcomes].sum(axis=1)).all()
    unresolved = account.cells["action"].eq("unresolved").sum()
    assert unresolved >= read["n_unresolved"].sum()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sheets)
def test_nothing_is_invented_and_no_key_is_doubled(rows: list[list[object]]) -> None:
    cohort = load(rows)
    if cohort is None:
        return
    keys = {"".join(str(cell).split()).upper() for row in rows for cell in row}
    assert set(cohort.episodes["patient_id"]) <= keys | {f"patient-{n:04d}" for n in range(1, 9)}
    assert cohort.episodes["episode_id"].is_unique
    assert cohort.defects["defect_id"].is_unique
    assert cohort.readings["defect_id"].dropna().isin(cohort.defects["defect_id"]).all()
    assert "zwetschge" not in cohort.intake.summary()
