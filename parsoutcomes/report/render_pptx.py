"""Content to slides: the headlines, one figure a slide under its finding, and the limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parsoutcomes.report.content import FigureBlock, Finding, Note, Report, Terms
from parsoutcomes.report.fixed_zip import fix_archive
from parsoutcomes.report.office_text import (
    NOTE_HEADS,
    TRACING,
    drop_private_parts,
    finding_of,
    plain_text,
    require_logo,
    require_picture,
    set_properties,
)
from parsoutcomes.report.pptx_deck import Deck, put_notes
from parsoutcomes.report.pptx_fit import fit_list
from parsoutcomes.tables.display import DisplayTable

_HEADLINES: Final = "headlines"
_LIMITS: Final = "limits"
_MOST_HEADLINES: Final = 5
_MOST_ROWS_IN_NOTES: Final = 30
_NO_FINDING: Final = "This report has no finding."
_NO_LIMIT: Final = "This report names no limits: look for them before you trust a number in it."


def render_pptx(report: Report) -> bytes:
    """Set a report as slides to present to the team: one figure a slide, its finding as title.

    For showing, with the notes under each slide. Not for reading alone: methods, definitions and
    tables are in the report.

    Parameters
    ----------
    report : Report
        Finished content with drawn figures. All text is set as text; a character that slides
        cannot hold is shown as "�". A finding too long for a slide ends in "…" and stands in full
        in the notes.

    Returns
    -------
    bytes
        A 16:9 deck; the same bytes for the same report and versions. No clock is read: its date
        is a fixed one, and its properties name the report's authors only.

    Raises
    ------
    ReportError
        When a figure or the logo is not a picture.

    Examples
    --------
    >>> import pandas as pd
    >>> from parsoutcomes.report.content import Finding, Section
    >>> words = Finding(text="Of 10 pars, 8 united.", source="rates")
    >>> slides = render_pptx(
    ...     Report(
    ...         title="Union",
    ...         clinic="",
    ...         period="2025",
    ...         audience_note="Internal",
    ...         sections=(Section(id="headlines", title="Findings", blocks=(words,)),),
    ...         numbers=pd.DataFrame(),
    ...     )
    ... )
    >>> slides[:2]
    b'PK'
    """
    note = plain_text(report.audience_note)
    deck = Deck(note)
    _add_cover(deck, report, note)
    _add_lists(deck, "Headline findings", _headlines(report), note)
    for number, figure in enumerate(report.figures(), start=1):
        _add_figure(deck, figure, number, note)
    _add_lists(deck, "What this does not show", _limits(report), note)
    set_properties(deck.presentation.core_properties, report)
    drop_private_parts(deck.presentation.part)
    return fix_archive(deck.save())


def _add_cover(deck: Deck, report: Report, note: str) -> None:
    told = (report.clinic, report.period, ", ".join(report.authors))
    lines = [plain_text(line) for line in told if line.strip()]
    slide = deck.add_cover(plain_text(report.title) or "Report", lines, foot_line=note)
    if report.logo:
        alt = plain_text(report.logo_alt) or "Logo"
        deck.put_logo(slide, report.logo, require_logo(report), alt)
    put_notes(slide, [*lines, TRACING, note])


def _add_lists(deck: Deck, title: str, items: list[tuple[str, str]], note: str) -> None:
    """Add the short form of each item to slides, the long one to their notes."""
    slides, points = fit_list([short for short, _ in items])
    full = [long for _, long in items]
    for number, shown in enumerate(slides, start=1):
        more = " (continued)" if number > 1 else ""
        slide = deck.add_list(title + more, shown, points)
        told, full = full[: len(shown)], full[len(shown) :]
        put_notes(slide, [*(line for one in told for line in one.split("\n")), note])


def _headlines(report: Report) -> list[tuple[str, str]]:
    chosen = [section for section in report.sections if section.id == _HEADLINES]
    blocks = [block for section in chosen for block in section.blocks]
    own = [block for block in blocks if isinstance(block, Finding)]
    findings = own if chosen else report.findings()
    items = [
        (plain_text(one.text), f"{plain_text(one.text)} Source: {plain_text(one.source)}.")
        for one in findings[:_MOST_HEADLINES]
    ]
    for block in blocks:
        if isinstance(block, Note) and block.kind == "refusal":
            head = NOTE_HEADS[block.kind]
            items += [(f"{head} {plain_text(one)}",) * 2 for one in block.items]
    return items or [(_NO_FINDING, _NO_FINDING)]


def _limits(report: Report) -> list[tuple[str, str]]:
    scope = [
        plain_text(item)
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Note) and block.kind == "scope"
        for item in block.items
    ]
    items = [(one, one) for one in dict.fromkeys(scope)]
    limits = [
        (plain_text(term), plain_text(meaning))
        for section in report.sections
        for block in section.blocks
        if section.id == _LIMITS and isinstance(block, Terms)
        for term, meaning in block.items
    ]
    if limits:
        heads = "; ".join(term for term, _ in limits)
        told = "\n".join(f"{term}: {meaning}" for term, meaning in limits)
        items.append((f"Limits, each with the way it leans in the notes: {heads}.", told))
    return items or [(_NO_LIMIT, _NO_LIMIT)]


def _add_figure(deck: Deck, figure: FigureBlock, number: int, note: str) -> None:
    name = f"Figure {number}"
    caption, measure = f"{name}. {plain_text(figure.caption)}", plain_text(figure.measure)
    slide = deck.add_picture(
        finding_of(figure) or caption,
        figure.png,
        require_picture(figure),
        alt=plain_text(figure.alt or figure.caption),
        caption=f"{caption}. {measure}" if measure else caption,
        name=name,
        cut_above=figure.head_share,
    )
    put_notes(slide, [*_figure_notes(figure, caption), note])


def _figure_notes(figure: FigureBlock, caption: str) -> Iterator[str]:
    finding, alt = plain_text(figure.finding), plain_text(figure.alt)
    if finding and not alt.startswith(finding):
        yield finding
    yield f"What it shows and how to read it: {alt or caption}"
    yield caption
    if figure.measure:
        yield f"Measure: {plain_text(figure.measure)}."
    if figure.source:
        source = plain_text(figure.source)
        yield f"Source: every number is in numbers.csv under {source}."
    if figure.table is not None:
        yield from _table_notes(figure.table)


def _table_notes(table: DisplayTable) -> Iterator[str]:
    """Say the numbers with what each is a count or a share of, row by row."""
    yield "Numbers and denominators:"
    for row in table.rows[:_MOST_ROWS_IN_NOTES]:
        first = max(table.n_row_heads, 1)
        named = ", ".join(cell for cell in row[:first] if cell)
        pairs = zip(table.heads[first:], row[first:], strict=True)
        told = "; ".join(f"{head or 'value'}: {cell}" for head, cell in pairs if cell)
        yield plain_text(f"{named}: {told}" if told else named)
    if len(table.rows) > _MOST_ROWS_IN_NOTES:
        yield "The further rows of this table are only in the report."
