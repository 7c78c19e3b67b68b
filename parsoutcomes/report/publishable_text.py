"""The sentences of a publishable report that are the same for every clinic.

The check of the finished files takes these out before it looks for numbers, so none may hold a
number that came from a clinic.
"""

from __future__ import annotations

from typing import Final

from parsoutcomes.conventions import GRACE_MONTHS, HORIZON_MONTHS
from parsoutcomes.wording import format_months

AUDIENCE_NOTE: Final = "For publication: counts rounded to 5, small ones withheld"
_HORIZON: Final = format_months(HORIZON_MONTHS)
_LATEST: Final = format_months(HORIZON_MONTHS + GRACE_MONTHS)

SCOPE: Final = (
    "This is one clinic's record of treated patients without a control group. Union at or above a "
    "published series does not show that the brace works: some fractures unite without one."
)
NO_DATES: Final = (
    "The source gives no fitting dates, so everybody in it is reported, whatever the year."
)
ROUNDED: Final = (
    "Counts are rounded to the nearest 5, so that parts need not add up to their total."
)
UNITS: Final = (
    "A patient with two fractured pars counts twice per pars and once per patient; per patient, "
    "union means that every target pars united. Complete union, and partial or complete union, "
    "stand side by side because published series use either."
)
TOO_FEW: Final = "The numbers behind it are too small to publish, or do not tell it."
ESTIMATED: Final = (
    "The estimate counts everybody: those not yet due, and those whose scans leave the day of "
    "union open, with what their scans say. The share among those of known status leaves them out, "
    "and is too high where early union is known sooner than its absence."
)
CURVE: Final = (
    "Union is seen at a scan but happened before it, so its time is known only between two scans. "
    "The points estimate how many had united by each month, everybody counted; surgery before "
    "union counts as not united."
)
NOT_SHOWN: Final = (
    "What this comparison cannot show: that the brace works. The series differ from this clinic in "
    "who was selected, how pars were imaged, what counted as union and when it was judged; only "
    "the mix of stages is adjusted for, and nobody here went without the brace."
)
RATIO_WORDS: Final = (
    "Observed over expected is the number estimated to have united by the horizon, divided by how "
    "many would have, had each stage united at the series' rate. Above one is more union than "
    "in the series."
)

LIMITS: Final = (
    (
        "No control group",
        "Some fractures unite without a brace. All union here is counted as seen in braced "
        "patients, which favours the brace.",
    ),
    (
        "The clinic supplies the brace, keeps the records and reports on itself",
        "Readings were not blinded to treatment. This may favour union.",
    ),
    (
        "Unknown status",
        "Those without a scan in time may be well and see no need for one (the rate is then too "
        "low) or be treated elsewhere (too high).",
    ),
    (
        "Pars that were terminal at fitting are not targets",
        "They seldom unite; leaving them out raises the rate.",
    ),
    (
        "Union up to the end of the grace period counts",
        f"The estimate is of union seen up to {_LATEST}, so it is slightly higher than union on "
        f"the very day at {_HORIZON}.",
    ),
    (
        "Rounding and withholding",
        "Rounded counts move a percentage either way; the intervals are wider for it. Groups with "
        "few patients, or nearly all of one kind, are missing here, which says nothing about how "
        "they fared.",
    ),
)
METHODS: Final = (
    (
        "Union by the horizon and over time",
        "Joint nonparametric maximum likelihood of union and surgery, from scans grouped to "
        "planned visits, given in number of pars or patients and then rounded like a count.",
    ),
    (
        "Share of known status",
        f"United on a scan by {_LATEST} ({_HORIZON} and a month of grace), among those due whose "
        "status is known.",
    ),
    (
        "Percentages",
        "From the rounded counts, in whole per cent. Where fewer than 8 are on one side, only how "
        "high or low the share is at least or at most, whatever the exact count.",
    ),
    (
        "Intervals",
        "Wilson score, from the rounded counts, the pars of one patient taken to share one fate, "
        "and widened for the rounding; limits rounded outwards.",
    ),
    (
        "Comparison",
        "Expected union at the published rates of early and progressive pars and at the rounded "
        "numbers of ours. Limits of both shares put together on the log scale. Withheld below 20 "
        "pars.",
    ),
    (
        "Protection of patients",
        "Counts below 8 are withheld, nought among them, and in groups also every count whose rest "
        "is below 8; others are rounded to the nearest 5. More is withheld where a total, a rest, "
        "another table or last year's report would leave a reader fewer than 3 values for a count "
        "withheld. Every file is read again and checked before it is handed over.",
    ),
)
DEFINITIONS: Final = (
    ("Pars", "One side of one vertebra: a fracture on both sides is two pars."),
    ("Target pars", "A pars treated with the aim of union: not terminal at fitting."),
    ("Complete union", "Read as united across the fracture on CT."),
    ("Partial or complete union", "Read on CT as united at least in part."),
    ("Per patient", "United when every target pars of the first course of treatment is."),
    ("Not yet due", "Fitted too late before the end of follow-up to be judged."),
    (
        "Stage at fitting",
        "Pre-lysis: high signal on MRI without a fracture line on CT. Early: hairline. "
        "Progressive: a gap. Terminal: sclerotic edges.",
    ),
    (
        "Interval",
        "A range of values with which the records are compatible at the stated level; not the "
        "range in which patients lie.",
    ),
    (
        "Withheld",
        "Not given: it, or something that follows from it, is too small, or the records do not "
        "tell it.",
    ),
)
WITHHELD_WORDS: Final = (
    "Counts below 8, whatever they are, and whatever would give one away: rests, percentages and "
    "lines of groups.",
    "Everything about single patients: dates, ages, sport, level, marks in figures, free text.",
    "Results that rest on few patients by nature: predictors, one year alone, questionnaires, "
    "return to sport, safety, surgery, completeness by year, and how the records were read.",
    "P-values, and observed over expected below 20 pars.",
)
FIXED_TEXTS: Final = (
    *(AUDIENCE_NOTE, SCOPE, NO_DATES, ROUNDED, UNITS, TOO_FEW, ESTIMATED, CURVE, NOT_SHOWN),
    RATIO_WORDS,
    *(text for pairs in (LIMITS, METHODS, DEFINITIONS) for pair in pairs for text in pair),
    *WITHHELD_WORDS,
)
