"""One page for patients and parents: short words, short sentences, the same numbers."""

from __future__ import annotations

import math
from typing import Final

from parsoutcomes.conventions import MIN_DEFECTS_FOR_CLAIM, MIN_PATIENTS_FOR_CLAIM
from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Note, Paragraph
from parsoutcomes.results.comparison import BaselineComparison
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.rows import Row, index_measures, list_rows
from parsoutcomes.results.safety import SHARE, Safety
from parsoutcomes.results.scores import Scores
from parsoutcomes.wording import format_count, format_months, format_percent

_OPENING: Final = (
    "This page is for patients and parents. A pars fracture is a small crack in a bone low down in "
    "the back. It is common in young people who do a lot of sport. Here it is treated with a stiff "
    "brace and rest from sport. This page says how the cracks healed."
)
_NOT_PROOF: Final = (
    "This does not show that the brace works. Some cracks heal with rest alone. Nobody here went "
    "without the brace, so we cannot tell what the brace added."
)
_ASK: Final = (
    "Your own crack may do better or worse than most. Please ask your team what all this means for "
    "you."
)
_NO_NOTES: Final = "Our notes do not say if the brace caused problems."
_TOO_FEW: Final = "We have too few scans to say how many cracks healed."
_TOO_FEW_PEOPLE: Final = "We have too few people here to say how many cracks healed."
_VERDICTS: Final = {
    "above": (
        "We looked at what other clinics found. More cracks healed here than we would expect from "
        "their results."
    ),
    "below": (
        "We looked at what other clinics found. Fewer cracks healed here than we would expect from "
        "their results."
    ),
    "not distinguishable": (
        "We looked at what other clinics found. Our results may be the same as theirs, or a bit "
        "better, or a bit worse. We cannot tell yet."
    ),
    "depends on the reference": (
        "We looked at what other clinics found. They do not agree with each other. So how we "
        "compare depends on which clinic you look at."
    ),
    "no verdict": (
        "We looked at what other clinics found. We do not have enough patients to say how we "
        "compare."
    ),
}
_STAGES: Final = {
    "early": "cracks found early",
    "progressive": "cracks found late, with a gap in the bone",
}


def write_plain(analyses: Analyses) -> list[Block]:
    """Write the page for patients and parents."""
    return [
        Paragraph(text=_OPENING),
        *_write_rates(analyses),
        *_write_stages(analyses),
        *_write_verdict(analyses),
        *_write_pain(analyses),
        *_write_harm(analyses),
        Note(items=(_NOT_PROOF,), kind="scope"),
        Paragraph(text=_ASK),
    ]


def _write_rates(analyses: Analyses) -> list[Block]:
    pars = analyses.find("rates-pars-complete", UnionRates)
    if pars is None or not _is_told(_headline(pars)):
        return [Paragraph(text=_TOO_FEW)]
    if not _is_enough(_headline(pars)):
        return [Paragraph(text=_TOO_FEW_PEOPLE)]
    row = _headline(pars)
    text = (
        f"By {format_months(pars.horizon_months)} about {_in_100(row['estimate'])} in every 100 "
        f"cracks had healed all the way.{_write_limits(row)}"
    )
    told: list[Block] = [Finding(text=text, source="rates-pars-complete")]
    return [*told, *_write_patients(analyses), *_write_unknown(row)]


def _write_patients(analyses: Analyses) -> list[Block]:
    patients = analyses.find("rates-patients-complete", UnionRates)
    if patients is None or not _is_enough(_headline(patients)):
        return []
    row = _headline(patients)
    text = (
        f"Some people have two cracks or more. About {_in_100(row['estimate'])} in every 100 "
        f"people had all of their cracks heal.{_write_limits(row)}"
    )
    return [Finding(text=text, source="rates-patients-complete")]


def _write_unknown(row: Row) -> list[Block]:
    n = int(row["n_unknown"])
    if not n:
        return []
    cracks = format_count(n, "crack", "cracks")
    text = f"For {cracks} there was no scan at the right time. We do not know if they healed."
    return [Finding(text=text, source="rates-pars-complete")]


def _write_stages(analyses: Analyses) -> list[Block]:
    by_stage = analyses.find("rates-by-stage", UnionRates)
    if by_stage is None:
        return []
    rows = [
        row
        for row in list_rows(by_stage.frame[by_stage.frame["measure"].eq("union_npmle")])
        if row["stage"] in _STAGES and _is_enough(row)
    ]
    if not rows:
        return []
    parts = [
        f"Of {_STAGES[row['stage']]}, about {_in_100(row['estimate'])} in every 100 healed."
        f"{_write_limits(row)}"
        for row in rows
    ]
    return [Finding(text=" ".join(parts), source="rates-by-stage")]


def _write_verdict(analyses: Analyses) -> list[Block]:
    comparison = analyses.find("comparison", BaselineComparison)
    verdict = "no verdict" if comparison is None else comparison.verdict
    return [Paragraph(text=_VERDICTS.get(verdict, _VERDICTS["no verdict"]))]


def _write_pain(analyses: Analyses) -> list[Block]:
    scores = analyses.find("scores", Scores)
    if scores is None:
        return []
    frame = scores.frame
    pain = frame[frame["instrument"].eq("pain_nrs") & frame["measure"].eq("mean_change")]
    if pain.empty or not _is_told(list_rows(pain)[0]):
        return []
    row = list_rows(pain)[0]
    way = "less" if row["estimate"] < 0 else "more"
    text = (
        f"We asked how bad the pain was, on a scale of ten steps. By "
        f"{format_months(row['months'])} it was {abs(row['estimate']):.1f} points {way} than at "
        f"the start. This is the mean of {int(row['n_patients'])} people who told us both times. "
        "Pain often gets better by itself too."
    )
    return [Finding(text=text, source="scores")]


def _write_harm(analyses: Analyses) -> list[Block]:
    safety = analyses.find("safety", Safety)
    if safety is None:
        return [Paragraph(text=_NO_NOTES)]
    rows = {row["event"]: row for row in list_rows(safety.frame) if row["measure"] == SHARE}
    parts = []
    if "surgery" in rows:
        row = rows["surgery"]
        people = format_count(int(row["n_patients_with_event"]), "had", "had")
        parts.append(f"Of {int(row['n_patients'])} people, {people} an operation for the crack.")
    problems = next((row for event, row in rows.items() if event.startswith("any")), None)
    if problems is not None:
        n = int(problems["n_patients_with_event"])
        whom = format_count(n, "person", "people") if n else "nobody"
        parts.append(f"Problems with the brace, such as sore skin, were noted for {whom}.")
        parts.append("There may have been some that nobody wrote down.")
    else:
        parts.append(_NO_NOTES)
    return [Finding(text=" ".join(parts), source="safety")]


def _headline(rates: UnionRates) -> Row:
    return index_measures(rates.frame)["union_npmle"]


def _is_told(row: Row) -> bool:
    return math.isfinite(float(row["estimate"])) and math.isfinite(float(row["conf_low"]))


def _is_enough(row: Row) -> bool:
    """Whether a share may be told to people who will not weigh its interval."""
    n_known = int(row["n_defects"]) - int(row["n_unknown"])
    has_enough = n_known >= MIN_DEFECTS_FOR_CLAIM and row["n_patients"] >= MIN_PATIENTS_FOR_CLAIM
    return has_enough and _is_told(row)


def _in_100(share: float) -> str:
    return format_percent(share).removesuffix("%")


def _write_limits(row: Row) -> str:
    low, high = _in_100(row["conf_low"]), _in_100(row["conf_high"])
    return f" We cannot be sure: it could be from {low} to {high}."
