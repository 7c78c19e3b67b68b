"""The data dictionary, the words of the intake and the published rates, from what declares them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any, Final

import pandas as pd
import yaml

import parsoutcomes as po
from parsoutcomes.baselines.published import cite_study
from parsoutcomes.results.baselines import write_stratum
from parsoutcomes.schema.tables import TABLES, Column
from parsoutcomes.wording import format_label

LISTS: Final = {
    "header_words": "Words inside a header",
    "header_synonyms": "One word for another in a header",
    "header_fillers": "Words without weight in a header",
    "units": "Units",
    "duration_words": "Words beside a length",
    "header_annotations": "Remarks in a header",
    "glue_words": "Words that join",
    "places": "Places",
    "missing": "Missing, and why",
    "value_synonyms": "One word for another in a cell",
    "value_fillers": "Words without weight in a cell",
    "values": "Values, column by column",
}


def make_pages() -> Iterator[tuple[str, str]]:
    """Return address and Markdown of the three pages."""
    yield "reference/data_dictionary.md", _write_dictionary()
    yield "reference/vocabulary.md", _write_vocabulary()
    yield "reference/baselines.md", _write_baselines()


def _write_dictionary() -> str:
    parts = [
        "# Data dictionary",
        "Every column that a cohort can hold, read from the declaration that the loaders and the "
        "checks use. In a notebook: `describe_schema`. What a source of yours holds is told by "
        "`cohort.intake.columns`; how its headers and cells may be spelled, by "
        "[the words the intake knows](vocabulary.md).",
    ]
    for table in TABLES.values():
        parts.append(
            f"## {table.name}\n\nOne row per {table.one_row_per}. Key: {_codes(table.key)}."
        )
        rows = [_describe(column) for column in table.columns]
        parts.append(_write_table(("Column", "Meaning", "Values"), rows))
    return "\n\n".join(parts) + "\n"


def _describe(column: Column) -> tuple[str, str, str]:
    marks = [
        *(["required"] if column.required else []),
        *(["computed, never in a source"] if column.derived else []),
    ]
    kind = ", ".join([column.kind, *marks])
    return f"`{column.name}`<br>{kind}", escape(column.meaning), _allowed(column)


def _allowed(column: Column) -> str:
    if column.allowed:
        return _codes(column.allowed)
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"{low:g} or more"
    return "" if high is None else f"{high:g} or less"


def _write_vocabulary() -> str:
    told = files("parsoutcomes.schema").joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    vocabulary: dict[str, Any] = yaml.safe_load(told)
    parts = [
        "# Words the intake knows",
        "How headers and cells may be spelled, read from the file that the loaders read "
        "(`parsoutcomes/schema/vocabulary.yaml`). Case, spaces, full stops, hyphens and brackets "
        "do not matter. A spelling that is not listed is never guessed: it is listed as not "
        "understood, with its row number. A clinic may add a spelling to any list.",
        "## Headers",
        "*Beside it* says what may stand with the spelling in one header: a side (R, left), a "
        "visit (2, 1st), a scan (CT), a timepoint (3/12), a level (L5), a unit (weeks).",
        _write_table(("Meaning", "Spellings"), _list_headers(vocabulary["headers"])),
    ]
    for name, title in LISTS.items():
        rows = [(_path_of(path), _spell(words)) for path, words in _flatten(vocabulary[name])]
        parts.append(f"## {title}\n\n{_write_table(('Meaning', 'Spellings'), rows)}")
    return "\n\n".join(parts) + "\n"


def _list_headers(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [
        (
            "<br>".join([f"`{one['role']}`", *_attributes(one)]),
            _spell([*one.get("spellings", ()), *one.get("in_scan", ()), *one.get("in_side", ())]),
        )
        for one in entries
    ]


def _attributes(entry: Mapping[str, Any]) -> list[str]:
    said = [
        f"{name}: {format_label(str(one))}" for name, one in entry.get("attributes", {}).items()
    ]
    beside = ", ".join(format_label(word) for word in entry.get("takes", ()))
    return [*said, f"*beside it: {beside}*"] if beside else said


def _flatten(
    branch: object, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Return every list of words with the names that lead to it."""
    if isinstance(branch, Mapping):
        for name, inner in branch.items():
            yield from _flatten(inner, (*path, str(name)))
    else:
        yield path, [str(one) for one in (branch if isinstance(branch, list) else [branch])]


def _path_of(path: Sequence[str]) -> str:
    named = [name or "(nothing)" for name in path if name != "meanings"]
    return " › ".join(f"`{name}`" for name in named)


def _spell(words: Sequence[Any]) -> str:
    return escape(", ".join(str(word) for word in words))


def _write_baselines() -> str:
    baselines = po.load_baselines()
    studies, rates = baselines.studies, baselines.rates
    parts = [
        "# Published rates",
        f"{baselines.finding} In a notebook: `load_baselines`. A percentage without counts is "
        "shown and never pooled; papers of one group of patients are not independent. Limits: "
        "Jeffreys on counts over the design effect of pars that share patients. To add one, see "
        "[Add a published paper](../how_to/add_a_published_paper.md).",
    ]
    parts += [
        _write_paper(study, rates[rates["study_id"].eq(study["study_id"])])
        for study in studies.to_dict("records")
    ]
    parts.append(_write_effects(baselines.effects, studies))
    return "\n\n".join(parts) + "\n"


def _write_paper(study: Mapping[Any, Any], rates: pd.DataFrame) -> str:
    source = cite_study(study)
    doi = f" doi:[{source.doi}](https://doi.org/{source.doi})" if source.doi else " No DOI known."
    shared = f"Group of patients: {format_label(study['cohort_group'])}."
    rows = [_write_rate(row) for row in rates.to_dict("records")]
    table = _write_table(("Counted", "Among", "United", "% (95 % limits)"), rows)
    conflicts = [
        f"**Contradicts itself.** {escape(one)}" for one in rates["conflict"].unique() if one
    ]
    heading = source.text.split(". ")[:2] if rates.empty else [rates["paper"].iloc[0]]
    return "\n\n".join(
        [
            f"## {' '.join(heading)} {{#{study['study_id']}}}",
            f"{escape(source.text)}.{doi} {shared}",
            table if rows else "Effects only, below.",
            *conflicts,
        ]
    )


def _write_rate(row: Mapping[Any, Any]) -> tuple[str, str, str, str]:
    counted = f"{format_label(row['outcome'])}, per {format_label(row['unit'])}"
    united = "" if math.isnan(row["n"]) else f"of {row['n']:g}"
    if not math.isnan(row["n_united"]):
        united = f"{row['n_united']:g} {united}"
    share = "" if math.isnan(row["estimate"]) else f"{100 * row['estimate']:.1f}"
    if not math.isnan(row["conf_low"]):
        share += f" ({100 * row['conf_low']:.1f} to {100 * row['conf_high']:.1f})"
    return counted, escape(write_stratum(row)), united, share


def _write_effects(effects: pd.DataFrame, studies: pd.DataFrame) -> str:
    papers = studies.set_index("study_id")
    rows = [
        (
            f"[{papers.loc[row['study_id'], 'first_author']} {papers.loc[row['study_id'], 'year']}]"
            f"(#{row['study_id']})",
            escape(f"{format_label(row['outcome'])}: {row['comparison']}"),
            escape(f"{row['effect_type']} {row['estimate']}{_limits(row)}"),
            escape(str(row["p_printed"])),
        )
        for row in effects.to_dict("records")
    ]
    head = ("Paper", "Compared", "As printed", "p")
    return f"## Odds ratios and tests, as printed\n\n{_write_table(head, rows)}"


def _limits(row: Mapping[Any, Any]) -> str:
    return f" ({row['conf_low']} to {row['conf_high']})" if row["conf_low"] else ""


def _write_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(one.replace("|", "\\|") for one in line) + " |" for line in lines
    )


def _codes(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
