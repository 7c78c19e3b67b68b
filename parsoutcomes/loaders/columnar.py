"""Parquet files."""

from __future__ import annotations

import decimal
import io
from typing import Final

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.extras import import_reader
from parsoutcomes.loaders.grid import Grid, number_rows

_MARK: Final = b"PAR1"
_LARGEST_UNPACKED_BYTES: Final = 2_000_000_000


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
        file = parquet.ParquetFile(io.BytesIO(content))
        _require_moderate_size(file.metadata, source)
        table = file.read()
    except (arrow.ArrowException, OSError) as error:
        raise _damaged(source) from error
    columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    rows = [list(table.column_names), *zip(*columns, strict=True)]
    return Grid(source=source, sheet="", rows=number_rows(rows, first=0))


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
    if unpacked > _LARGEST_UNPACKED_BYTES:
        raise SourceError(
            "The Parquet file unpacks to too much, so it is not opened.",
            expected="under 2 GB of records",
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
