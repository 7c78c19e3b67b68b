"""What an unrecognised column might hold: a near miss of its header, or the look of its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from parsoutcomes.conventions import NEAR_HEADER_SIMILARITY, NEAR_HEADER_SIMILARITY_ALONE
from parsoutcomes.loaders.by_values import is_duration, share_known
from parsoutcomes.loaders.dates import classify_date
from parsoutcomes.loaders.grid import Cell
from parsoutcomes.loaders.headers import Header
from parsoutcomes.loaders.identifiers import detect_identifiers, is_study_number
from parsoutcomes.loaders.intake import SheetRead
from parsoutcomes.loaders.mapping import DOES_NOT_FIT, Column
from parsoutcomes.loaders.parsing import parse_level
from parsoutcomes.loaders.vocabulary import BESIDE_A_WORD, Vocabulary

_FEWEST_CELLS: Final = 3
_NEARLY_ALL: Final = 0.8
_SOME: Final = 0.3
_BY_HEADER: Final = 0.55
_BY_VALUES: Final = 0.5
_DATES_ONLY: Final = 0.3
_LONGEST_WORD: Final = 40
_KEY_KINDS: Final = ("nhs_number", "chi_number", "hospital_number")
_DATES: Final = ("date", "day_first_only", "month_first_only", "either")
_SAYS_LITTLE: Final = frozenset(
    {"yes", "no", "y", "n", "true", "false", "none", "nil", "complete", "incomplete", "partial"}
    | {"normal", "full", "open", "same", "old", "u", "p", "e", "t", "0", "1", "100"}
)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What an unrecognised column might hold; never mapped without the user's word."""

    role: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    confidence: float
    reason: str
    least_share: float = _NEARLY_ALL
    may_ask: bool = True


class Candidates:
    """Finds candidates, knowing what the other columns of the source hold already.

    Parameters
    ----------
    sheets : sequence of SheetRead
        All sheets.
    vocabulary : Vocabulary
        Known spellings.
    """

    def __init__(self, sheets: Sequence[SheetRead], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        columns = [column for sheet in sheets for column in _columns(sheet)]
        self._roles = {column.role for column in columns if column.role}
        self._has_times = any(
            column.role == "union_status" and "timepoint" in column.attributes for column in columns
        )
        self._sided = any(column.side for column in columns)

    def of(self, sheet: SheetRead, column: Column, cells: Sequence[Cell]) -> tuple[Candidate, ...]:
        """Return what a column might hold, the likeliest first."""
        if not cells or _is_settled(column):
            return ()
        key = self._key(column, cells) if sheet.unkeyed is not None else None
        if key is not None:
            return (key,)
        if column.action == "dropped as an identifier":
            return ()
        if column.reason.startswith("known header") and not _says_too_little(column):
            return ()
        found: tuple[Candidate | None, ...] = (self._unfitting(column),)
        if column.reason != DOES_NOT_FIT:
            found = (
                self._by_header(sheet, column),
                self._by_values(cells, self._beside_subject(column)),
                self._by_dates(cells),
                self._by_durations(cells),
                self._beside_scan(sheet, column, cells),
                self._says_union(column, cells),
                self._day_of_scan(column, cells),
            )
        return tuple(candidate for candidate in found if candidate is not None)

    def _key(self, column: Column, cells: Sequence[Cell]) -> Candidate | None:
        near = self._near(column.header)
        if near is not None and near.role == "patient_id":
            return near
        texts = [str(cell) for cell in cells]
        found = detect_identifiers("", texts)
        if found is not None and found.kind in _KEY_KINDS:
            words = found.kind.replace("_", " ")
            return _key_candidate(f"values have the form of a patient's key ({words})")
        lettered = all(text[:1].isalpha() for text in texts)
        varied = len(set(texts)) >= max(2, len(texts) // 4)
        if lettered and varied and is_study_number(texts) and not _are_levels(texts):
            return _key_candidate("values have the form of study numbers")
        return None

    def _unfitting(self, column: Column) -> Candidate | None:
        """Ask about a column that should tell of union when no other column does."""
        if "union_status" in self._roles:
            return None
        found = self._vocabulary.header_role(column.header.path)
        return Candidate(
            role="union_status",
            attributes={} if found is None else found.attributes,
            confidence=_BY_VALUES,
            reason="a known header over cells that no list knows",
            least_share=0.0,
        )

    def _by_header(self, sheet: SheetRead, column: Column) -> Candidate | None:
        near = self._near(column.header)
        if near is None:
            return None
        if near.role == "side" and self._sided and near.reason == BESIDE_A_WORD:
            return None
        taken = any(
            other.role == near.role
            and (not near.attributes or _place(other.attributes) == _place(near.attributes))
            for other in _columns(sheet)
        )
        # Scans that are dated need no column of days.
        dated = near.role == "days_since_fitting" and "scan_date" in self._roles
        if taken or dated:
            return None
        lacking = near.role == "union_status" and near.role not in self._roles
        return replace(near, least_share=0.0) if lacking else near

    def _by_durations(self, cells: Sequence[Cell]) -> Candidate | None:
        if "prescribed_months" in self._roles or len(cells) < _FEWEST_CELLS:
            return None
        n_durations = sum(is_duration(cell) for cell in cells)
        if n_durations < _NEARLY_ALL * len(cells):
            return None
        reason = "durations, and no column is known as the months prescribed"
        return Candidate(role="prescribed_months", confidence=_BY_VALUES, reason=reason)

    def _beside_scan(
        self, sheet: SheetRead, column: Column, cells: Sequence[Cell]
    ) -> Candidate | None:
        """Ask about words right of a scan's date when no column tells of union."""
        if "union_status" in self._roles or not column.reason.startswith("header not known"):
            return None
        position = column.header.position
        dated = {one.header.position for one in _columns(sheet) if one.role == "scan_date"}
        texts = [cell for cell in cells if isinstance(cell, str) and len(cell) <= _LONGEST_WORD]
        if position - 1 not in dated or len(texts) < _NEARLY_ALL * len(cells):
            return None
        reason = "stands beside a scan date, and no column is known as union"
        return Candidate(role="union_status", confidence=_BY_VALUES, reason=reason, least_share=0.0)

    def _says_union(self, column: Column, cells: Sequence[Cell]) -> Candidate | None:
        """Ask about a column with some words of union where scans are dated and not read."""
        dated = self._roles & {"scan_date", "days_since_fitting"}
        if "union_status" in self._roles or not dated:
            return None
        texts = [cell for cell in cells if isinstance(cell, str) and len(cell) <= _LONGEST_WORD]
        telling = [text for text in set(texts) if text.strip().casefold() not in _SAYS_LITTLE]
        if share_known("union_status", telling, self._vocabulary) < _SOME:
            return None
        reason = "some values look like union, and no column is known as that"
        return Candidate(role="union_status", confidence=_BY_VALUES, reason=reason, least_share=0.0)

    def _day_of_scan(self, column: Column, cells: Sequence[Cell]) -> Candidate | None:
        """Ask about a column of dates where union is read and nothing says when."""
        timed = bool(self._roles & {"scan_date", "days_since_fitting"}) or self._has_times
        if "union_status" not in self._roles or timed or not _are_dates(cells):
            return None
        reason = "dates, and no column is known as the day of the scan"
        return Candidate(role="scan_date", confidence=_BY_VALUES, reason=reason)

    def _near(self, header: Header) -> Candidate | None:
        found = self._vocabulary.nearest_header(header.path) or (
            self._vocabulary.nearest_header(header.text) if header.group else None
        )
        if found is None or found.confidence < self._least_similarity(found.role):
            return None
        return Candidate(
            role=found.role,
            attributes=found.attributes,
            confidence=_BY_HEADER * found.confidence,
            reason=found.reason,
        )

    def _least_similarity(self, role: str) -> float:
        return NEAR_HEADER_SIMILARITY if role in self._roles else NEAR_HEADER_SIMILARITY_ALONE

    def _beside_subject(self, column: Column) -> Mapping[str, str]:
        """Return the side and the visit of a header such as "Left 1" that names no subject."""
        if not column.reason.startswith("known header (by side)"):
            return {}
        found = self._vocabulary.header_role(column.header.text)
        return {} if found is None else found.attributes

    def _by_values(self, cells: Sequence[Cell], beside: Mapping[str, str]) -> Candidate | None:
        texts = [str(cell) for cell in cells if isinstance(cell, str)]
        if len(texts) < max(_FEWEST_CELLS, _NEARLY_ALL * len(cells)):
            return None
        fitting = [role for role in ("stage", "union_status") if self._fits(role, texts)]
        if not self._roles & {"level"} and _are_levels(texts):
            fitting.append("level")
        if not self._roles & {"side", "laterality"} and not self._sided and self._are_sides(texts):
            fitting.append("side")
        if not fitting:
            return None
        reason = f"the values look like {' or '.join(role.replace('_', ' ') for role in fitting)}"
        return Candidate(role=fitting[0], attributes=beside, confidence=_BY_VALUES, reason=reason)

    def _fits(self, role: str, texts: Sequence[str]) -> bool:
        if role in self._roles or (role == "stage" and "ct_stage" in self._roles):
            return False
        telling = [text for text in set(texts) if text.strip().casefold() not in _SAYS_LITTLE]
        known = share_known(role, telling, self._vocabulary)
        return bool(telling) and known >= _NEARLY_ALL and self._tells(role, telling)

    def _tells(self, role: str, telling: Sequence[str]) -> bool:
        """Whether any value, and not only words for missing, stands in the list of the role."""
        matches = [self._vocabulary.value(role, text) for text in telling]
        return any(match is not None and match.value is not None for match in matches)

    def _are_sides(self, texts: Sequence[str]) -> bool:
        return share_known("side", texts, self._vocabulary) >= _NEARLY_ALL and self._tells(
            "side", texts
        )

    def _by_dates(self, cells: Sequence[Cell]) -> Candidate | None:
        if self._roles & {"fitted_date", "days_since_fitting"} or len(cells) < _FEWEST_CELLS:
            return None
        if not _are_dates(cells):
            return None
        reason = "dates, and no column is known as the date of fitting"
        return Candidate(role="fitted_date", confidence=_DATES_ONLY, reason=reason)


def _columns(sheet: SheetRead) -> Sequence[Column]:
    return sheet.columns if sheet.unkeyed is None else sheet.unkeyed[1]


def _is_settled(column: Column) -> bool:
    return "by the mapping given" in column.reason or column.reason.startswith("free text")


def _are_dates(cells: Sequence[Cell]) -> bool:
    return sum(classify_date(cell).kind in _DATES for cell in cells) >= _NEARLY_ALL * len(cells)


def _is_bare_date(column: Column) -> bool:
    return column.reason.startswith("known header (date)")


def _says_too_little(column: Column) -> bool:
    return _is_bare_date(column) or column.reason.startswith("known header (by side)")


def _place(attributes: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple(attributes.get(name) for name in ("side", "visit", "timepoint", "level"))


def _key_candidate(reason: str) -> Candidate:
    return Candidate(role="patient_id", confidence=_BY_VALUES, reason=reason)


def _are_levels(texts: Sequence[str]) -> bool:
    named = [text for text in texts if text.strip()[:1].upper() in ("L", "T")]
    return len(named) >= _NEARLY_ALL * len(texts) and all(parse_level(t).levels for t in named)
