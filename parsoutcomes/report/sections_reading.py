"""Sections that help to read the rest: limits, methods, definitions, references, provenance."""

from __future__ import annotations

import math
from typing import Final

from parsoutcomes.conventions import GRACE_MONTHS, HORIZON_MONTHS
from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Bullets, Finding, Paragraph, Terms
from parsoutcomes.results.base import Citation
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.rows import index_measures
from parsoutcomes.wording import format_months, format_percent

_LIMITS: Final = (
    (
        "No control group",
        "Some fractures unite without a brace. All union here is counted as seen in braced "
        "patients, which favours the brace.",
    ),
    (
        "The clinic that supplies the brace keeps and reports the records",
        "Readings were not blinded to treatment. This may favour union.",
    ),
    (
        "Unknown status",
        "Those without a scan in the window may be well and see no need for one (the rate is then "
        "too low) or be treated elsewhere (too high). The bounds show how far either could go.",
    ),
    (
        "Scans, not days",
        "Union is seen at the first scan after it happened. Intervals between scans are used; any "
        "analysis by date of first united scan would make union look later than it is.",
    ),
    (
        "When scans are made depends on how the patient is",
        "Scans prompted by pain find non-union early, scans prompted by recovery find union early. "
        "The direction is not known.",
    ),
    (
        "Pars that were terminal at fitting are not targets",
        "They seldom unite; leaving them out raises the rate. They are counted in the flow.",
    ),
    (
        "Union up to the end of the grace period counts",
        "The estimate is of union by the horizon plus the grace period, so it is slightly higher "
        "than union on the very day of the horizon.",
    ),
    (
        "Stage and union are read from CT by the treating team",
        "Differences between readers blur differences between groups, which then look smaller than "
        "they are.",
    ),
    (
        "Months of brace",
        "Months actually worn are never compared: those who heal early stop early (immortal time). "
        "Months prescribed are confounded by indication, so longer prescriptions look worse.",
    ),
    (
        "Treatment beside the brace",
        "Rest is part of the treatment, and physiotherapy, ultrasound or vitamin D may be. What "
        "they add cannot be told from what the brace adds, which favours the brace.",
    ),
    (
        "Who comes to this clinic",
        "Those referred, found eligible and willing may be more, or less, likely to unite than "
        "those in published series. The direction is not known.",
    ),
    (
        "Pain and function before treatment",
        "Patients come when it hurts most, so scores improve by themselves (regression to the "
        "mean). All improvement is counted, which favours the treatment.",
    ),
    (
        "Events that nobody wrote down",
        "Adverse events, recurrence and new lesions count only when recorded, so their rates are "
        "too low if anything.",
    ),
)

_MANY: Final = (
    "Many groups, one cohort: with this many lines some stand apart by chance. No line was chosen "
    "for its result; one comparison, that with published series, was fixed beforehand, and nothing "
    "else is a test of the clinic."
)
_MEASURES: Final = {
    "union_npmle": "Estimated union",
    "union_known_status": "Share of status known",
}

GUIDELINES: Final = (
    Citation(
        text="von Elm E, Altman DG, Egger M et al. PLoS Med 2007;4:e296.",
        doi="10.1371/journal.pmed.0040296",
    ),
    Citation(
        text="Sterne JAC, Hernán MA, Reeves BC et al. BMJ 2016;355:i4919.",
        doi="10.1136/bmj.i4919",
    ),
)


def write_limits(analyses: Analyses) -> list[Block]:
    """Write what the figures cannot carry, each with the direction in which it leans."""
    multiplicity = Finding(text=analyses.results["multiplicity"].finding, source="multiplicity")
    return [*_write_bounds(analyses), Terms(items=_LIMITS), multiplicity, Paragraph(text=_MANY)]


def _write_bounds(analyses: Analyses) -> list[Block]:
    rates = analyses.find("rates-pars-complete", UnionRates)
    if rates is None:
        return []
    measures = index_measures(rates.frame)
    low = float(measures["bound_unknown_not_united"]["estimate"])
    high = float(measures["bound_unknown_united"]["estimate"])
    n_unknown = int(measures["union_known_status"]["n_unknown"])
    if not (math.isfinite(low) and n_unknown):
        return []
    text = (
        f"If none of the {n_unknown} pars due and of unknown status had united, complete union "
        f"would be {format_percent(low)}; if all had, {format_percent(high)}."
    )
    return [Finding(text=text, source="rates-pars-complete")]


def write_methods(analyses: Analyses) -> list[Block]:
    """Write what was run, in the words of the results themselves."""
    by_method: dict[str, list[str]] = {}
    for name, result in analyses.results.items():
        if result.method and name not in ("intake", "period", "multiplicity"):
            by_method.setdefault(result.method, []).append(_method_head(name, result.title))
    items = tuple(
        ("; ".join(dict.fromkeys(heads)), _in_words(method)) for method, heads in by_method.items()
    )
    return [
        Paragraph(
            text=(
                "Every percentage comes with its interval, its unit and who was left out. "
                "Intervals take patients, not pars, as independent. "
                "Nothing was selected by its p-value."
            )
        ),
        Terms(items=items),
    ]


def _method_head(name: str, title: str) -> str:
    """Return one head for all results that share a method."""
    if "rates" in name:
        return f"Union rates {'per patient' if 'patients' in name else 'per pars'}"
    return "Time to union" if name.startswith("time") else title


def _in_words(method: str) -> str:
    for measure, words in _MEASURES.items():
        method = method.replace(measure, words)
    return method


def write_definitions(analyses: Analyses) -> list[Block]:
    """Write what the words mean here."""
    del analyses
    horizon, grace = format_months(HORIZON_MONTHS), format_months(GRACE_MONTHS)
    items = (
        ("Pars", "One side of one vertebra: a fracture on both sides is two pars."),
        ("Target pars", "A pars treated with the aim of union: not terminal at fitting."),
        ("Time zero", "The day the brace was fitted."),
        ("Complete union", "Read as united across the fracture on CT."),
        ("Partial or complete union", "Read on CT as united at least in part."),
        ("Per patient", "United when every target pars of the first course of treatment is."),
        (
            f"By {horizon}",
            f"United: seen on a scan up to {grace} later. Not united: none seen on a scan at most "
            f"{grace} before then, or later, or surgery first. Otherwise unknown.",
        ),
        ("Not yet due", "Fitted too late before data lock to be judged; out of every proportion."),
        (
            "Stage at fitting",
            "Pre-lysis: high signal on MRI without a fracture line on CT. Early: hairline. "
            "Progressive: a gap. Terminal: sclerotic edges.",
        ),
        ("Laterality", "Unilateral or bilateral at that vertebra."),
        (
            "Interval",
            "A range of values with which the records are compatible at the stated level; not the "
            "range in which patients lie.",
        ),
        (
            "Observed over expected",
            "Pars united here, divided by how many would have been had each stage united at the "
            "published rate.",
        ),
        ("Data lock", "The last day on which follow-up is counted."),
    )
    return [Terms(items=items)]


def write_references(analyses: Analyses) -> list[Block]:
    """Write the sources behind the methods and the published rates."""
    cited = dict.fromkeys(
        [
            *GUIDELINES,
            *(one for result in analyses.results.values() for one in result.citations),
        ]
    )
    items = tuple(sorted(_citation_text(citation) for citation in cited))
    return [Bullets(items=items)]


def _citation_text(citation: Citation) -> str:
    has_doi = bool(citation.doi) and citation.doi not in citation.text
    return f"{citation.text} doi:{citation.doi}" if has_doi else citation.text


def write_provenance(provenance: tuple[tuple[str, str], ...]) -> tuple[Block, ...]:
    """Write versions, input, seed and dates passed in."""
    opening = Paragraph(
        text="The same source, versions, seed and resamples give the same bytes; no clock is read."
    )
    return (opening, Terms(items=provenance))
