"""Every reference number has an origin, a way to make it again, and a test that uses it."""

from __future__ import annotations

import hashlib
import re
import shlex

import pytest
from explain import (
    HERE,
    STUDIES,
    R,
    differing,
    explain_files,
    explain_printed,
    list_checksums,
    list_files,
    load_origins,
    main,
)

ORIGINS = explain_files() + explain_printed()
TESTS_HERE = {path.name for path in HERE.glob("test_*.py")}


@pytest.mark.parametrize("origin", ORIGINS, ids=lambda origin: origin.name[:60])
def test_a_number_says_whence_by_whom_and_how_again(origin) -> None:
    assert origin.source
    assert origin.again
    assert origin.used_by, f"{origin.name}: no test uses it"
    assert all((HERE.parent / test).is_file() for test in origin.used_by)


def test_no_origin_is_kept_of_a_file_that_is_gone() -> None:
    assert set(load_origins()["files"]) <= set(list_files())


def test_every_script_of_r_wrote_an_answer_that_is_kept() -> None:
    scripts = {path.stem for path in R.glob("[0-9]*.R")}
    assert scripts == {path.stem for path in R.glob("*.json")}


@pytest.mark.parametrize(("name", "md5"), sorted(list_checksums().items()))
def test_the_data_are_those_that_r_read(name: str, md5: str) -> None:
    assert hashlib.md5((HERE / name).read_bytes()).hexdigest() == md5


def test_every_reference_test_is_listed_with_whom_it_asks() -> None:
    listed = {test.rpartition("/")[2] for origin in ORIGINS for test in origin.used_by}
    listed |= set(load_origins()["asked_each_run"])
    assert TESTS_HERE - {"test_origins.py"} <= listed
    assert set(load_origins()["asked_each_run"]) <= TESTS_HERE


def test_papers_are_those_of_the_evidence_table() -> None:
    known = set(re.findall(r"^([a-z_]+\d{4}\w*),", STUDIES.read_text(encoding="utf-8"), re.M))
    named = {study for entry in load_origins()["printed"] for study in entry.get("studies", [])}
    assert named <= known


def test_the_scripts_named_exist() -> None:
    named = [word for origin in ORIGINS for word in shlex.split(origin.again)]
    scripts = [word for word in named if re.fullmatch(r"[\w/]+\.(R|py)", word)]
    assert scripts
    assert [one for one in scripts if not any((f / one).is_file() for f in (HERE, R))] == []


def test_the_list_is_printed_and_says_whether_r_is_here(capsys) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(origin.name in shown for origin in ORIGINS)
    assert "R is not on this computer" in shown or "R is here" in shown


def test_answers_are_compared_by_number_and_place() -> None:
    kept = {"a": [1.0, 2.0], "b": {"c": "x"}, "meta": {"R": "4.2.2"}}
    assert differing(kept, {**kept, "meta": {"R": "4.4.1"}}) == []
    assert differing(kept, {**kept, "a": [1.0, 2.1]}) == ["/a/1"]
    assert differing(kept, {**kept, "b": {}}) == ["/b/c"]
