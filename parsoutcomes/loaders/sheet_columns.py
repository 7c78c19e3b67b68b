"""The columns of one sheet, arranged by what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from parsoutcomes.loaders.mapping import Column

_READ_APART: Final = ("", "patient_id", "identifier")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The columns of one sheet, arranged by what they hold.

    Attributes
    ----------
    columns : tuple of Column
        Those that are read cell by cell.
    unused : tuple of Column
        Those that no role is known for, identifiers not among them.
    by_role : mapping
        The same, and the key, by role.
    by_visit : mapping
        Columns that speak of one visit, by role and visit; of all visits, where none does.
    headers : mapping of str to str
        First header of each role, for the account.
    modalities : mapping
        Imaging that the headers name, by column of union.
    visits : tuple of str
        The repeated blocks of scans, in order of appearance.
    is_by_scan : bool
        Whether a row is one scan, not one patient with all scans.
    """

    columns: tuple[Column, ...]
    unused: tuple[Column, ...]
    by_role: Mapping[str, tuple[Column, ...]]
    by_visit: Mapping[tuple[str, str], tuple[Column, ...]]
    headers: Mapping[str, str]
    modalities: Mapping[Column, str | None]
    visits: tuple[str, ...]
    is_by_scan: bool

    @classmethod
    def arrange(cls, columns: tuple[Column, ...]) -> Sheet:
        """Group columns by role."""
        by_role: dict[str, list[Column]] = {}
        for column in columns:
            if column.role:
                by_role.setdefault(column.role, []).append(column)
        visits = tuple(dict.fromkeys(c.visit for c in by_role.get("union_status", ())))
        return cls(
            columns=tuple(column for column in columns if column.role not in _READ_APART),
            unused=tuple(column for column in columns if column.action == "not used"),
            by_role={role: tuple(same) for role, same in by_role.items()},
            by_visit={
                (role, visit): _of_visit(same, visit)
                for role, same in by_role.items()
                for visit in visits
            },
            headers={role: same[0].header.path for role, same in by_role.items()},
            modalities={
                column: _modality_in_headers(column, by_role.get("scan_date", ()))
                for column in by_role.get("union_status", ())
            },
            visits=visits,
            is_by_scan=any(
                column.role in ("scan_date", "days_since_fitting") and not column.visit
                for column in columns
            ),
        )

    def has(self, *roles: str) -> bool:
        """Whether any column has one of these roles."""
        return any(role in self.by_role for role in roles)


def _of_visit(columns: Sequence[Column], visit: str) -> tuple[Column, ...]:
    """Return columns of a visit, else of none; "Final CT" belongs to "United L" if it is alone."""
    found = [column for column in columns if column.visit == visit]
    found = found or [column for column in columns if not column.visit]
    is_alone = not visit and len({column.visit for column in columns}) == 1
    return tuple(found or (columns if is_alone else ()))


def _modality_in_headers(column: Column, dates: Sequence[Column]) -> str | None:
    """Return the imaging that the headers name: "CT union", or "Date of CT" beside "Union"."""
    same_visit = [date for date in _of_visit(dates, column.visit) if date.visit or not column.visit]
    named = [one.attributes.get("modality") for one in (column, *same_visit)]
    return next((modality for modality in named if modality), None)
