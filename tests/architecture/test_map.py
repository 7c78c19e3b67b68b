"""The map drawn in ARCHITECTURE.md: every part, arrows that are imports, none that points up.

The drawing itself is read: boxes are parts, lines lead from the foot of a box to arrowheads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

import pytest
from test_import_table import ALL_PARTS, MAY_IMPORT_INSIDE, PACKAGE, _imported, _modules, _part

TEXT = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
MAP = re.findall(r"```\n(.*?)```", TEXT, flags=re.DOTALL)[0]

LEFT, RIGHT, UP, DOWN = (0, -1), (0, 1), (-1, 0), (1, 0)
OPEN = {
    "─": {LEFT, RIGHT},
    "│": {UP, DOWN},
    "┌": {RIGHT, DOWN},
    "┐": {LEFT, DOWN},
    "└": {UP, RIGHT},
    "┘": {UP, LEFT},
    "┬": {LEFT, RIGHT, DOWN},
    "┴": {LEFT, RIGHT, UP},
    "├": {UP, DOWN, RIGHT},
    "┤": {UP, DOWN, LEFT},
    "▼": {UP, DOWN},
}
Place = tuple[int, int]


@dataclass(frozen=True)
class Box:
    name: str
    row: int
    left: int
    right: int

    def holds(self, place: Place) -> bool:
        return abs(place[0] - self.row) <= 1 and self.left <= place[1] <= self.right


@dataclass(frozen=True)
class Drawing:
    boxes: tuple[Box, ...]
    ground: frozenset[str]
    arrows: frozenset[tuple[str, str]]


def read_map(text: str) -> Drawing:
    above, _, below = text.partition("═")
    lines = above.splitlines()
    boxes = tuple(
        Box(found[1], row, found.start(), found.end(1) + len(found[2]))
        for row, line in enumerate(lines)
        for found in re.finditer(r"│ *([a-z]+)( *)(?=│)", line)
    )
    return Drawing(
        boxes,
        ground=frozenset(re.findall(r"[a-z]+", below)),
        arrows=frozenset(_read_arrows(lines, boxes)),
    )


def _read_arrows(lines: list[str], boxes: tuple[Box, ...]) -> set[tuple[str, str]]:
    drawn = {
        (row, column): OPEN[sign]
        for row, line in enumerate(lines)
        for column, sign in enumerate(line)
        if sign in OPEN
    }
    owner = {place: box.name for place in drawn for box in boxes if box.holds(place)}
    lead_out = {place for place in owner if lines[place[0]][place[1]] == "┬"}
    free = set(drawn) - set(owner)
    arrows: set[tuple[str, str]] = set()
    while free:
        wire = _follow(free.pop(), drawn, set(owner))
        free -= wire
        from_ = {owner[r - 1, c] for r, c in wire if (r - 1, c) in lead_out and UP in drawn[r, c]}
        heads = {(r, c) for r, c in wire if lines[r][c] == "▼"}
        arrows |= set(product(from_, {owner[r + 1, c] for r, c in heads}))
    return arrows


def _follow(start: Place, drawn: dict[Place, set[Place]], boxed: set[Place]) -> set[Place]:
    wire, waiting = {start}, [start]
    while waiting:
        row, column = waiting.pop()
        for down, right in drawn[row, column]:
            place = (row + down, column + right)
            back = (-down, -right)
            if place not in wire | boxed and back in drawn.get(place, set()):
                wire.add(place)
                waiting.append(place)
    return wire


DRAWN = read_map(MAP)


def imports_between_parts() -> set[tuple[str, str]]:
    pairs = set()
    for path in _modules():
        named = [name.split(".") for name in _imported(path) if name.startswith("parsoutcomes.")]
        pairs |= {(_part(path), name[1]) for name in named if name[1] in ALL_PARTS}
    return {(importer, imported) for importer, imported in pairs if importer != imported}


IMPORTS = imports_between_parts()


def test_the_reader_follows_lines_through_corners_and_forks() -> None:
    drawing = read_map(
        "┌─────┐  ┌─────┐\n"
        "│ one │  │ two │\n"
        "└──┬──┘  └──┬──┘\n"
        "   ├────────┘   \n"
        "   ▼            \n"
        "┌───────┐       \n"
        "│ three │       \n"
        "└───────┘       \n"
        "═══ four"
    )
    assert drawing.arrows == {("one", "three"), ("two", "three")}
    assert drawing.ground == {"four"}


def test_the_parts_drawn_and_listed_are_those_that_exist() -> None:
    exist = {_part(path) for path in _modules()}
    drawn = [box.name for box in DRAWN.boxes] + sorted(DRAWN.ground)
    rooms = re.findall(r"^\| (`.*?) \|", TEXT, re.M)
    listed = [re.sub(r"\.py|/", "", name) for row in rooms for name in re.findall(r"`(.*?)`", row)]
    assert sorted(drawn) == sorted(listed) == sorted(exist)
    assert exist == ALL_PARTS


def test_each_room_names_modules_that_exist() -> None:
    for row in re.findall(r"^\| (`.*)\|$", TEXT, re.M):
        rooms, _, start_here = row.split("|")
        folders = [name.rstrip("/") for name in re.findall(r"`([^`]+)`", rooms)]
        for module in re.findall(r"`([^`]+)`", start_here):
            places = [PACKAGE, *(PACKAGE / folder for folder in folders)]
            assert any((place / module).is_file() for place in places), module


@pytest.mark.parametrize("arrow", sorted(DRAWN.arrows), ids=" imports ".join)
def test_an_arrow_is_at_least_one_import(arrow: tuple[str, str]) -> None:
    assert arrow in IMPORTS
    assert arrow[1] in MAY_IMPORT_INSIDE[arrow[0]]


def test_no_import_points_upwards() -> None:
    height = {box.name: -box.row for box in DRAWN.boxes} | dict.fromkeys(DRAWN.ground, -1000)
    upwards = {
        (importer, imported)
        for importer, imported in IMPORTS
        if height[importer] <= height[imported] and importer not in DRAWN.ground
    }
    assert upwards == set()


def test_the_ground_stands_on_nothing_else() -> None:
    assert {imported for name, imported in IMPORTS if name in DRAWN.ground} <= DRAWN.ground


def test_every_part_that_imports_is_joined_to_the_map() -> None:
    joined = {name for arrow in DRAWN.arrows for name in arrow}
    assert joined == {box.name for box in DRAWN.boxes}
