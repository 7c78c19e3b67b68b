"""What a workbook unfolds to: texts written once and shown in many cells, cells written once."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final
from xml.parsers import expat

from parsoutcomes.conventions import LARGEST_UNPACKED_BYTES, LARGEST_WORKBOOK_CELLS

_TEXT: Final = re.compile(rb"<(?:\w+:)?si\b")
_SHOWN: Final = re.compile(rb"""\bt\s*=\s*["']s["'][^>]*>\s*<(?:\w+:)?v[^>]*>\s*(\d{1,9})""")
_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_CELLS: Final = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_DEEPEST: Final = 200
# Between the starts of two rows: styles, or the cells of one row.
_MOST_OUTSIDE_ROWS: Final = 200_000

Extent = tuple[int, int]


class SharedTexts:
    """The texts of an .xlsx, and how often its cells show each of them.

    Examples
    --------
    >>> texts = SharedTexts()
    >>> texts.add("xl/sharedStrings.xml", b"<sst><si><t>early</t></si></sst>")
    >>> texts.add("xl/worksheets/sheet1.xml", b"<sheetData>" + b'<c t="s"><v>0</v></c>' * 3)
    >>> texts.unfold_to >= 3 * len("early")
    True
    """

    def __init__(self) -> None:
        self._lengths: list[int] = []
        self._shown: Counter[int] = Counter()
        self._n_closed = 0

    def look(self, name: str, content: bytes | bytearray) -> None:
        """Look at one part of the archive for the most that it may unfold to, which is quick."""
        if name.lower().endswith("sharedstrings.xml"):
            self.add(name, content)
        elif b"sheetData" in content:
            # Every cell that shows a text closes an element.
            self._n_closed += content.count(b"</")

    @property
    def may_unfold_to(self) -> int:
        """Bytes that all texts have at most as often as they are shown."""
        return self._n_closed * max(self._lengths, default=0)

    def add(self, name: str, content: bytes | bytearray) -> None:
        """Count how often one part of the archive shows each text."""
        if name.lower().endswith("sharedstrings.xml"):
            starts = [found.start() for found in _TEXT.finditer(content)]
            ends = [*starts[1:], len(content)]
            self._lengths = [end - start for start, end in zip(starts, ends, strict=True)]
        elif b"sheetData" in content:
            self._shown.update(map(int, _SHOWN.findall(content)))

    @property
    def unfold_to(self) -> int:
        """Bytes of all texts as often as they are shown."""
        lengths = dict(enumerate(self._lengths))
        return sum(n * lengths.get(number, 0) for number, n in self._shown.items())


class _Reach:
    """How far the filled cells of each sheet of an .ods reach, without keeping its elements."""

    def __init__(self) -> None:
        self.extents: list[Extent] = []
        self._n_elements = 0
        self._depth = self._row = self._column = self._last_row = self._last_column = 0
        self._letters = self._row_letters = self.all_letters = 0
        self._columns_repeated = self._rows_repeated = 1
        self._is_filled = self._is_in_cell = self._row_is_filled = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._n_elements = 0 if name == f"{_TABLE}table-row" else self._n_elements + 1
        if self._depth > _DEEPEST or self._n_elements > _MOST_OUTSIDE_ROWS:
            raise ValueError("elements beyond any spreadsheet")
        if name == f"{_TABLE}table":
            self._row = self._last_row = self._last_column = 0
        elif name == f"{_TABLE}table-row":
            self._column = self._row_letters = 0
            self._row_is_filled = False
            self._rows_repeated = int(attributes.get(f"{_TABLE}number-rows-repeated", "1"))
        elif name in _CELLS:
            self._is_in_cell, self._is_filled, self._letters = True, False, 0
            self._columns_repeated = int(attributes.get(f"{_TABLE}number-columns-repeated", "1"))
        elif self._is_in_cell:
            self._is_filled = True

    def text(self, text: str) -> None:
        if self._is_in_cell:
            self._letters += len(text)

    def end(self, name: str) -> None:
        self._depth -= 1
        if name in _CELLS:
            self._is_in_cell = False
            self._column += self._columns_repeated
            self._row_letters += self._letters * self._columns_repeated
            if self._is_filled:
                self._last_column = max(self._last_column, self._column)
                self._row_is_filled = True
        elif name == f"{_TABLE}table-row":
            self._row += self._rows_repeated
            self.all_letters += self._row_letters * self._rows_repeated
            self._last_row = self._row if self._row_is_filled else self._last_row
        elif name == f"{_TABLE}table":
            self.extents.append((self._last_row, self._last_column))


def extents_of_ods(content: bytes | bytearray) -> list[Extent]:
    """Return how far the filled cells of each sheet reach; repeated cells are not written out.

    Raises
    ------
    ValueError
        When elements are nested beyond any spreadsheet, or texts are repeated beyond the limit.
    """
    reach, parser = _Reach(), expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reach.start
    parser.EndElementHandler = reach.end
    parser.CharacterDataHandler = reach.text
    parser.Parse(content, True)
    n_cells = sum(rows * columns for rows, columns in reach.extents)
    if n_cells <= LARGEST_WORKBOOK_CELLS and reach.all_letters > LARGEST_UNPACKED_BYTES:
        raise ValueError("texts repeated too often")
    return reach.extents
