"""The STROBE items for cohort studies, and where this report answers each, in our own words."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.config import ReportConfig
from parsoutcomes.report.content import Block, Checklist, ChecklistItem, Paragraph

_SHOWN: Final = "Given"
_OPENING: Final = (
    "The items of the STROBE statement for cohort studies, shortened, each with the sections that "
    "answer it. What the clinic did not state or record is named as such."
)

_ITEMS: Final[tuple[tuple[str, str, str, tuple[str, ...]], ...]] = (
    ("1a", "Design named at the start", "Headline findings; a cohort", ("headlines", "design")),
    ("1b", "Balanced summary", _SHOWN, ("headlines", "plain")),
    ("2", "Background", _SHOWN, ("design", "comparison")),
    ("3", "Objectives and hypotheses", _SHOWN, ("design",)),
    ("4", "Key elements of design", _SHOWN, ("design",)),
    ("5", "Setting, places and dates", "{setting}", ("design", "included")),
    ("6a", "Eligibility, sources, follow-up", "{eligibility}", ("design", "included", "intake")),
    ("6b", "Matching", "Not applicable: nobody was matched", ()),
    ("7", "Outcomes, predictors, confounders defined", _SHOWN, ("definitions",)),
    (
        "8",
        "Sources and measurement of each variable",
        "{diagnosis}",
        ("definitions", "imaging", "intake"),
    ),
    ("9", "Efforts against bias", _SHOWN, ("limits", "bias", "sensitivity")),
    ("10", "How the size of the study came about", "{size}", ("comparison",)),
    ("11", "Handling of quantitative variables", _SHOWN, ("methods", "predictors")),
    ("12a", "Statistical methods, confounding", _SHOWN, ("methods",)),
    ("12b", "Subgroups and interactions", "Subgroups; no interactions", ("rates", "predictors")),
    ("12c", "Missing data", _SHOWN, ("completeness", "methods")),
    ("12d", "Loss to follow-up", _SHOWN, ("completeness", "time", "sensitivity")),
    ("12e", "Sensitivity analyses", _SHOWN, ("sensitivity", "comparison")),
    ("13a", "Numbers at each stage", "{referrals}", ("included",)),
    ("13b", "Reasons for leaving out", _SHOWN, ("included",)),
    ("13c", "Flow diagram", "{flow}", ("included",)),
    ("14a", "Characteristics of participants", _SHOWN, ("case-mix",)),
    ("14b", "Missing data of each variable", _SHOWN, ("completeness",)),
    ("14c", "Follow-up time", _SHOWN, ("completeness",)),
    ("15", "Outcome events over time", _SHOWN, ("rates", "time", "by-year")),
    ("16a", "Estimates with precision, crude and standardised", _SHOWN, ("rates", "comparison")),
    ("16b", "Boundaries of categories", _SHOWN, ("case-mix", "definitions")),
    ("16c", "Absolute rather than relative risks", "{absolute}", ("predictors",)),
    ("17", "Other analyses", _SHOWN, ("duration", "recovery", "safety", "sensitivity")),
    ("18", "Key results for the objectives", _SHOWN, ("headlines",)),
    ("19", "Limitations, with direction of bias", _SHOWN, ("limits", "bias")),
    ("20", "Cautious interpretation", _SHOWN, ("headlines", "comparison", "limits")),
    ("21", "Generalisability", _SHOWN, ("limits", "comparison")),
    ("22", "Funding", "{funding}", ("statements",)),
)


def write_strobe(analyses: Analyses, config: ReportConfig) -> list[Block]:
    """Write the checklist; what is missing is an answer too."""
    facts = _describe(analyses, config)
    items = tuple(
        ChecklistItem(label=label, topic=topic, answer=answer.format(**facts), sections=sections)
        for label, topic, answer, sections in _ITEMS
    )
    checklist = Checklist(id="strobe-items", caption="STROBE, cohort studies", items=items)
    return [Paragraph(text=_OPENING), checklist]


def _describe(analyses: Analyses, config: ReportConfig) -> dict[str, str]:
    counts = (config.n_referred, config.n_eligible, config.n_declined)
    n_told = sum(count is not None for count in counts)
    referrals = {0: "From fitting on; before it not recorded", 3: _SHOWN}
    return {
        "setting": _SHOWN if config.setting else "Dates given; setting not stated",
        "eligibility": _SHOWN if config.eligibility else "Sources given; eligibility not stated",
        "diagnosis": _SHOWN if config.diagnosis else "Definitions given; diagnosis not stated",
        "size": (
            "Everybody fitted; what so many could show is given"
            if "plan" in analyses.results
            else "Everybody fitted; what so many could show cannot be said"
        ),
        "referrals": referrals.get(n_told, "From fitting on; before it recorded in part"),
        "flow": _SHOWN if "flow" in analyses.results else "Not available",
        "absolute": _SHOWN if "predictors" in analyses.results else "No model could be fitted",
        "funding": _SHOWN if config.funding else "Not stated",
    }
