"""The papers at the root of the repository as pages: methods, words, rooms, changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import page_links

_SHOWN: Final = {
    "METHODS.md": "Statistical specification",
    "GLOSSARY.md": "Glossary",
    "ARCHITECTURE.md": "Architecture",
    "CHANGELOG.md": "Changes",
    "CONTRIBUTING.md": "Contributing",
}
_TABLE_FILE: Final = re.compile(r"`(?:reports/validation/)?(\w+)\.txt`")
_VALIDATION: Final = "methods/validation.md"


def make_pages(root: Path) -> Iterator[tuple[str, str]]:
    """Return address and Markdown of each paper, and of the tables that bear the methods out."""
    tables = sorted((root / "reports" / "validation").glob("*.txt"))
    for name, title in _SHOWN.items():
        page = page_links.PAGES[name]
        text = page_links.link_repository_files(
            (root / name).read_text(encoding="utf-8"), page, folder=""
        )
        text = re.sub(r"\A# .*", f"# {title}", text)
        yield page, _link_tables(_name_papers(text, page), page, {path.stem for path in tables})
    yield _VALIDATION, _write_validation(tables)


def _name_papers(text: str, page: str) -> str:
    """Link a paper that is named as code, such as `METHODS.md`."""

    def link(found: re.Match[str]) -> str:
        target = page_links.relative(page_links.PAGES[found.group(1)], page)
        return f"[{_SHOWN[found.group(1)].lower()}]({target})"

    named = "|".join(re.escape(name) for name in _SHOWN)
    return re.sub(rf"`({named})`", link, text)


def _link_tables(text: str, page: str, stems: set[str]) -> str:
    def link(found: re.Match[str]) -> str:
        stem = found.group(1)
        if stem not in stems:
            return found.group()
        return f"[{found.group()}]({page_links.relative(_VALIDATION, page)}#{stem})"

    return _TABLE_FILE.sub(link, text)


def _write_validation(tables: list[Path]) -> str:
    parts = [
        "# Coverage and agreement tables",
        "What the simulations printed, as they printed it; the first line is the command. "
        "`make simulation` writes all of them again. What they mean is told in the "
        "[statistical specification](specification.md#9-how-often-the-intervals-cover), beside "
        "[who agrees with each number](specification.md#8-who-agrees).",
    ]
    for path in tables:
        title = path.stem.replace("_", " ").capitalize().replace("Npmle", "NPMLE")
        parts.append(f"## {title} {{#{path.stem}}}")
        parts.append(f"```text\n{path.read_text('utf-8').rstrip()}\n```")
    return "\n\n".join(parts) + "\n"
