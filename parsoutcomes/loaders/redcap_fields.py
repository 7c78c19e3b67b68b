"""What a REDCap field holds, by its label or its name, and whether it may pass the door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parsoutcomes.loaders.redcap_dictionary import Dictionary, Field
from parsoutcomes.loaders.vocabulary import Vocabulary, normalise

DROPPED: Final = "dropped as an identifier"
UNUSED: Final = "not used"
_GENERIC: Final = ("", "date", "by_side", "group")
_IDENTIFYING_TEXT: Final = {
    "email": "e-mail",
    "phone": "telephone",
    "phone_uk": "telephone",
    "zipcode": "postcode",
    "postalcode_uk": "postcode",
    "postalcode_australia": "postcode",
    "postalcode_canada": "postcode",
    "ssn": "national identifier",
    "mrn_10d": "hospital number",
}


def header_role(header: str, vocabulary: Vocabulary) -> str:
    """Return what a header means, or nothing when it is not known."""
    match = vocabulary.header_role(header) if header else None
    return match.role if match else ""


def field_header(one: Field, vocabulary: Vocabulary, named: frozenset[str]) -> str:
    """Return the words for a field that the vocabulary knows: label, section and label, or name.

    Parameters
    ----------
    one : Field
        The field.
    vocabulary : Vocabulary
        Known headers.
    named : frozenset of str
        Field names that the user's mapping names, normalised; these keep their names.

    Returns
    -------
    str
    """
    if normalise(one.name) in named:
        return one.name
    candidates = (one.label, f"{one.section} {one.label}".strip(), one.name)
    known = (text for text in candidates if header_role(text, vocabulary) not in _GENERIC)
    return next(known, one.label or one.name)


def reason_to_leave_out(one: Field, role: str, named: frozenset[str]) -> tuple[str, str] | None:
    """Return action and reason for a field that goes no further, None for one that does.

    A birth date passes, because it becomes the age at fitting before it is dropped.
    """
    if role == "birth_date":
        return None
    if one.is_identifier:
        return (DROPPED, "marked as an identifier in the data dictionary")
    if one.validation in _IDENTIFYING_TEXT:
        return (DROPPED, f"validated as {_IDENTIFYING_TEXT[one.validation]}")
    if role == "identifier":
        return (DROPPED, "its words say that it identifies")
    if role == "patient_id" and normalise(one.name) not in named:
        return (DROPPED, "another key of the patient; the record's key is used")
    free = one.kind in ("notes", "file", "descriptive")
    return (UNUSED, "free text or a file, which may name people; not kept") if free else None


def fields_wanted(
    dictionary: Dictionary, vocabulary: Vocabulary, named: frozenset[str]
) -> Iterator[str]:
    """Yield the names of the fields that may pass the door, the record's key first."""
    yield dictionary.key.name
    for one in dictionary.fields.values():
        role = header_role(field_header(one, vocabulary, named), vocabulary)
        if one is not dictionary.key and reason_to_leave_out(one, role, named) is None:
            yield one.name
