"""Let the reference name things as a user does: `parsoutcomes.load_records`, wherever it is kept.

The package fetches its public names when they are first used, which a reader of its source cannot
see; this tells the reader where each one is. Defaults are shown as values, not as the names of
conventions.
"""

from __future__ import annotations

import inspect

import griffe

import parsoutcomes as po


class PublicNames(griffe.Extension):
    """Show each public name as a member of the package, with the values of its defaults."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: object) -> None:
        """Add the names to the package once its source has been read."""
        if pkg.name != "parsoutcomes":
            return
        for name, module in po._HOME.items():
            pkg.set_member(name, griffe.Alias(name, f"{module}.{name}"))
            if inspect.isfunction(getattr(po, name)):
                _show_defaults(pkg[name])


def _show_defaults(function: griffe.Function) -> None:
    """Give the signature, and the list of parameters below it, the defaults as they are."""
    signature = inspect.signature(getattr(po, function.name)).parameters
    for name, parameter in signature.items():
        if parameter.default is not inspect.Parameter.empty:
            function.parameters[name].default = _write_default(parameter.default)
    for section in function.docstring.parsed if function.docstring else ():
        if section.kind is griffe.DocstringSectionKind.parameters:
            for described in section.value:
                name = described.name.lstrip("*")
                described.value = function.parameters[name].default


def _write_default(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    plain = value is None or isinstance(value, str | int | tuple | list | dict)
    return repr(value).replace("'", '"') if plain else "..."
