"""List where each reference number comes from, who uses it, and how to make it again.

    python tests/reference/explain.py           (or: make reference)
    python tests/reference/explain.py --again   runs R, if it is here, and compares

What R answered is told by the `meta` of each JSON; the rest is in origins.yaml.
"""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TESTS = HERE.parent
R = HERE / "r"
STUDIES = TESTS.parent / "parsoutcomes" / "baselines" / "studies.csv"
NOT_NUMBERS = {".R", ".md", ".py", ".yaml"}
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Origin:
    """One file of reference numbers, or one set of printed ones."""

    name: str
    source: str
    again: str
    used_by: tuple[str, ...]

    def __str__(self) -> str:
        parts = {"from": self.source, "used by": ", ".join(self.used_by), "again": self.again}
        return "\n".join([self.name, *(f"  {key:8} {value}" for key, value in parts.items())])


@cache
def load_origins() -> dict[str, Any]:
    return yaml.safe_load((HERE / "origins.yaml").read_text(encoding="utf-8"))


@cache
def _texts_of_tests() -> dict[str, str]:
    return {
        path.relative_to(TESTS).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TESTS.rglob("test_*.py"))
    }


def list_files() -> list[str]:
    """Return every file of numbers beneath tests/reference, by its path from there."""
    found = (path for path in HERE.rglob("*") if path.is_file())
    return sorted(
        path.relative_to(HERE).as_posix()
        for path in found
        if path.suffix not in NOT_NUMBERS and "__pycache__" not in path.parts
    )


def list_users(name: str) -> tuple[str, ...]:
    """Return the tests that name a file, or its stem as a whole word in quotes."""
    path = Path(name)
    stem = path.name.partition(".")[0]
    if path.parent.name == "workbooks":
        pattern = r"reference[/\" ]+workbooks"
    else:
        pattern = rf"[\"'/]{re.escape(stem)}(\.[a-z.]+)?[\"']"
    direct = [test for test, text in _texts_of_tests().items() if re.search(pattern, text)]
    checked = ["reference/test_origins.py"] if name in list_checksums() else []
    return tuple(direct + checked)


@cache
def list_checksums() -> dict[str, str]:
    """Return the MD5 sum that R gave of each file of data it wrote."""
    sums: dict[str, str] = {}
    for path in sorted(R.glob("*.json")):
        for record in _records(json.loads(path.read_text(encoding="utf-8"))):
            for key in ("file", "incomplete"):
                md5 = record.get("md5" if key == "file" else f"md5_{key}")
                if key in record and md5 is not None:
                    sums[f"r/{record[key]}"] = md5
    return sums


def _records(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _records(inner)


def explain_files() -> list[Origin]:
    return [_explain(name) for name in list_files()]


def _explain(name: str) -> Origin:
    written = load_origins()["files"].get(name)
    if written is not None:
        return Origin(name, written["origin"], written["again"], list_users(name))
    if name.endswith(".json"):
        meta = json.loads((HERE / name).read_text(encoding="utf-8"))["meta"]
        packages = ", ".join(f"{key} {version}" for key, version in meta["packages"].items())
        source = f"{meta['R'].partition(' (')[0]}; {packages}; data: {meta['data_source']}"
        return Origin(name, source, _command(meta["script"]), list_users(name))
    script = _writer_of(Path(name).name)
    meta = json.loads((R / f"{Path(script).stem}.json").read_text(encoding="utf-8"))["meta"]
    source = f"data written by {script} from {meta['data_source']} ({meta['licence']})"
    return Origin(name, source, _command(script), list_users(name))


def _writer_of(name: str) -> str:
    for script in sorted(R.glob("[0-9]*.R")):
        if f'"{name}")' in script.read_text(encoding="utf-8"):
            return script.name
    raise LookupError(f"{name}: no script writes it, and origins.yaml does not name it")


def _command(script: str) -> str:
    return f"cd tests/reference/r && Rscript {script}"


def explain_printed() -> list[Origin]:
    return [
        Origin(
            f"printed: {entry['source']}",
            "; ".join([*_where(entry), f"read and added {load_origins()['added']}"]),
            entry["again"],
            (f"reference/{entry['test']}",),
        )
        for entry in load_origins()["printed"]
    ]


def _where(entry: dict[str, Any]) -> list[str]:
    if "doi" in entry:
        return [f"doi:{entry['doi']}"]
    return [_study(study) for study in entry.get("studies", [])]


@cache
def _studies() -> dict[str, dict[str, str]]:
    with STUDIES.open(encoding="utf-8", newline="") as lines:
        return {row["study_id"]: row for row in csv.DictReader(lines)}


def _study(study_id: str) -> str:
    row = _studies()[study_id]
    where = f"doi:{row['doi']}" if row["doi"] else row["url"] or row["journal"]
    return f"{row['first_author']} {row['year']} ({where or 'see studies.csv'})"


def explain_asked() -> list[Origin]:
    return [
        Origin(f"asked in each run: {test}", who, "make test", (f"reference/{test}",))
        for test, who in load_origins()["asked_each_run"].items()
    ]


def differing(ours: object, theirs: object, path: str = "") -> list[str]:
    """Return where two answers differ by more than the tolerance; versions are left out."""
    if path == "/meta":
        return []
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted(ours.keys() | theirs.keys())
        return [d for k in keys for d in differing(ours.get(k), theirs.get(k), f"{path}/{k}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [d for n, (one, two) in pairs for d in differing(one, two, f"{path}/{n}")]
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        same = math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        return [] if same else [path]
    return [] if ours == theirs else [path]


def run_again(rscript: str) -> int:
    """Run every script of R in a copy of the folder, and say which answers moved."""
    moved = 0
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(R, copy, dirs_exist_ok=True)
        for script in sorted(R.glob("[0-9]*.R")):
            done = subprocess.run([rscript, script.name], cwd=copy, check=False)
            answer = f"{script.stem}.json"
            if done.returncode:
                print(f"{script.name}: R stopped; a package may be missing")
                moved += 1
                continue
            kept, new = (
                json.loads((folder / answer).read_text(encoding="utf-8"))
                for folder in (R, Path(copy))
            )
            where = differing(kept, new)
            moved += bool(where)
            print(f"{script.name}: {'differs at ' + ', '.join(where[:5]) if where else 'the same'}")
    return int(moved > 0)


def main(arguments: list[str]) -> int:
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    for origin in [*explain_files(), *explain_printed(), *explain_asked()]:
        print(f"{origin}\n")
    rscript = shutil.which("Rscript")
    if rscript is None:
        print("R is not on this computer: nothing was run again. The commands above need it.")
    elif "--again" in arguments:
        return run_again(rscript)
    else:
        print("R is here: tests/reference/explain.py --again runs every script and compares.")
    return int("--again" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
