"""One entry for each public name and for each result, on the page of its purpose."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Final

import parsoutcomes as po
from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.results.base import Citation, Exclusion, Result


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A page of the reference: whose names stand on it, and what it is for.

    `homes` are modules, or packages of modules; where two topics fit, the longer home wins.
    """

    title: str
    what: str
    homes: tuple[str, ...]
    also: tuple[type, ...] = ()


TOPICS: Final = {
    "records": Topic(
        title="Records and cohort",
        what="From the clinic's file to a cohort, with an account of every row and cell.",
        homes=("loaders", "synthetic", "cohort", "schema"),
        also=(IntakeAccount,),
    ),
    "rates": Topic(
        title="Union rates",
        what="How many united, per pars and per patient; what else could have been said of them.",
        homes=(
            "models.rates",
            "models.rate_comparison",
            "models.definitions",
            "models.tipping_point",
            "models.imputation",
            "models.pooled_imputation",
            "models.reader_agreement",
        ),
    ),
    "time": Topic(
        title="Time to union",
        what="How long union took, when it is known only to lie between two scans.",
        homes=(
            "models.time_to_union",
            "models.group_differences",
            "models.competing",
            "models.kaplan_meier",
            "models.aft",
            "models.cure",
            "models.scanning",
        ),
    ),
    "predictors": Topic(
        title="Predictors",
        what="What goes with union, and how well it foretells it.",
        homes=("models.logistic", "models.model_check"),
    ),
    "published": Topic(
        title="Comparison with published series",
        what="The evidence, its pools, and the comparison stage by stage.",
        homes=("baselines",),
    ),
    "brace": Topic(
        title="Brace treatment and duration",
        what="What the brace treatment was; 3 months against 6 without the trap of months worn.",
        homes=(
            "models.brace_duration",
            "models.brace_duration_contrasts",
            "models.brace_sensitivity",
            "models.exposure",
            "models.wear_dose",
        ),
    ),
    "monitoring": Topic(
        title="Monitoring",
        what="Union over the years, patient after patient, and between sites.",
        homes=("baselines.monitoring",),
    ),
    "recovery": Topic(
        title="Recovery and safety",
        what="Scores, return to sport, and what went wrong.",
        homes=("models.scores", "models.return_to_sport", "models.safety"),
    ),
    "figures": Topic(
        title="Figures",
        what="Each draws one finished result, with the finding as its title, and returns the axes.",
        homes=("figures",),
    ),
    "report": Topic(
        title="The report",
        what="The annual report as web page, PDF, Word document and slides.",
        homes=("report",),
    ),
    "errors": Topic(
        title="Errors",
        what="One tree of exceptions. Each message has four lines: what is wrong, what was "
        "expected, what was found, and how to mend it. None holds a patient's value.",
        homes=("errors",),
    ),
}
_SHARED: Final = (Result, Exclusion, Citation)
_AS_CLASS: Final = "    options:\n      members: {members}\n      heading_level: {level}\n"


def sort_names() -> dict[str, list[str]]:
    """Return the public names of each topic, in the order of the package.

    Raises
    ------
    LookupError
        When a public name belongs to no topic.
    """
    names: dict[str, list[str]] = {key: [] for key in TOPICS}
    for name in _public_names():
        names[_topic_of(name)].append(name)
    return names


def sort_results() -> dict[str, list[type]]:
    """Return the results of each topic: what its functions return."""
    results: dict[str, list[type]] = {key: list(topic.also) for key, topic in TOPICS.items()}
    placed = {*_SHARED, *(getattr(po, name) for name in _public_names())}
    for key, names in sort_names().items():
        for returned in map(find_returned, names):
            if returned is not None and returned not in placed:
                placed.add(returned)
                results[key].append(returned)
    return results


def list_addresses() -> dict[str, str]:
    """Return where the entry of each name lies in the site."""
    addresses = {
        name: f"reference/{key}.html#parsoutcomes.{name}"
        for key, names in sort_names().items()
        for name in names
    }
    for key, classes in sort_results().items():
        for one in classes:
            addresses[one.__name__] = f"reference/{key}.html#{_path(one)}"
    return addresses


def make_pages() -> Iterator[tuple[str, str]]:
    """Return address and Markdown of the reference pages."""
    names, results = sort_names(), sort_results()
    for key, topic in TOPICS.items():
        entries = [*map(_write_entry, names[key]), *map(_write_class, results[key])]
        yield f"reference/{key}.md", "\n\n".join([f"# {topic.title}\n\n{topic.what}", *entries])
    yield "reference/index.md", _write_index(names, results)


def _write_index(names: dict[str, list[str]], results: dict[str, list[type]]) -> str:
    lines = [
        "# Reference",
        "Every public name of `parsoutcomes`, by purpose. "
        "`import parsoutcomes as po` and write `po.` before it.",
    ]
    for key, topic in TOPICS.items():
        shown = [*names[key], *(one.__name__ for one in results[key])]
        lines.append(f"## {topic.title}\n\n{topic.what} [All of it on one page]({key}.md).")
        lines.append("\n".join(f"- `{name}` {_first_line(name, results[key])}" for name in shown))
    shared = "\n\n".join(_write_class(one, level=3) for one in _SHARED)
    lines.append(f"## What every result has\n\n{shared}")
    return "\n\n".join(lines)


def _first_line(name: str, classes: list[type]) -> str:
    found = next((one for one in classes if one.__name__ == name), None)
    documented = found if found is not None else getattr(po, name)
    return f": {(inspect.getdoc(documented) or '').splitlines()[0]}"


def _write_class(one: type, *, name: str = "", level: int = 2) -> str:
    """Write the entry of a class: what it holds is in its docstring, what it does below it."""
    options = _AS_CLASS.format(members=_list_methods(one) or "false", level=level)
    return f"::: {name or _path(one)}\n{options}"


def _list_methods(one: type) -> list[str]:
    return [
        name
        for name, member in vars(one).items()
        if not name.startswith("_")
        and isinstance(member, FunctionType | classmethod | staticmethod | property)
    ]


def _write_entry(name: str) -> str:
    documented = getattr(po, name)
    if inspect.isclass(documented):
        return _write_class(documented, name=f"parsoutcomes.{name}")
    return f"::: parsoutcomes.{name}\n"


def _path(one: type) -> str:
    return f"{one.__module__}.{one.__qualname__}"


def _public_names() -> list[str]:
    return [name for name in po.__all__ if not name.startswith("__")]


def _topic_of(name: str) -> str:
    home = getattr(po, name).__module__.removeprefix("parsoutcomes.")
    fitting = [
        (len(start), key)
        for key, topic in TOPICS.items()
        for start in topic.homes
        if f"{home}.".startswith(f"{start}.")
    ]
    if not fitting:
        raise LookupError(f"{name} ({home}) is on no reference page: add its module to TOPICS.")
    return max(fitting)[1]


def find_returned(name: str) -> type | None:
    """Return the class of ours that a function returns, read from its annotation."""
    function = getattr(po, name)
    if not inspect.isfunction(function):
        return None
    annotation = str(function.__annotations__.get("return", ""))
    returned = getattr(sys.modules[function.__module__], annotation, None)
    ours = inspect.isclass(returned) and returned.__module__.startswith("parsoutcomes.")
    return returned if ours else None
