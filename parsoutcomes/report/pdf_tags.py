"""Row headings of a tagged PDF's tables: cells that name a row say so to a screen reader."""

from __future__ import annotations

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
        marked = io.BytesIO()
        document.save(
            marked,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
        )
    return marked.getvalue()


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

    kids = element.get("/K", [])
    listed = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    return [kid for kid in listed if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


def _elements(element: Any, kind: str) -> Iterator[Any]:  # noqa: ANN401
    """Yield the outermost elements of a kind in reading order."""
    for child in _children(element):
        if str(child.S) == kind:
            yield child
        else:
            yield from _elements(child, kind)
