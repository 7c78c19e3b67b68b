"""What is derived of each pars at fitting: target, laterality, the other side, recurrence."""

from __future__ import annotations

import pandas as pd


def describe_pars(defects: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Add to each pars whether it is a target, its laterality, other side and recurrence.

    Parameters
    ----------
    defects, episodes : pandas.DataFrame
        The tables of those names; episodes with `episode_number`.

    Returns
    -------
    pandas.DataFrame
        `defects` with `is_target`, `laterality`, `is_recurrence`, `contralateral_stage`.

    Notes
    -----
    Bilateral: another pars of the same vertebra, on the other side or with a side not recorded;
    left and right of one patient with neither vertebra recorded, as a source that says no more
    than "bilateral" gives. Not recorded: another pars with a vertebra that is not known to be
    another, or the same side of one vertebra entered twice. Else unilateral.

    A recurrence is a pars of a later course that is the same as one treated before, or cannot be
    told from it: level and side each agree, or are not recorded in one of the two.
    """
    targets = defects["is_target"].fillna(defects["stage"].ne("terminal")).astype("boolean")
    described = defects.assign(
        is_target=targets,
        laterality=_laterality(defects),
        is_recurrence=_repeats_earlier_pars(defects, episodes),
    )
    return described.assign(contralateral_stage=_opposite_stage(described))


def _pair(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Set each pars beside every pars with the same key; `row` and `row_other` are positions."""
    numbered = rows.assign(row=range(len(rows)))
    keyed = numbered[numbered[key].notna()]
    return keyed.merge(keyed, on=key, suffixes=("", "_other"))


def _any_of(rows: pd.DataFrame, found: pd.Series) -> pd.Series:
    return pd.Series(range(len(rows)), index=rows.index).isin(found)


def _laterality(defects: pd.DataFrame) -> pd.Series:
    pairs = _pair(defects[["episode_id", "level", "side"]], "episode_id")
    pairs = pairs[pairs["row"] != pairs["row_other"]]
    sides_known = pairs["side"].notna() & pairs["side_other"].notna()
    same_side = sides_known & pairs["side"].eq(pairs["side_other"])
    both_levels = pairs["level"].notna() & pairs["level_other"].notna()
    no_levels = pairs["level"].isna() & pairs["level_other"].isna()
    same_level = both_levels & pairs["level"].eq(pairs["level_other"])
    opposite = (same_level & ~same_side) | (no_levels & sides_known & ~same_side)
    doubtful = (same_level | ~both_levels) & ~opposite
    laterality = pd.Series("unilateral", index=defects.index, dtype="object")
    laterality[_any_of(defects, pairs.loc[doubtful, "row"])] = None
    laterality[_any_of(defects, pairs.loc[opposite, "row"])] = "bilateral"
    return laterality


def _opposite_stage(defects: pd.DataFrame) -> pd.Series:
    keys = ["episode_id", "level", "side"]
    opposite = defects[[*keys, "stage"]].assign(
        side=defects["side"].map({"left": "right", "right": "left"})
    )
    matched = (
        defects[keys]
        .reset_index()
        .merge(opposite.dropna(subset=["side"]).drop_duplicates(keys), on=keys, how="left")
        .set_index("index")["stage"]
    )
    known = matched.where(matched.notna() & defects["laterality"].eq("bilateral"), None)
    return known.where(defects["laterality"].ne("unilateral"), "none").astype("object")


def _repeats_earlier_pars(defects: pd.DataFrame, episodes: pd.DataFrame) -> pd.Series:
    numbered = defects[["patient_id", "episode_id", "level", "side"]].merge(
        episodes[["episode_id", "episode_number"]], on="episode_id", how="left"
    )
    pairs = _pair(numbered, "patient_id")
    repeats = pairs["episode_number"] > pairs["episode_number_other"]
    for name in ("level", "side"):
        one, other = pairs[name], pairs[f"{name}_other"]
        repeats &= one.eq(other) | one.isna() | other.isna()
    return _any_of(defects, pairs.loc[repeats, "row"]).astype("boolean")
