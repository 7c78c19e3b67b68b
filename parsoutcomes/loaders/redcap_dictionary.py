"""The data dictionary of a REDCap project: fields, choices, identifiers and missing-data codes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.grid import Grid
from parsoutcomes.loaders.spelling import plain_text

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("variable / field name", "field_name"),
        "form": ("form name", "form_name"),
        "section": ("section header", "section_header"),
        "kind": ("field type", "field_type"),
        "label": ("field label", "field_label"),
        "choices": ("choices, calculations, or slider labels", "select_choices_or_calculations"),
        "validation": (
            "text validation type or show slider number",
            "text_validation_type_or_show_slider_number",
        ),
        "identifier": ("identifier?", "identifier"),
    }
)
_NEEDED: Final = ("name", "form", "kind", "label", "choices", "identifier")
_LISTED_KINDS: Final = ("radio", "dropdown", "checkbox")
_FIXED_CHOICES: Final = {
    "yesno": {"1": "Yes", "0": "No"},
    "truefalse": {"1": "True", "0": "False"},
}
_TAG: Final = re.compile(r"<[^>]*>")
_MISSING_CODES: Final = MappingProxyType(
    {
        "NI": "not known",
        "UNK": "not known",
        "ASKU": "not known",
        "NAV": "not known",
        "NAVU": "not known",
        "NASK": "not done",
        "NA": "not applicable",
    }
)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a REDCap project.

    Attributes
    ----------
    name, form, section, label : str
        Variable name, instrument, section header above it, and the words of its question.
    kind : str
        text, notes, radio, dropdown, checkbox, yesno, truefalse, calc, slider, file, sql.
    choices : mapping of str to str
        Code to label; empty for a field without choices.
    validation : str
        Kind of text, such as date_dmy, email or phone.
    is_identifier : bool
        Whether the dictionary marks it as an identifier.
    """

    name: str
    form: str = ""
    section: str = ""
    kind: str = "text"
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    validation: str = ""
    is_identifier: bool = False

    @property
    def has_choices(self) -> bool:
        """Whether values are codes that only the dictionary can read."""
        return self.kind in (*_LISTED_KINDS, *_FIXED_CHOICES, "sql")

    @property
    def is_checkbox(self) -> bool:
        """Whether an export has one column for each choice."""
        return self.kind == "checkbox"


@dataclass(frozen=True, kw_only=True)
class Dictionary:
    """All fields of a project, in order; the first is the record's key."""

    fields: Mapping[str, Field]
    missing_codes: Mapping[str, str] = field(default_factory=lambda: _MISSING_CODES)

    @property
    def key(self) -> Field:
        """The field that names the record."""
        return next(iter(self.fields.values()))

    @property
    def forms(self) -> tuple[str, ...]:
        """Names of the instruments, in order."""
        return tuple(dict.fromkeys(one.form for one in self.fields.values()))


def read_dictionary(
    grid: Grid, *, missing_codes: str | Mapping[str, str] | None = None
) -> Dictionary:
    """Read a data dictionary as REDCap exports it.

    Parameters
    ----------
    grid : Grid
        The file of 18 columns, or the same columns by their names in the interface for programs.
    missing_codes : str or mapping, optional
        The project's missing-data codes, "-999, Not known | -998, Not done" or code to words.
        The standard codes NI, UNK, ASKU, NAV, NAVU, NASK and NA are known without.

    Returns
    -------
    Dictionary

    Raises
    ------
    SourceError
        When it is not a data dictionary.
    """
    filled = [row for row in grid.rows if not row.is_blank]
    header = [plain_text(cell).casefold() for cell in filled[0].cells] if filled else []
    positions = {
        part: header.index(name)
        for part, names in _COLUMNS.items()
        for name in names
        if name in header
    }
    missing = [part for part in _NEEDED if part not in positions]
    if missing or len(filled) < 2:
        raise _not_a_dictionary(grid.source, missing)
    lines = (
        {part: plain_text(row.cell(position)) for part, position in positions.items()}
        for row in filled[1:]
    )
    return make_dictionary(lines, missing_codes=missing_codes)


def dictionary_of_project(
    metadata: Iterable[Mapping[str, object]], *, missing_codes: str | Mapping[str, str] | None
) -> Dictionary:
    """Return the dictionary from the fields that a project lists over its interface."""
    lines = (
        {part: plain_text(line.get(names[1])) for part, names in _COLUMNS.items()}
        for line in metadata
    )
    return make_dictionary(lines, missing_codes=missing_codes)


def make_dictionary(
    lines: Iterable[Mapping[str, str]],
    *,
    missing_codes: str | Mapping[str, str] | None = None,
) -> Dictionary:
    """Return a dictionary from one mapping for each field: name, form, kind, label, choices.

    Examples
    --------
    >>> lines = [{"name": "side", "kind": "radio", "choices": "1, Left | 2, Right"}]
    >>> dict(make_dictionary(lines).fields["side"].choices)
    {'1': 'Left', '2': 'Right'}
    """
    fields: dict[str, Field] = {}
    section, form = "", ""
    for line in lines:
        section = "" if line.get("form", "") != form else section
        section = _words(line.get("section", "")) or section
        form = line.get("form", "")
        made = _field(line, section)
        fields[made.name] = made
    codes = read_choices(missing_codes) if isinstance(missing_codes, str) else missing_codes
    return Dictionary(fields=fields, missing_codes={**_MISSING_CODES, **(codes or {})})


def _field(line: Mapping[str, str], section: str) -> Field:
    kind = line.get("kind", "text").strip().casefold()
    listed = read_choices(line.get("choices", "")) if kind in _LISTED_KINDS else {}
    return Field(
        name=line["name"].strip(),
        form=line.get("form", "").strip(),
        section=section,
        kind=kind,
        label=_words(line.get("label", "")),
        choices=_FIXED_CHOICES.get(kind, listed),
        validation=line.get("validation", "").strip().casefold(),
        is_identifier=line.get("identifier", "").strip().casefold() in ("y", "yes", "1"),
    )


def read_choices(text: str) -> dict[str, str]:
    """Return code to label from the text of a choices column.

    Examples
    --------
    >>> read_choices("1, Tennis, squash or padel | -1, Other")
    {'1': 'Tennis, squash or padel', '-1': 'Other'}
    """
    pairs = (part.partition(",") for part in re.split(r"\||\n", text) if part.strip())
    return {code.strip(): _words(label) or code.strip() for code, _, label in pairs}


def checkbox_suffix(code: str) -> str:
    """Return how an export names the column of one choice, after the three underscores.

    Examples
    --------
    >>> checkbox_suffix("-1"), checkbox_suffix("UNK")
    ('_1', 'unk')
    """
    return re.sub(r"[^0-9a-z_]", "_", code.casefold())


def _words(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def _not_a_dictionary(source: str, missing: Sequence[str]) -> SourceError:
    named = [_COLUMNS[part][0] for part in missing]
    return SourceError(
        "The data dictionary cannot be read.",
        expected="the data dictionary as REDCap exports it: 18 columns, one row for each field",
        found=f"{source}: {'without ' + ', '.join(named) if named else 'no fields'}",
        fix="In REDCap: Project Setup, Data Dictionary, Download; give that file as dictionary=.",
    )
