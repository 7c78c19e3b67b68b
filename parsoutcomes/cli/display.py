"""Text, tables and progress on a terminal, and plainly where there is none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import pandas as pd

from parsoutcomes.wording import format_cell, format_count

if TYPE_CHECKING:
    from rich.console import Console

ProgressReporter = Callable[[str, int, int], None]

# A file or a pipe has no width of its own.
_PLAIN_WIDTH: Final = 160


def open_console(stream: IO[str] | None = None, *, plain_width: int = _PLAIN_WIDTH) -> Console:
    """Return a console that writes plain text, so many signs wide, unless it is a terminal."""
    from rich.console import Console

    target = sys.stdout if stream is None else stream
    width = None if target.isatty() else plain_width
    return Console(file=target, width=width, markup=False, emoji=False, highlight=False)


def show_lines(*lines: str) -> None:
    """Write lines, wrapped to the width of a terminal and never broken elsewhere."""
    console = open_console()
    for line in lines:
        console.print(line, soft_wrap=not console.is_terminal)


def show_path(path: Path, *, before: str = "") -> None:
    """Write a path in one piece, so that it can be copied."""
    open_console().print(f"{before}{path}", soft_wrap=True)


def show_table(
    title: str,
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    when_empty: str,
    plain_width: int = _PLAIN_WIDTH,
) -> None:
    """Write a frame as a table under a title, or say that it is empty.

    Parameters
    ----------
    title : str
        What the rows are.
    frame : pandas.DataFrame
        The rows.
    columns : mapping of str to str
        Columns to show, in order, and what to call them.
    when_empty : str
        What to say when there is no row.
    plain_width : int
        How wide where there is no terminal.
    """
    console = open_console(plain_width=plain_width)
    console.print()
    if frame.empty:
        console.print(f"{title}: {when_empty}")
        return
    console.print(f"{title} ({format_count(len(frame), 'line', 'lines')})")
    console.print(_as_table(frame, columns))


def _as_table(frame: pd.DataFrame, columns: Mapping[str, str]) -> object:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ASCII2 if not sys.stdout.isatty() else box.SIMPLE_HEAD)
    for name, heading in columns.items():
        right = pd.api.types.is_numeric_dtype(frame[name])
        table.add_column(
            heading,
            justify="right" if right else "left",
            overflow="fold",
        )
    cells: list[Sequence[str]] = [
        [
            value if isinstance(value, str) else format_cell(name, value)
            for value in frame[name].tolist()
        ]
        for name in columns
    ]
    for row in zip(*cells, strict=True):
        table.add_row(*(Text(cell) for cell in row))
    return table


@contextmanager
def report_progress() -> Iterator[ProgressReporter]:
    """Give a function to call with step, number done and total; shown on the error stream.

    A bar on a terminal; elsewhere one plain line per step.
    """
    if sys.stderr.isatty():
        with _progress_bar() as reporter:
            yield reporter
    else:
        yield _write_step


def _write_step(step: str, done: int, total: int) -> None:
    print(f"[{done}/{total}] {step}", file=sys.stderr, flush=True)


@contextmanager
def _progress_bar() -> Iterator[ProgressReporter]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    step_column = TextColumn("{task.description}", markup=False)
    with Progress(*columns, step_column, console=open_console(sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total)

        yield report
