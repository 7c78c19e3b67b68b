"""Nothing in the repository needs one system: text, paths, processes, names and line ends.

The source is read with `ast`: package, tests, benchmarks, the site's hooks and notebooks' code.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import parsoutcomes as po

ROOT = Path(__file__).parents[2]
CLINIC = ROOT / "data" / "synthetic" / "clinic"
FOLDERS = ("parsoutcomes", "tests", "benchmarks", "docs", "notebooks")

TEXT_READERS = {"read_text": 0, "write_text": 1}
OPENERS_OF_BYTES = {"pikepdf", "os", "zipfile", "tarfile", "Image", "webbrowser"}
OPENERS_WITH_A_PATH_FIRST = {"", "io", "gzip", "bz2", "lzma"}
UNIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios"}
# Memory is limited and measured by calls of Unix; `make intake` says that it needs one.
MEASURE_MEMORY = {"benchmarks/fuzz_intake.py", "benchmarks/intake_speed.py"}
UNIX_CALLS = {"fork", "forkpty", "geteuid", "getuid", "mkfifo", "setpgrp", "setsid"}
# Names of days and months, and the padding flags that only some systems know.
LOCAL_DATES = re.compile(r"%[-#]|%[aAbBcxXpehPkl]")
WINDOWS_FORBIDS = re.compile(r'[<>:"\\|?*\x00-\x1f]|[. ]$')
WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
LONGEST_PATH = 160
PLACE_OF_ONE_SYSTEM = re.compile(r"/(tmp|home|Users|dev|usr|etc)/|[A-Z]:\\\\\w")


def _sources() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        yield path.relative_to(ROOT).as_posix(), "\n".join(code)


NODES = [
    (name, node)
    for name, text in _sources()
    for node in ast.walk(ast.parse(text))
    if isinstance(node, ast.Call | ast.Constant | ast.FormattedValue | ast.Import | ast.ImportFrom)
]
CALLS = [(name, node) for name, node in NODES if isinstance(node, ast.Call)]


def _name_of(call: ast.Call) -> tuple[str, str]:
    """Return the name of what is called on and of what is called: ("gzip", "open")."""
    if isinstance(call.func, ast.Attribute):
        owner = call.func.value
        return owner.id if isinstance(owner, ast.Name) else "an expression", call.func.attr
    return "", call.func.id if isinstance(call.func, ast.Name) else ""


def is_text_without_encoding(call: ast.Call) -> bool:
    owner, name = _name_of(call)
    keywords = {one.arg: one.value for one in call.keywords}
    if "encoding" in keywords or None in keywords:
        return False
    if name in TEXT_READERS:
        return len(call.args) <= TEXT_READERS[name]
    if name in {"run", "Popen", "check_output"}:
        return bool({"text", "universal_newlines"} & set(keywords))
    if name == "TextIOWrapper":
        return len(call.args) < 2
    return name == "open" and owner not in OPENERS_OF_BYTES and _opens_text(owner, call, keywords)


def _opens_text(owner: str, call: ast.Call, keywords: dict[str | None, ast.expr]) -> bool:
    place = int(owner in OPENERS_WITH_A_PATH_FIRST)
    mode = call.args[place] if len(call.args) > place else keywords.get("mode")
    if mode is None:
        return owner not in {"gzip", "bz2", "lzma"}
    return isinstance(mode, ast.Constant) and "b" not in mode.value


@pytest.mark.parametrize(
    ("line", "is_refused"),
    [
        ("open(path)", True),
        ("open(path, 'rb')", False),
        ("path.open('w')", True),
        ("path.open('w', encoding='utf-8')", False),
        ("path.read_text()", True),
        ("path.read_text('utf-8')", False),
        ("path.write_text(text)", True),
        ("gzip.open(path)", False),
        ("gzip.open(path, 'rt')", True),
        ("pikepdf.open(data)", False),
        ("subprocess.run(command, text=True)", True),
        ("subprocess.run(command, capture_output=True)", False),
    ],
)
def test_the_reader_of_source_knows_text_from_bytes(line: str, is_refused: bool) -> None:
    (call,) = (node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call))
    assert is_text_without_encoding(call) is is_refused


def test_text_is_read_and_written_with_its_encoding_named() -> None:
    wrong = [f"{name}:{call.lineno}" for name, call in CALLS if is_text_without_encoding(call)]
    assert wrong == []


def test_the_package_writes_the_same_line_ends_everywhere() -> None:
    wrong = []
    for name, call in CALLS:
        _, called = _name_of(call)
        given = {one.arg for one in call.keywords}
        ends = {"write_text": "newline", "to_csv": "lineterminator"}.get(called)
        if name.startswith("parsoutcomes/") and ends is not None and ends not in given:
            wrong.append(f"{name}:{call.lineno}")
    assert wrong == []


def test_dates_are_never_in_the_language_of_the_computer() -> None:
    """A program in the same session may set the locale: März is then what `calendar` knows."""
    wrong = []
    for name, node in NODES:
        if isinstance(node, ast.FormattedValue):
            written = "" if node.format_spec is None else ast.unparse(node.format_spec)
        elif isinstance(node, ast.Call) and _name_of(node)[1] in {"strftime", "strptime"}:
            written = ast.unparse(node)
        else:
            continue
        if name.startswith("parsoutcomes/") and LOCAL_DATES.search(written):
            wrong.append(f"{name}:{node.lineno}")
    assert wrong == []
    words = re.compile(r"calendar\.(month|day)_(name|abbr)")
    package = [(name, text) for name, text in _sources() if name.startswith("parsoutcomes/")]
    assert [name for name, text in package if words.search(text)] == []


def test_the_package_never_asks_the_locale() -> None:
    for name, node in NODES:
        if name.startswith("parsoutcomes/"):
            assert "locale" not in _imported(node), name
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                assert not ast.unparse(node.format_spec).rstrip("'\"").endswith("n"), name


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {node.module or ""}
    return {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()


def test_no_call_or_module_of_one_system() -> None:
    called = [f"{name}:{call.lineno}" for name, call in CALLS if _name_of(call)[1] in UNIX_CALLS]
    imported = {name for name, node in NODES if _imported(node) & UNIX_ONLY}
    assert called == []
    assert imported - MEASURE_MEMORY == set()


def test_no_path_of_one_system_is_written_in_the_source() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, node in NODES
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if not name.startswith("tests/")  # where such paths are named and never opened
        if PLACE_OF_ONE_SYSTEM.match(node.value)
    ]
    assert wrong == []


def _kept_files() -> list[str]:
    folders = [*FOLDERS, "data", "reports/example", "reports/validation"]
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    found += [path for path in ROOT.glob("*") if path.is_file()]
    names = [path.relative_to(ROOT).as_posix() for path in found]
    return [
        name for name in names if "__pycache__" not in name and ".ipynb_checkpoints" not in name
    ]


def test_windows_can_hold_every_file_of_the_repository() -> None:
    names = _kept_files()
    parts = {part for name in names for part in name.split("/")}
    assert [part for part in parts if WINDOWS_FORBIDS.search(part)] == []
    assert [part for part in parts if WINDOWS_DEVICES.fullmatch(part)] == []
    assert [name for name, n in Counter(map(str.casefold, names)).items() if n > 1] == []
    assert [name for name in names if len(name) > LONGEST_PATH] == []


def test_line_ends_of_a_file_make_no_difference(tmp_path: Path) -> None:
    windows = CLINIC / "simple.csv"
    expected = po.load_records(windows)
    for end in (b"\n", b"\r"):
        path = tmp_path / "simple.csv"
        path.write_bytes(windows.read_bytes().replace(b"\r\n", end))
        found = po.load_records(path)
        for name, table in expected.tables.items():
            pd.testing.assert_frame_equal(found.tables[name], table)


def test_a_checkout_keeps_the_line_ends_that_were_committed() -> None:
    rules = (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert "* text=auto eol=lf" in rules
    kept = {Path(name).suffix for name in _kept_files()} - {""}
    binary = {rule.split()[0][1:] for rule in rules if rule.endswith(" binary")}
    assert {".gz", ".ods", ".png", ".xls", ".xlsb", ".xlsx"} & kept <= binary


def test_workers_start_anew_and_share_nothing_as_windows_needs() -> None:
    """joblib's own workers do (test_models_brace_duration compares one with two); forks do not."""
    named = [
        f"{name}:{call.lineno}"
        for name, call in CALLS
        if name.startswith("parsoutcomes/") and _name_of(call)[1] in {"Parallel", "parallel_config"}
        if {"backend", "prefer", "require"} & {one.arg for one in call.keywords}
    ]
    assert named == []
    for name, node in NODES:
        if name.startswith("parsoutcomes/"):
            assert not _imported(node) & {"multiprocessing", "concurrent.futures"}, name
