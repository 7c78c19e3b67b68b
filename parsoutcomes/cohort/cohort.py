"""The frozen cohort."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pandas as pd

from parsoutcomes.calls import built_by, public, require_day
from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.conventions import MONTH_NAMES
from parsoutcomes.errors import ArgumentError


@built_by('load_records("clinic.xlsx") or simulate_cohort(60, seed=1)')
@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Cohort:
    """Brace-treatment records as validated tables, with the account of their intake.

    Build one with `load_records` or `simulate_cohort`. Each table is handed out as a copy, so
    nothing that is done to it changes the cohort.

    Attributes
    ----------
    tables : mapping of str to pandas.DataFrame
        The six tables; read them through the properties of the same names.
    intake : IntakeAccount
        How the source became the tables.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ends for everybody; None when the source holds no date.
    truth : mapping of str to pandas.DataFrame
        What a simulated cohort really is; empty for records.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> cohort = po.simulate_cohort(20, seed=7)
    >>> cohort.n_patients
    20
    >>> cohort
    Cohort: 20 patients, 20 courses of brace, 31 pars, 79 scan readings; data lock 31 March 2026
    """

    tables: Mapping[str, pd.DataFrame]
    intake: IntakeAccount
    data_lock: pd.Timestamp | None = None
    truth: Mapping[str, pd.DataFrame] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def episodes(self) -> pd.DataFrame:
        """One row per course of brace treatment."""
        return self.tables["episodes"].copy()

    @property
    def defects(self) -> pd.DataFrame:
        """One row per pars treated in an episode."""
        return self.tables["defects"].copy()

    @property
    def readings(self) -> pd.DataFrame:
        """One row per pars on one scan."""
        return self.tables["readings"].copy()

    @property
    def scores(self) -> pd.DataFrame:
        """One row per questionnaire."""
        return self.tables["scores"].copy()

    @property
    def wear(self) -> pd.DataFrame:
        """One row per measured period of wear."""
        return self.tables["wear"].copy()

    @property
    def events(self) -> pd.DataFrame:
        """One row per event."""
        return self.tables["events"].copy()

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return int(self.tables["episodes"]["patient_id"].nunique())

    @property
    def n_episodes(self) -> int:
        """Number of courses of treatment."""
        return len(self.tables["episodes"])

    @property
    def n_defects(self) -> int:
        """Number of pars, each counted once per course of treatment."""
        return len(self.tables["defects"])

    def to_frame(self) -> pd.DataFrame:
        """Return one row per table: how many rows it has, of how many patients."""
        return pd.DataFrame(
            {
                "table": name,
                "n_rows": len(frame),
                "n_patients": frame["patient_id"].nunique(),
            }
            for name, frame in self.tables.items()
        )

    @property
    def finding(self) -> str:
        """One sentence on how much the cohort holds, and up to when."""
        lock = "no date"
        if (day := self.data_lock) is not None:
            lock = f"{day.day:02d} {MONTH_NAMES[day.month - 1]} {day.year}"
        return (
            f"Cohort: {self.n_patients} patients, {self.n_episodes} courses of brace, "
            f"{self.n_defects} pars, {len(self.tables['readings'])} scan readings; "
            f"data lock {lock}"
        )

    def summary(self) -> str:
        """Return what the cohort holds and how its source was read, as text; no patient in it."""
        return "\n".join([self.finding, *self._intake_lines()])

    def _intake_lines(self) -> tuple[str, ...]:
        lines = (self.intake.finding, *self.intake.cautions)
        return tuple(line for line in lines if line)

    def __repr__(self) -> str:
        return self.finding

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(line)}</p>" for line in self._intake_lines())
        table = self.to_frame().to_html(index=False, border=0)
        return f"<p><strong>{html.escape(self.finding)}</strong></p>{table}{notes}"

    @public()
    def select_fitted(
        self,
        *,
        on_or_after: str | pd.Timestamp | None = None,
        on_or_before: str | pd.Timestamp | None = None,
    ) -> Cohort:
        """Return the cohort of those fitted in a period; the data lock stays as it is.

        Episodes without a fitting date are in no period, and are left out.

        Parameters
        ----------
        on_or_after, on_or_before : str or pandas.Timestamp, optional
            First and last day of fitting, both inclusive; ISO text such as "2025-12-31".

        Returns
        -------
        Cohort
            Whole episodes with their pars, readings, scores, wear and events.

        Raises
        ------
        ArgumentError
            When neither bound is given, or one is no day.

        Examples
        --------
        >>> from parsoutcomes.cohort.build import build_cohort
        >>> build_cohort({}).select_fitted(on_or_before="2025-12-31").n_patients
        0
        """
        if on_or_after is None and on_or_before is None:
            raise ArgumentError(
                "No period was given.",
                expected="on_or_after, on_or_before, or both",
                found="neither",
                fix='Give at least one, such as on_or_before="2025-12-31".',
            )
        fitted = self.tables["episodes"]["fitted_date"]
        keep = fitted.notna()
        if on_or_after is not None:
            keep &= fitted >= pd.Timestamp(require_day("on_or_after", on_or_after))
        if on_or_before is not None:
            keep &= fitted <= pd.Timestamp(require_day("on_or_before", on_or_before))
        return self.select_episodes(self.tables["episodes"].loc[keep, "episode_id"])

    @public()
    def select_episodes(self, episode_ids: pd.Series) -> Cohort:
        """Return the cohort of these episodes, with all that belongs to them.

        Parameters
        ----------
        episode_ids : pandas.Series
            Values of `episode_id` to keep.

        Returns
        -------
        Cohort
            The same account of intake and the same data lock; order of rows kept.
        """
        kept = {
            name: frame[frame["episode_id"].isin(episode_ids)].reset_index(drop=True)
            for name, frame in self.tables.items()
        }
        return replace(self, tables=MappingProxyType(kept))
