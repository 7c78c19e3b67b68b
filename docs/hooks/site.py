"""What MkDocs calls while it builds the site: pages made from the package and the notebooks.

Nothing here is written by hand twice: the pages come from `parsoutcomes.__all__`, the schema, the
vocabulary, the evidence, the notebooks and the papers at the root of the repository.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))

import data_pages  # noqa: E402
import links  # noqa: E402
import notebooks  # noqa: E402
import reference  # noqa: E402
import root_pages  # noqa: E402

ROOT = Path(__file__).parents[2]
_ADDRESSES = reference.list_addresses()


def on_pre_build(config: Any) -> None:
    """Draw the figures of the five traps, which are made and never kept."""
    folder = ROOT / "docs" / "explanation" / "figures"
    if (ROOT / "docs" / "trap_figures.py").exists():
        sys.path.insert(0, str(ROOT / "docs"))
        importlib.import_module("trap_figures").draw_all(folder)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and pictures that are made."""
    for address, content in _make_pages():
        files.append(File.generated(config, address, content=content))
    for address, path in notebooks.list_pictures():
        files.append(File.generated(config, address, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn links to files of the repository into links to their pages."""
    return links.link_repository_files(markdown, page.file.src_uri)


def on_page_content(html: str, page: Any, config: Any, files: Files) -> str:
    """Make every public name that stands as code a link to its entry; let wide tables scroll."""
    return links.let_tables_scroll(links.link_public_names(html, page.file.dest_uri, _ADDRESSES))


def _make_pages() -> Iterator[tuple[str, str]]:
    yield from notebooks.make_pages(ROOT)
    yield from reference.make_pages()
    yield from data_pages.make_pages()
    yield from root_pages.make_pages(ROOT)
