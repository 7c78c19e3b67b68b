"""Let the reference name things as a user does: `parsoutcomes.load_records`, wherever it is kept.

The package fetches its public names when they are first used, which a reader of its source cannot
see; this tells the reader where each one is.
"""

from __future__ import annotations

from typing import Any

import griffe

import parsoutcomes as po


class PublicNames(griffe.Extension):
    """Show each public name as a member of the package."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """Add the names to the package once its source has been read."""
        if pkg.name != "parsoutcomes":
            return
        for name in po.__all__:
            module = po._HOME.get(name)
            if module is not None:
                pkg.set_member(name, griffe.Alias(name, f"{module}.{name}"))
