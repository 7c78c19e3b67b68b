"""Two-digit years: the century of the treatment, never one drawn from a date of birth."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import RecordsError
from parsoutcomes.loaders.load import load_records

HEADER = ("Hosp no", "Level", "Side", "Stage", "Brace fitted", "CT date", "CT result")
PIVOT = (
    "4 dates have a two-digit year, and no data lock or written-out year of a fitting, scan or "
    "contact bears out the century: 00 to 68 read as 2000 to 2068, 69 to 99 as 1969 to 1999"
)


def load(*rows: tuple[object, ...], extra: str = "DOB", **arguments: object) -> Cohort:
    whole = [(f"S{n}", "L5", "R", "early", *row) for n, row in enumerate(rows, start=1)]
    frame = pd.DataFrame(whole, columns=[*HEADER, extra])
    return load_records(frame, **arguments)  # type: ignore[arg-type]


def fitted(cohort: Cohort) -> list[str]:
    return cohort.episodes["fitted_date"].dt.strftime("%Y-%m-%d").tolist()


def test_birth_dates_with_a_written_century_do_not_place_the_treatment() -> None:
    cohort = load(
        ("10 Jan 24", "10 Apr 24", "healed", date(2010, 4, 4)),
        ("11 Jan 24", "11 Apr 24", "no", date(2011, 4, 4)),
    )
    assert fitted(cohort) == ["2024-01-10", "2024-01-11"]
    assert cohort.defects["interval_right_days"].fillna(0.0).tolist() == [91.0, 0.0]
    assert cohort.episodes["age_years"].round(1).tolist() == [13.8, 12.8]
    assert cohort.intake.cautions == (PIVOT,)


def test_one_old_onset_does_not_place_the_treatment() -> None:
    cohort = load(
        ("10 Jan 24", "10 Apr 24", "healed", "12 Mar 2014"),
        ("11 Jan 24", "11 Apr 24", "no", None),
        extra="Onset",
    )
    assert fitted(cohort) == ["2024-01-10", "2024-01-11"]
    assert PIVOT in cohort.intake.cautions


def test_one_old_fitting_does_not_move_the_others_into_the_past() -> None:
    cohort = load(
        ("10 Jan 2016", "10 Apr 2016", "healed", None),
        ("11 Jan 24", "11 Apr 24", "no", None),
    )
    assert fitted(cohort) == ["2016-01-10", "2024-01-11"]
    assert any("2 dates have a two-digit year" in line for line in cohort.intake.cautions)


def test_no_written_century_at_all_is_flagged_once() -> None:
    cohort = load(
        ("10 Jan 24", "10 Apr 24", "healed", None), ("11 Jan 24", "11 Apr 24", "no", None)
    )
    assert fitted(cohort) == ["2024-01-10", "2024-01-11"]
    assert cohort.intake.cautions == (PIVOT,)


@pytest.mark.parametrize("arguments", [{}, {"data_lock": "2025-12-31"}])
def test_a_written_fitting_or_a_data_lock_bears_out_the_century(
    arguments: dict[str, object],
) -> None:
    day: object = "10 Jan 24" if arguments else date(2024, 1, 10)
    cohort = load((day, "10 Apr 24", "healed", None), **arguments)
    assert fitted(cohort) == ["2024-01-10"]
    assert cohort.intake.cautions == ()


def test_a_two_digit_year_after_the_data_lock_is_left_out_and_not_moved_back() -> None:
    cohort = load(
        ("10 Jan 24", "10 Apr 24", "healed", None),
        ("11 Jan 24", "11 Apr 26", "healed", None),
        data_lock="2025-12-31",
    )
    assert cohort.intake.checks["check"].tolist() == ["after_data_lock"]
    assert cohort.defects["interval_right_days"].fillna(0.0).tolist() == [91.0, 0.0]


def test_birth_dates_after_all_treatment_are_of_the_century_before() -> None:
    cohort = load(
        ("10 Jan 24", "10 Apr 24", "healed", "4 Apr 10"),
        ("11 Jan 24", "11 Apr 24", "no", "4 Apr 27"),
    )
    assert cohort.episodes["age_years"].round(1).tolist() == [13.8, 96.8]


def test_fittings_or_scans_in_the_wrong_century_stop_the_load() -> None:
    with pytest.raises(RecordsError, match="wrong century") as error:
        load(("10 Jan 74", "10 Apr 24", "healed", None), ("11 Jan 24", "11 Apr 82", "no", None))
    assert "in: Brace fitted (1), CT date (1)" in str(error.value)
    assert "74" not in str(error.value)


def test_a_written_early_year_is_kept_as_written() -> None:
    assert fitted(load(("10 Jan 1985", "10 Apr 1985", "healed", None))) == ["1985-01-10"]
