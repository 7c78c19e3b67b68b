"""Age at which the clinician's pages can be read: two measures of letters, words and sentences.

The automated readability index and the Coleman-Liau index, in years (a grade of the United States
is read at that age and five years more); the older of the two counts. Neither needs a dictionary.
Code, tables and headings are left out; a name in code counts as one word of four letters, a point
of a list as a sentence.

    python benchmarks/reading_age.py        (or: make reading)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import textstat

from parsoutcomes.report.analyses import run_analyses
from parsoutcomes.report.content import Finding, Note, Paragraph
from parsoutcomes.report.sections_plain import write_plain
from parsoutcomes.synthetic.simulate import simulate_cohort

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "reports" / "validation" / "reading_age.txt"
GRADE_TO_AGE_YEARS = 5
PLAIN_PAGE = "report, page for patients and parents"
# The oldest reader that each may need. Clinicians have words of their own; patients need none.
OLDEST_YEARS = {PLAIN_PAGE: 12, "README.md": 15, "notebooks": 15, "guides": 16}
READ = ("rates-pars-complete", "rates-patients-complete", "rates-by-stage", "comparison", "scores")


def read_pages() -> Iterator[tuple[str, str, int]]:
    """Return name, prose and bound of each page."""
    yield PLAIN_PAGE, _plain_page(), OLDEST_YEARS[PLAIN_PAGE]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    yield "README.md", prose_of(readme), OLDEST_YEARS["README.md"]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        words = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        name = path.relative_to(ROOT).as_posix()
        yield name, prose_of("\n\n".join(words)), OLDEST_YEARS["notebooks"]


def prose_of(markdown: str) -> str:
    """Return the sentences of a page of Markdown."""
    text = re.sub(r"```.*?```|\$\$.*?\$\$|<!--.*?-->", "", markdown, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`[^`]*`", "name", text)
    text = re.sub(r"^ *([-*]|\d+\.) +", "\n", text, flags=re.MULTILINE)
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text)]
    kept = [one.strip("*_ ") for one in blocks if one and not re.match(r"#|\||    ", one)]
    return " ".join(one if one[-1:] in ".?!" else f"{one.rstrip(':;')}." for one in kept)


def _plain_page() -> str:
    cohort = simulate_cohort(60, seed=7)
    year = int(cohort.episodes["fitted_date"].dt.year.max())
    analyses = run_analyses(cohort, year=year, n_resamples=40, seed=1, only=READ)
    told = []
    for block in write_plain(analyses):
        if isinstance(block, Finding | Paragraph):
            told.append(block.text)
        elif isinstance(block, Note):
            told += block.items
    return " ".join(told)


def reading_age_years(prose: str) -> float:
    grades = textstat.automated_readability_index(prose), textstat.coleman_liau_index(prose)
    return max(grades) + GRADE_TO_AGE_YEARS


def measure() -> list[tuple[str, int, int, float]]:
    """Return page, words, bound and reading age."""
    return [
        (name, len(prose.split()), bound, reading_age_years(prose))
        for name, prose, bound in read_pages()
    ]


def write_table(measured: list[tuple[str, int, int, float]]) -> str:
    lines = [
        "python benchmarks/reading_age.py",
        "Age in whole years at which a page can be read: the older of the automated readability",
        "and the Coleman-Liau index. Tables, code and headings are left out.",
        "",
        f"{'page':52}{'age':>5}{'at most':>9}",
    ]
    lines += [f"{name:52}{age:5.0f}{bound:9d}" for name, _, bound, age in measured]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(write_table(measure()), end="")
