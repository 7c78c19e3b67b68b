"""What a report says, without how it looks: any renderer can set it.

Every sentence or table with a number carries the id of the result it comes from; `numbers.csv`
lists each number of that result under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from parsoutcomes.tables.display import DisplayTable


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """Plain text; `source` is the id of the result behind its numbers, if it has any."""

    text: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence computed from the result called `source`."""

    text: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something to beware of, or what could not be given and why, as points of equal rank."""

    items: tuple[str, ...]
    kind: Literal["caution", "refusal", "scope"] = "caution"
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """Short points of equal rank."""

    items: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Words and what they mean here."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class TableBlock:
    """A display table with its caption."""

    id: str
    caption: str
    table: DisplayTable
    source: str = ""
    notes: tuple[str, ...] = ()
    is_folded: bool = False


@dataclass(frozen=True, kw_only=True)
class FigureBlock:
    """A figure: what it shows, in words for those who cannot see it, and its drawn forms.

    Attributes
    ----------
    id : str
        Also the name of its files.
    caption : str
        What it is.
    alt : str
        Its finding and how to read it.
    source : str
        Id of the result, or of the first when there are several.
    data : mapping
        Frames behind it by file suffix; "" is the main one.
    svg : str
        With real text, title and description.
    png : bytes
        At 300 dots an inch.
    table : DisplayTable or None
        The same numbers to read.
    """

    id: str
    caption: str
    alt: str
    source: str
    data: dict[str, pd.DataFrame] = field(default_factory=dict)
    svg: str = ""
    png: bytes = b""
    table: DisplayTable | None = None


Block = Paragraph | Finding | Note | Bullets | Terms | TableBlock | FigureBlock


@dataclass(frozen=True, kw_only=True)
class Section:
    """A headed part of the report."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A whole report.

    Attributes
    ----------
    title, clinic, period, audience_note : str
        For the title page and the head of each page.
    sections : tuple of Section
        In reading order.
    numbers : pandas.DataFrame
        Every number of every result, one a row.
    """

    title: str
    clinic: str
    period: str
    audience_note: str
    sections: tuple[Section, ...]
    numbers: pd.DataFrame

    def figures(self) -> tuple[FigureBlock, ...]:
        """Return the figures in reading order."""
        return tuple(
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, FigureBlock)
        )

    def findings(self) -> tuple[Finding, ...]:
        """Return the computed sentences in reading order."""
        return tuple(
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Finding)
        )
