"""Published rates of union, read from the files beside this one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from parsoutcomes.baselines.checks import CATEGORIES, list_conflicts, require_sound
from parsoutcomes.errors import BaselineError, require_choice
from parsoutcomes.results.base import Citation
from parsoutcomes.results.baselines import Baselines

_NUMBERS = ("n", "n_united", "percent_printed", "mean_months_to_union")


def load_baselines(
    *,
    outcome: str | None = None,
    unit: str | None = None,
    stage: str | None = None,
    laterality: str | None = None,
    cohort_group: str | None = None,
) -> Baselines:
    """List what has been published on union of pars fractures, with counts where they are known.

    To read and to cite. Not for setting one's own overall rate beside: published rates run from
    28 % to 95 % because stages, imaging and units differ; `compare_with_baselines` takes stage
    into account.

    Parameters
    ----------
    outcome : {"union", "partial_or_better", "clinical_success", "progression"}, optional
        Keep one outcome; they are never the same thing.
    unit : {"defect", "patient", "vertebra", "unclear"}, optional
        Keep one unit.
    stage, laterality : str, optional
        Keep one stratum as printed; "any" = the paper's figure that is not broken down.
    cohort_group : str, optional
        Keep one group of papers that share patients, such as "mito".

    Returns
    -------
    Baselines
        `rates` (also `to_frame()`), `studies`, `effects` and `conflicts`.

    Raises
    ------
    ArgumentError
        When a choice is not known; the nearest is named.
    BaselineError
        When the files are not sound, or nothing has been published for the choice.

    Notes
    -----
    Rows with a percentage only are shown and never pooled. `pool_default` marks the one row that
    speaks for its group of patients, outcome, unit and stratum: of papers with shared patients the
    one that covers the stratum most widely, rows of a subgroup within a paper, of added ultrasound
    and of second-hand figures never; of two arms the one with a rigid brace, or a brace alone.

    Examples
    --------
    >>> early = load_baselines(outcome="union", unit="defect", stage="early").rates
    >>> early.loc[early["pool_default"], ["study_id", "n_united", "n"]].to_numpy().tolist()
    [['tatsumura2022', 81.0, 97.0], ['virkki2020', 38.0, 46.0]]
    """
    studies, rates, effects = _read_files()
    chosen = {
        "outcome": outcome,
        "unit": unit,
        "stage": stage,
        "laterality": laterality,
        "cohort_group": cohort_group,
    }
    kept = _select(rates, {name: value for name, value in chosen.items() if value is not None})
    groups = [cohort_group] if cohort_group else list(effects["cohort_group"])
    kept_effects = effects[effects["cohort_group"].isin(groups)].reset_index(drop=True)
    behind = studies["study_id"].isin({*kept["study_id"], *kept_effects["study_id"]})
    kept_studies = studies[behind].reset_index(drop=True)
    return Baselines(
        title="Published rates",
        finding=_state_finding(kept),
        method="Numbers as printed; counts are stated or follow exactly, else a percentage only.",
        unit=unit or "",
        frame=kept,
        rates=kept.copy(),
        studies=kept_studies,
        effects=kept_effects,
        conflicts=list_conflicts(rates, kept_studies),
        cautions=(
            "Outcomes and units differ between papers: bony union is not partial union, and a "
            "rate per pars is not a rate per patient.",
            "Papers of one cohort group share patients: they are not independent.",
        ),
        citations=tuple(cite_study(study) for study in kept_studies.to_dict("records")),
    )


def cite_study(study: Mapping[Hashable, object]) -> Citation:
    """Return a row of `studies` as a citation."""
    parts = ("first_author", "year", "title", "journal", "volume_pages")
    text = ". ".join(str(study[part]).strip(". ") for part in parts if study[part])
    return Citation(text=text, doi=str(study["doi"]))


@cache
def _read_files() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    studies, rates, effects = (_read(name) for name in ("studies", "rates", "effects"))
    for name in _NUMBERS:
        rates[name] = pd.to_numeric(rates[name].replace("", None))
    require_sound(rates, studies, effects)
    rates["pool_default"] = rates["pool_default"].eq("yes")
    return studies, rates, effects


def _read(name: str) -> pd.DataFrame:
    with files("parsoutcomes.baselines").joinpath(f"{name}.csv").open(encoding="utf-8") as lines:
        return pd.read_csv(lines, dtype=str, keep_default_na=False)


def _select(rates: pd.DataFrame, chosen: dict[str, str]) -> pd.DataFrame:
    kept = rates
    for name, value in chosen.items():
        allowed = CATEGORIES.get(name) or tuple(sorted(rates["cohort_group"].unique()))
        kept = kept[kept[name].eq(require_choice(name, value, allowed))]
    if kept.empty:
        raise BaselineError(
            "Nothing has been published that fits all of these.",
            expected="a combination that some paper reports",
            found=", ".join(f'{name}="{value}"' for name, value in chosen.items()),
            fix="Leave one of them out, or look at load_baselines().rates.",
        )
    return kept.reset_index(drop=True)


def _state_finding(rates: pd.DataFrame) -> str:
    n_counts = int(rates["n_united"].notna().sum())
    return (
        f"{len(rates)} published numbers from {rates['study_id'].nunique()} papers "
        f"({rates['cohort_group'].nunique()} groups of patients); {n_counts} of them with counts."
    )
