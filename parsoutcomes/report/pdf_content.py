"""A report as plain data for the PDF's template: cleaned text, fitted tables, places to link to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import singledispatchmethod
from typing import Any, Final

from parsoutcomes.conventions import DOCUMENT_DATE
from parsoutcomes.errors import ReportError
from parsoutcomes.report.content import (
    Bullets,
    Checklist,
    Comment,
    FigureBlock,
    Finding,
    Note,
    Paragraph,
    Report,
    TableBlock,
    Terms,
)
from parsoutcomes.report.pdf_tables import UPRIGHT_POINTS, FittedTable, fit_table
from parsoutcomes.report.pdf_text import (
    UNSET_MARK,
    break_long_words,
    settable,
    settable_drawing,
    shorten,
)
from parsoutcomes.tables.display import DisplayTable

NOTE_HEADS: Final = {
    "caution": "Beware.",
    "refusal": "Not available.",
    "scope": "What this does not show.",
}
_BODY_POINTS: Final = 9.0
_TITLE_POINTS: Final = 25.0
_SMALL_POINTS: Final = 7.0
_LINE_POINTS: Final = UPRIGHT_POINTS - 60.0
_HEAD_POINTS: Final = 360.0

_Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Typesetting:
    """What the template sets, and the tables in the order in which it sets them.

    Attributes
    ----------
    data : dict
        Text, numbers, lists and dicts of these.
    tables : tuple of FittedTable
        In reading order.
    """

    data: _Data
    tables: tuple[FittedTable, ...]


def describe_typesetting(report: Report) -> Typesetting:
    """Turn a report into the data that the template sets.

    Parameters
    ----------
    report : Report
        Finished content.

    Returns
    -------
    Typesetting

    Raises
    ------
    ReportError
        When a checklist points to a section that is not there.
    """
    writer = _Writer(
        titles=report.section_titles(),
        places={section.id: place for place, section in enumerate(report.sections)},
    )
    sections = [
        {"title": _line(section.title), "blocks": [writer.write(block) for block in section.blocks]}
        for section in report.sections
    ]
    data = {
        **_cover(report),
        "titles": [section["title"] for section in sections],
        "sections": sections,
        "appendix": writer.appendix,
    }
    data["unset"] = UNSET_MARK if _is_marked(data) else ""
    return Typesetting(data=data, tables=(*writer.tables, *writer.appendix_tables))


def _cover(report: Report) -> _Data:
    return {
        "title": _line(report.title, _TITLE_POINTS),
        "plain_title": settable(report.title),
        "short_title": shorten(settable(report.title), _SMALL_POINTS, _HEAD_POINTS),
        "short_clinic": shorten(settable(report.clinic), _SMALL_POINTS, _HEAD_POINTS / 2),
        "clinic": _line(report.clinic),
        "period": _line(report.period),
        "audience": report.audience,
        "audience_note": _line(report.audience_note),
        "authors": [settable(author) for author in report.authors],
        "author_line": _line(", ".join(report.authors)),
        "logo": list(report.logo),
        "logo_alt": settable(report.logo_alt) or "Logo",
        "date": [DOCUMENT_DATE.year, DOCUMENT_DATE.month, DOCUMENT_DATE.day],
    }


def _line(text: str, points: float = _BODY_POINTS) -> str:
    return break_long_words(settable(text), points * 1.15, _LINE_POINTS)


def _lines(texts: Iterable[str]) -> list[str]:
    return [_line(text) for text in texts]


def _is_marked(value: object) -> bool:
    if isinstance(value, str):
        return UNSET_MARK in value
    if isinstance(value, dict):
        return any(map(_is_marked, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_is_marked, value))


@dataclass
class _Writer:
    """Counts figures and tables as it goes; what is long goes to the appendix."""

    titles: dict[str, str]
    places: dict[str, int]
    n_figures: int = 0
    n_tables: int = 0
    tables: list[FittedTable] = field(default_factory=list)
    appendix: list[_Data] = field(default_factory=list)
    appendix_tables: list[FittedTable] = field(default_factory=list)

    @singledispatchmethod
    def write(self, block: object) -> _Data:
        raise ReportError(
            "The PDF has no form for one kind of content.",
            expected="a block of parsoutcomes.report.content",
            found=type(block).__name__,
            fix="Leave it out, or add its form to the PDF's writer.",
        )

    @write.register
    def _paragraph(self, block: Paragraph) -> _Data:
        return {"kind": "paragraph", "text": _line(block.text), "source": _line(block.source)}

    @write.register
    def _finding(self, block: Finding) -> _Data:
        return {"kind": "finding", "text": _line(block.text), "source": _line(block.source)}

    @write.register
    def _note(self, block: Note) -> _Data:
        return {
            "kind": "note",
            "tone": block.kind,
            "head": NOTE_HEADS[block.kind],
            "points": _lines(block.items),
        }

    @write.register
    def _bullets(self, block: Bullets) -> _Data:
        return {"kind": "bullets", "points": _lines(block.items), "source": _line(block.source)}

    @write.register
    def _terms(self, block: Terms) -> _Data:
        return {"kind": "terms", "pairs": [_lines(pair) for pair in block.items]}

    @write.register
    def _comment(self, block: Comment) -> _Data:
        return {"kind": "comment", "text": _line(block.text), "author": _line(block.author)}

    @write.register
    def _table(self, block: TableBlock) -> _Data:
        if block.is_folded:
            return self._put_in_appendix(
                block.table, _line(block.caption), lead="", notes=_lines(block.notes)
            )
        self.n_tables += 1
        return {
            "kind": "table",
            "name": f"Table {self.n_tables}",
            "caption": _line(block.caption),
            "source": _line(block.source),
            "notes": _lines(block.notes),
            "grid": self._fit(block.table, self.tables),
        }

    @write.register
    def _figure(self, block: FigureBlock) -> _Data:
        self.n_figures += 1
        name = f"Figure {self.n_figures}"
        caption = _line(block.caption)
        table = self._put_in_appendix(block.table, caption, lead=_line(block.alt), of=name)
        return {
            "kind": "figure",
            "place": table["place"],
            "table": table["name"],
            "name": name,
            "caption": caption,
            "alt": settable(block.alt),
            "source": _line(block.source),
            "svg": settable_drawing(block.svg),
        }

    @write.register
    def _checklist(self, block: Checklist) -> _Data:
        self.n_tables += 1
        links = [[self._place_of(id_) for id_ in item.sections] for item in block.items]
        rows = tuple(
            (
                item.label,
                item.topic,
                item.answer,
                ", ".join(map(self.titles.__getitem__, item.sections)),
            )
            for item in block.items
        )
        grid = DisplayTable(
            heads=("Item", "Asks for", "Answer", "Section"), rows=rows, text_columns=(1, 2, 3)
        )
        return {
            "kind": "checklist",
            "name": f"Table {self.n_tables}",
            "caption": _line(block.caption),
            "grid": self._fit(grid, self.tables),
            "links": links,
        }

    def _fit(self, table: DisplayTable, into: list[FittedTable]) -> _Data:
        fitted = fit_table(table)
        into.append(fitted)
        return asdict(fitted)

    def _put_in_appendix(
        self,
        table: DisplayTable | None,
        caption: str,
        *,
        lead: str,
        of: str = "",
        notes: Iterable[str] = (),
    ) -> _Data:
        place = len(self.appendix)
        name = f"Table A{place + 1}"
        grid = None if table is None else self._fit(table, self.appendix_tables)
        entry = {"name": name, "of": of, "caption": caption, "lead": lead, "notes": list(notes)}
        self.appendix.append({**entry, "grid": grid})
        return {"kind": "elsewhere", "name": name, "caption": caption, "place": place}

    def _place_of(self, section: str) -> int:
        if section not in self.places:
            raise ReportError(
                "A checklist points to a section that the report does not have.",
                expected="the id of a section of this report",
                found="an id that no section has",
                fix="Name one of the report's sections, or leave the item without one.",
            )
        return self.places[section]
