"""Parquet files."""

from __future__ import annotations

import decimal
import io
from collections.abc import Sequence
from typing import Any, Final

from parsoutcomes.conventions import (
    LARGEST_TABLE_CELLS,
    LARGEST_TEXT_OF_A_CELL,
    LARGEST_UNPACKED_BYTES,
)
from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.extras import import_reader
from parsoutcomes.loaders.grid import Grid, number_rows

_MARK: Final = b"PAR1"


def is_parquet(content: bytes) -> bool:
    """Whether the bytes are a Parquet file.

    Examples
    --------
    >>> is_parquet(b"Patient;Level")
    False
    """
    return content.startswith(_MARK) and content.endswith(_MARK)


def read_parquet(content: bytes, source: str) -> Grid:
    """Read a Parquet file into a grid; the header is row 0, the records count from 1.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : str
        Its name, for the account.

    Returns
    -------
    Grid

    Raises
    ------
    SourceError
        When it is damaged, unpacks to too much, or the reader is not installed.
    """
    arrow = import_reader("pyarrow", "pyarrow", what="Parquet files")
    parquet = import_reader("pyarrow.parquet", "pyarrow", what="Parquet files")
    try:
        rows = _rows(arrow, parquet, content, source)
    except SourceError:
        raise
    except Exception:
        # A damaged file fails in many ways, also when its cells are taken out.
        rows = None
    # Raised out here, so that no chained error carries what a cell holds.
    if rows is None:
        raise _damaged(source)
    return Grid(source=source, sheet="", rows=number_rows(rows, first=0))


def _rows(arrow: Any, parquet: Any, content: bytes, source: str) -> list[Sequence[object]]:  # noqa: ANN401
    file = parquet.ParquetFile(io.BytesIO(content))
    _require_moderate_size(file.metadata, source)
    texts = [field.name for field in file.schema_arrow if _is_text(arrow, field.type)]
    # Read as lists of distinct texts, so that one long text is not written out row by row.
    table = parquet.ParquetFile(io.BytesIO(content), read_dictionary=texts).read()
    table.validate(full=True)
    _require_short_texts(arrow, table, source)
    columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    return [list(table.column_names), *zip(*columns, strict=True)]


def _plain(value: object) -> object:
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value if one is not None)
    return value


def _require_moderate_size(metadata: object, source: str) -> None:
    groups = range(getattr(metadata, "num_row_groups", 0))
    unpacked = sum(metadata.row_group(one).total_byte_size for one in groups)  # type: ignore[attr-defined]
    n_cells = getattr(metadata, "num_rows", 0) * getattr(metadata, "num_columns", 0)
    if unpacked > LARGEST_UNPACKED_BYTES or n_cells > LARGEST_TABLE_CELLS:
        raise _too_much(source)


def _is_text(arrow: Any, kind: object) -> bool:  # noqa: ANN401
    types = arrow.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind))


def _require_short_texts(arrow: Any, table: Any, source: str) -> None:  # noqa: ANN401
    for column in table.columns:
        for chunk in column.chunks if arrow.types.is_dictionary(column.type) else ():
            lengths = (len(text.as_buffer() or b"") for text in chunk.dictionary)
            if max(lengths, default=0) > LARGEST_TEXT_OF_A_CELL:
                raise _too_much(source)


def _too_much(source: str) -> SourceError:
    return SourceError(
        "The Parquet file unpacks to too much, so it is not opened.",
        expected=f"at most {LARGEST_UNPACKED_BYTES // 1_000_000} MB and "
        f"{LARGEST_TABLE_CELLS:,} cells, rows by columns",
        found=f"{source}: more than that",
        fix="Select the clinic's own records into a file of their own.",
    )


def _damaged(source: str) -> SourceError:
    return SourceError(
        "The Parquet file cannot be opened.",
        expected="a complete Parquet file",
        found=f"{source}: a damaged or incomplete file",
        fix="Write it again from the program that made it.",
    )
