"""The words of the clinic: what a header or a cell means, by listed spellings, never by guess."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Final

import yaml
from rapidfuzz import fuzz, process

from parsoutcomes.loaders.header_entries import HeaderEntry, HeaderMatch, header_key
from parsoutcomes.loaders.header_grammar import HeaderGrammar
from parsoutcomes.loaders.header_synonyms import LooseTable, Synonyms
from parsoutcomes.loaders.spelling import normalise, plain_text
from parsoutcomes.loaders.spelling_lists import by_spelling, refuse_doubles, value_key, words_of
from parsoutcomes.loaders.value_tables import (
    MISSING_REASONS,
    ValueMatch,
    agreed,
    keyed_words,
    value_table,
)
from parsoutcomes.schema.tables import TABLES

__all__ = [
    "MISSING_REASONS",
    "HeaderMatch",
    "ValueMatch",
    "Vocabulary",
    "load_vocabulary",
    "normalise",
]

# The parser in C where PyYAML was built with it: the same words in a fifth of the time.
_BASE_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
# Schema names too short to stand alone, and the list that holds their spellings.
_LIST_OF_COLUMN: Final = {"type": "event_type", "method": "wear_method"}
_YES_NO_COLUMNS: Final = frozenset(
    column.name for table in TABLES.values() for column in table.columns if column.kind == "boolean"
)
_CLINICAL_COLUMNS: Final = (
    "stage",
    "ct_stage",
    "stir",
    "union_status",
    "side",
    "laterality",
    "status",
    "sex",
)
# "No, healing" is not "no healing": what stands after the comma must say the same.
_NO_THEN_MORE: Final = re.compile(r"no?\s*,", re.IGNORECASE)
_LENGTH_AND_WORDS: Final = re.compile(
    r"(\d+(?:[.,]\d+)?\s*(?:/\s*(?:12|52)\b|[a-z]+))[\s,;:(-]+(.+)"
)
_OTHER_WORDS: Final = "read by a listed spelling in other words or another order"
_LOWEST_SUGGESTION: Final = 70.0
_N_SUGGESTIONS: Final = 3
_SHORTEST_MENDED: Final = 4
_LOWEST_MENDED: Final = 80.0
_BESIDE_A_WORD: Final = 0.8
BESIDE_A_WORD: Final = "a known header beside a word that is not known"


class Vocabulary:
    """The spellings of `schema/vocabulary.yaml`, looked up by their normalised form.

    Parameters
    ----------
    content : mapping
        The content of the YAML file, every scalar as text.

    Raises
    ------
    SourceError
        When a spelling stands under two meanings.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        entries = [_entry(item) for item in content["headers"]]
        refuse_doubles(
            [
                (header_key(s), f"{e.role} {dict(e.attributes)}")
                for e in entries
                for s in e.spellings
            ],
            "headers",
        )
        self._headers = HeaderGrammar(
            entries,
            content["header_words"],
            content["units"],
            content["header_annotations"],
            Synonyms(content["header_synonyms"], content["header_fillers"], header_key),
        )
        self._header_words = sorted(
            {word for key in self._headers.exact for word in key.split() if len(word) > 2}
        )
        self._duration_words = frozenset(map(value_key, content["duration_words"]))
        self._glue_words = frozenset(normalise(word) for word in content["glue_words"])
        self.place_lists: Mapping[str, Sequence[str]] = content["places"]
        self._missing = by_spelling(content["missing"], "missing")
        self._values = {
            column: value_table(lists, column) for column, lists in content["values"].items()
        }
        synonyms = {
            column: Synonyms(listed, content["value_fillers"], value_key)
            for column, listed in content["value_synonyms"].items()
        }
        self._loose_values, self._loose_flags = (
            {
                column: LooseTable(keyed_words(self._values[column], what), names)
                for column, names in synonyms.items()
            }
            for what in ("value", "flag")
        )

    @cached_property
    def clinical_words(self) -> frozenset[str]:
        """The words in which stage, side, union, outcome and missing are spelled, and glue words.

        None of them says anything of a person, since the package ships with them.
        """
        keys = [key for column in _CLINICAL_COLUMNS for key in self._values.get(column, {})]
        return words_of((*keys, *self._missing)) | self._glue_words

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that have a list of spellings."""
        return tuple(self._values)

    def header_role(self, text: object) -> HeaderMatch | None:
        """Return the role of a header by listed spellings alone, or None.

        Parameters
        ----------
        text : str
            A header, or a group header joined with its own ("CT 1 > Date").

        Returns
        -------
        HeaderMatch or None
            None when a word of the header is not accounted for.

        Examples
        --------
        >>> load_vocabulary().header_role("CT 2 date").attributes
        {'modality': 'CT', 'visit': '2'}
        """
        return self._headers.read(text)

    def suggest_header(self, text: object) -> list[tuple[str, float]]:
        """Return roles whose spellings are near to `text`: suggestions, never a mapping.

        Parameters
        ----------
        text : str
            A header that `header_role` does not know.

        Returns
        -------
        list of (str, float)
            Up to three roles with a similarity between 0.7 and 1, best first.

        Examples
        --------
        >>> load_vocabulary().suggest_header("Dte of fiting")[0][0]
        'fitted_date'
        """
        near = process.extract(
            header_key(text),
            list(self._headers.exact),
            scorer=fuzz.ratio,
            limit=12,
            score_cutoff=_LOWEST_SUGGESTION,
        )
        best: dict[str, float] = {}
        for spelling, score, _ in sorted(near, key=lambda found: (-found[1], found[0])):
            best.setdefault(self._headers.exact[spelling].role, round(score / 100, 3))
        return list(best.items())[:_N_SUGGESTIONS]

    def nearest_header(self, text: object) -> HeaderMatch | None:
        """Return what a header would mean if one of its words were slightly misspelled.

        Parameters
        ----------
        text : str
            A header that `header_role` does not know.

        Returns
        -------
        HeaderMatch or None
            Role and attributes, with the similarity as confidence: to ask about, not to map by.

        Examples
        --------
        >>> found = load_vocabulary().nearest_header("Stge R")
        >>> found.role, found.attributes, found.confidence < 1
        ('stage', {'side': 'right'}, True)
        """
        near = self._nearest_whole(text), self._mended(header_key(text).split())
        beside = self._headers.beside_one_word(text)
        if beside is not None:
            beside = replace(beside, confidence=_BESIDE_A_WORD, reason=BESIDE_A_WORD)
        found = [match for match in (near[1], near[0], beside) if match is not None]
        return max(found, key=lambda match: match.confidence, default=None)

    def _nearest_whole(self, text: object) -> HeaderMatch | None:
        whole = self.suggest_header(text)
        if not whole:
            return None
        reason = f"header near to one of {whole[0][0].replace('_', ' ')}"
        return HeaderMatch(role=whole[0][0], attributes={}, confidence=whole[0][1], reason=reason)

    def _mended(self, words: Sequence[str]) -> HeaderMatch | None:
        """Read a header with one of its words replaced by the nearest known word."""
        found: list[HeaderMatch] = []
        for position, word in enumerate(words):
            if len(word) < _SHORTEST_MENDED:
                continue
            near = process.extract(
                word, self._header_words, scorer=fuzz.ratio, score_cutoff=_LOWEST_MENDED, limit=3
            )
            for other, score, _ in near:
                match = self.header_role(
                    " ".join([*words[:position], other, *words[position + 1 :]])
                )
                if match is not None and match.role not in ("group", "by_side", "date"):
                    found.append(
                        HeaderMatch(
                            role=match.role,
                            attributes=match.attributes,
                            confidence=round(score / 100, 3),
                            reason=f"header near to one of {match.role.replace('_', ' ')}",
                        )
                    )
        return max(found, key=lambda match: match.confidence, default=None)

    def with_spellings(self, spellings: Mapping[str, Mapping[str, str]]) -> Vocabulary:
        """Return a vocabulary that also knows the spellings of a user's mapping.

        Parameters
        ----------
        spellings : mapping of str to mapping of str to str
            By column of the schema: spelling to standard value, or to a reason for missing.

        Returns
        -------
        Vocabulary
            A new one; a spelling of the user goes before one that is listed.

        Examples
        --------
        >>> own = load_vocabulary().with_spellings({"stage": {"E2": "early"}})
        >>> own.value("stage", "e2").value
        'early'
        """
        if not spellings:
            return self
        extended = copy.copy(self)
        extended._values = dict(self._values)
        for column, meanings in spellings.items():
            extended._values[column] = self._values.get(column, {}) | {
                value_key(text): ValueMatch(missing=meaning)
                if meaning in MISSING_REASONS
                else ValueMatch(value=meaning)
                for text, meaning in meanings.items()
            }
        return extended

    def value(self, column: str, text: object) -> ValueMatch | None:
        """Return what a cell of a column means, or None for a spelling that is not listed.

        Parameters
        ----------
        column : str
            A column of the schema; one without a list knows the words for missing only.
        text : object
            The cell.

        Returns
        -------
        ValueMatch or None
            None is a cell that is not understood; it is for the account, not to be guessed.

        Examples
        --------
        >>> load_vocabulary().value("stage", "Complete #").value
        'progressive'
        >>> load_vocabulary().value("status", "N/K").missing
        'not_known'
        """
        key = value_key(text)
        if not key:
            return ValueMatch(missing="blank")
        table = self._values.get(self._list_of(column), {})
        if column == "union_status" and _NO_THEN_MORE.match(plain_text(text)):
            return agreed(table, plain_text(text).replace(",", ";"))
        if key in table:
            return table[key]
        reason = self._missing.get(key)
        if reason is not None:
            return ValueMatch(missing=reason)
        return agreed(table, text) or self._by_other_words(column, key)

    def _by_other_words(self, column: str, key: str) -> ValueMatch | None:
        """Return what a cell means that says a listed spelling with other names or order."""
        if column not in self._loose_values:
            return None
        words = tuple(key.split())
        value = self._loose_values[column].get(words)
        remark = self._loose_flags[column].get(words)
        flag = f"{_OTHER_WORDS}; {remark}" if remark else _OTHER_WORDS
        return None if value is None else ValueMatch(value=value, flag=flag)

    def missing(self, text: object) -> str | None:
        """Return why a cell holds no value, or None when it is not a word for missing.

        Examples
        --------
        >>> load_vocabulary().missing("n/a")
        'not_applicable'
        """
        key = value_key(text)
        return self._missing.get(key) if key else "blank"

    def timepoint(self, text: object) -> str | None:
        """Return a named time of a questionnaire: baseline, 3 months, final; otherwise None.

        Examples
        --------
        >>> load_vocabulary().timepoint("12 wks")
        '3 months'
        """
        return self._headers.timepoint(text)

    def bare_duration(self, text: str) -> str | None:
        """Return a length of time without listed words that stand beside it; None otherwise.

        Examples
        --------
        >>> load_vocabulary().bare_duration("6/12 full time")
        '6/12'
        """
        found = _LENGTH_AND_WORDS.fullmatch(text.strip())
        beside = found and value_key(found[2].strip(" ,;:()-"))
        return found[1].strip() if found and beside in self._duration_words else None

    def knows(self, text: object) -> bool:
        """Return whether `text` is a listed value of any column or a word for missing.

        Examples
        --------
        >>> load_vocabulary().knows("Bespoke Rigid")
        True
        """
        key = value_key(text)
        return key in self._missing or any(key in table for table in self._values.values())

    @staticmethod
    def _list_of(column: str) -> str:
        if column in _YES_NO_COLUMNS:
            return "yes_no"
        return _LIST_OF_COLUMN.get(column, column)


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """Read the vocabulary that ships with the package, once.

    Returns
    -------
    Vocabulary
        Looked up by normalised spelling.

    Examples
    --------
    >>> load_vocabulary().value("side", "B/L").value
    'both'
    """
    text = files("parsoutcomes.schema").joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    # The base loader keeps "no", "on" and "5" as the words they are in a clinic's cells.
    return Vocabulary(yaml.load(text, Loader=_BASE_LOADER))


def _entry(item: Mapping[str, Any]) -> HeaderEntry:
    return HeaderEntry(
        role=item["role"],
        attributes=item.get("attributes", {}),
        takes=frozenset(item.get("takes", ())),
        spellings=tuple(item["spellings"]),
        in_scan=tuple(item.get("in_scan", ())),
        in_side=tuple(item.get("in_side", ())),
    )
