"""Time and memory of the intake on large files, beside those of the bare readers.

Writes a clinic workbook (one row per patient and level, three scans beside each other) and a text
file (one row per pars and scan) to a temporary folder, and loads each in a process of its own.

    python benchmarks/intake_speed.py                       50,000 rows and 1,000,000 rows
    python benchmarks/intake_speed.py --rows 5000 --lines 100000
"""

from __future__ import annotations

import argparse
import csv
import datetime
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import openpyxl
import pandas as pd
import python_calamine

SEED: Final = 20261122
GROUPS: Final = (
    ("Patient", 4), ("Injury", 5), ("Brace", 4), ("CT 1", 3), ("CT 2", 3), ("CT 3", 3),
    ("Follow up", 5),
)  # fmt: skip
HEADERS: Final = (
    "Hosp No", "NHS No", "DOB", "Sex", "Sport", "Level", "Side", "CT stage R", "CT stage L",
    "Brace type", "Fitted", "Length", "Brace off", "Date", "R", "L", "Date", "R", "L",
    "Date", "R", "L", "VAS pre", "VAS 3/12", "Outcome", "Surgery date", "Last seen",
)  # fmt: skip
LONG_HEADERS: Final = (
    "patient_id", "sex", "age_years", "level", "side", "stage", "stir", "fitted_date",
    "brace_months", "scan_date", "modality", "union",
)  # fmt: skip
STAGES: Final = ("early", "Prog.", "term", "V. early", "complete #", "prelysis")
UNION: Final = ("United", "NU", "some bridging", "no change", "Fully healed", "partial")


def write_workbook(path: Path, n_rows: int) -> None:
    """Write a clinic log of `n_rows` rows over four sheets, dates as dates and as text."""
    draw = random.Random(SEED)
    book = openpyxl.Workbook(write_only=True)
    per_sheet = -(-n_rows // 4)
    for number in range(4):
        sheet = book.create_sheet(str(2021 + number))
        sheet.append(["PARS CLINIC LOG"])
        sheet.append([name for text, width in GROUPS for name in [text, *[None] * (width - 1)]])
        sheet.append(list(HEADERS))
        for row in range(number * per_sheet, min(n_rows, (number + 1) * per_sheet)):
            sheet.append(_clinic_row(draw, row))
    book.save(path)


def _clinic_row(draw: random.Random, row: int) -> list[object]:
    fitted = datetime.datetime(2021, 1, 1) + datetime.timedelta(days=draw.randrange(1400))
    scans: list[object] = []
    for visit in (1, 2, 3):
        day = fitted + datetime.timedelta(days=91 * visit + draw.randrange(-14, 15))
        scans += [_written(draw, day), draw.choice(UNION), draw.choice((None, *UNION))]
    return [
        f"P{row:05d}", None, datetime.datetime(2008, 1, 1) + datetime.timedelta(row % 1500),
        draw.choice(("M", "girl", "male ", "f")), draw.choice(("rugby", "FOOTBALL", "dance")),
        draw.choice(("L5", "l 4", "L5/S1")), "both", draw.choice(STAGES), draw.choice(STAGES),
        "bespoke", _written(draw, fitted), draw.choice(("6/12", "12 wks", "3 months")),
        _written(draw, fitted + datetime.timedelta(days=100)), *scans, draw.randrange(11),
        f"{draw.randrange(11)}/10", "completed", None,
        _written(draw, fitted + datetime.timedelta(days=400)),
    ]  # fmt: skip


def _written(draw: random.Random, day: datetime.datetime) -> object:
    return draw.choice((day, day.strftime("%d/%m/%y"), day.strftime("%d %B %Y")))


def write_lines(path: Path, n_lines: int) -> None:
    """Write `n_lines` lines, ten scans of one pars to each of its patients."""
    draw = random.Random(SEED)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(LONG_HEADERS)
        for line in range(n_lines):
            if line % 10 == 0:
                fitted = datetime.date(2015, 1, 1) + datetime.timedelta(days=draw.randrange(3000))
                patient = [f"LB-{line // 10:05d}", draw.choice(("male", "female")),
                           draw.randrange(120, 190) / 10, "L5", draw.choice(("left", "right")),
                           draw.choice(("early", "progressive")), "present", fitted, 6]  # fmt: skip
            day = fitted + datetime.timedelta(days=30 * (line % 10 + 1))
            writer.writerow([*patient, day, "CT", "complete" if line % 10 > 6 else "none"])


def time_bare_workbook(path: Path) -> int:
    """Read all cells of the workbook, and do nothing with them."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def time_bare_lines(path: Path) -> int:
    """Read all lines of the text file with pandas, as text."""
    return len(pd.read_csv(path, dtype=str))


def time_intake(path: Path) -> int:
    """Load and check the file."""
    from parsoutcomes.loaders.load import load_records

    cohort = load_records(path)
    return int(cohort.intake.sources["n_rows_used"].sum())


TASKS: Final = {
    "bare_workbook": time_bare_workbook,
    "bare_lines": time_bare_lines,
    "intake": time_intake,
}


def run_task(task: str, path: Path) -> None:
    """Run one task in this process and print rows, seconds, processor seconds and memory."""
    start, processor = time.perf_counter(), time.process_time()
    n_rows = TASKS[task](path)
    wall, used = time.perf_counter() - start, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{task:14s} {n_rows:>9,} rows {wall:7.1f} s {used:7.1f} s processor {memory:7.0f} MB")


def measured(folder: Path, n_rows: int, n_lines: int) -> Iterator[tuple[str, Path]]:
    """Write both files and yield what to run on each."""
    workbook, lines = folder / "log.xlsx", folder / "lines.csv"
    write_workbook(workbook, n_rows)
    write_lines(lines, n_lines)
    yield from (("bare_workbook", workbook), ("intake", workbook))
    yield from (("bare_lines", lines), ("intake", lines))


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--task", nargs=2, metavar=("TASK", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        run_task(arguments.task[0], Path(arguments.task[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        for task, path in measured(Path(name), arguments.rows, arguments.lines):
            command = [sys.executable, __file__, "--task", task, str(path)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
