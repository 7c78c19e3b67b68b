"""A mapping of all columns of a source: shown as a table, written as YAML to correct and reuse."""

from __future__ import annotations

import contextlib
import html
import os
from collections.abc import Mapping as AnyDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import yaml

from parsoutcomes.calls import built_by, public
from parsoutcomes.errors import ArgumentError, find_nearest
from parsoutcomes.loaders.mapping import READABLE_ROLES
from parsoutcomes.loaders.mapping_given import (
    IDENTIFIER,
    IGNORED,
    UNDECIDED,
    GivenColumn,
    GivenMapping,
    read_user_mapping,
)
from parsoutcomes.loaders.mapping_text import (
    FORMAT,
    NAMED_BY_THE_CLINIC,
    MappedColumn,
    compose_yaml,
    meanings_of,
)
from parsoutcomes.loaders.vocabulary import MISSING_REASONS
from parsoutcomes.loaders.withheld import identifying_kind

_MOST_BYTES: Final = 5_000_000


@built_by('propose_mapping("clinic.xlsx") or Mapping.read("mapping.yaml")')
@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Mapping:
    """What every column of a source is taken for, to look through, correct and use again.

    Attributes
    ----------
    source : str
        Name of the file it was made for.
    columns : tuple of MappedColumn
        In the order of the source.

    Examples
    --------
    >>> rows = pd.DataFrame({"Study ID": ["P1"], "Level": ["L5"], "Healed?": ["yes"]})
    >>> from parsoutcomes.loaders.mapping_proposal import propose_mapping
    >>> propose_mapping(rows).to_frame()["role"].tolist()
    ['patient_id', 'level', 'union_status']
    """

    source: str
    columns: tuple[MappedColumn, ...]

    @property
    def undecided(self) -> tuple[MappedColumn, ...]:
        """Columns that matter and that nobody has decided on."""
        return tuple(column for column in self.columns if column.role == UNDECIDED)

    @property
    def finding(self) -> str:
        """One sentence on how many columns are used, left out and undecided."""
        counts = dict.fromkeys((IGNORED, IDENTIFIER, UNDECIDED), 0)
        for column in self.columns:
            if column.role in counts:
                counts[column.role] += 1
        used = len(self.columns) - sum(counts.values())
        open_ends = f"{counts[UNDECIDED]} undecided" if counts[UNDECIDED] else "none undecided"
        if n_to_explain := sum(column.n_to_explain > 0 for column in self.columns):
            open_ends += f", {n_to_explain} with a frequent spelling to explain"
        return (
            f"{len(self.columns)} columns: {used} used, {counts[IDENTIFIER]} dropped as "
            f"identifiers, {counts[IGNORED]} not used, {open_ends}."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per column; spellings of cells are counted, not shown."""
        lines = [
            {
                "sheets": ", ".join(column.sheets),
                "header": column.header,
                "role": column.role,
                "details": ", ".join(f"{k} {v}" for k, v in sorted(column.attributes.items())),
                "suggestion": column.suggestion,
                "confidence": column.confidence,
                "n_filled": column.n_filled,
                "n_understood": column.n_understood,
                "n_unknown": column.n_unknown,
                "reason": column.reason,
            }
            for column in self.columns
        ]
        return pd.DataFrame(lines)

    def summary(self) -> str:
        """Return finding and table as plain text."""
        return "\n".join(
            [f"Mapping of {self.source}", self.finding, self.to_frame().to_string(index=False)]
        )

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0)
        title = html.escape(f"Mapping of {self.source}")
        return f"<h4>{title}</h4><p>{html.escape(self.finding)}</p>{table}"

    @public()
    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the mapping as commented YAML, for a clinician to correct and reuse.

        The file names headers, and spellings of stage, side and union words that stand in
        several rows and are not known. Look it through before it leaves the clinic.

        Parameters
        ----------
        path : path
            The file; replaced when it is there.

        Returns
        -------
        pathlib.Path
        """
        target = Path(path)
        target.write_text(compose_yaml(self.source, self.columns), encoding="utf-8", newline="\n")
        return target

    @classmethod
    @public()
    def read(cls, path: str | os.PathLike[str]) -> Mapping:
        """Read a mapping that `write` wrote and somebody may have corrected.

        Parameters
        ----------
        path : path
            The YAML file.

        Returns
        -------
        Mapping

        Raises
        ------
        ArgumentError
            When it is no such file, or names a role or meaning that there is not.
        """
        content = _load_yaml(Path(path))
        columns = tuple(_read_column(entry) for entry in content["columns"])
        return cls(source=str(content.get("source", "")), columns=columns)

    def as_given(self) -> GivenMapping:
        """Return what the mapping says, as the loader uses it."""
        columns = tuple(
            GivenColumn(
                header=column.header,
                role=column.role,
                attributes=column.attributes,
                sheets=column.sheets,
                occurrence=column.occurrence,
                spellings=column.spellings,
            )
            for column in self.columns
        )
        return GivenMapping(columns=columns, is_of_file=True)


AnyMapping = Mapping | AnyDict[str, str] | str | os.PathLike[str]


def read_mapping(mapping: AnyMapping | None) -> GivenMapping:
    """Return what the user gives as a mapping, whatever its form, checked.

    Parameters
    ----------
    mapping : Mapping, path of its YAML file, mapping of header to role, or None
        As `load_records` takes it.

    Returns
    -------
    GivenMapping

    Raises
    ------
    ArgumentError
        When it cannot be read, or names a role that there is not.
    """
    if isinstance(mapping, str | os.PathLike):
        return Mapping.read(mapping).as_given()
    return mapping.as_given() if isinstance(mapping, Mapping) else read_user_mapping(mapping)


class _MappingLoader(yaml.BaseLoader):
    """Keeps words as they are, and knows no references, by which a few lines become billions."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - as in its base
        """Return a node, unless it refers to another."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(problem="a reference", problem_mark=self.get_mark())
        return super().compose_node(parent, index)


def _load_yaml(path: Path) -> dict[str, Any]:
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise ArgumentError(
            "There is no mapping file of that name.",
            expected="a YAML file written by propose_mapping(...).write or parsoutcomes map",
            found=f"{path.name}: no such file, or far too long for one",
            fix="Write it with: parsoutcomes map SOURCE --out mapping.yaml",
        )
    content: Any = None
    where = ""
    try:
        # The base loader keeps "no" and "1" as the words they are.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_MappingLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the file"
    # Raised outside of the handling, since the error of YAML carries lines of the file along.
    if where:
        raise _not_a_mapping(path, where)
    is_one = isinstance(content, dict) and content.get("format") == FORMAT
    if not is_one or not isinstance(content.get("columns"), list):
        raise _not_a_mapping(path, "its head")
    return dict(content)


def _not_a_mapping(path: Path, where: str) -> ArgumentError:
    return ArgumentError(
        "The mapping file cannot be read.",
        expected=f'YAML with "format: {FORMAT}" and a list of columns',
        found=f"{path.name}: {where} reads otherwise",
        fix="Correct that place, or write the file anew with: parsoutcomes map SOURCE --out FILE",
    )


def _one_of(value: object, allowed: Sequence[str], header: str, what: str) -> str:
    """Return a word that may stand there; any other may be anything, and is not repeated."""
    if isinstance(value, str) and value in allowed:
        return value
    near = find_nearest(str(value), allowed)
    kind = identifying_kind(header)
    raise ArgumentError(
        "An entry of the mapping file has a word that is not known.",
        expected=f"one of {', '.join(allowed)}",
        found=f"another {what} in the entry of a column with its header withheld ({kind})"
        if kind
        else f'another {what} in the entry of the column "{header}"',
        fix=f'Did you mean "{near}"?' if near else "Put one of these words in its place.",
    )


def _read_column(entry: object) -> MappedColumn:
    if not isinstance(entry, dict) or not isinstance(entry.get("header"), str):
        raise _wrong_entry("", "an entry without a header")
    header = entry["header"]
    allowed = (IGNORED, IDENTIFIER, UNDECIDED, *sorted(READABLE_ROLES))
    role = _one_of(entry.get("role"), allowed, header, "role")
    sheets = entry.get("sheets") or []
    return MappedColumn(
        header=header,
        sheets=tuple(str(sheet) for sheet in _as_list(sheets, header, "sheets")),
        occurrence=int(_as_number(entry.get("occurrence", "0"), header)),
        role=role,
        attributes=_as_table(entry.get("with"), header, "with"),
        confidence=_as_number(entry.get("confidence", "1"), header),
        reason=str(entry.get("reason", "")),
        n_filled=int(_as_number(entry.get("cells_filled", "0"), header)),
        n_understood=int(_as_number(entry.get("cells_understood", "0"), header)),
        n_unknown=int(_as_number(entry.get("cells_with_unknown_spelling", "0"), header)),
        n_to_explain=int(_as_number(entry.get("cells_to_explain", "0"), header)),
        spellings=_read_spellings(entry.get("spellings"), header, role),
    )


def _read_spellings(value: object, header: str, role: str) -> dict[str, str]:
    table = _as_table(value, header, "spellings")
    allowed = meanings_of(role)
    for position, meaning in enumerate(table.values(), start=1):
        if meaning and allowed:
            what = f"meaning of spelling {position}"
            _one_of(meaning, (*allowed, *MISSING_REASONS), header, what)
    return table if allowed or role in NAMED_BY_THE_CLINIC else {}


def _as_table(value: object, header: str, key: str) -> dict[str, str]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise _wrong_entry(header, f'"{key}" is not a list of name: value')
    return {str(name): meaning.strip() for name, meaning in value.items()}


def _as_list(value: object, header: str, key: str) -> Sequence[object]:
    if isinstance(value, list):
        return value
    raise _wrong_entry(header, f'"{key}" is not a list')


def _as_number(value: object, header: str) -> float:
    with contextlib.suppress(ValueError):
        return float(str(value))
    raise _wrong_entry(header, "a number reads otherwise")


def _wrong_entry(header: str, found: str) -> ArgumentError:
    where = f'column "{header}": ' if header else ""
    return ArgumentError(
        "An entry of the mapping file cannot be read.",
        expected="header, role and the other lines as the file was written",
        found=f"{where}{found}",
        fix="Correct the entry, or write the file anew with: parsoutcomes map SOURCE --out FILE",
    )
