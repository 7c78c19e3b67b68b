"""The publishable report: a whitelist written from rounded counts, never a redaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parsoutcomes.conventions import CONF_LEVEL, HORIZON_MONTHS
from parsoutcomes.report import publishable_text as words
from parsoutcomes.report.content import (
    Block,
    Bullets,
    Finding,
    Note,
    Paragraph,
    Report,
    Section,
    TableBlock,
    Terms,
)
from parsoutcomes.report.publishable_cells import (
    DUE,
    KNOWN,
    MIX,
    RECORDS,
    REST_LABEL,
    TARGETS,
    Line,
    group_lines,
    month_lines,
    overall_lines,
)
from parsoutcomes.report.publishable_counts import (
    PublishableCounts,
    compare_published,
    share_estimated,
    share_known,
    tabulate_published,
)
from parsoutcomes.report.publishable_figures import show_months, show_ratios, show_shares
from parsoutcomes.results.published import WITHHELD, PublishedShare, PublishedShares
from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.wording import format_list, format_months, start_sentence

_LEVEL: Final = f"{100 * CONF_LEVEL:g}% interval"
_HORIZON: Final = format_months(HORIZON_MONTHS)
_STEPS: Final = (
    (RECORDS, "In the records"),
    (TARGETS, "Treated as targets"),
    (DUE, f"Due at {_HORIZON}"),
    (KNOWN, f"Of known status at {_HORIZON}"),
)
_BLOCKS: Final = (
    ("Everyone", overall_lines()),
    ("Complete union per pars, by stage", group_lines("stage")),
    ("Complete union per pars, by laterality", group_lines("laterality")),
)


def write_publishable(published: PublishableCounts, *, title: str, clinic: str) -> Report:
    """Write a report that may be published.

    Parameters
    ----------
    published : PublishableCounts
        All that it may know.
    title, clinic : str
        For the title page.

    Returns
    -------
    Report
        Content with drawn figures; its numbers are the published ones only.
    """
    ratios = compare_published(published)
    lines = [line for _, some in _BLOCKS for line in some]
    shares = [
        *(share_estimated(published, line) for line in (*lines, *month_lines())),
        *(share_known(published, line) for line in lines),
    ]
    return Report(
        title=title,
        clinic=clinic,
        period=write_period(published),
        audience_note=words.AUDIENCE_NOTE,
        audience="publishable",
        sections=_write_sections(published, ratios),
        numbers=tabulate_published(published, shares, ratios),
    )


def write_period(published: PublishableCounts) -> str:
    """Return whom the report covers, to the year."""
    if not published.is_period_judged:
        return words.NO_DATES
    return f"Everyone fitted with a brace up to the end of {published.year}."


def _write_sections(
    published: PublishableCounts, ratios: tuple[PublishedShare, ...]
) -> tuple[Section, ...]:
    parts: tuple[tuple[str, str, Sequence[Block]], ...] = (
        ("headlines", "Headline findings", _write_headlines(published, ratios)),
        ("included", "Who was included", _write_included(published)),
        ("case-mix", "Case mix", _write_case_mix(published)),
        ("rates", "Union rates", _write_rates(published)),
        ("time", "Time to union", _write_time(published)),
        ("comparison", "Comparison with published series", _write_comparison(ratios)),
        ("limits", "Limits, and which way they lean", [Terms(items=words.LIMITS)]),
        ("methods", "Methods", [Terms(items=words.METHODS)]),
        ("definitions", "Definitions", [Terms(items=words.DEFINITIONS)]),
        ("withheld", "What was withheld", [Bullets(items=words.WITHHELD_WORDS)]),
        ("references", "References", _write_references(published)),
    )
    return tuple(Section(id=name, title=title, blocks=tuple(some)) for name, title, some in parts)


def write_share(published: PublishableCounts, line: Line) -> str:
    """Return the headline of a line as one sentence with its unit and who is known."""
    share = share_estimated(published, line)
    unit, union = (part.strip() for part in line.label.split(","))
    if share.text == WITHHELD:
        return f"{start_sentence(union)} by {_HORIZON} {unit.lower()} is withheld. {words.TOO_FEW}"
    whom = f"{share.whole} patients"
    if line.unit == "pars":
        whom = f"{share.whole} target pars in {published.text_of(line.patients)} patients"
    said = share.text.replace("(", f"({_LEVEL} ")
    known = published.text_of(line.known)
    return (
        f"By {_HORIZON}, {unit.lower()}, {said} of {whom} are estimated to have reached {union}; "
        f"status known for {known}."
    )


def _write_headlines(
    published: PublishableCounts, ratios: tuple[PublishedShare, ...]
) -> list[Block]:
    lines = {line.id: line for line in overall_lines()}
    return [
        Finding(text=write_share(published, lines["rates/pars/complete"]), source="rates"),
        Finding(text=write_share(published, lines["rates/patients/complete"]), source="rates"),
        Finding(text=write_ratios(ratios), source="comparison"),
        Note(items=(words.SCOPE,), kind="scope"),
    ]


def write_verdict(ratios: Sequence[PublishedShare]) -> str:
    """Return how union stands to the series, naming each, as the rounded counts alone tell it."""
    given = [ratio for ratio in ratios if ratio.is_given]
    if not given:
        return f"The comparison with published series is withheld. {words.TOO_FEW}"
    sides = [_side(ratio) for ratio in given]
    if len(set(sides)) == 1:
        verdict = f"{sides[0]} {format_list([ratio.label for ratio in given])}"
    else:
        named = [f"{side} {ratio.label}" for side, ratio in zip(sides, given, strict=True)]
        verdict = f"{format_list(named)}, so the answer depends on the series"
    return (
        f"At the same mix of stages, union of {given[0].whole} early and progressive pars "
        f"{verdict}."
    )


def write_ratios(ratios: Sequence[PublishedShare]) -> str:
    """Return the verdict with its numbers."""
    numbers = [
        f"{ratio.text.replace('(', f'({_LEVEL} ')} against {ratio.label}"
        for ratio in ratios
        if ratio.is_given
    ]
    told = f" Observed over expected: {'; '.join(numbers)}." if numbers else ""
    return write_verdict(ratios) + told


def _side(ratio: PublishedShare) -> str:
    if ratio.conf_low > 1:
        return "was above"
    return "was below" if ratio.conf_high < 1 else "could not be told from"


def _write_included(published: PublishableCounts) -> list[Block]:
    rows = tuple(
        (
            words_of_step,
            published.text_of(f"{step}/pars"),
            published.text_of(f"{step}/patients"),
            *(
                "" if step == RECORDS else published.text_of(f"{step}/{unit}/left_out")
                for unit in ("pars", "patients")
            ),
        )
        for step, words_of_step in _STEPS
    )
    table = DisplayTable(
        heads=("Step", "Pars", "Patients", "Pars left out before it", "Patients left out"),
        rows=rows,
    )
    return [
        Paragraph(text=write_period(published)),
        Paragraph(text=words.ROUNDED),
        TableBlock(id="flow", caption="Flow of pars and patients", table=table, source="flow"),
    ]


def _write_case_mix(published: PublishableCounts) -> list[Block]:
    rows = tuple(
        (head, label, unit, published.text_of(f"mix/{name}/{label}"))
        for name, head, unit, categories in MIX
        for label in (*(label for label, _ in categories), REST_LABEL)
    )
    heads = ("At fitting", "Category", "Unit", "Number")
    table = DisplayTable(heads=heads, rows=rows, n_row_heads=2, text_columns=(2,))
    return [TableBlock(id="case-mix", caption="Case mix at fitting", table=table, source="mix")]


def _write_rates(published: PublishableCounts) -> list[Block]:
    findings = [
        Finding(text=write_share(published, line), source="rates") for line in overall_lines()
    ]
    first = overall_lines()[0]
    subtitle = (
        f"Share united by {_HORIZON}, everyone counted; {_LEVEL}s; from counts rounded to fives"
    )
    shares = PublishedShares(
        title=write_share(published, first),
        subtitle=subtitle,
        blocks=tuple(
            (head, tuple(share_estimated(published, line) for line in lines))
            for head, lines in _BLOCKS
        ),
    )
    known = DisplayTable(
        heads=("Group", "Status known", "Share united of those"),
        rows=tuple(
            (start_sentence(share.label), share.whole, share.text)
            for _, lines in _BLOCKS
            for share in (share_known(published, line) for line in lines)
        ),
    )
    return [
        Paragraph(text=words.UNITS),
        *findings,
        Paragraph(text=words.ESTIMATED),
        show_shares("rates", "Union rates", shares, source="rates"),
        TableBlock(
            id="known-status",
            caption="Share united among those of known status",
            table=known,
            source="rates",
        ),
    ]


def _write_time(published: PublishableCounts) -> list[Block]:
    shares = [share_estimated(published, line) for line in month_lines()]
    given = [f"{share.text} {share.label.lower()}" for share in shares if share.text != WITHHELD]
    finding = f"The curve over time is withheld. {words.TOO_FEW}"
    if given:
        whom = f"{shares[0].whole} target pars" if shares[0].whole != WITHHELD else "target pars"
        finding = (
            f"Of {whom}, estimated with complete union: {format_list(given)} ({_LEVEL}s in "
            "brackets)."
        )
    drawn = PublishedShares(
        title=finding,
        subtitle=f"Complete union per pars, everyone counted; {_LEVEL}s; counts rounded to fives",
        blocks=(("", tuple(shares)),),
    )
    return [
        Finding(text=finding, source="time"),
        Paragraph(text=words.CURVE),
        show_months("time", "Cumulative union over time", drawn, source="time"),
    ]


def _write_comparison(ratios: tuple[PublishedShare, ...]) -> list[Block]:
    finding = write_ratios(ratios)
    blocks: list[Block] = [Finding(text=finding, source="comparison")]
    if any(ratio.is_given for ratio in ratios):
        drawn = PublishedShares(
            title=write_verdict(ratios),
            subtitle=f"Observed over expected union of early and progressive pars; {_LEVEL}s",
            blocks=(("", ratios),),
        )
        caption = "Observed over expected union against published series"
        blocks.append(show_ratios("comparison", caption, drawn, source="comparison"))
    return [
        *blocks,
        Paragraph(text=words.RATIO_WORDS),
        Note(items=(words.NOT_SHOWN,), kind="scope"),
    ]


def _write_references(published: PublishableCounts) -> list[Block]:
    if not published.references:
        return [Paragraph(text="No source was needed.")]
    return [Bullets(items=published.references)]
