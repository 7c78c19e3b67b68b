"""What the finished site is held to: it asks for nothing outside, and every entry is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_LOADED: Final = re.compile(
    r"""<(?:script|img|iframe|source|video|link)\b[^>]*?(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|url\(["']?((?:https?:)?//[^"')]+)"""
)


def list_outside_requests(folder: Path) -> Iterator[str]:
    """Name each picture, script or style that a page would fetch from elsewhere."""
    for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.css")]):
        for found in _LOADED.finditer(path.read_text(encoding="utf-8")):
            address = found.group(1) or found.group(2)
            yield f"{path.relative_to(folder).as_posix()} fetches {address}"


def list_missing_entries(folder: Path, addresses: Mapping[str, str]) -> Iterator[str]:
    """Name each public name whose entry is not where links to it lead."""
    pages = {address.partition("#")[0] for address in addresses.values()}
    found = {page: (folder / page).read_text(encoding="utf-8") for page in pages}
    for name, address in addresses.items():
        page, _, anchor = address.partition("#")
        if f'id="{anchor}"' not in found[page]:
            yield f"{page} has no entry for {name}"
