"""The last look before publication: the finished files, read again as a stranger would."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from parsoutcomes.errors import ReportError
from parsoutcomes.report.content import Comment, Report
from parsoutcomes.report.disclosure_readers import Reading, read_file
from parsoutcomes.report.disclosure_text import (
    VALUE,
    Allowed,
    find_breaches,
    find_comment_breaches,
    find_number_breaches,
    has_values,
    plain,
)
from parsoutcomes.report.publishable_counts import NUMBER_COLUMNS

PEOPLE: Final = "the name of somebody who is not an author"
_MOST_TOLD: Final = 12


def check_files(contents: Mapping[str, bytes], allowed: Allowed) -> None:
    """Stop when a finished file says, shows or hides something that may not be published.

    A barrier behind the whitelist, not a way to clean an internal report.

    Parameters
    ----------
    contents : mapping of str to bytes
        Every file that is to be published, by its path in the folder.
    allowed : Allowed
        What the files may say.

    Raises
    ------
    ReportError
        Naming files and kinds of breach; never what was found.
    """
    found = {name: _of_file(name, data, allowed) for name, data in contents.items()}
    _stop({f"{name}": kinds for name, kinds in found.items() if kinds})


def check_content(report: Report, allowed: Allowed) -> None:
    """Stop when the numbers, the names or a comment may not be published, before anything is set.

    Parameters
    ----------
    report : Report
        From `write_publishable`, with comments if any.
    allowed : Allowed
        What it may say.

    Raises
    ------
    ReportError
        Naming the part and the kind of breach; never what was found.
    """
    unnamed = Allowed(
        numbers=allowed.numbers,
        fixed=allowed.fixed,
        names=(),
        headings=(),
        year=allowed.year,
        identifiers=allowed.identifiers,
    )
    found = {"the numbers": find_number_breaches(report.numbers)}
    for place, name in enumerate(allowed.names, start=1):
        found[f"title, clinic or author {place}"] = find_breaches(name, unnamed)
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Comment):
                found[f'the comment on "{section.title}"'] = [
                    *find_comment_breaches(block, allowed),
                    *find_breaches(block.author, unnamed),
                ]
    _stop({part: kinds for part, kinds in found.items() if kinds})


def _stop(found: Mapping[str, list[str]]) -> None:
    if not found:
        return
    told = [f"{part}: {', '.join(kinds)}" for part, kinds in found.items()]
    more = f"; and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    raise ReportError(
        "The report may not be published as it is, so nothing was written.",
        expected="no count below 8, no number but the published ones, nothing of a single patient",
        found="; ".join(told[:_MOST_TOLD]) + more,
        fix=(
            "Take it out of the title, the clinic's name, the comments or the template; if it is "
            "in none of them, the fault is in parsoutcomes: publish nothing and report it."
        ),
    )


def _of_file(name: str, data: bytes, allowed: Allowed) -> list[str]:
    reading = read_file(name, data)
    kinds = [*reading.breaches, *find_breaches(name, allowed)]
    kinds += _of_people(reading, allowed)
    if any(has_values(raw, allowed.identifiers) for raw in reading.raw):
        kinds.append(VALUE)
    if _is_published_numbers(name, data, allowed):
        return list(dict.fromkeys(kinds))
    lines = reading.lines
    if name.endswith((".pdf", ".docx")):
        lines = [line for line in lines if not allowed.contents_line.fullmatch(plain(line))]
    return list(dict.fromkeys([*kinds, *find_breaches("\n".join(lines), allowed)]))


def _of_people(reading: Reading, allowed: Allowed) -> Iterator[str]:
    known = {plain(name) for name in allowed.names} | {""}
    for person in reading.people:
        if plain(person) not in known and not set(plain(person).split(", ")) <= known:
            yield PEOPLE


def _is_published_numbers(name: str, data: bytes, allowed: Allowed) -> bool:
    """Whether a file holds rows of the published numbers and nothing else."""
    if not name.endswith(".csv"):
        return False
    rows = [tuple(row) for row in csv.reader(io.StringIO(data.decode("utf-8", errors="replace")))]
    return rows[:1] == [NUMBER_COLUMNS] and set(rows[1:]) <= allowed.numbers
