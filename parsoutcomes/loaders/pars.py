"""Which pars a row describes, from its level, side and stage columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from parsoutcomes.conventions import SIDES, STAGES
from parsoutcomes.loaders.cells import BLANK, Read
from parsoutcomes.loaders.mapping import Column

STAGE_ROLES: Final = ("stage", "ct_stage", "stir")
_PARS_ROLES: Final = (*STAGE_ROLES, "level", "side", "laterality")
# A side whose stage is not applicable is one without a fracture.
_SAYS_NOTHING: Final = ("", "blank", "not_applicable")
_ONE_SIDE: Final = tuple((side,) for side in SIDES)
_NO_DEFECT: Final = "no_defect"
_CT_OF_STAGE: Final = {"pre_lysis": "no_fracture_line"}


@dataclass(frozen=True, kw_only=True)
class ParsRecord:
    """One pars as a row gives it; None where the row does not say."""

    level: str | None
    side: str | None
    stage: str | None = None
    ct_stage: str | None = None
    stir: str | None = None


@dataclass(frozen=True, kw_only=True)
class ParsReading:
    """The pars of a row, and the checks that it breaks, each with its columns.

    `unread` names the columns, of level and side, that hold something that is not understood
    and without which a pars of the row is not known.
    """

    pars: tuple[ParsRecord, ...]
    checks: tuple[tuple[str, tuple[str, ...]], ...]
    unread: tuple[str, ...]


def describes_pars(column: Column) -> bool:
    """Whether a column says anything of which pars there are; union without a side does."""
    return column.role in _PARS_ROLES or (column.role == "union_status" and column.side is None)


class HasRoles(Protocol):
    """A sheet, as far as its columns by role."""

    @property
    def by_role(self) -> Mapping[str, tuple[Column, ...]]:
        """Columns by what they hold."""


def describe_pars(
    sheet: HasRoles,
    reads: Mapping[Column, Read],
) -> ParsReading:
    """Return the fractured pars that a row describes.

    A side whose stage is blank or says normal has no fracture; a side that the side column names
    has one, of unknown stage when its stage is blank.

    Parameters
    ----------
    sheet : Sheet
        Its columns by role.
    reads : mapping
        What each cell of the row holds.

    Returns
    -------
    ParsReading
        Pars, left before right, and the checks that the row breaks.
    """
    row = _ParsRow(sheet.by_role, reads)
    pars = tuple(row.pars())
    return ParsReading(pars=pars, checks=tuple(row.checks), unread=tuple(row.unread(pars)))


class _ParsRow:
    def __init__(
        self,
        by_role: Mapping[str, tuple[Column, ...]],
        reads: Mapping[Column, Read],
    ) -> None:
        self._by_role = by_role
        self._reads = reads
        self.checks: list[tuple[str, tuple[str, ...]]] = []

    def pars(self) -> Iterator[ParsRecord]:
        level = self._read("level")
        sides = self._named_sides(level)
        if len(level.levels) > 1:
            self._check(True, "several_levels_one_row", "level")
            for vertebra in level.levels:
                yield from (ParsRecord(level=vertebra, side=side) for side in sides or (None,))
            return
        only = level.levels[0] if level.levels else None
        described = self._described(sides)
        for one in map(_complete, described):
            self._check(_has_no_lesion(one), "no_line_no_oedema", "ct_stage", "stir")
            if not _has_no_lesion(one):
                yield replace(one, level=self._level_of(one.side) or only)

    def _level_of(self, side: str | None) -> str | None:
        """Return the vertebra that a column of that side names."""
        levels = self._read("level", side).levels if side is not None else ()
        return levels[0] if len(levels) == 1 else None

    def _described(self, named: tuple[str | None, ...] | None) -> list[ParsRecord]:
        if not self._has_sided_stages():
            return list(self._unsided(named))
        found = list(self._by_side(named))
        return found or ([self._sided(None)] if named == (None,) else [])

    def _read(self, role: str, side: str | None = None) -> Read:
        columns = self._by_role.get(role, ())
        found = [self._reads[column] for column in columns if column.side == side]
        if side is not None:
            apart = [self._reads[column].by_side.get(side) for column in columns]
            found += [read for read in apart if read is not None]
        return next((read for read in found if not read.is_blank), BLANK)

    def _has_sided_stages(self) -> bool:
        return any(
            column.side or self._reads[column].by_side
            for role in ("stage", "ct_stage", "level")
            for column in self._by_role.get(role, ())
        )

    def _named_sides(self, level: Read) -> tuple[str | None, ...] | None:
        """Return the sides named; None when the row names none, (None,) for one unnamed side."""
        if self._sides_disagree(level):
            self._check(True, "sides_disagree", "level", "side")
            return None
        named = self._read("side").value or level.side or self._read("laterality").value
        if named in ("both", "bilateral"):
            return SIDES
        if named in SIDES:
            return (str(named),)
        return (None,) if named == "unilateral" else None

    def _sides_disagree(self, level: Read) -> bool:
        said = self._read("side").value
        return said in (*SIDES, "both") and level.side not in ("", said)

    def unread(self, pars: tuple[ParsRecord, ...]) -> Iterator[str]:
        """Return which of level and side the row gives in words that do not say it."""
        level = self._read("level")
        if level.problem and any(one.level is None for one in pars):
            yield "level"
        unclear = any(self._read(role).problem for role in ("side", "laterality"))
        if any(one.side is None for one in pars) and (unclear or self._sides_disagree(level)):
            yield "side"

    def _by_side(self, named: tuple[str | None, ...] | None) -> Iterator[ParsRecord]:
        for side in SIDES:
            one = self._sided(side)
            expected = named is not None and (side in named)
            if self._says_no_fracture(side):
                self._check(expected, "side_without_fracture", "side", "stage")
            elif named in _ONE_SIDE and not expected and _shows_no_line(one):
                continue
            elif one.stage or one.ct_stage or self._read("level", side).levels:
                unexpected = named is not None and named != (None,) and not expected
                self._check(unexpected, "stage_without_side", "side", "stage")
                yield one
            elif expected or (named is None and self._says_something(side)):
                self._check(expected, "side_without_stage", "side", "stage")
                yield one

    def _unsided(self, named: tuple[str | None, ...] | None) -> Iterator[ParsRecord]:
        if self._says_no_fracture(None):
            self._check(named is not None, "side_without_fracture", "side", "stage")
            return
        one = self._sided(None)
        if named is None and not (one.stage or one.ct_stage or self._mentions_pars()):
            return
        staged = bool(one.stage or one.ct_stage)
        self._check(named == SIDES and staged, "one_stage_two_sides", "side", "stage")
        for side in named or (None,):
            yield replace(one, side=side)

    def _mentions_pars(self) -> bool:
        return any(not self._read(role).is_blank for role in ("level", "union_status"))

    def _sided(self, side: str | None) -> ParsRecord:
        stage, ct_stage, stir = (self._read(role, side).value for role in STAGE_ROLES)
        return ParsRecord(
            level=None,
            side=side,
            stage=str(stage) if stage in STAGES else None,
            ct_stage=None if ct_stage is None or ct_stage == _NO_DEFECT else str(ct_stage),
            stir=None if stir is None else str(stir),
        )

    def _says_no_fracture(self, side: str | None) -> bool:
        return any(self._read(role, side).value == _NO_DEFECT for role in ("stage", "ct_stage"))

    def _says_something(self, side: str) -> bool:
        reads = [self._read(role, side) for role in ("stage", "ct_stage")]
        return any(read.problem or read.missing not in _SAYS_NOTHING for read in reads)

    def _check(self, broken: bool, check: str, *columns: str) -> None:
        if broken:
            self.checks.append((check, columns))


def _complete(one: ParsRecord) -> ParsRecord:
    if one.stage:
        return replace(one, ct_stage=one.ct_stage or _CT_OF_STAGE.get(one.stage, one.stage))
    if one.ct_stage in STAGES:
        return replace(one, stage=one.ct_stage)
    if one.ct_stage == "no_fracture_line" and one.stir == "present":
        return replace(one, stage="pre_lysis")
    return one


def _shows_no_line(one: ParsRecord) -> bool:
    """Whether nothing is seen at the side of a row that names the other as fractured."""
    no_line = one.stage is None and one.ct_stage == "no_fracture_line"
    return no_line and one.stir != "present"


def _has_no_lesion(one: ParsRecord) -> bool:
    """Whether CT shows no line and MRI no high signal, so that there is nothing to unite."""
    return one.stage is None and one.ct_stage == "no_fracture_line" and one.stir == "absent"
