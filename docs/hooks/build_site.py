"""What MkDocs calls while it builds the site: pages made from the package and the notebook_pages.

Nothing here is written by hand twice: the pages come from `parsoutcomes.__all__`, the schema, the
vocabulary, the evidence, the notebooks and the papers at the root of the repository.
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))

import data_pages
import fingerprints
import notebook_pages
import page_links
import reference_pages
import root_pages
import site_checks

ROOT = Path(__file__).parents[2]
_LOG = logging.getLogger("mkdocs.hooks.build_site")
_ADDRESSES = reference_pages.list_addresses()


def on_pre_build(config: MkDocsConfig) -> None:
    """Draw the figures of the five traps, where they are not drawn yet from this source."""
    script, folder = ROOT / "docs" / "trap_figures.py", ROOT / "docs" / "explanation" / "figures"
    source = fingerprints.digest_source(ROOT) + script.read_text(encoding="utf-8")
    note = fingerprints.Note(ROOT / "build" / "trap_figures.key", source)
    if note.holds(folder):
        return
    sys.path.insert(0, str(script.parent))
    importlib.import_module("trap_figures").draw_all(folder)
    note.write()


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and pictures that are made."""
    for address, content in _make_pages():
        files.append(File.generated(config, address, content=content))
    for address, path in notebook_pages.list_pictures():
        files.append(File.generated(config, address, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files of the repository into links to their pages."""
    return page_links.link_repository_files(markdown, page.file.src_uri)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make every public name that stands as code a link to its entry; let wide tables scroll."""
    return page_links.let_tables_scroll(
        page_links.link_public_names(html, page.file.dest_uri, _ADDRESSES)
    )


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Name the search for those who hear the page: the theme leaves it without a name."""
    return output.replace('role="dialog">', 'role="dialog" aria-label="Search">', 1)


def on_post_build(config: MkDocsConfig) -> None:
    """Warn, which ends a strict build, of what MkDocs itself does not look at."""
    folder = Path(config.site_dir)
    for problem in [
        *site_checks.list_outside_requests(folder),
        *site_checks.list_missing_entries(folder, _ADDRESSES),
    ]:
        _LOG.warning(problem)


def _make_pages() -> Iterator[tuple[str, str]]:
    yield from notebook_pages.make_pages(ROOT)
    yield from reference_pages.make_pages()
    yield from data_pages.make_pages()
    yield from root_pages.make_pages(ROOT)
