"""What a thing was made from, so that it is made again only when that has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@cache
def digest_source(root: Path) -> str:
    """Digest the package and the made-up data, from which all that is kept is made."""
    digest = hashlib.sha256()
    for folder in (root / "parsoutcomes", root / "data"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Note:
    """A note beside what was made, of what it was made from."""

    path: Path
    made_from: str

    @property
    def _text(self) -> str:
        return hashlib.sha256(self.made_from.encode()).hexdigest()

    def holds(self, *made: Path) -> bool:
        """Tell whether all is there and was made from this."""
        noted = self.path.exists() and self.path.read_text(encoding="utf-8") == self._text
        return noted and all(path.exists() for path in made)

    def write(self) -> None:
        """Note what it was made from."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self._text, encoding="utf-8")
