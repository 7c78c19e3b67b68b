"""Which texts a publishable file may hold: every number must be one that was published.

Not a list of what is forbidden: whatever is not known to be allowed is a breach.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import CONF_LEVEL, MILESTONES_MONTHS
from parsoutcomes.report.content import Checklist, Comment, FigureBlock, Report, TableBlock
from parsoutcomes.report.disclosure import is_small
from parsoutcomes.report.publishable_cells import MIX
from parsoutcomes.report.publishable_figures import READINGS
from parsoutcomes.report.publishable_text import FIXED_TEXTS
from parsoutcomes.schema.tables import TABLES

NUMBER: Final = "a number that is not a published one"
PERCENTAGE: Final = "a percentage that is not a published one"
DATE: Final = "a date"
AGE: Final = "an age"
FEW: Final = "a small number of people in words"
PERSON: Final = "a sentence about one person"
VALUE: Final = "a value of the records"
PLACE: Final = "the path of a file"

_MONTH: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_PEOPLE: Final = (
    "patients?|pars|child(?:ren)?|boys?|girls?|athletes?|cases?|defects?|fractures?|players?|"
    "gymnasts?|dancers?|footballers?|cricketers?|people|persons?|teenagers?|adolescents?"
)
_SUSPECTS: Final = (
    (DATE, rf"\b\d{{1,2}}(?:st|nd|rd|th)?\W{{0,3}}(?:{_MONTH})\b"),
    (DATE, rf"\b(?:{_MONTH})\b\W{{0,3}}\d{{1,4}}\b"),
    (DATE, r"\b\d{4}-\d{1,2}(?:-\d{1,2})?\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b"),
    (DATE, r"\b(?:19|20)\d{6}\b"),
    (AGE, r"\b\d{1,2}[\s-]*years?[\s-]*old\b|\bage[ds]?\s+(?:of\s+)?\d{1,2}\b"),
    (
        FEW,
        r"\b(?:no|one|two|three|four|five|six|seven|single|sole|only)\s+(?:[\w-]+\s+){0,3}?"
        rf"(?:{_PEOPLE})\b",
    ),
    (PLACE, r"(?:^|[\s\"'(])(?:/(?:home|tmp|root|users|mnt|var)/|[a-z]:\\|\\\\\w)"),
)
_ONE_PERSON: Final = (
    r"\b(?:he|she|him|his|her|hers)\b|\b(?:the|a|an|this|that|our|another)\s+(?:[\w-]+\s+)"
    r"{0,3}?(?:boy|girl|child|athlete|player|gymnast|dancer|footballer|cricketer|swimmer|runner|"
    r"son|daughter|teenager|adolescent)\b"
)
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*(\s?%|\s+per\s?cent\b)?")
_PLACES: Final = (
    r"\b(?:[Ff]igures?|[Tt]ables?|Sections?|Slides?|Appendix|[Pp]ages?)\sA?\d{1,3}"
    r"(?:\sof\s\d{1,3})?\b"
)
# Headings that a format adds to those of the content.
_ADDED_HEADINGS: Final = ("Contents", "The numbers of the figures, and long lists")
_MONTHS: Final = "|".join(f"{months:g}" for months in MILESTONES_MONTHS)
_PHRASES: Final = (
    _PLACES,
    rf"\b(?:{_MONTHS})\smonths\b",
    rf"\b{100 * CONF_LEVEL:g}%\sinterval",
    r"\bL5\b",
    r"\bsha256\b",
)


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What the finished files may say.

    Attributes
    ----------
    numbers : frozenset of tuple of str
        Rows of `numbers.csv`: id, describes, quantity, value.
    fixed : tuple of str
        Sentences of the package itself, taken out before numbers are looked for.
    names : tuple of str
        Title, clinic, authors: what the user gave to be printed.
    headings : tuple of str
        Titles and captions that a list of contents repeats with a page number.
    year : str
        Of the report.
    identifiers, values : frozenset of str
        Of the records, in lower case: keys, and texts such as sport and site.
    """

    numbers: frozenset[tuple[str, str, str, str]]
    fixed: tuple[str, ...]
    names: tuple[str, ...]
    headings: tuple[str, ...]
    year: str
    identifiers: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()

    @property
    def texts_of_records(self) -> frozenset[str]:
        """Keys and texts of the records, none of which may occur."""
        return self.identifiers | self.values

    @cached_property
    def counts(self) -> frozenset[str]:
        """Published counts as text."""
        return self._of("count") | {f"{int(one):,}" for one in self._of("count")}

    @cached_property
    def percentages(self) -> frozenset[str]:
        """Published percentages, without their sign."""
        return self._of("percent")

    @cached_property
    def ratios(self) -> frozenset[str]:
        """Published ratios."""
        return self._of("ratio")

    def _of(self, kind: str) -> frozenset[str]:
        return frozenset(row[3] for row in self.numbers if row[2].split("_")[0] == kind)

    @cached_property
    def pass_over(self) -> tuple[re.Pattern[str], ...]:
        """Patterns of what is taken out before numbers are looked for, the longest first."""
        sentences = (one for text in self.fixed for one in re.split(r"(?<=[.?!]) (?=[A-Z])", text))
        texts = sorted({*self.fixed, *self.names, *sentences}, key=lambda one: (-len(one), one))
        matter = [text for text in texts if len(text) > 30 or re.search(r"\d", text)]
        fixed = [re.compile(_spaced(text), re.IGNORECASE) for text in matter]
        year = [rf"\b{self.year}\b(?!\s?%)"] if self.year else []
        return (*fixed, *(re.compile(one) for one in (*_PHRASES, *year)))

    @cached_property
    def contents_line(self) -> re.Pattern[str]:
        """Pattern of a whole line of a list of contents: a heading and its page."""
        heads = "|".join(_spaced(head) for head in self.headings) or r"(?!)"
        number = r"(?:(?:Figure|Table)?\s?A?\d{1,2}\.?\s)?"
        return re.compile(rf"{number}(?:{heads})[\s.]*\d{{1,3}}")


def allow(report: Report, *, year: int, references: Sequence[str], cohort: Cohort) -> Allowed:
    """Return what the files of a report may say.

    Parameters
    ----------
    report : Report
        From `write_publishable`.
    year : int
        Of the report.
    references : sequence of str
        Of the methods and the published series.
    cohort : Cohort
        Whose values may not appear.
    """
    labels = [label for _, _, _, categories in MIX for label, _ in categories if len(label) > 2]
    series = [name for name in report.numbers["describes"] if re.search(r" \d{4}$", name)]
    fixed = (*FIXED_TEXTS, *READINGS, *references, *series, *labels)
    names = tuple(name for name in (report.title, report.clinic, *report.authors) if name)
    titles = report.section_titles().values()
    computed = [
        block
        for section in report.sections
        for block in section.blocks
        if not isinstance(block, Comment)
    ]
    captions = [
        block.caption
        for block in computed
        if isinstance(block, (TableBlock, FigureBlock, Checklist))
    ]
    ours = {word for text in (*fixed, *names, *titles) for word in _words(text)}
    ours |= {word for block in computed for word in _words(repr(block))}
    return Allowed(
        numbers=frozenset(report.numbers.astype(str).itertuples(index=False, name=None)),
        fixed=fixed,
        names=names,
        headings=(*titles, *captions, *_ADDED_HEADINGS),
        year=str(year),
        identifiers=frozenset(_values_of(cohort, "key")),
        values=frozenset(one for one in _values_of(cohort, "text") if not set(_words(one)) <= ours),
    )


def _values_of(cohort: Cohort, kind: str) -> Iterator[str]:
    """Return what stands in the columns of one kind; plain numbers are left to the other rules."""
    for name, table in TABLES.items():
        frame = cohort.tables.get(name, pd.DataFrame())
        for column in table.columns:
            if column.kind == kind and column.name in frame:
                texts = frame[column.name].dropna().astype(str).str.strip().str.casefold().unique()
                yield from (one for one in texts if len(one) > 2 and re.search(r"[^\d.]", one))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def _spaced(text: str) -> str:
    """Return a pattern for a text wherever its lines are broken."""
    return r"\s*".join(re.escape(one) for one in text if not one.isspace())


def plain(text: str) -> str:
    r"""Return a text as one line, with one form for each digit and no character unseen.

    Examples
    --------
    >>> plain("one\u200b \n ２")
    'one 2'
    """
    told = "".join(
        str(unicodedata.digit(one)) if one.isdigit() else one
        for one in unicodedata.normalize("NFKC", text)
        if unicodedata.category(one) not in ("Cf", "Co", "Cn")
    )
    return " ".join(told.split())


def find_breaches(text: str, allowed: Allowed) -> list[str]:
    """Return what a text says that it may not, in general words.

    Parameters
    ----------
    text : str
        As read from a file.
    allowed : Allowed
        What it may say.
    """
    told = plain(text)
    for pattern in allowed.pass_over:
        told = pattern.sub(" ¶ ", told)
    found = [kind for kind, pattern in _SUSPECTS if re.search(pattern, told, re.IGNORECASE)]
    found += [VALUE] if has_values(told, allowed.texts_of_records) else []
    for match in _NUMBER.finditer(told):
        kind = _judge(match, allowed)
        found += [kind] if kind else []
    return list(dict.fromkeys(found))


def _judge(match: re.Match[str], allowed: Allowed) -> str:
    number = match.group(0).removesuffix(match.group(1) or "")
    if match.group(1):
        return "" if number in allowed.percentages else PERCENTAGE
    return "" if number in allowed.counts | allowed.ratios else NUMBER


def has_values(text: str, values: Iterable[str]) -> bool:
    """Whether one of these values of the records stands in a text as a word of its own."""
    told = text.casefold()
    words = set(re.findall(r"[^\s<>\"'=;:,()\[\]{}|]+", told))
    words |= {word.strip(".?!") for word in words} | set(re.findall(r"\w+", told))
    return any(value in words or (not value.isalnum() and value in told) for value in values)


def find_comment_breaches(comment: Comment, allowed: Allowed) -> list[str]:
    """Return what a person's comment says that it may not.

    Stricter than for computed text: a comment may hold no number but months and the year.

    Parameters
    ----------
    comment : Comment
        From the report's content.
    allowed : Allowed
        Whose published numbers do not count here.
    """
    strict = Allowed(
        numbers=frozenset(),
        fixed=(),
        names=allowed.names,
        headings=(),
        year=allowed.year,
        identifiers=allowed.identifiers,
        values=allowed.values,
    )
    found = find_breaches(comment.text, strict)
    about_one = re.search(_ONE_PERSON, comment.text, re.IGNORECASE)
    return [*found, *([PERSON] if about_one else [])]


def find_number_breaches(numbers: pd.DataFrame) -> list[str]:
    """Return what is wrong with the published numbers themselves.

    Parameters
    ----------
    numbers : pandas.DataFrame
        From `tabulate_published`.

    Examples
    --------
    >>> row = {"id": "a", "describes": "pars", "quantity": "count", "value": "7"}
    >>> find_number_breaches(pd.DataFrame([row]))
    ['a count below 8 or not rounded to fives']
    """
    found = []
    for quantity, text in zip(numbers["quantity"], numbers["value"].astype(str), strict=True):
        kind = str(quantity).split("_")[0]
        if kind == "count":
            right = text.isdecimal() and not is_small(int(text)) and int(text) % 5 == 0
            found += [] if right else ["a count below 8 or not rounded to fives"]
        elif kind == "percent":
            found += (
                [] if re.fullmatch(r"\d{1,2}|100", text) else ["a percentage that is not whole"]
            )
        elif not (kind == "ratio" and re.fullmatch(r"\d+\.\d\d", text)):
            found.append("a number of an unknown kind")
    return list(dict.fromkeys(found))
