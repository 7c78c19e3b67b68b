"""Text files with separators, in any common encoding and with any common separator."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from parsoutcomes.conventions import LARGEST_TABLE_CELLS, LARGEST_TEXT_OF_A_CELL
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
_SAMPLE_CHARACTERS: Final = 2_000_000
_PIECE_BYTES: Final = 8_000_000


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
    csv.field_size_limit(LARGEST_TEXT_OF_A_CELL)
    encoding, separator = _form_of(content, source)
    lines = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    with lines, contextlib.suppress(csv.Error):
        rows = number_rows(csv.reader(lines, delimiter=separator))
        return Grid(source=source, sheet="", rows=rows)
    # Raised out here, so that no chained error carries what a line holds.
    raise _not_text(source)


def _form_of(content: bytes, source: str) -> tuple[str, str]:
    """Return encoding and separator."""
    encoding = _encoding_of(content, source)
    sample = next(_pieces(content[: 4 * _SAMPLE_CHARACTERS], encoding, final=False))
    separator = find_separator(sample[:_SAMPLE_CHARACTERS])
    ends = (separator.encode(), b"\n", b"\r")
    if sum(content.count(end) for end in ends) > LARGEST_TABLE_CELLS:
        raise _too_many_cells(source)
    return encoding, separator


def decode_text(content: bytes, source: str) -> str:
    """Return bytes as text: byte-order mark first, then UTF-8, then Windows-1252.

    Raises
    ------
    SourceError
        When the bytes are not text in any of these.
    """
    return content.decode(_encoding_of(content, source))


def _encoding_of(content: bytes, source: str) -> str:
    """Return the first encoding in which all of the bytes are text; pieces keep memory small."""
    encoding = _marked_encoding(content) or _unmarked_utf16(content)
    for candidate in (encoding,) if encoding else ("utf-8", "cp1252", "latin-1"):
        with contextlib.suppress(UnicodeDecodeError):
            if not any("\x00" in piece for piece in _pieces(content, candidate)):
                return candidate
    raise _not_text(source)


def _pieces(content: bytes, encoding: str, *, final: bool = True) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), _PIECE_BYTES):
        is_last = final and start + _PIECE_BYTES >= len(content)
        yield decoder.decode(content[start : start + _PIECE_BYTES], is_last)


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
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]
    return max(SEPARATORS, key=lambda separator: _agreement(lines, separator))


def _agreement(lines: list[str], separator: str) -> tuple[int, int]:
    widths: Counter[int] = Counter()
    with contextlib.suppress(csv.Error):
        widths.update(len(row) for row in csv.reader(lines, delimiter=separator))
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


def _too_many_cells(source: str) -> SourceError:
    return SourceError(
        "The file has more cells than can be read.",
        expected=f"at most {LARGEST_TABLE_CELLS:,} cells, blank ones too",
        found=f"{source}: more than that",
        fix="Take out blank lines and columns, or load the records year by year.",
    )
