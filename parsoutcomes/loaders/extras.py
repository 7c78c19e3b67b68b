"""Readers that need a package which a plain installation does not bring."""

from __future__ import annotations

import importlib
from typing import Any

from parsoutcomes.errors import SourceError


def import_reader(module: str, package: str, *, what: str, extra: str = "sources") -> Any:  # noqa: ANN401
    """Return a module, or say which package brings it.

    Parameters
    ----------
    module : str
        The module's name.
    package : str
        The package's name, for the message.
    what : str
        What cannot be read without it, in the plural.
    extra : str
        The optional part of this package that brings it.

    Returns
    -------
    module

    Raises
    ------
    SourceError
        When it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SourceError(
            f"{what} cannot be read with what is installed.",
            expected=f"the package {package}",
            found="it is not installed",
            fix=f'Run: pip install "parsoutcomes[{extra}]"',
        ) from error
