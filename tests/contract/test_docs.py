"""The documentation site leaves nothing out, leads nowhere that is not there, and fetches nothing.

`make docs` builds the whole site, strictly; here are the parts that make its pages.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient.exceptions import CellExecutionError

import parsoutcomes as po
from parsoutcomes.results.base import Result
from parsoutcomes.schema.tables import TABLES

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "hooks"))

import data_pages  # noqa: E402
import fingerprints  # noqa: E402
import notebook_pages  # noqa: E402
import page_links  # noqa: E402
import reference_pages  # noqa: E402
import root_pages  # noqa: E402
import site_checks  # noqa: E402


def test_every_public_name_has_one_entry() -> None:
    pages = "\n".join(text for _, text in reference_pages.make_pages())
    entries = re.findall(r"^::: parsoutcomes\.(\w+)$", pages, re.MULTILINE)
    assert sorted(entries) == sorted(name for name in po.__all__ if name != "__version__")


def test_every_public_name_stands_in_the_index() -> None:
    index = dict(reference_pages.make_pages())["reference/index.md"]
    assert [name for name in reference_pages.list_addresses() if f"- `{name}`" not in index] == []


def test_what_a_function_returns_has_an_entry() -> None:
    shown = {one for classes in reference_pages.sort_results().values() for one in classes}
    returned = {reference_pages.find_returned(name) for name in po.__all__ if name[0] != "_"}
    assert {one for one in returned if one and issubclass(one, Result)} <= shown


def test_a_name_without_a_topic_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(reference_pages.TOPICS, "recovery")
    with pytest.raises(LookupError, match="summarise_scores"):
        reference_pages.sort_names()


def test_the_data_dictionary_holds_every_column() -> None:
    page = dict(data_pages.make_pages())["reference/data_dictionary.md"]
    columns = [column.name for table in TABLES.values() for column in table.columns]
    assert [name for name in columns if f"| `{name}`<br>" not in page] == []


def test_the_vocabulary_page_has_every_list() -> None:
    vocabulary = yaml.safe_load(
        (ROOT / "parsoutcomes/schema/vocabulary.yaml").read_text(encoding="utf-8")
    )
    page = dict(data_pages.make_pages())["reference/vocabulary.md"]
    assert {*data_pages.LISTS, "headers"} == set(vocabulary)
    assert "pseudarthrosis" in page
    assert page.count("`patient_id`") >= 3


def test_the_evidence_page_has_every_paper_with_its_doi() -> None:
    page = dict(data_pages.make_pages())["reference/baselines.md"]
    dois = [doi for doi in po.load_baselines().studies["doi"] if doi]
    assert [doi for doi in dois if f"https://doi.org/{doi}" not in page] == []


def test_every_simulation_table_is_shown() -> None:
    page = dict(root_pages.make_pages(ROOT))["methods/validation.md"]
    tables = sorted((ROOT / "reports" / "validation").glob("*.txt"))
    assert [path.stem for path in tables if f"{{#{path.stem}}}" not in page] == []


@pytest.mark.parametrize(
    ("page", "written", "shown"),
    [
        ("how_to/redcap.md", "[m](../../METHODS.md)", "[m](../methods/specification.md)"),
        (
            "how_to/redcap.md",
            "[m](../../METHODS.md#8-who)",
            "[m](../methods/specification.md#8-who)",
        ),
        ("how_to/redcap.md", "[code](../../parsoutcomes/errors.py)", "code"),
        ("how_to/redcap.md", "[next](multi_site.md)", "[next](multi_site.md)"),
        ("index.md", "[paper](https://doi.org/10.1)", "[paper](https://doi.org/10.1)"),
        ("index.md", "![figure](figures/one.png)", "![figure](figures/one.png)"),
    ],
)
def test_a_link_to_a_file_of_the_repository_leads_to_its_page(
    page: str, written: str, shown: str
) -> None:
    assert page_links.link_repository_files(written, page) == shown


def test_a_link_of_a_paper_at_the_root_is_read_from_the_root() -> None:
    linked = page_links.link_repository_files(
        "[words](GLOSSARY.md), [how](docs/how_to/redcap.md)", "methods/specification.md", folder=""
    )
    assert linked == "[words](glossary.md), [how](../how_to/redcap.md)"


def test_a_public_name_in_code_becomes_a_link() -> None:
    addresses = {"load_records": "reference/records.html#x"}
    link = '<a href="../reference/records.html#x"><code>load_records</code></a>'
    shown = page_links.link_public_names("<code>load_records</code>", "how_to/a.html", addresses)
    assert shown == link


@pytest.mark.parametrize(
    "html",
    [
        "<code>load_nothing</code>",
        "<h2><code>load_records</code></h2>",
        "<a><code>load_records</code></a>",
    ],
)
def test_other_code_headings_and_links_are_left(html: str) -> None:
    assert page_links.link_public_names(html, "a.html", {"load_records": "b.html#x"}) == html


def test_a_notebook_becomes_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_pages, "_KEPT", tmp_path)
    v4 = nbformat.v4
    picture = v4.new_output(
        "display_data",
        data={"image/png": "AAAA", "text/plain": "Half\nhad united"},
        metadata={"image/png": {"width": 760}},
    )
    table = v4.new_output(
        "execute_result",
        data={"text/html": "<style>b</style><h4>Rates</h4><table border='1'></table>"},
    )
    said = v4.new_output("stream", text="fewer < 5\n")
    cells = [
        v4.new_markdown_cell("# How many"),
        v4.new_code_cell("po.plot()", outputs=[picture, table, said]),
    ]
    page = notebook_pages.write_page(v4.new_notebook(cells=cells), "03_many")
    assert page.startswith("# How many\n\n```python\npo.plot()\n```\n")
    assert '<img src="figures/03_many_1.png" alt="Half had united" width="760">' in page
    assert '<p class="po-title">Rates</p>' in page
    assert "<style>" not in page
    assert '<pre class="po-text">fewer &lt; 5</pre>' in page
    assert (tmp_path / "03_many_1.png").exists()


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/a.js">',
        "<link rel=stylesheet href=//fonts.example/a.css>",
        '<img alt="x" src="http://example/a.png">',
        "<style>a{background:url(https://example/b.png)}</style>",
    ],
)
def test_a_page_that_fetches_from_elsewhere_is_named(html: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert len(list(site_checks.list_outside_requests(tmp_path))) == 1


def test_a_link_to_follow_is_no_request(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<a href="https://doi.org/10.1">paper</a><img src="a.png">', encoding="utf-8"
    )
    assert list(site_checks.list_outside_requests(tmp_path)) == []


def test_an_entry_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<h2 id="po.one">', encoding="utf-8")
    problems = site_checks.list_missing_entries(
        tmp_path, {"one": "a.html#po.one", "two": "a.html#po.two"}
    )
    assert list(problems) == ["a.html has no entry for two"]


def test_what_is_kept_is_made_again_when_its_source_changed(tmp_path: Path) -> None:
    made = tmp_path / "figure.png"
    note = fingerprints.Note(tmp_path / "figure.key", "old source")
    assert not note.holds()
    note.write()
    assert note.holds()
    assert not note.holds(made)
    made.touch()
    assert note.holds(made)
    assert not fingerprints.Note(note.path, "new source").holds(made)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook_is_kept_as_it_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_pages, "_KEPT", tmp_path / "kept")
    path = tmp_path / "10_short.ipynb"
    cell = nbformat.v4.new_code_cell("print(6 * 7)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    ran = asyncio.run(notebook_pages.execute(path, tmp_path))
    assert [one.text for one in ran.cells[0].outputs] == ["42\n"]
    kept = nbformat.read(tmp_path / "kept" / path.name, as_version=4)
    assert "42" in notebook_pages.write_page(kept, path.stem)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook_that_fails_makes_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook_pages, "_KEPT", tmp_path / "kept")
    path = tmp_path / "10_wrong.ipynb"
    cell = nbformat.v4.new_code_cell("1 / 0")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        asyncio.run(notebook_pages.execute(path, tmp_path))
    assert not (tmp_path / "kept").exists()
