"""The notebooks copied for somebody without the repository; tests/notebooks runs the copies."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from parsoutcomes.cli import main
from parsoutcomes.cli.notebooks import copy_notebooks

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
OTHERS = ("data/synthetic/clinic/clinic_log.xlsx", "reports/validation/union_coverage.txt")


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return stopped.value.code


def test_the_nine_notebooks_and_what_they_read_are_copied(tmp_path, capsys):
    folder = tmp_path / "union"
    assert run("notebooks", str(folder)) == 0
    assert len(NOTEBOOKS) == 9
    assert sorted(path.name for path in (folder / "notebooks").iterdir()) == NOTEBOOKS
    for place in OTHERS:
        assert (folder / place).read_bytes() == (ROOT / place).read_bytes()
    assert capsys.readouterr().out.splitlines()[-1] == f"Next: jupyter lab {folder}"


def test_a_folder_with_a_space_is_quoted_for_the_next_command(tmp_path, capsys):
    folder = tmp_path / "our union"
    assert run("notebooks", str(folder)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f'Next: jupyter lab "{folder}"'


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path, capsys):
    mine = tmp_path / "notebooks" / "03_how_many_united.ipynb"
    mine.parent.mkdir()
    mine.write_text("my own work", encoding="utf-8")
    assert run("notebooks", str(tmp_path)) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in told] == ["What is wrong", "Expected", "Found", "Fix"]
    assert told[2] == "Found: 1 of 11 files there already"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text(encoding="utf-8") == "my own work"


def test_a_file_in_place_of_the_folder_is_told_in_four_lines(tmp_path, capsys):
    (tmp_path / "union").write_text("", encoding="utf-8")
    assert run("notebooks", str(tmp_path / "union")) == 2
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_each_path_in_the_notebooks_leads_to_a_copied_file(tmp_path):
    copy_notebooks(tmp_path)
    for name in NOTEBOOKS:
        notebook = nbformat.read(tmp_path / "notebooks" / name, as_version=4)
        source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        for path in (part for part in source.split('"') if part.startswith("../data/")):
            assert (tmp_path / "notebooks" / path).is_file()


def test_the_wheel_holds_the_notebooks_and_they_are_copied_from_it(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    held = [name for name in names if name.startswith("parsoutcomes/_notebooks/notebooks/")]
    assert sorted(Path(name).name for name in held) == NOTEBOOKS
    assert "parsoutcomes/synthetic/demo_data/clinic_log.xlsx" in names
    copied = tmp_path / "copied"
    subprocess.run(
        [sys.executable, "-m", "parsoutcomes", "notebooks", str(copied)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
    )
    assert sorted(path.name for path in (copied / "notebooks").iterdir()) == NOTEBOOKS
    assert all((copied / place).is_file() for place in OTHERS)
