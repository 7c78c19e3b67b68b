"""Display tables of scores, return to sport and safety."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.results.safety import RATE, SHARE
from parsoutcomes.tables.display import DisplayTable, count_text
from parsoutcomes.wording import (
    format_label,
    format_months,
    format_number_range,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.return_to_sport import ReturnToSport
    from parsoutcomes.results.safety import Safety
    from parsoutcomes.results.scores import Scores


def tabulate_scores(result: Scores) -> DisplayTable:
    """Return the mean before treatment and the change at each visit, per questionnaire."""
    heads = (
        "Questionnaire",
        "Time",
        "Answered",
        "Mean (interval)",
        "Answered both",
        "Mean change (interval)",
        "Important improvement",
        "Important worsening",
    )
    rows = [
        _score_row(row, _change_at(result, row))
        for row in list_rows(result.frame)
        if row["measure"] == "mean"
    ]
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=2)


def _change_at(result: Scores, row: Row) -> Row | None:
    for change in list_rows(result.frame):
        same = change["instrument"] == row["instrument"] and change["months"] == row["months"]
        if same and change["measure"] == "mean_change":
            return change
    return None


def _score_row(row: Row, change: Row | None) -> tuple[str, ...]:
    time = "Before treatment" if row["months"] == 0 else format_months(row["months"])
    changes = (
        ("–", "–", "–", "–")
        if change is None
        else (
            count_text(change["n_patients"]),
            _range(change),
            count_text(change["n_events"]),
            count_text(change["n_worse"]),
        )
    )
    name = start_sentence(format_label(row["instrument"]))
    return (name, time, count_text(row["n_patients"]), _range(row), *changes)


def _range(row: Row) -> str:
    return format_number_range(row["estimate"], row["conf_low"], row["conf_high"], decimals=1)


def tabulate_return_to_sport(result: ReturnToSport) -> DisplayTable:
    """Return the share back by each milestone, with counts."""
    heads = ("Months since fitting", "Back (interval)", "Back so far", "Surgery first so far")
    rows = [
        (
            format_months(row["months"]),
            row["left_open"]
            or format_percent_range(row["estimate"], row["conf_low"], row["conf_high"]),
            count_text(row["n_events"]),
            count_text(row["n_operated"]),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows))


def tabulate_safety(result: Safety) -> DisplayTable:
    """Return each kind of event with its rate and its share of patients."""
    heads = (
        "Event",
        "Events",
        "Patients with one",
        "Of patients (interval)",
        "Per 100 brace-months",
    )
    shares = [row for row in list_rows(result.frame) if row["measure"] == SHARE]
    rates = {row["event"]: row for row in list_rows(result.frame) if row["measure"] == RATE}
    rows = [
        (
            start_sentence(format_label(row["event"])),
            count_text(row["n_events"]),
            f"{count_text(row['n_patients_with_event'])} of {count_text(row['n_patients'])}",
            format_percent_range(row["estimate"], row["conf_low"], row["conf_high"]),
            _range(rates[row["event"]]) if row["event"] in rates else "–",
        )
        for row in shares
    ]
    return DisplayTable(heads=heads, rows=tuple(rows))
