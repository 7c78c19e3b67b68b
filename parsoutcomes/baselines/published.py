"""Published rates of union, read from the files beside this one."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import pandas as pd

from parsoutcomes.baselines.additions import RATE_NUMBERS, add_rates
from parsoutcomes.baselines.checks import CATEGORIES, NO_DOI, list_conflicts, require_sound
from parsoutcomes.baselines.intervals import LIMITS, add_intervals
from parsoutcomes.calls import public
from parsoutcomes.errors import BaselineError, require_choice
from parsoutcomes.results.base import Citation
from parsoutcomes.results.baselines import Baselines, write_baselines_finding

Choice = str | Sequence[str] | None
_Wanted = tuple[tuple[str, tuple[str, ...]], ...]

_UNSEEN: Final = ("not s", "[")
_METHOD: Final = (
    "Numbers as printed; counts are stated or follow exactly, else a percentage only. Limits: "
    "Jeffreys on counts divided by the design effect of pars that share patients (ICC 0.3)."
)


@public()
def load_baselines(
    *,
    outcome: Choice = None,
    unit: Choice = None,
    stage: Choice = None,
    laterality: Choice = None,
    contralateral_stage: Choice = None,
    level: Choice = None,
    stir: Choice = None,
    brace: Choice = None,
    cohort_group: Choice = None,
    study_id: Choice = None,
    count_basis: Choice = None,
    extra: str | os.PathLike[str] | None = None,
) -> Baselines:
    """List what has been published on union of pars fractures, with counts where they are known.

    To read and to cite. Not for setting one's own overall rate beside: published rates run from
    28 % to 95 % because stages, imaging and units differ; `compare_with_baselines` takes stage
    into account.

    Parameters
    ----------
    outcome : {"union", "partial_or_better", "clinical_success", "progression"}, optional
        Keep one outcome; they are never the same thing. Each choice may also be a list of values.
    unit : {"defect", "patient", "vertebra", "unclear"}, optional
        Keep one unit.
    stage, laterality, contralateral_stage, level, stir : str, optional
        Keep one stratum as printed; "any" = the paper's figure that is not broken down.
    brace : str, optional
        Keep one brace as printed, such as "Boston TLSO"; "not_stated" where the paper is silent.
    cohort_group, study_id : str, optional
        Keep one group of papers that share patients, such as "mito"; one paper.
    count_basis : {"stated", "derived", "percent_only"}, optional
        Keep rates whose counts are known so.
    extra : str or path-like, optional
        A CSV file of published rates of your own, checked as ours are; its rows have `origin`
        "user". `write_baseline_template` makes an empty one.

    Returns
    -------
    Baselines
        `rates` (also `to_frame()`: each with its paper, DOI, where it was read, limits and
        conflicts), `studies`, `effects` and `conflicts`.

    Raises
    ------
    ArgumentError
        When a choice is not known; the nearest is named.
    BaselineError
        When a file is not sound (every problem at once), or nothing has been published for the
        choice.
    SourceError
        When the file of your own cannot be read.

    Notes
    -----
    Rows with a percentage only are shown and never pooled. `pool_default` marks the one row that
    speaks for its group of patients, outcome, unit and stratum: of papers with shared patients the
    one that covers the stratum most widely, rows of a subgroup within a paper, of added ultrasound
    and of second-hand figures never; of two arms the one with a rigid brace, or a brace alone.
    Limits are Jeffreys' on counts over a design effect, which agree with those of
    `compare_with_baselines`.

    Examples
    --------
    >>> early = load_baselines(outcome="union", unit="defect", stage="early").rates
    >>> early.loc[early["pool_default"], ["paper", "n_united", "n"]].to_numpy().tolist()
    [['Tatsumura 2022', 81.0, 97.0], ['Virkki 2020', 38.0, 46.0]]
    """
    chosen = {
        "outcome": outcome,
        "unit": unit,
        "stage": stage,
        "laterality": laterality,
        "contralateral_stage": contralateral_stage,
        "level": level,
        "stir": stir,
        "brace": brace,
        "cohort_group": cohort_group,
        "study_id": study_id,
        "count_basis": count_basis,
    }
    wanted = tuple((name, _as_list(value)) for name, value in chosen.items() if value)
    if extra is None:
        return _with_own_frames(_choose_packaged(wanted))
    studies, rates, effects = _read_files()
    studies, rates = add_rates(extra, studies, rates.drop(columns=list(LIMITS)))
    return _choose(studies, add_intervals(rates, studies), effects, wanted)


@lru_cache(maxsize=16)
def _choose_packaged(wanted: _Wanted) -> Baselines:
    studies, rates, effects = _read_files()
    ours = {"origin": "package"}
    return _choose(studies.assign(**ours), rates.assign(**ours), effects, wanted)


def _with_own_frames(baselines: Baselines) -> Baselines:
    """Return a copy whose frames a caller may change."""
    names = ("frame", "rates", "studies", "effects", "conflicts")
    return replace(baselines, **{name: getattr(baselines, name).copy() for name in names})


def _choose(
    studies: pd.DataFrame, rates: pd.DataFrame, effects: pd.DataFrame, wanted: _Wanted
) -> Baselines:
    chosen = dict(wanted)
    kept = _select(rates, chosen)
    groups = kept["cohort_group"] if "cohort_group" in chosen else effects["cohort_group"]
    kept_effects = effects[effects["cohort_group"].isin(groups)].reset_index(drop=True)
    return _assemble(studies, rates, kept, kept_effects)


def _assemble(
    studies: pd.DataFrame, rates: pd.DataFrame, kept: pd.DataFrame, effects: pd.DataFrame
) -> Baselines:
    """Return the chosen rates and effects with the papers behind them and their conflicts."""
    behind = studies["study_id"].isin({*kept["study_id"], *effects["study_id"]})
    kept_studies = studies[behind].reset_index(drop=True)
    conflicts = list_conflicts(rates, kept_studies)
    complete = _complete(kept, studies, conflicts)
    units = list(complete["unit"].unique())
    return Baselines(
        title="Published rates",
        finding=write_baselines_finding(complete),
        method=_METHOD,
        unit=str(units[0]) if len(units) == 1 else "",
        frame=complete,
        rates=complete.copy(),
        studies=kept_studies,
        effects=effects,
        conflicts=conflicts,
        cautions=(
            "Outcomes and units differ between papers: bony union is not partial union, and a "
            "rate per pars is not a rate per patient.",
            "Papers of one cohort group share patients: they are not independent.",
        ),
        citations=tuple(cite_study(study) for study in kept_studies.to_dict("records")),
    )


def _complete(rates: pd.DataFrame, studies: pd.DataFrame, conflicts: pd.DataFrame) -> pd.DataFrame:
    """Return rates with their paper, DOI, conflicts and limits."""
    papers = studies.set_index("study_id")
    told = conflicts[conflicts["kind"].ne(NO_DOI)].groupby("study_id")["conflict"].agg("; ".join)
    return rates.assign(
        pool_default=rates["pool_default"].eq("yes"),
        paper=rates["study_id"].map(_name_papers(papers)),
        doi=rates["study_id"].map(papers["doi"]),
        conflict=rates["study_id"].map(told).fillna(""),
    )


def _name_papers(papers: pd.DataFrame) -> pd.Series:
    """First author and year; the record's own key where the author could not be seen."""
    named = papers["first_author"] + " " + papers["year"]
    return named.where(~papers["first_author"].str.startswith(_UNSEEN), papers.index)


def _as_list(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def cite_study(study: Mapping[Hashable, object]) -> Citation:
    """Return a row of `studies` as a citation."""
    parts = ("first_author", "year", "title", "journal", "volume_pages")
    told = {part: str(study[part]).strip(". ") for part in parts}
    if told["first_author"].startswith(_UNSEEN):
        told["first_author"] = "[authors not read]"
    text = ". ".join(word for word in told.values() if word)
    return Citation(text=text, doi=str(study["doi"]))


@cache
def _read_files() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    studies, rates, effects = (_read(name) for name in ("studies", "rates", "effects"))
    for name in RATE_NUMBERS:
        rates[name] = pd.to_numeric(rates[name].replace("", None))
    require_sound(rates, studies, effects)
    rates = add_intervals(rates, studies)
    return studies, rates, effects


def _read(name: str) -> pd.DataFrame:
    with files("parsoutcomes.baselines").joinpath(f"{name}.csv").open(encoding="utf-8") as lines:
        return pd.read_csv(lines, dtype=str, keep_default_na=False)


def _select(rates: pd.DataFrame, chosen: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    kept = rates
    for name, values in chosen.items():
        allowed = CATEGORIES.get(name) or tuple(sorted(rates[name].unique()))
        kept = kept[kept[name].isin([require_choice(name, value, allowed) for value in values])]
    if kept.empty:
        raise BaselineError(
            "Nothing has been published that fits all of these.",
            expected="a combination that some paper reports",
            found=", ".join(f'{name}="{", ".join(value)}"' for name, value in chosen.items()),
            fix="Leave one of them out, or look at load_baselines().rates.",
        )
    return kept.reset_index(drop=True)
