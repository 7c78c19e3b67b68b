"""Content before layout: numbers with ids, tables as text, terms chosen without the outcome."""

from __future__ import annotations

import math

import pandas as pd
from report_cohorts import make_cohort

from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.report.analyses import choose_terms
from parsoutcomes.report.figure_files import inline_svg
from parsoutcomes.report.numbers import tabulate_numbers
from parsoutcomes.report.period import select_period
from parsoutcomes.results.base import Exclusion, Result
from parsoutcomes.tables.display import count_text
from parsoutcomes.tables.records import tabulate_problem_cells, tabulate_set_aside, tabulate_sources


def test_every_number_has_an_id_and_words_that_place_it() -> None:
    frame = pd.DataFrame(
        {"stage": ["early", "terminal"], "estimate": [0.8, math.nan], "n_defects": [5, 0]}
    )
    left_out = Exclusion(reason="Lost", n_defects=2, n_patients=1)
    rates = Result(title="", finding="", method="", frame=frame, exclusions=(left_out,))
    numbers = tabulate_numbers({"rates": rates})
    assert numbers[["id", "describes", "value"]].values.tolist() == [  # noqa: PD011
        ["rates/frame/0/n_estimates", "rows with an estimate", 1],
        ["rates/frame/1/estimate", "stage=early", 0.8],
        ["rates/frame/1/n_defects", "stage=early", 5],
        ["rates/frame/2/n_defects", "stage=terminal", 0],
        ["rates/exclusions/1/n_defects", "Lost", 2],
        ["rates/exclusions/1/n_patients", "Lost", 1],
    ]


def test_no_row_of_a_patient_is_among_the_numbers() -> None:
    frame = pd.DataFrame({"patient_id": ["P1"], "stop_days": [90.0]})
    exposure = Result(title="", finding="", method="", frame=frame)
    assert tabulate_numbers({"exposure": exposure}).empty


def test_numbers_of_cautions_and_refusals_are_listed_with_their_words() -> None:
    few = Result(title="", finding="", method="", cautions=("Only 3 of 1,200 pars",))
    numbers = tabulate_numbers({"rates": few}, {"time": "Found: 2 scans."})
    assert numbers[["id", "describes", "value"]].values.tolist() == [  # noqa: PD011
        ["rates/cautions/1/number_1", "Only 3 of 1,200 pars", 3.0],
        ["rates/cautions/1/number_2", "Only 3 of 1,200 pars", 1200.0],
        ["time/refusal/1/number_1", "Found: 2 scans.", 2.0],
    ]


def test_row_numbers_of_the_source_are_places_not_results() -> None:
    cells = pd.DataFrame({"sheet": ["2024"], "row_number": [7]})
    intake = IntakeAccount(title="", finding="", method="", cells=cells)
    assert tabulate_numbers({"intake": intake}).empty


def test_cells_to_correct_are_listed_by_place_and_never_by_value() -> None:
    cells = pd.DataFrame(
        {
            "source": "clinic.xlsx",
            "sheet": "2024",
            "row_number": [9, 7, 8],
            "header": ["Union", "Union", "Side"],
            "action": "unresolved",
            "reason": "not known",
        }
    )
    table = tabulate_problem_cells(cells)
    assert table.heads == ("Sheet", "Column", "What was done", "Why", "Count", "Rows")
    assert table.rows == (
        ("2024", "Union", "unresolved", "not known", "2", "7, 9"),
        ("2024", "Side", "unresolved", "not known", "1", "8"),
    )


def test_rows_set_aside_are_counted_by_reason() -> None:
    rows = pd.DataFrame(
        {"sheet": "2024", "row_number": [3, 40], "action": "set_aside", "reason": ["", "totals"]}
    )
    assert tabulate_set_aside(rows).rows == (
        ("2024", "set aside", "–", "1", "3"),
        ("2024", "set aside", "totals", "1", "40"),
    )


def test_a_count_that_is_missing_is_a_dash() -> None:
    assert [count_text(value) for value in (1200, 3.0, math.nan, None, pd.NA)] == [
        "1,200",
        "3",
        "–",
        "–",
        "–",
    ]


def test_names_of_the_source_are_shown_as_it_writes_them() -> None:
    sources = pd.DataFrame(
        {
            "source": ["clinic_log.xlsx"],
            "sheet": ["year_1"],
            "n_rows": [9],
            "n_rows_used": [7],
            "n_rows_set_aside": [2],
        }
    )
    assert tabulate_sources(sources).rows == (("clinic_log.xlsx", "year_1", "9", "7", "2"),)


def test_terms_alike_in_everyone_are_named_as_left_out() -> None:
    assert choose_terms(make_cohort()) == (("stage", "age_years", "sex"), ("laterality",))


def test_the_period_takes_everyone_to_the_last_day_of_the_year() -> None:
    cohort = make_cohort(4, first_fitted="2024-12-30")
    to_date, alone, period = select_period(cohort, 2024)
    assert (to_date.n_patients, period.n_later, period.n_in_year) == (2, 2, 2)
    assert alone is not None
    assert alone.n_patients == 2
    later, alone, period = select_period(cohort, 2026)
    assert (later.n_patients, alone, period.n_in_year) == (4, None, 0)


def test_presentation_attributes_take_the_place_of_style() -> None:
    svg = '<svg><text style="font-size: 9px; fill: #1b1f24">a: b</text></svg>'
    assert inline_svg(svg, "f") == '<svg><text font-size="9px" fill="#1b1f24">a: b</text></svg>'
