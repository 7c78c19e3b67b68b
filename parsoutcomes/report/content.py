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
    finding : str
        What it shows, in one sentence; empty when only `alt` says it.
    measure : str
        Measure, unit, n and period, as they stand under its title.
    head_share : float
        Share of the picture's height that its own title and subtitle take.
    """

    id: str
    caption: str
    alt: str
    source: str
    data: dict[str, pd.DataFrame] = field(default_factory=dict)
    svg: str = ""
    png: bytes = b""
    table: DisplayTable | None = None
    finding: str = ""
    measure: str = ""
    head_share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Comment:
    """What a person wrote about a section, set apart from what was computed."""

    text: str
    author: str = ""


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """One item of a reporting guideline and where the report answers it.

    Attributes
    ----------
    label : str
        Number of the item in the guideline, such as "13a".
    topic : str
        What the item asks for.
    answer : str
        In a few words; "Not recorded" and the like are answers too.
    sections : tuple of str
        Ids of the sections that answer it.
    """

    label: str
    topic: str
    answer: str
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """A reporting guideline, item by item, with links to the sections."""

    id: str
    caption: str
    items: tuple[ChecklistItem, ...]


Block = (
    Paragraph | Finding | Note | Bullets | Terms | TableBlock | FigureBlock | Comment | Checklist
)


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
    audience : {"internal", "publishable"}
        Who may read it.
    authors : tuple of str
        For the title page and the documents' properties.
    logo : bytes
        A PNG picture for the title page; empty when there is none.
    logo_alt : str
        What the logo shows.
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
    audience: Literal["internal", "publishable"] = "internal"
    authors: tuple[str, ...] = ()
    logo: bytes = b""
    logo_alt: str = ""

    def section_titles(self) -> dict[str, str]:
        """Return the title of each section by its id."""
        return {section.id: section.title for section in self.sections}

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
