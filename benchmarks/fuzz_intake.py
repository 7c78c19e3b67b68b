"""Files damaged at random: each loads or is refused in words, soon and in little memory.

Runs in processes of their own, so that a crash of the reader is counted and not suffered.

    python benchmarks/fuzz_intake.py                 8,000 files
    python benchmarks/fuzz_intake.py --files 500

Files from number 5,000 on are damaged in the ways of their own kind: the XML within a workbook, the
encoding of text, the mapping file, Parquet and the files of statistical programs.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import io
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd
import pyreadstat

from parsoutcomes.errors import ParsOutcomesError
from parsoutcomes.loaders.load import load_records
from parsoutcomes.loaders.mapping_proposal import propose_mapping

ROOT: Final = Path(__file__).parents[1]
BASES: Final = tuple(
    path
    for folder in (ROOT / "tests/reference/workbooks", ROOT / "data/synthetic/clinic")
    for path in sorted(folder.glob("*"))
    if path.suffix in (".xlsx", ".xls", ".xlsb", ".ods", ".csv") and path.stat().st_size < 100_000
)
FILES_PER_PROCESS: Final = 250
LIMIT_SECONDS: Final = 10
LIMIT_MEGABYTES: Final = 1000
LIMIT_ADDRESSES: Final = 3_000_000_000
FIRST_OF_OWN_KIND: Final = 5000
NASTY: Final = (
    b"", b"\0", b"=1+1", b"99999999999999999999", b"-1", b"1e309", b"NaN", b"31/02/2024",
    b"0000-00-00", b'"', b"\xff\xfe", b",,,,", b"\n", "ß💉\u202e".encode(), b"A" * 40_000,
    b"XFD1048576", b"&lt;", b"<", b"P0001", b"13/13/13",
)  # fmt: skip

Mutation = Callable[[random.Random, bytes], bytes]


def flip_bytes(draw: random.Random, content: bytes) -> bytes:
    """Change a few bytes anywhere."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 3, 30))):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def truncate(draw: random.Random, content: bytes) -> bytes:
    """Keep the beginning only, as of a download that broke off."""
    return content[: draw.randrange(1, len(content))]


def splice(draw: random.Random, content: bytes) -> bytes:
    """Put something nasty, or a piece of the file itself, somewhere else."""
    start = draw.randrange(len(content))
    piece = draw.choice((*NASTY, content[start : start + draw.randrange(200)]))
    at = draw.randrange(len(content))
    return content[:at] + piece + content[at + draw.choice((0, 0, len(piece), 50)) :]


def change_parts(draw: random.Random, content: bytes) -> bytes:
    """Drop, damage or repeat parts of an archive; another kind of file is spliced."""
    if not content.startswith(b"PK"):
        return splice(draw, splice(draw, content))
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as copy,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        names = archive.namelist()
        chosen = draw.sample(names, min(len(names), draw.choice((1, 1, 2))))
        for name in names:
            part = archive.read(name)
            if name in chosen and part:
                mutation = draw.choice((None, flip_bytes, truncate, splice, splice, splice))
                if mutation is None:
                    continue
                part = mutation(draw, part)
            # A date of its own: the same number makes the same file, whatever the clock says.
            copy.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def replace_cells(draw: random.Random, content: bytes) -> bytes:
    """Put nasty cells in the place of others in a text file; archives have parts changed."""
    if content.startswith((b"PK", b"\xd0\xcf")):
        return change_parts(draw, content)
    lines = [line.split(b",") for line in content.split(b"\n")]
    for _ in range(draw.choice((1, 5, 50))):
        line = draw.choice(lines)
        line[draw.randrange(len(line))] = draw.choice(NASTY)
    return b"\n".join(b",".join(line) for line in lines)


MUTATIONS: Final[tuple[Mutation, ...]] = (
    flip_bytes, truncate, splice, change_parts, change_parts, change_parts, replace_cells,
    replace_cells,
)  # fmt: skip


def change_xml(draw: random.Random, content: bytes) -> bytes:
    """Change numbers, attributes and elements within the parts of a workbook that are XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = [name for name in parts if name.endswith((".xml", ".rels")) and parts[name]]
    for name in draw.sample(names, min(len(names), 2)):
        pattern = draw.choice((rb'"[^"<>]*"', rb"<[^<>]*>", rb">[^<>]+<", rb"\d+"))
        places = list(re.finditer(pattern, parts[name]))
        for place in draw.sample(places, min(len(places), draw.choice((1, 5)))):
            old = place.group()
            new = draw.choice(
                (b"", old * 2, old * 500, b'"-1"', b'"99999999999"', b"<c/>", b"9" * 30)
            )
            parts[name] = parts[name].replace(old, new, draw.choice((1, 1, 100)))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as copy:
        for name, part in parts.items():
            copy.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def change_text(draw: random.Random, content: bytes) -> bytes:
    """Change encoding, separators, marks and quotes of a text file, whole or in part."""
    text = content.decode("utf-8", "replace")
    at = draw.randrange(len(text))
    return draw.choice(
        (
            codecs.BOM_UTF8 + text.encode("utf-16"),
            text.encode("utf-16-le"),
            codecs.BOM_UTF32_BE + text.encode("utf-32-be"),
            text[:at].encode() + "Zoë;Müller".encode("cp1252") + text[at:].encode(),
            text[:at].encode() + "é".encode("utf-16") + text[at:].encode("utf-8"),
            text.replace(",", draw.choice((";", "\t", "|", "\x1f", ",,"))).encode(),
            text.replace("\n", draw.choice(("\r", "\r\n", "\n\r", "\u2028", "\0\n"))).encode(),
            (text[:at] + '"' + text[at:]).encode(),
            (text[:at] + "," * 100_000 + text[at:]).encode(),
            (text[:at] + "A" * 2_000_000 + text[at:]).encode(),
            (text[:at] + "\n" * 200_000 + text[at:]).encode(),
        )
    )


def change_mapping(draw: random.Random, content: bytes) -> bytes:
    """Change words of a mapping file, or splice in what YAML gives a meaning."""
    nasty = (
        b"!!python/object/apply:os.getcwd []", b"*a", b"&a [*a]", b"{" * 3000, b"- " * 3000,
        b"? ", b": :", b"\t", b"<<: *x", b"1e999", b"...", b"---", b"role: union_status",
    )  # fmt: skip
    words = content.split(b" ")
    for _ in range(draw.choice((1, 3, 10))):
        words[draw.randrange(len(words))] = draw.choice((*nasty, draw.choice(words)))
    return b" ".join(words)


@cache
def _own_kinds() -> tuple[tuple[str, bytes, tuple[Mutation, ...]], ...]:
    """Return endings, sound bytes and ways of damage, made from the clinic's own files."""
    clinic = ROOT / "data/synthetic/clinic"
    lines = (clinic / "defects_long.csv").read_bytes()
    plain = (flip_bytes, truncate, splice, splice)
    kinds = [
        (".xlsx", (clinic / "clinic_log.xlsx").read_bytes(), (change_xml,)),
        (".ods", (ROOT / "tests/reference/workbooks/log.ods").read_bytes(), (change_xml,)),
        (".csv", lines, (change_text,)),
        (".csv", (clinic / "redcap_raw.csv").read_bytes(), (change_text,)),
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        propose_mapping(clinic / "defects_long.csv").write(folder / "mapping.yaml")
        kinds.append((".yaml", (folder / "mapping.yaml").read_bytes(), (change_mapping, *plain)))
        frame = pd.read_csv(io.BytesIO(lines), dtype=str)
        frame.to_parquet(folder / "log.parquet")
        pyreadstat.write_sav(frame.fillna(""), folder / "log.sav")
        pyreadstat.write_dta(frame.fillna(""), folder / "log.dta")
        for ending in (".parquet", ".sav", ".dta"):
            kinds.append((ending, (folder / f"log{ending}").read_bytes(), plain))
    return tuple(kinds)


def damaged_file(number: int) -> tuple[str, bytes]:
    """Return the name and bytes of the damaged file with this number: always the same."""
    draw = random.Random(number)
    if number >= FIRST_OF_OWN_KIND:
        ending, content, mutations = draw.choice(_own_kinds())
        return f"file{number}{ending}", draw.choice(mutations)(draw, content)
    base = draw.choice(BASES)
    content = draw.choice(MUTATIONS)(draw, base.read_bytes())
    return f"file{number}{base.suffix}", content


def outcome_of(path: Path) -> str:
    """Load one file, and say what came of it."""
    try:
        if path.suffix == ".yaml":
            cohort = load_records(ROOT / "data/synthetic/clinic/defects_long.csv", mapping=path)
        else:
            cohort = load_records(path)
        cohort.intake.summary()
    except ParsOutcomesError as error:
        return f"refused: {str(error).splitlines()[0].removeprefix('What is wrong: ')}"
    except TimeoutError:
        return "HANG"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        ours = [
            f for f in traceback.extract_tb(error.__traceback__) if "parsoutcomes" in f.filename
        ]
        near = ours[-1] if ours else where
        return f"TRACEBACK {type(error).__name__} at {Path(near.filename).name}:{near.lineno}"
    return "loaded"


def run_files(first: int, last: int) -> None:
    """Load the files of one process; print each outcome, and seconds and memory at the end."""

    def stop(*_: object) -> None:
        raise TimeoutError

    # Of processor time: what else the machine does is no fault of the file.
    signal.signal(signal.SIGPROF, stop)
    # A file that asks for far more than the limit fails here, and not the machine.
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_ADDRESSES, LIMIT_ADDRESSES))
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            name, content = damaged_file(number)
            path = Path(folder) / name
            path.write_bytes(content)
            signal.setitimer(signal.ITIMER_PROF, LIMIT_SECONDS)
            start = time.process_time()
            outcome = outcome_of(path)
            signal.setitimer(signal.ITIMER_PROF, 0)
            slowest = max(slowest, time.process_time() - start)
            path.unlink()
            print(f"{number}\t{outcome}", flush=True)
    print(f"end\t{slowest:.2f}\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}")


def main() -> None:
    """Run all files and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=8000)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--range", nargs=2, type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.range:
        run_files(*arguments.range)
        return
    outcomes: Counter[str] = Counter()
    examples: dict[str, str] = {}
    slowest, memory, crashes = 0.0, 0, 0
    end = arguments.first + arguments.files
    for first in range(arguments.first, end, FILES_PER_PROCESS):
        last = min(end, first + FILES_PER_PROCESS)
        command = [sys.executable, __file__, "--range", str(first), str(last)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, encoding="utf-8"
        )
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        for line in lines:
            if line[0] == "end":
                slowest, memory = max(slowest, float(line[1])), max(memory, int(line[2]))
            else:
                outcomes[line[1]] += 1
                examples.setdefault(line[1], line[0])
        if not lines or lines[-1][0] != "end":
            crashes += 1
            print(f"process died in {first}-{last} after {lines[-1:]}: {done.returncode}")
    for outcome, n in outcomes.most_common():
        print(f"{n:6,}  {outcome}  (such as file {examples[outcome]})")
    print(
        f"{sum(outcomes.values()):,} files; crashes {crashes}; slowest {slowest:.1f} s of processor"
        f" (limit {LIMIT_SECONDS}); most memory {memory:,} MB (limit {LIMIT_MEGABYTES:,})"
    )


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
