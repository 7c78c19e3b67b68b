"""The command line: exit codes, four-line messages, plain output, help that can be read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cli import main
from parsoutcomes.cli.account_view import gather_rows, show_account
from parsoutcomes.cli.display import report_progress, show_table
from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.errors import Problem, RecordsError, SourceError
from parsoutcomes.synthetic.demo import demo_workbook

COMMANDS = ("baselines", "check", "demo", "map", "notebooks", "report", "simulate")


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return stopped.value.code


@pytest.fixture
def built(monkeypatch):
    """Replace the report builder by one that records how it was called."""
    calls = []

    def build_report(cohort, folder, *, progress=None, **arguments):
        calls.append({"cohort": cohort, "folder": folder, **arguments})
        progress("Union rates", 1, 2)
        progress("Writing", 2, 2)
        return SimpleNamespace(documents=(Path(folder) / "report.html",))

    monkeypatch.setitem(
        sys.modules, "parsoutcomes.report.builder", SimpleNamespace(build_report=build_report)
    )
    return calls


@pytest.fixture
def loaded(monkeypatch):
    """Replace the loader by one that gives a drawn cohort and records how it was called."""
    calls = []

    def load_records(source, **arguments):
        calls.append({"source": source, **arguments})
        return po.simulate_cohort(4, seed=1)

    monkeypatch.setitem(
        sys.modules, "parsoutcomes.loaders.load", SimpleNamespace(load_records=load_records)
    )
    return calls


def fail_loading(monkeypatch, error):
    def load_records(source, **arguments):
        raise error

    monkeypatch.setitem(
        sys.modules, "parsoutcomes.loaders.load", SimpleNamespace(load_records=load_records)
    )


def test_the_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"parsoutcomes {po.__version__}\n"


def test_without_a_command_it_says_where_to_start(capsys):
    assert run() == 0
    shown = capsys.readouterr().out
    assert "Start with" in shown
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_in_whole_sentences(command, capsys):
    assert run(command, "--help") == 0
    shown = capsys.readouterr().out
    assert f"Usage: parsoutcomes {command}" in shown
    assert shown.isascii()


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("nonsense",), "No such command"),
        (("report", "log.xlsx", "--out", "x"), "Missing option '--year'"),
        (("report", "log.xlsx", "--year", "twenty", "--out", "x"), "Invalid value for '--year'"),
        (("check",), "Missing argument 'SOURCE'"),
        (("check", "log.csv", "--date-order", "us"), "Invalid value for '--date-order'"),
        (("simulate", "--patients", "0", "--seed", "1", "--out", "x"), "'--patients'"),
    ],
)
def test_a_command_typed_wrongly_is_told_in_four_lines(arguments, found, capsys):
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert found in captured.err
    starts = [line.split(":")[0] for line in captured.err.splitlines()]
    assert starts == ["What is wrong", "Expected", "Found", "Fix"]


def test_bad_input_is_told_in_four_lines_with_exit_code_2(monkeypatch, capsys):
    error = SourceError("No file.", expected="a file", found="none", fix="Check the path.")
    fail_loading(monkeypatch, error)
    assert run("check", "log.xlsx") == 2
    assert capsys.readouterr().err == f"{error}\n"


def test_several_problems_are_told_at_once(monkeypatch, capsys):
    problems = [
        Problem(wrong=f"No {name}.", expected="one", found="row 7", fix="Fill it in.")
        for name in ("level", "side")
    ]
    fail_loading(monkeypatch, RecordsError(problems))
    assert run("report", "log.xlsx", "--year", "2025", "--out", "x") == 2
    shown = capsys.readouterr().err
    assert "(1) No level. (2) No side." in shown
    assert len(shown.splitlines()) == 4


def test_an_own_fault_names_its_kind_but_no_value_and_no_traceback(monkeypatch, capsys):
    fail_loading(monkeypatch, KeyError("Jane Doe 999 012 9940"))
    assert run("check", "log.xlsx") == 1
    shown = capsys.readouterr().err
    assert "KeyError" in shown
    assert "Jane" not in shown
    assert "Traceback" not in shown
    assert len(shown.splitlines()) == 4


def test_a_file_that_the_system_locks_is_bad_input(monkeypatch, capsys):
    fail_loading(monkeypatch, PermissionError(13, "Permission denied", "/home/jane/log.xlsx"))
    assert run("check", "log.xlsx") == 2
    shown = capsys.readouterr().err
    assert "Permission denied (log.xlsx)" in shown
    assert "/home/jane" not in shown


def test_stopping_from_the_keyboard(monkeypatch, capsys):
    fail_loading(monkeypatch, KeyboardInterrupt())
    assert run("check", "log.xlsx") == 130
    assert "Stopped before the end" in capsys.readouterr().err


def test_a_password_is_asked_for_and_never_taken_from_the_command_line(loaded, monkeypatch, capsys):
    import click

    monkeypatch.setattr(click, "prompt", lambda text, **options: f"typed {options['hide_input']}")
    assert run("check", "log.xlsx", "--ask-password") == 0
    assert loaded[0]["password"] == "typed True"
    assert run("check", "log.xlsx", "--password", "secret") == 2
    assert "secret" not in capsys.readouterr().err


def test_report_hands_every_option_on_under_its_own_name(loaded, built, capsys):
    code = run(
        "report", "log.csv", "--year", "2025", "--out", "out", "--n-resamples", "50", "--seed", "3",
        "--date-order", "month_first", "--data-lock", "2026-01-31", "--mapping", "mapping.yaml",
        "--formats", "html, pdf", "--config", "report.yaml", "--template", "trust.docx",
    )  # fmt: skip
    assert code == 0
    assert loaded == [
        {
            "source": "log.csv",
            "mapping": "mapping.yaml",
            "password": None,
            "date_order": "month_first",
            "data_lock": "2026-01-31",
        }
    ]
    del built[0]["cohort"]
    assert built == [
        {
            "folder": "out",
            "year": 2025,
            "audience": "internal",
            "previous": None,
            "config": "report.yaml",
            "template": "trust.docx",
            "formats": ("html", "pdf"),
            "n_resamples": 50,
            "seed": 3,
        }
    ]
    captured = capsys.readouterr()
    assert str(Path("out") / "report.html") in captured.out
    assert captured.err.splitlines() == ["[1/2] Union rates", "[2/2] Writing"]


def test_demo_reports_on_the_embedded_clinic(loaded, built, capsys):
    assert run("demo") == 0
    assert loaded[0]["source"].endswith("clinic_log.xlsx")
    assert (built[0]["folder"], built[0]["year"]) == ("reports/demo", 2025)
    assert "no real person" in capsys.readouterr().out


def test_map_shows_every_column_and_writes_a_file_that_check_reads(tmp_path, capsys):
    mapping = tmp_path / "mapping.yaml"
    assert run("map", str(demo_workbook()), "--out", str(mapping)) == 0
    shown = capsys.readouterr().out
    assert "none undecided" in shown
    assert "union_status" in shown
    assert str(mapping) in shown
    options = ("--mapping", str(mapping), "--out", str(tmp_path))
    assert run("check", str(demo_workbook()), *options) == 0
    assert "116 pars" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {
        "mapping.yaml", "intake.html", "intake.xlsx",
    }  # fmt: skip


def test_an_undecided_column_is_shown_first_and_stops_the_check(tmp_path, capsys):
    source = tmp_path / "log.csv"
    source.write_text(
        "Study ID,Level,Side,Stge\nP1,L5,L,early\nP2,L5,R,terminal\n", encoding="utf-8"
    )
    assert run("map", str(source)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "1 undecided" in lines[0]
    assert "Stge" in lines[6]
    assert run("check", str(source)) == 2
    assert "parsoutcomes map SOURCE --out mapping.yaml" in capsys.readouterr().err


def test_simulate_writes_and_names_its_files(tmp_path, capsys):
    code = run("simulate", "--patients", "5", "--seed", "1", "--out", str(tmp_path / "new"))
    assert code == 0
    written = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert "truth_defects.csv" in written
    shown = capsys.readouterr().out
    assert all(name in shown for name in written)


def test_baselines_lists_papers_with_counts_and_dois(capsys):
    assert run("baselines", "--outcome", "union", "--unit", "defect", "--stage", "early") == 0
    shown = capsys.readouterr().out
    virkki = next(line for line in shown.splitlines() if "Virkki 2020" in line)
    assert "38 of 46" in virkki
    assert "10.1177/1457496919896998" in shown
    assert "81 of 97" in next(line for line in shown.splitlines() if "Tatsumura 2022" in line)


def test_baselines_without_a_filter_lists_everything(capsys):
    assert run("baselines") == 0
    shown = capsys.readouterr().out
    assert f"({len(po.load_baselines().rates)} lines)" in shown
    assert "not seen" not in shown


def test_baselines_suggests_the_nearest_choice(capsys):
    assert run("baselines", "--stage", "earl") == 2
    assert 'Did you mean stage="early"?' in capsys.readouterr().err


def test_baselines_take_several_choices_and_one_brace(capsys):
    assert (
        run("baselines", "--stage", "early", "--stage", "terminal", "--brace", "Boston TLSO") == 0
    )
    shown = capsys.readouterr().out
    assert "38 of 46" in shown
    assert "0 of 26" in shown
    assert "Tatsumura" not in shown


def test_baselines_are_no_wider_than_100_signs(capsys):
    assert run("baselines", "--outcome", "union") == 0
    assert max(len(line) for line in table_lines(capsys.readouterr().out)) <= 100


def test_baselines_tell_what_the_papers_contradict(capsys):
    assert run("baselines", "--study-id", "tatsumura2022") == 0
    assert "united by side add up to 149, not 144" in capsys.readouterr().out


def test_baselines_pool_by_both_methods_and_say_that_no_verdict_rests_on_it(capsys):
    assert run("baselines", "--outcome", "union", "--unit", "defect", "--pool") == 0
    shown = capsys.readouterr().out
    assert "no verdict rests on this pool" in shown
    assert "Hartung-Knapp" in shown
    assert max(len(line) for line in table_lines(shown)) <= 100


def test_baselines_refuse_to_pool_units_together(capsys):
    assert run("baselines", "--outcome", "union", "--pool") == 2
    assert "never pooled" in capsys.readouterr().err


def test_baselines_write_a_template_and_take_it_filled_in(tmp_path, capsys):
    path = tmp_path / "our_papers.csv"
    assert run("baselines", "--template", str(path)) == 0
    cells = dict.fromkeys(path.read_text("utf-8-sig").strip().split(","), "")
    cells |= {"study_id": "own2027", "first_author": "Own", "year": "2027", "title": "A series"}
    cells |= {"journal": "A journal", "cohort_group": "own2027", "outcome": "union"}
    cells |= {"unit": "defect", "laterality": "any", "stage": "early", "n": "25", "n_united": "20"}
    cells |= {"count_basis": "stated", "read_from": "source", "pool_default": "yes"}
    with path.open("a", encoding="utf-8") as lines:
        lines.write(",".join(cells.values()) + "\n")
    assert run("baselines", "--stage", "early", "--extra", str(path)) == 0
    assert "Own 2027 (yours)" in capsys.readouterr().out


def table_lines(shown):
    return [line for line in shown.splitlines() if line.startswith(("|", "+"))]


def test_a_table_shows_brackets_and_markup_as_they_are(capsys):
    frame = pd.DataFrame({"header": ["[bold]R[/bold]", "union_r"], "n": [1, 2]})
    show_table("Columns", frame, {"header": "Header", "n": "Rows"}, when_empty="none")
    shown = capsys.readouterr().out
    assert "[bold]R[/bold]" in shown
    assert "union_r" in shown
    assert "\x1b" not in shown


def test_the_account_gathers_equal_lines_and_lists_their_rows(capsys):
    account = IntakeAccount(
        title="",
        finding="",
        method="",
        sources=pd.DataFrame(
            {
                "source": ["log.xlsx"],
                "sheet": ["2023"],
                "header_rows": ["1"],
                "n_rows": [3],
                "n_rows_used": [1],
                "n_rows_set_aside": [2],
            }
        ),
        columns=pd.DataFrame(
            [
                ["log.xlsx", "2023", "A", "Name", "dropped as an identifier", "", "its header"],
                ["log.xlsx", "2024", "A", "Name", "dropped as an identifier", "", "its header"],
            ],
            columns=["source", "sheet", "column", "header", "action", "becomes", "reason"],
        ),
        rows=pd.DataFrame(
            [
                ["log.xlsx", "2023", 1, "header", "header"],
                ["log.xlsx", "2023", 2, "used", ""],
                ["log.xlsx", "2023", 3, "set aside", "blank row"],
                ["log.xlsx", "2023", 7, "set aside", "blank row"],
            ],
            columns=["source", "sheet", "row_number", "action", "reason"],
        ),
    )
    show_account(account, show_all=False)
    lines = capsys.readouterr().out.splitlines()
    assert "Checks across columns: nothing found" in lines
    assert "Cells not simply read as they stand: none" in lines
    assert "Rows set aside (1 line)" in lines
    assert any("blank row" in line and "2023: 3, 7" in line for line in lines)
    assert "Columns (1 line)" in lines
    assert any("2023, 2024" in line for line in lines)


def test_a_long_list_of_rows_says_how_many_it_leaves_out():
    frame = pd.DataFrame({"sheet": "", "row_number": range(2, 14), "reason": "blank row"})
    gathered = gather_rows(frame, ("reason",), limit=3)
    assert gathered["rows"].tolist() == ["2, 3, 4 and 9 more (--all lists them)"]
    everything = gather_rows(frame, ("reason",), limit=None)["rows"].item()
    assert everything == "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13"


def test_check_tells_what_was_made_of_the_clinic_workbook(capsys):
    assert run("check", str(demo_workbook())) == 0
    shown = capsys.readouterr().out
    assert "72 patients" in shown
    assert "116 pars" in shown
    assert "dropped as an identifier" in shown
    assert "totals row" in shown
    assert "999" not in shown


@pytest.mark.parametrize("command", ["check", "report"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.xlsx", None),
        ("empty.csv", b""),
        ("text.xlsx", b"not a workbook"),
        ("prose.csv", b"Dear colleague,\nthe log follows on Monday.\n"),
    ],
)
def test_a_file_that_holds_no_records_is_told_in_four_lines(
    command, name, content, tmp_path, capsys
):
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    options = () if command == "check" else ("--year", "2025", "--out", str(tmp_path / "out"))
    assert run(command, str(source), *options) == 2
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 4
    assert "Traceback" not in captured.err
    assert not (tmp_path / "out").exists()


def test_demo_writes_a_report_end_to_end(tmp_path, capsys):
    assert run("demo", "--out", str(tmp_path / "demo"), "--n-resamples", "40") == 0
    page = (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
    assert "2025" in page
    captured = capsys.readouterr()
    assert "The report is in" in captured.out
    steps = [line for line in captured.err.splitlines() if line.startswith("[")]
    assert len(steps) > 5


def test_an_empty_table_says_so(capsys):
    show_table("Checks", pd.DataFrame({"n": []}), {"n": "Row"}, when_empty="nothing found")
    assert capsys.readouterr().out.strip() == "Checks: nothing found"


def test_progress_on_a_terminal_is_a_bar_that_leaves_nothing_on_stdout(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with report_progress() as progress:
        progress("Union [rates]", 1, 2)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_old_code_pages_get_plain_text(encoding):
    shown = subprocess.run(
        [sys.executable, "-m", "parsoutcomes", "baselines", "--unit", "defect"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=True,
    )
    assert b"Virkki 2020" in shown.stdout
    assert b"\x1b" not in shown.stdout
    assert shown.stderr == b""
