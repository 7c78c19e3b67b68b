"""What the setter leaves to do: row headings for screen readers, and streams that end clearly."""

from __future__ import annotations

import binascii
import io
from collections.abc import Iterator, Sequence
from typing import Any

# The setter marks column headings only. In a table with a heading for each column and row,
# the scopes alone say which headings a cell has, so the lists of column headings are dropped.


def mark_row_heads(pdf: bytes, n_row_heads: Sequence[int]) -> bytes:
    """Mark the leading cells of each row of each table as headings of their row.

    Parameters
    ----------
    pdf : bytes
        A tagged PDF.
    n_row_heads : sequence of int
        Of each table in reading order, how many leading columns name the row.

    Returns
    -------
    bytes
        The same for the same input.
    """
    import pikepdf  # noqa: PLC0415  (opened only when a PDF is made)

    with pikepdf.open(io.BytesIO(pdf)) as document:
        tables = list(_elements(document.Root.StructTreeRoot, "/Table"))
        for table, n_heads in zip(tables, n_row_heads, strict=True):
            for body in _elements(table, "/TBody"):
                for row in _elements(body, "/TR"):
                    _mark_row(row, n_heads)
        _end_streams_clearly(document)
        marked = io.BytesIO()
        document.save(
            marked,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
    return marked.getvalue()


def _end_streams_clearly(document: Any) -> None:  # noqa: ANN401
    """Write a stream whose last byte is a carriage return as hexadecimal digits.

    Some validators take that byte for a part of the line end behind it, and the stream's stated
    length for wrong.
    """
    import pikepdf  # noqa: PLC0415

    for stream in document.objects:
        if isinstance(stream, pikepdf.Stream) and stream.read_raw_bytes().endswith(b"\r"):
            digits = binascii.hexlify(stream.read_raw_bytes()) + b">"
            filters, parameters = _as_list(stream.get("/Filter")), stream.get("/DecodeParms")
            stream.write(
                digits,
                filter=pikepdf.Array([pikepdf.Name.ASCIIHexDecode, *filters]),
                decode_parms=(
                    None
                    if parameters is None
                    else pikepdf.Array([pikepdf.Dictionary(), *_as_list(parameters)])
                ),
            )


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401
    import pikepdf  # noqa: PLC0415

    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]


def _mark_row(row: Any, n_heads: int) -> None:  # noqa: ANN401
    import pikepdf  # noqa: PLC0415

    for position, cell in enumerate(_children(row)):
        is_head = position < n_heads
        if is_head:
            cell.S = pikepdf.Name.TH
        for attributes in cell.get("/A", ()):
            if attributes.get("/O") == "/Table":
                del attributes["/Headers"]
                if is_head:
                    attributes["/Scope"] = pikepdf.Name.Row


def _children(element: Any) -> list[Any]:  # noqa: ANN401
    import pikepdf  # noqa: PLC0415

    kids = _as_list(element.get("/K"))
    return [kid for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


def _elements(element: Any, kind: str) -> Iterator[Any]:  # noqa: ANN401
    """Yield the outermost elements of a kind in reading order."""
    for child in _children(element):
        if str(child.S) == kind:
            yield child
        else:
            yield from _elements(child, kind)
