"""Cells that a spreadsheet would run as a formula, made plain text before a table is written."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f]")


def plain_cell(value: object) -> object:
    """Return a cell as it may stand in a file for spreadsheets: what begins a formula is quoted.

    Sources are written by people; a header such as "=cmd|..." would run when the clinic opens the
    table. Numbers, and text that is a plain number, stay as they are.

    Parameters
    ----------
    value : object
        A cell or a header.

    Returns
    -------
    object
        With an apostrophe before it where it began with = + - or @, also behind spaces; without
        control characters, which workbooks cannot hold.

    Examples
    --------
    >>> plain_cell("=1+1"), plain_cell("-0.5"), plain_cell("@SUM"), plain_cell(-3)
    ("'=1+1", '-0.5', "'@SUM", -3)
    """
    if not isinstance(value, str):
        return value
    text = _CONTROLS.sub(" ", value)
    starts_formula = text.lstrip().startswith(_FORMULA_STARTS) or text[:1] in ("\t", "\n")
    return f"'{text}" if starts_formula and not _NUMBER.fullmatch(text) else text


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose texts and column names no spreadsheet takes for formulas.

    Parameters
    ----------
    frame : pandas.DataFrame
        What is to be written as .csv or .xlsx.

    Returns
    -------
    pandas.DataFrame
        A new frame; numbers and dates as they were.

    Examples
    --------
    >>> plain_frame(pd.DataFrame({"site": ["=A1"], "n": [-1]})).to_numpy().tolist()
    [["'=A1", -1]]
    """
    plain = frame.copy()
    for name in frame.select_dtypes(include=["object", "string"]):
        plain[name] = frame[name].map(plain_cell)
    return plain.rename(columns=plain_cell)
