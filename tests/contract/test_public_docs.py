"""Every public name explains itself: what it takes, gives and refuses, with an example that runs.

That the examples run is seen by collecting them: all docstrings are doctests of the suite.
"""

from __future__ import annotations

import inspect
import re

import pytest

import parsoutcomes as po

PUBLIC = {name: getattr(po, name) for name in po.__all__ if name != "__version__"}
FUNCTIONS = {name: one for name, one in PUBLIC.items() if inspect.isfunction(one)}


def sections_of(documented: object) -> dict[str, list[str]]:
    """Return the lines of each numpydoc section by its heading."""
    lines = (inspect.getdoc(documented) or "").splitlines()
    found: dict[str, list[str]] = {"": []}
    heading = ""
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if re.fullmatch("-{3,}", below) and line.strip():
            heading = line
            found[heading] = []
        elif not re.fullmatch("-{3,}", line):
            found[heading].append(line)
    return found


def parameters_in(section: list[str]) -> list[str]:
    heads = [line.partition(" : ")[0] for line in section if line and not line.startswith(" ")]
    return [name.strip("* ") for head in heads for name in head.split(",")]


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_has_a_sentence_and_an_example(name: str) -> None:
    found = sections_of(PUBLIC[name])
    assert re.search(r"\w.*[.:]$", found[""][0]), "the first line is a sentence"
    assert any(line.startswith(">>> ") for line in found.get("Examples", []))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_documents_exactly_what_it_takes_gives_and_refuses(name: str) -> None:
    found = sections_of(FUNCTIONS[name])
    takes = list(inspect.signature(FUNCTIONS[name]).parameters)
    assert parameters_in(found.get("Parameters", [])) == takes
    assert found.get("Returns")
    if takes:
        assert found.get("Raises")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_example_calls_the_function_it_stands_for(name: str) -> None:
    assert re.search(rf"\b{name}\(", "\n".join(sections_of(FUNCTIONS[name])["Examples"]))


@pytest.mark.parametrize("kind", [po.Cohort, po.Mapping])
def test_every_method_of_a_public_class_is_documented(kind: type) -> None:
    for name, member in vars(kind).items():
        if not name.startswith("_") and (callable(member) or isinstance(member, property)):
            assert inspect.getdoc(member), f"{kind.__name__}.{name}"
