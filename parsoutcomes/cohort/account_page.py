"""The account of intake as a page for the clinic: what to correct comes first, row by row."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Final

import pandas as pd

from parsoutcomes.cohort.account import IntakeAccount

# Layout that the clinic chose and need not change.
_HARMLESS: Final = ("blank row", "totals row", "header repeated")
_CORRECTIONS: Final[Mapping[str, str]] = {
    "source": "File",
    "sheet": "Sheet",
    "row_number": "Row",
    "header": "Column",
    "found": "What was found",
    "done": "What was done",
}
_TABLES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "sources": (
        "Sheets and files",
        {
            "source": "File",
            "sheet": "Sheet",
            "header_rows": "Header in row",
            "n_rows": "Rows",
            "n_rows_used": "Used",
            "n_rows_set_aside": "Set aside",
            "reason": "What it is",
        },
    ),
    "columns": (
        "Columns",
        {
            "sheet": "Sheet",
            "column": "Column",
            "header": "Header",
            "action": "What was done",
            "becomes": "Becomes",
            "reason": "Why",
            "n_filled": "Filled",
            "n_read": "Read",
            "n_flagged": "Interpreted",
            "n_missing": "Said to be missing",
            "n_unresolved": "Not understood",
            "n_set_aside": "In rows set aside",
        },
    ),
    "cells": (
        "Cells interpreted or left out",
        {
            "sheet": "Sheet",
            "row_number": "Row",
            "header": "Column",
            "action": "What was done",
            "reason": "Why",
        },
    ),
    "rows": (
        "Rows set aside, and headers",
        {"sheet": "Sheet", "row_number": "Row", "action": "What was done", "reason": "Why"},
    ),
}
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff;max-width:70rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #c8c8c8}
th{background:#f2f2f2}td.number{text-align:right;font-variant-numeric:tabular-nums}
@media print{body{margin:0;max-width:none}thead{display:table-header-group}}
"""


def list_corrections(account: IntakeAccount) -> pd.DataFrame:
    """List what the clinic may correct in its own file, by file, sheet and row.

    Cells that were not understood or contradict each other, findings of the checks, and rows
    that could not be used. Blank rows and totals are no faults and are left out.

    Parameters
    ----------
    account : IntakeAccount
        From `load_records`.

    Returns
    -------
    pandas.DataFrame
        Columns source, sheet, row_number, header, found, done; no cell value.
    """
    cells = account.cells[account.cells["action"].isin(("unresolved", "conflict"))]
    rows = account.rows[
        account.rows["action"].eq("set aside") & ~account.rows["reason"].isin(_HARMLESS)
    ]
    kept = rows.merge(_sheets_read(account), on=["source", "sheet"])
    places = ["source", "sheet", "row_number"]
    parts = [
        cells[places].assign(header=cells["header"], found=cells["reason"], done=_left_out(cells)),
        account.checks[places].assign(
            header="", found=account.checks["reason"], done=account.checks["action"]
        ),
        kept[places].assign(header="", found=kept["reason"], done="row not used"),
    ]
    filled = [part.astype("object") for part in parts if not part.empty]
    if not filled:
        return pd.DataFrame(columns=list(_CORRECTIONS))
    order = {pair: n for n, pair in enumerate(_pairs(account))}
    frame = pd.concat(filled, ignore_index=True)
    position = [order.get(pair, 0) for pair in zip(frame["source"], frame["sheet"], strict=True)]
    return (
        frame.assign(_position=position)
        .sort_values(["_position", "row_number"], kind="stable")
        .drop(columns="_position")
        .reset_index(drop=True)
    )


def _pairs(account: IntakeAccount) -> list[tuple[str, str]]:
    return list(zip(account.sources["source"], account.sources["sheet"], strict=True))


def _sheets_read(account: IntakeAccount) -> pd.DataFrame:
    return account.sources.loc[account.sources["header_rows"].ne(""), ["source", "sheet"]]


def _left_out(cells: pd.DataFrame) -> pd.Series:
    return cells["action"].map({"unresolved": "cell left out", "conflict": "first value kept"})


def list_tables(account: IntakeAccount) -> dict[str, pd.DataFrame]:
    """Return the tables of the account under the headings that the clinic reads.

    Parameters
    ----------
    account : IntakeAccount
        From `load_records`.

    Returns
    -------
    dict of str to pandas.DataFrame
        "To correct" first; columns named in words.
    """
    tables = {"To correct": _renamed(list_corrections(account), _CORRECTIONS)}
    for name, (heading, columns) in _TABLES.items():
        frame = getattr(account, name)
        if name == "rows":
            frame = frame[frame["action"].ne("used")]
        tables[heading] = _renamed(frame, columns)
    return tables


def _renamed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    present = {name: words for name, words in columns.items() if name in frame}
    return frame[list(present)].rename(columns=present).reset_index(drop=True)


def compose_page(account: IntakeAccount) -> str:
    """Return the account as one HTML page without scripts or links; no cell value in it.

    Parameters
    ----------
    account : IntakeAccount
        From `load_records`.

    Returns
    -------
    str
        The same account gives the same text.
    """
    tables = list_tables(account)
    sections = "\n".join(_section(heading, frame) for heading, frame in tables.items())
    notes = "\n".join(f"<li>{html.escape(line)}</li>" for line in account.cautions)
    beware = f"<h2>In short</h2>\n<ul>{notes}</ul>\n" if notes else ""
    sha256 = f"<p>SHA-256 of the source: {account.sha256}</p>\n" if account.sha256 else ""
    title = html.escape(account.title)
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n<p>{html.escape(account.finding)}</p>\n"
        f"<p>{html.escape(account.method)}</p>\n{sha256}{beware}{sections}\n"
        "</main>\n</body>\n</html>\n"
    )


def _section(heading: str, frame: pd.DataFrame) -> str:
    title = f"<h2>{html.escape(heading)}</h2>"
    if frame.empty:
        return f"{title}\n<p>None.</p>"
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in frame.columns)
    rows = frame.itertuples(index=False, name=None)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    # A region that scrolls must be reachable from the keyboard.
    region = f'<div class="scroll" role="region" tabindex="0" aria-label="{html.escape(heading)}">'
    return (
        f"{title}\n{region}<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n"
        "</tbody></table></div>"
    )


def _cell(value: object) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    opening = '<td class="number">' if is_number else "<td>"
    return f"{opening}{html.escape(str(value))}</td>"
