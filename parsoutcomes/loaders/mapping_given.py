"""The mapping that the user gives: a short one in the call, or a file made by `propose_mapping`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from parsoutcomes.errors import ArgumentError, find_nearest
from parsoutcomes.loaders.headers import Header, Layout
from parsoutcomes.loaders.mapping import READABLE_ROLES, Given
from parsoutcomes.loaders.spelling import normalise
from parsoutcomes.loaders.withheld import identifying_kind

IGNORED: Final = "ignore"
IDENTIFIER: Final = "identifier"
UNDECIDED: Final = "undecided"


@dataclass(frozen=True, kw_only=True)
class GivenColumn:
    """What the user says of one column.

    Attributes
    ----------
    header : str
        As in the source; "Group > Header" below a group header.
    role : str
        A standard column, "ignore", "identifier", or "undecided" to let the header speak.
    attributes : mapping of str to str
        Side, visit, time point, instrument, unit.
    sheets : tuple of str
        Sheets that it was found in; empty for any.
    occurrence : int
        Which of several columns with the same header; 0 for any.
    spellings : mapping of str to str
        What spellings of this column mean; empty where nobody has said.
    """

    header: str
    role: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    occurrence: int = 0
    spellings: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The header as it is looked up."""
        return path_key(self.header)


@dataclass(frozen=True, kw_only=True)
class GivenMapping:
    """All that the user says of the columns of a source.

    Attributes
    ----------
    columns : tuple of GivenColumn
        One per header, or per header and sheet.
    is_of_file : bool
        Made for a whole file, so that what differs from it is worth listing.
    """

    columns: tuple[GivenColumn, ...] = ()
    is_of_file: bool = False

    @property
    def headers(self) -> frozenset[str]:
        """Headers that are named, normalised, for finding the header row."""
        named = [column for column in self.columns if column.role != UNDECIDED]
        return frozenset(part for one in named for part in (one.key, one.key.split(" > ")[-1]))

    def of_sheet(self, layout: Layout, sheet: str) -> dict[int, Given]:
        """Return what is given for the columns of a sheet, by position."""
        found = self.matches(layout, sheet)
        return {
            position: Given(role=one.role, attributes=one.attributes)
            for position, one in found.items()
            if one.role != UNDECIDED
        }

    def matches(self, layout: Layout, sheet: str) -> dict[int, GivenColumn]:
        """Return the given column that each column of a sheet is, by position."""
        pairs = ((header, self._of(header, n, sheet)) for header, n in _counted(layout.headers))
        return {header.position: one for header, one in pairs if one is not None}

    def _of(self, header: Header, occurrence: int, sheet: str) -> GivenColumn | None:
        path, own = path_key(header.path), normalise(header.text)
        same = [one for one in self.columns if one.key == path and path] or [
            one for one in self.columns if one.key == own and own and not self.is_of_file
        ]
        same = [one for one in same if one.occurrence in (0, occurrence)]
        here = [one for one in same if not one.sheets or sheet in one.sheets]
        if here:
            return here[0]
        # A new sheet, such as that of a new year, takes what all earlier sheets agree on.
        meanings = {(one.role, *sorted(one.attributes.items())) for one in same}
        return same[0] if len(meanings) == 1 else None

    @property
    def spellings(self) -> dict[str, dict[str, str]]:
        """What the user says that spellings mean, by role."""
        gathered: dict[str, dict[str, str]] = {}
        for column in self.columns:
            for spelling, meaning in column.spellings.items():
                if meaning:
                    _add_spelling(gathered.setdefault(column.role, {}), spelling, meaning, column)
        return gathered


def _add_spelling(table: dict[str, str], spelling: str, meaning: str, column: GivenColumn) -> None:
    if table.setdefault(normalise(spelling), meaning) != meaning:
        raise ArgumentError(
            "The mapping gives one spelling two meanings.",
            expected=f"one meaning of a spelling in all columns on {column.role}",
            found=f'two, the second in the column "{column.header}"',
            fix="Give the spelling the same meaning wherever it stands in the mapping.",
        )


def _counted(headers: Sequence[Header]) -> Iterator[tuple[Header, int]]:
    """Yield each header with the how-manieth of its name it is."""
    counts: dict[str, int] = {}
    for header in headers:
        key = path_key(header.path)
        counts[key] = counts.get(key, 0) + 1
        yield header, counts[key]


def count_headers(headers: Sequence[Header]) -> dict[int, tuple[int, int]]:
    """Return by position which of how many columns with the same header a column is."""
    counted = list(_counted(headers))
    totals = {path_key(header.path): n for header, n in counted}
    return {header.position: (n, totals[path_key(header.path)]) for header, n in counted}


def path_key(header: str) -> str:
    """Return a header, with the one over it, as it is looked up.

    Examples
    --------
    >>> path_key("CT 1 > Date ")
    'ct 1 > date'
    """
    return " > ".join(normalise(part) for part in str(header).split(">"))


def read_user_mapping(mapping: Mapping[str, str] | None) -> GivenMapping:
    """Check a mapping from header to role.

    Parameters
    ----------
    mapping : mapping of str to str, optional
        Header as in the source ("CT 1 > Date" below a group header) to a standard column name,
        with attributes after colons: "stage:side=left", "scan_date:visit=1"; "ignore" drops it.

    Returns
    -------
    GivenMapping

    Raises
    ------
    ArgumentError
        When a role is not known, or an attribute cannot be read.

    Examples
    --------
    >>> read_user_mapping({"Rt pars": "stage:side=right"}).columns[0].attributes
    {'side': 'right'}
    """
    columns = []
    for header, target in (mapping or {}).items():
        role, *attributes = str(target).split(":")
        _require_role(role, str(header))
        columns.append(
            GivenColumn(header=str(header), role=role, attributes=_attributes(attributes))
        )
    return GivenMapping(columns=tuple(columns))


def _require_role(role: str, header: str) -> None:
    """Refuse a word that is no role; it may be anything, so only the near role is told."""
    allowed = (IGNORED, *sorted(READABLE_ROLES))
    if role in allowed:
        return
    near = find_nearest(role, allowed)
    fix = f'Did you mean "{near}"?' if near else "Put one of these words in its place."
    if header in READABLE_ROLES:
        fix = f'Write the header first and the role second: {{"your header": "{header}"}}.'
    kind = identifying_kind(header)
    column = f"a column with its header withheld ({kind})" if kind else f'the column "{header}"'
    raise ArgumentError(
        "The mapping has a word that is not known.",
        expected=f"one of {', '.join(allowed)}",
        found=f"another word for {column}",
        fix=fix,
    )


def _attributes(parts: Sequence[str]) -> dict[str, str]:
    pairs = [part.partition("=") for part in parts]
    for name, sign, value in pairs:
        if not (name and sign and value):
            raise ArgumentError(
                "mapping has an attribute that cannot be read.",
                expected='name=value after a colon, such as "stage:side=left"',
                found=f"{len(pairs)} attributes, at least one of them otherwise",
                fix="Write side=, visit=, timepoint=, instrument= or unit= before the value.",
            )
    return {name: value for name, _, value in pairs}


def unused_names(given: GivenMapping, layouts: Mapping[str, Layout]) -> int:
    """Return how many headers of the user's mapping stand in no sheet."""
    found = {
        one.key
        for sheet, layout in layouts.items()
        for one in given.matches(layout, sheet).values()
    }
    return len({column.key for column in given.columns} - found)
