"""The pages for contributors name files, functions, tests and commands that exist."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import parsoutcomes as po

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "contributing").glob("add_a_*.md"))
NAMED = [*PAGES, ROOT / "CONTRIBUTING.md"]
MAKE = (ROOT / "Makefile").read_text(encoding="utf-8")
MADE_BY_ITS_COMMANDS = {"reports/demo/report.html"}
PATH = re.compile(r"[\w.]+(/[\w.]*)+|[\w.]+\.(py|csv|md|yaml|toml|R|ipynb)|Makefile")


def _code(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def _commands(page: Path) -> list[str]:
    blocks = re.findall(r"```\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [line.partition("  #")[0] for block in blocks for line in block.splitlines()]


def test_the_four_pages_are_there_and_linked() -> None:
    linked = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [page.stem[6:] for page in PAGES] == ["figure", "paper", "source", "statistic"]
    assert all(f"](docs/contributing/{page.name})" in linked for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_files_tests_commands_and_what_must_hold(page: Path) -> None:
    heads = re.findall(r"^## (.*)", page.read_text(encoding="utf-8"), re.M)
    assert heads == ["The files, in order", "What must hold", "The tests", "The commands"]


@pytest.mark.parametrize("page", NAMED, ids=lambda page: page.stem)
def test_every_path_named_exists(page: Path) -> None:
    words = [word for line in _commands(page) for word in line.split()] + _code(page)
    paths = [word for word in words if PATH.fullmatch(word) and not word.startswith(".venv")]
    assert paths
    places = (ROOT, ROOT / "parsoutcomes")
    missing = [path for path in paths if not any((place / path).exists() for place in places)]
    assert set(missing) <= MADE_BY_ITS_COMMANDS


@pytest.mark.parametrize("page", NAMED, ids=lambda page: page.stem)
def test_every_name_exists(page: Path) -> None:
    for word in _code(page):
        name = word.partition("(")[0]
        if found := re.fullmatch(r"po\.(\w+)", name):
            assert found[1] in po.__all__, word
        elif re.fullmatch(r"parsoutcomes(\.\w+)+\.\w+", name):
            module, _, attribute = name.rpartition(".")
            assert hasattr(importlib.import_module(module), attribute), word


@pytest.mark.parametrize("page", NAMED, ids=lambda page: page.stem)
def test_every_command_of_make_exists(page: Path) -> None:
    rules = set(re.findall(r"^([a-z]+):", MAKE, re.M))
    named = [word for line in _commands(page) if line.startswith("make ") for word in line.split()]
    named += [word for code in _code(page) if code.startswith("make ") for word in code.split()]
    assert set(named) - {"make"} <= rules


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_named_plainly_is_in_the_files(page: Path) -> None:
    """Columns of the evidence tables, and words allowed in them."""
    known = " ".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in (
            "parsoutcomes/baselines/studies.csv",
            "parsoutcomes/baselines/rates.csv",
            "parsoutcomes/baselines/checks.py",
            "parsoutcomes/baselines/published.py",
            "parsoutcomes/results/baselines.py",
            "tests/reference/origins.yaml",
            "pyproject.toml",
            "Makefile",
            "parsoutcomes/__init__.py",
            "parsoutcomes/cohort/cohort.py",
        )
    )
    plain = [word for word in _code(page) if re.fullmatch(r"[a-z_]+(: ?)?|[A-Z]+: ", word)]
    assert [word for word in plain if word.strip() not in known and word != "ax"] == []


def test_help_lists_every_command_and_none_is_taken_for_a_file() -> None:
    rules = set(re.findall(r"^([a-z]+):", MAKE, re.M))
    explained = set(re.findall(r"^([a-z]+):.*## \S", MAKE, re.M))
    (phony,) = re.findall(r"^\.PHONY: (.*)", MAKE, re.M)
    assert rules == explained == set(phony.split())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not on this computer")
def test_check_asks_every_tool_and_fails_when_the_first_does(tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "python"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\ntest "$3" != format\n', encoding="utf-8", newline="\n")
    tool.chmod(0o755)
    (tmp_path / ".ready").touch()
    done = subprocess.run(
        ["make", "check", f"VENV={tmp_path}", f"READY={tmp_path}/.ready"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode != 0
    for name in ("ruff format --check .", "ruff check .", "mypy", "codespell_lib"):
        assert f"-m {name}\n" in done.stdout
    assert "Not passed: ruff format --check." in done.stdout
