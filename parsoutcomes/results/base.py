"""What every result has: a frame, a summary, a notebook view, and where its numbers come from."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.text_view import fold, write_notes, write_table
from parsoutcomes.wording import format_cell


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """How many were left out of an estimate, and why.

    Attributes
    ----------
    reason : str
        In words a clinician reads.
    n_defects, n_patients : int
        Pars and patients left out for this reason.
    """

    reason: str
    n_defects: int
    n_patients: int

    def sentence(self) -> str:
        """Return the exclusion as one line of text."""
        return f"{self.reason}: {self.n_defects} pars in {self.n_patients} patients"


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A source: who, when, where, and its DOI when it has one."""

    text: str
    doi: str = ""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Result:
    """A finished calculation, unrounded, with its unit, method, exclusions and sources.

    Attributes
    ----------
    title : str
        What was estimated, with unit, definition and horizon.
    finding : str
        One plain sentence computed from the numbers.
    method : str
        Which statistic, which variant, in words.
    unit, definition : str
        "defect" or "patient"; "complete" or "partial_or_better"; empty when neither applies.
    frame : pandas.DataFrame
        The estimates, tidy and unrounded; read it through `to_frame`.
    exclusions, cautions, citations : tuple
        Who was left out and why; what to beware of; sources.
    """

    title: str
    finding: str
    method: str
    unit: str = ""
    definition: str = ""
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    exclusions: tuple[Exclusion, ...] = ()
    cautions: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the estimates as a tidy frame, unrounded; changing it changes nothing here."""
        return self.frame.copy()

    def display_frame(self) -> pd.DataFrame:
        """Return the frame as a reader sees it: rounded, as text."""
        frame = self.to_frame()
        return pd.DataFrame(
            {
                name: [format_cell(str(name), value) for value in frame[name]]
                for name in frame.columns
            }
        )

    def notes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return method, exclusions and cautions as headed lines, empty ones left out."""
        headed = (
            ("Method", (self.method,) if self.method else ()),
            ("Left out", tuple(exclusion.sentence() for exclusion in self.exclusions)),
            ("Beware", self.cautions),
        )
        return tuple((heading, lines) for heading, lines in headed if lines)

    def summary(self) -> str:
        """Return finding, title, table, method, exclusions and cautions as text for a terminal."""
        return self._as_text(is_whole=True)

    def _as_text(self, *, is_whole: bool) -> str:
        table = (
            ""
            if self.frame.empty
            else write_table(self.display_frame(), self.frame, is_whole=is_whole)
        )
        table = f"\n{table}\n" if table else ""
        parts = [fold(self.finding), fold(self.title), table, *write_notes(self.notes())]
        return "\n".join(part for part in parts if part)

    def __repr__(self) -> str:
        return self._as_text(is_whole=False)

    def _repr_html_(self) -> str:
        table = "" if self.frame.empty else self.display_frame().to_html(index=False, border=0)
        notes = "".join(
            f"<p><strong>{heading}.</strong> {'; '.join(html.escape(line) for line in lines)}</p>"
            for heading, lines in self.notes()
        )
        finding = f"<p><strong>{html.escape(self.finding)}</strong></p>" if self.finding else ""
        return f"{finding}<h4>{html.escape(self.title)}</h4>{table}{notes}"
