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


def _number_kinds(rows: pd.DataFrame, key: str) -> pd.Series:
    """Give each distinct pars of a `key` a number; pairs stay few however long the list."""
    return rows.groupby([key, "level", "side"], dropna=False, sort=False).ngroup()


def _pair(kinds: pd.DataFrame, key: str) -> pd.DataFrame:
    """Set each distinct pars beside every one with the same key, itself included."""
    return kinds.merge(kinds, on=key, suffixes=("", "_other"))


def _laterality(defects: pd.DataFrame) -> pd.Series:
    kind = _number_kinds(defects, "episode_id")
    kinds = defects[["episode_id", "level", "side"]].assign(
        kind=kind, n=kind.map(kind.value_counts())
    )
    pairs = _pair(kinds.drop_duplicates("kind"), "episode_id")
    pairs = pairs[pairs["kind"].ne(pairs["kind_other"]) | pairs["n"].gt(1)]
    sides_known = pairs["side"].notna() & pairs["side_other"].notna()
    same_side = sides_known & pairs["side"].eq(pairs["side_other"])
    both_levels = pairs["level"].notna() & pairs["level_other"].notna()
    no_levels = pairs["level"].isna() & pairs["level_other"].isna()
    same_level = both_levels & pairs["level"].eq(pairs["level_other"])
    opposite = (same_level & ~same_side) | (no_levels & sides_known & ~same_side)
    doubtful = (same_level | ~both_levels) & ~opposite
    laterality = pd.Series("unilateral", index=defects.index, dtype="object")
    laterality[kind.isin(pairs.loc[doubtful, "kind"])] = None
    laterality[kind.isin(pairs.loc[opposite, "kind"])] = "bilateral"
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
    numbers = episodes.drop_duplicates("episode_id").set_index("episode_id")["episode_number"]
    number = defects["episode_id"].map(numbers).astype("float64")
    kind = _number_kinds(defects, "patient_id")
    kinds = defects[["patient_id", "level", "side"]].assign(
        kind=kind, first=number.groupby(kind).transform("min")
    )
    pairs = _pair(kinds.drop_duplicates("kind"), "patient_id")
    agree = pd.Series(True, index=pairs.index)
    for name in ("level", "side"):
        one, other = pairs[name], pairs[f"{name}_other"]
        agree &= one.eq(other) | one.isna() | other.isna()
    earliest = pairs[agree].groupby("kind")["first_other"].min()
    return (number > kind.map(earliest)).astype("boolean")
