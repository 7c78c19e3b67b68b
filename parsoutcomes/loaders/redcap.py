"""Records kept in REDCap, from an exported file or from the project itself."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import DateOrder
from parsoutcomes.errors import ArgumentError, SourceError
from parsoutcomes.loaders.grid import Grid, column_letters
from parsoutcomes.loaders.load import load_content
from parsoutcomes.loaders.mapping_file import AnyMapping, read_mapping
from parsoutcomes.loaders.mapping_file import Mapping as ColumnMapping
from parsoutcomes.loaders.mapping_given import IDENTIFIER, IGNORED, UNDECIDED, GivenMapping
from parsoutcomes.loaders.redcap_dictionary import Dictionary, read_dictionary
from parsoutcomes.loaders.redcap_export import Export, read_export
from parsoutcomes.loaders.redcap_fields import header_role
from parsoutcomes.loaders.redcap_instruments import SplitExport, split_export
from parsoutcomes.loaders.source import SourceContent, read_source
from parsoutcomes.loaders.vocabulary import Vocabulary, load_vocabulary, normalise

_ADDRESS: Final = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
Source = str | os.PathLike[str] | pd.DataFrame


@public()
def load_redcap(
    source: Source,
    *,
    dictionary: Source | None = None,
    token: str | None = None,
    missing_codes: str | Mapping[str, str] | None = None,
    mapping: AnyMapping | None = None,
    date_order: DateOrder | None = None,
    data_lock: str | datetime.date | None = None,
) -> Cohort:
    """Read records kept in REDCap, from an exported file or from the project itself.

    An export is split into its instruments and events first, its codes are turned into words by
    the data dictionary, and the result is read as `load_records` reads any other source. Not for
    survey invitations, files or logs, which hold no records.

    Parameters
    ----------
    source : path, pandas.DataFrame or address
        An exported file, raw or with labels, or the address of the project's interface for
        programs, ``https://.../api/``.
    dictionary : path or pandas.DataFrame, optional
        The data dictionary (18 columns). Needed for a raw export; a project supplies its own.
    token : str, optional
        For an address only. Default: the environment variable ``REDCAP_API_TOKEN``, then the
        keyring (service ``parsoutcomes-redcap``, user name the address). Never shown.
    missing_codes : str or mapping, optional
        The project's missing-data codes, ``"-999, Not known | -998, Not done"`` or code to words.
        A project supplies its own.
    mapping : Mapping, path of its YAML file, or mapping of str to str, optional
        By field name, as in `load_records`: what `propose_mapping` made of the exported file,
        corrected, or field name to standard column for single fields.
    date_order, data_lock : optional
        As in `load_records`.

    Returns
    -------
    Cohort
        Its `intake` says what became of each instrument, row, field and cell.

    Raises
    ------
    SourceError
        When codes cannot be read without the dictionary, the dictionary is of another project,
        or the project does not answer, refuses the token or answers in part.
    ArgumentError
        When an argument does not fit the kind of source.

    Notes
    -----
    Fields that the dictionary marks as identifiers are dropped before anything else is read, and
    from an address they are not even asked for; a birth date becomes the age at fitting. A code
    that the dictionary does not list is left out and listed, never taken for another.

    References
    ----------
    Harris PA, Taylor R, Thielke R, et al. Research electronic data capture (REDCap).
    J Biomed Inform 2009;42:377-381. doi:10.1016/j.jbi.2008.08.010

    Examples
    --------
    >>> import pandas as pd
    >>> export = pd.DataFrame({
    ...     "Record ID": ["P1"], "Level": ["L5"], "Side": ["Left"], "Stage": ["Early"],
    ...     "Brace fitted": ["2024-03-01"], "Scan date": ["2024-06-05"], "Union": ["Complete"],
    ...     "Complete?": ["Complete"]})
    >>> load_redcap(export).defects["interval_right_days"].tolist()
    [96.0]
    """
    given = read_mapping(mapping)
    vocabulary = load_vocabulary().with_spellings(given.spellings)
    named = _fields_named(given, vocabulary)
    if isinstance(source, str) and _ADDRESS.match(source):
        _refuse("dictionary", dictionary, "an address, which supplies its own")
        from parsoutcomes.loaders.redcap_api import fetch_export  # noqa: PLC0415

        fetched = fetch_export(source, token=token, missing_codes=missing_codes, named=named)
        export, sha256 = fetched.export, fetched.sha256
    else:
        _refuse("token", token, "a file, which needs none")
        content = read_source(source)
        export = read_export(_only(content), _dictionary(dictionary, missing_codes))
        sha256 = content.sha256
    split = split_export(export, vocabulary, named)
    cohort = load_content(
        SourceContent(name=export.name, grids=split.grids, sha256=sha256),
        mapping=_of_sheets(mapping, export, split),
        date_order=date_order,
        data_lock=data_lock,
    )
    return replace(cohort, intake=_with_lines(cohort.intake, split, export.name))


def _fields_named(given: GivenMapping, vocabulary: Vocabulary) -> frozenset[str]:
    """Return the fields that the mapping decides on; a key that it leaves out is not asked for."""
    return frozenset(
        normalise(one.header)
        for one in given.columns
        if one.role != UNDECIDED
        and not (
            one.role in (IGNORED, IDENTIFIER)
            and header_role(one.header, vocabulary) in ("patient_id", "identifier")
        )
    )


def _of_sheets(mapping: AnyMapping | None, export: Export, split: SplitExport) -> AnyMapping | None:
    """Leave entries out that leave out what went no further than the split into instruments."""
    if mapping is None or not read_mapping(mapping).is_of_file:
        return mapping
    whole = mapping if isinstance(mapping, ColumnMapping) else ColumnMapping.read(str(mapping))
    exported = {normalise(column.header) for column in export.columns}
    headers = (grid.rows[0].cells for grid in split.grids)
    placed = {normalise(cell) for row in headers for cell in row if cell is not None}
    kept = tuple(
        one
        for one in whole.columns
        if one.role not in (IGNORED, IDENTIFIER)
        or normalise(one.header) in placed
        or normalise(one.header) not in exported
    )
    return replace(whole, columns=kept)


def _dictionary(
    source: Source | None, missing_codes: str | Mapping[str, str] | None
) -> Dictionary | None:
    if source is None:
        _refuse("missing_codes", missing_codes, "an export without its dictionary")
        return None
    return read_dictionary(_only(read_source(source)), missing_codes=missing_codes)


def _only(content: SourceContent) -> Grid:
    """Return the one sheet of a source; more than one is refused, not passed over."""
    filled = [grid for grid in content.grids if not grid.is_blank]
    if len(filled) == 1:
        return filled[0]
    raise SourceError(
        "REDCap exports one table, and this source holds several.",
        expected="one exported file, and its dictionary as another",
        found=f"{content.name}: {len(filled)} sheets or files",
        fix="Give the exported file alone as source, and the dictionary with dictionary=.",
    )


def _refuse(name: str, value: object, source: str) -> None:
    if value is None:
        return
    raise ArgumentError(
        f"{name} does not fit the source.",
        expected=f"no {name} for {source}",
        found=f"{name} given",
        fix=f"Leave {name} out, or check the source.",
    )


def _with_lines(account: IntakeAccount, split: SplitExport, source: str) -> IntakeAccount:
    """Return the account with the columns left at the door and the labels read in part."""
    columns = [
        {
            "source": source,
            "column": column_letters(note.position),
            "header": note.header,
            "action": note.action,
            "reason": note.reason,
            "n_filled": note.n_filled,
        }
        for note in split.columns
    ]
    cells = [
        {
            "source": source,
            "sheet": note.sheet,
            "row_number": note.row_number,
            "header": note.header,
            "action": "flagged",
            "reason": note.reason,
        }
        for note in split.flags
    ]
    return replace(
        account,
        columns=_joined(account.columns, columns),
        cells=_joined(account.cells, cells),
        frame=_recounted(account.frame, [str(line["action"]) for line in columns], len(cells)),
    )


def _joined(frame: pd.DataFrame, more: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return the frame with more lines; what they do not say is nothing, or 0 for a count."""
    blank = {str(name): 0 if str(name).startswith("n_") else "" for name in frame}
    lines = [*frame.to_dict("records"), *({**blank, **line} for line in more)]
    return pd.DataFrame(lines, columns=list(frame.columns))


def _recounted(frame: pd.DataFrame, actions: Sequence[str], n_flagged: int) -> pd.DataFrame:
    more = {
        "columns dropped or replaced as identifiers": actions.count("dropped as an identifier"),
        "columns not used": actions.count("not used"),
        "cells interpreted, flagged": n_flagged,
    }
    return frame.assign(n=[n + more.get(what, 0) for what, n in frame[["what", "n"]].to_numpy()])
