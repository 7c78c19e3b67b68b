"""A report with one block of each kind, for the tests of the documents made from it."""

from __future__ import annotations

import dataclasses
import io

import pandas as pd
from matplotlib.figure import Figure

from parsoutcomes.report.content import (
    Bullets,
    Checklist,
    ChecklistItem,
    Comment,
    FigureBlock,
    Finding,
    Note,
    Paragraph,
    Report,
    Section,
    TableBlock,
    Terms,
)
from parsoutcomes.tables.display import DisplayTable

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="120" viewBox="0 0 400 120">'
    '<rect x="20" y="40" width="240" height="20" fill="#0072B2"/>'
    '<text x="20" y="30" style="font: 12px \'DejaVu Sans\', Verdana, sans-serif">{}</text></svg>'
)
RATES = DisplayTable(
    heads=("Stage", "Pars", "Estimated union (interval)", "Remark"),
    rows=(("early", "44", "79% (64 to 89)", "none"), ("progressive", "40", "22% (11 to 40)", "")),
    text_columns=(3,),
)
FIGURE = FigureBlock(
    id="rates",
    caption="Union rates by stage",
    alt="Union is more frequent in early than in progressive pars.",
    source="rates",
    svg=DRAWING.format("early 79%"),
    table=RATES,
)


def logo() -> bytes:
    """A small picture."""
    pixels = io.BytesIO()
    figure = Figure(figsize=(1, 0.5))
    figure.text(0.5, 0.5, "C")
    figure.savefig(pixels, format="png", dpi=20, metadata={"Software": None})
    return pixels.getvalue()


def make_report(text: str = "Plain words.", **changes: object) -> Report:
    """Every kind of block; `text` stands wherever a person's own words can."""
    long = DisplayTable(
        heads=("Row", "What was done"),
        rows=tuple((str(n), f"set aside: {text}") for n in range(1, 91)),
        text_columns=(1,),
    )
    findings = Section(
        id="findings",
        title=f"Findings {text}",
        blocks=(
            Finding(text=f"Of 84 pars, 43 united. {text}", source="rates"),
            Paragraph(text=text, source="rates"),
            Note(items=(text,), kind="scope"),
            Note(items=("First.", text), kind="caution"),
            Note(items=("Not given.",), kind="refusal"),
            Bullets(items=("One point.", text)),
            dataclasses.replace(FIGURE, caption=f"Union rates {text}"),
            TableBlock(id="rates", caption="Rates", table=RATES, source="rates", notes=(text,)),
            Comment(text=text, author=f"A. Consultant {text}"),
        ),
    )
    methods = Section(
        id="methods",
        title="Methods",
        blocks=(
            Terms(items=(("Pars", "One side of one vertebra."), (text, text))),
            TableBlock(id="rows", caption="Rows set aside", table=long, is_folded=True),
            Checklist(
                id="strobe",
                caption="STROBE",
                items=(
                    ChecklistItem(
                        label="1a", topic="Design", answer=text, sections=("findings", "methods")
                    ),
                    ChecklistItem(label="22", topic="Funding", answer="Not recorded"),
                ),
            ),
        ),
    )
    report = Report(
        title=f"Union after bracing {text}",
        clinic=f"A clinic {text}",
        period="Fitted to 31 December 2025",
        audience_note="Internal: not for publication",
        authors=("A. Consultant", f"B. Orthotist {text}"),
        logo=logo(),
        logo_alt="Letter C",
        sections=(findings, methods),
        numbers=pd.DataFrame(),
    )
    return dataclasses.replace(report, **changes)  # type: ignore[arg-type]
