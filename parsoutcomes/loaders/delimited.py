"""Text files with separators, in any common encoding and with any common separator."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from typing import Final

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.grid import Grid, number_rows

SEPARATORS: Final = (",", ";", "\t", "|")
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_LINES: Final = 50
_SAMPLE_CHARACTERS: Final = 200_000
_LARGEST_CELL: Final = 1_000_000


def read_delimited(content: bytes, source: str) -> Grid:
    r"""Read the bytes of a text file into a grid; rows are numbered as a spreadsheet shows them.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : str
        Its name, for the account.

    Returns
    -------
    Grid

    Raises
    ------
    SourceError
        When the bytes are not text.

    Examples
    --------
    >>> read_delimited(b"Patient;Level\nP0001;L5\n", "log.csv").rows[1].cells
    ('P0001', 'L5')
    """
    encoding, separator = _form_of(content, source)
    csv.field_size_limit(_LARGEST_CELL)
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="") as lines:
        try:
            rows = number_rows(csv.reader(lines, delimiter=separator))
        except csv.Error as error:
            raise _not_text(source) from error
    return Grid(source=source, sheet="", rows=rows)


def _form_of(content: bytes, source: str) -> tuple[str, str]:
    """Return encoding and separator; the whole text is decoded for it, and let go again."""
    encoding, text = _decoded(content, source)
    return encoding, find_separator(text)


def decode_text(content: bytes, source: str) -> str:
    """Return bytes as text: byte-order mark first, then UTF-8, then Windows-1252.

    Raises
    ------
    SourceError
        When the bytes are not text in any of these.
    """
    return _decoded(content, source)[1]


def _decoded(content: bytes, source: str) -> tuple[str, str]:
    encoding = _marked_encoding(content) or _unmarked_utf16(content)
    for candidate in (encoding,) if encoding else ("utf-8", "cp1252", "latin-1"):
        try:
            text = content.decode(candidate)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return candidate, text
    raise _not_text(source)


def _marked_encoding(content: bytes) -> str | None:
    return next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)


def _unmarked_utf16(content: bytes) -> str | None:
    sample = content[:400]
    if len(sample) < 4 or sample.count(0) < len(sample) // 4:
        return None
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


def find_separator(text: str) -> str:
    r"""Return the separator that splits the first lines most often into the same many parts.

    Examples
    --------
    >>> find_separator("a|b, c|d\n1|2|3")
    '|'
    """
    lines = [line for line in _first_lines(text) if line.strip()]
    return max(SEPARATORS, key=lambda separator: _agreement(lines, separator))


def _first_lines(text: str) -> list[str]:
    first = text[:_SAMPLE_CHARACTERS].splitlines()
    # The last of them may go on beyond the sample.
    return (first if len(first) > _SAMPLE_LINES else text.splitlines())[:_SAMPLE_LINES]


def _agreement(lines: list[str], separator: str) -> tuple[int, int]:
    widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator))
    widths.pop(1, None)
    if not widths:
        return (0, 0)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return (count, width)


def _not_text(source: str) -> SourceError:
    return SourceError(
        "The file cannot be read as text.",
        expected="a text file with separators, or an Excel workbook",
        found=f"{source}: bytes that are not text",
        fix="Open it in the program that made it and save it as .xlsx or .csv.",
    )
