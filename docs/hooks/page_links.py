"""Links: files of the repository to their pages, and public names to their entries."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

# Files at the root of the repository that are pages of the site.
PAGES: Final = {
    "README.md": "index.md",
    "METHODS.md": "methods/specification.md",
    "GLOSSARY.md": "methods/glossary.md",
    "ARCHITECTURE.md": "contributing/architecture.md",
    "CHANGELOG.md": "contributing/changes.md",
    "CONTRIBUTING.md": "contributing/index.md",
    "reports/validation": "methods/validation.md",
    "parsoutcomes/schema/vocabulary.yaml": "reference/vocabulary.md",
    "parsoutcomes/schema/tables.py": "reference/data_dictionary.md",
    "notebooks": "tutorial/index.md",
}
_LINK: Final = re.compile(r"(?<!!)\[([^\]\n]+)\]\(([^)\s]+)\)")
_LEAVE: Final = re.compile(r"(<a\b.*?</a>|<h[1-6]\b.*?</h[1-6]>|<pre\b.*?</pre>)", re.DOTALL)
_CODE: Final = re.compile(r"<code>(?:po\.)?(\w+)(\(\))?</code>")
_CALL: Final = re.compile(
    r'(<span class="n">po</span><span class="o">\.</span>)(<span class="n">(\w+)</span>)'
)


def link_repository_files(markdown: str, page: str, *, folder: str | None = None) -> str:
    """Point links to files of the repository at their pages; where there is none, keep the words.

    Parameters
    ----------
    markdown : str
        Text of a page.
    page : str
        Its address within the folder of pages.
    folder : str, optional
        The folder of the repository from which its links are counted; that of the page if none.
    """
    start = posixpath.join("docs", posixpath.dirname(page)) if folder is None else folder

    def rewrite(found: re.Match[str]) -> str:
        words, target = found.groups()
        if "://" in target or target.startswith(("#", "mailto:")):
            return found.group()
        path, _, anchor = target.partition("#")
        inside = posixpath.normpath(posixpath.join(start, path))
        if inside.startswith("docs/") and folder is None:
            return found.group()
        address = _page_of(inside)
        if address is None:
            return words
        way = relative(address, page)
        return f"[{words}]({way}{'#' + anchor if anchor else ''})"

    return _LINK.sub(rewrite, markdown)


def _page_of(path: str) -> str | None:
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path.startswith("reports/validation"):
        return PAGES["reports/validation"]
    return PAGES.get(path.rstrip("/"))


def link_public_names(html: str, page: str, addresses: Mapping[str, str]) -> str:
    """Make each public name that stands as code a link to its entry, outside links and headings."""

    def to(name: str) -> str:
        path, _, anchor = addresses[name].partition("#")
        if path == page:
            return f"#{anchor}"
        return f"{posixpath.relpath(path, posixpath.dirname(page) or '.')}#{anchor}"

    def as_code(found: re.Match[str]) -> str:
        name = found.group(1)
        return f'<a href="{to(name)}">{found.group()}</a>' if name in addresses else found.group()

    def as_call(found: re.Match[str]) -> str:
        before, shown, name = found.groups()
        return f'{before}<a href="{to(name)}">{shown}</a>' if name in addresses else found.group()

    parts = _LEAVE.split(html)
    for place, part in enumerate(parts):
        if place % 2 == 0:
            parts[place] = _CODE.sub(as_code, part)
        elif part.startswith("<pre"):
            parts[place] = _CALL.sub(as_call, part)
    return "".join(parts)


def let_tables_scroll(html: str) -> str:
    """Give each table a frame of its own, so that a wide one does not widen the page."""
    html = re.sub(r"<table\b", '<div class="po-scroll" tabindex="0"><table', html)
    return html.replace("</table>", "</table></div>")


def relative(address: str, page: str) -> str:
    """Return the way from one page to another."""
    return posixpath.relpath(address, posixpath.dirname(page) or ".")
