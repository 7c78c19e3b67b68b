"""Words for readers: links and anchors lead somewhere, spelling is British, pages can be read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import reading_age  # noqa: E402

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GUIDES = {"how_to", "explanation"}
LINK = re.compile(r"!?\[[^\]\n]*\]\(<?([^)>\s]+)>?(?: \"[^\"]*\")?\)")
# Pages of the site that are written while it is built; `make docs` holds links to them.
WRITTEN_BY_THE_SITE = re.compile(
    r"docs/(((reference|methods|tutorial)/\w+|contributing/(index|architecture|changes))\.md"
    r"|explanation/figures/\w+\.png)"
)
AMERICAN = re.compile(
    r"\b(analyz|behavior|categoriz|center|color|edema|favor|fiber|labeled|maximiz|minimiz|modeling|"
    r"neighbor|normaliz|organiz|orthopedic|pediatric|randomiz|recogniz|standardiz|summariz|tumor)"
    r"\w*|\bgray\b",
    re.IGNORECASE,
)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _without_code(text: str) -> str:
    text = re.sub(r"^( *)(```|~~~).*?^\1\2", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def _markdown_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
    return "\n\n".join("".join(cell["source"]) for cell in cells)


@cache
def anchors_of(path: Path) -> set[str]:
    """Return the anchors that GitHub and the site give to the headings of a page."""
    text = path.read_text(encoding="utf-8")
    plain = re.sub(r"^( *)(```|~~~).*?^\1\2", "", text, flags=re.DOTALL | re.MULTILINE)
    anchors = set(re.findall(r"(?:id|name)=\"([^\"]+)\"|\{ ?#([\w-]+)", plain))
    found = {one or other for one, other in anchors}
    for heading in re.findall(r"^#{1,6} +(.*?) *#*$", plain, flags=re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading)
        for letters in (words, unicodedata.normalize("NFKD", words).encode("ascii", "ignore")):
            kept = letters if isinstance(letters, str) else letters.decode("ascii")
            github = re.sub(r"[^\w\- ]", "", kept).strip().lower().replace(" ", "-")
            found |= {github, re.sub(r"-+", "-", github)}
    return found


def broken_links(path: Path, markdown: str) -> list[str]:
    broken = []
    for target in LINK.findall(_without_code(markdown)):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        page = (path.parent / place).resolve() if place else path
        if not page.exists():
            if not WRITTEN_BY_THE_SITE.fullmatch(_name(page) if ROOT in page.parents else ""):
                broken.append(target)
        elif anchor and page.suffix == ".md" and anchor not in anchors_of(page):
            broken.append(target)
    return broken


def test_a_link_to_nowhere_and_an_anchor_that_is_gone_are_found() -> None:
    page = ROOT / "METHODS.md"
    assert broken_links(page, "[a](NOWHERE.md)") == ["NOWHERE.md"]
    assert broken_links(page, "[a](README.md#no-such-heading)") == ["README.md#no-such-heading"]
    assert broken_links(page, "[a](README.md), `[b](NOWHERE.md)`, [c](https://doi.org/x)") == []


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], ids=_name)
def test_links_and_anchors_lead_somewhere(path: Path) -> None:
    assert broken_links(path, _markdown_of(path)) == []


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], ids=_name)
def test_spelling_is_british(path: Path) -> None:
    words = [found.group() for found in AMERICAN.finditer(_without_code(_markdown_of(path)))]
    assert words == []


def test_no_word_is_misspelt() -> None:
    """By codespell, as in `make check`; its settings are in pyproject.toml."""
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.fixture(scope="module")
def measured() -> list[tuple[str, int, int, float]]:
    return reading_age.measure()


def test_each_page_can_be_read_by_whom_it_is_for(measured) -> None:
    assert [name for name, _, bound, age in measured if age > bound] == []


@pytest.mark.parametrize("path", [p for p in PAGES if p.parent.name in GUIDES], ids=_name)
def test_a_guide_for_clinicians_can_be_read(path: Path) -> None:
    prose = reading_age.prose_of(path.read_text(encoding="utf-8"))
    assert reading_age.reading_age_years(prose) <= reading_age.OLDEST_YEARS["guides"]


def test_the_table_of_reading_ages_is_that_of_the_pages(measured) -> None:
    """Written by `make reading`."""
    kept = reading_age.TABLE.read_text(encoding="utf-8")
    assert kept == reading_age.write_table(measured)


def test_sentences_are_what_is_left_of_a_page() -> None:
    page = "# Title\n\nWe count [pars](x.md).\n\n| a |\n|---|\n\n- one\n- two:\n\n```\ncode\n```\n"
    assert reading_age.prose_of(page) == "We count pars. one. two."
