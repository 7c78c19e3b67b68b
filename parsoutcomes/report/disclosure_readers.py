"""What a finished file says, shows and hides: every text in it, and what should not be in it."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any, Final
from xml.etree import ElementTree

from parsoutcomes.conventions import DOCUMENT_DATE

EMBEDDED: Final = "something embedded"
UNREADABLE: Final = "a file, or a part of one, that cannot be read"
SCRIPT: Final = "a script"
CREATED: Final = "a date in the properties of a document"
PICTURE_TEXT: Final = "text or properties inside a picture"
_PNG_START: Final = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS: Final = (
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"sRGB", b"gAMA", b"cHRM", b"sBIT"),
)
_SPOKEN: Final = (
    *("alt", "title", "aria-label", "aria-description", "content", "summary", "value", "label"),
    *("placeholder", "descr", "tooltip", "abbr"),
)
_WITHOUT_READER_TEXT: Final = ("viewport", "robots", "referrer", "content-security-policy")
_ISO_DATE: Final = re.compile(r"\b(\d{4})-?(\d{2})-?(\d{2})(?=T|\b|\d{6})")


@dataclass
class Reading:
    """What was read from one file.

    Attributes
    ----------
    lines : list of str
        Everything that a reader can see or hear, a line or paragraph each.
    people : list of str
        Who the properties say made it.
    raw : list of str
        Markup as it stands, in which no key of the records may occur.
    breaches : list of str
        What should not be in it at all.
    """

    lines: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    def add(self, other: Reading) -> None:
        """Put the reading of a part into that of the whole."""
        self.lines += other.lines
        self.people += other.people
        self.raw += other.raw
        self.breaches += other.breaches


def read_file(name: str, data: bytes) -> Reading:
    """Read a finished file by its suffix; one that cannot be read is a breach.

    Parameters
    ----------
    name : str
        With its suffix.
    data : bytes
        The file.

    Examples
    --------
    >>> read_file("a.txt", b"20 pars").lines, read_file("a.xls", b"").breaches
    (['20 pars'], ['a file, or a part of one, that cannot be read'])
    """
    read = _READERS.get(PurePosixPath(name).suffix.casefold())
    if read is None:
        return Reading(breaches=[UNREADABLE])
    try:
        return read(data)
    except Exception:
        return Reading(breaches=[UNREADABLE])


def _read_text(data: bytes) -> Reading:
    text = data.decode("utf-8")
    return Reading(lines=text.splitlines(), raw=[text])


def _read_csv(data: bytes) -> Reading:
    text = data.decode("utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    return Reading(lines=[" ¶ ".join(row) for row in rows], raw=[text])


def _read_json(data: bytes) -> Reading:
    text = data.decode("utf-8")
    return Reading(lines=list(_leaves(json.loads(text))), raw=[text])


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(key)
            yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif not (isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value)):
        yield str(value)


class _Page(HTMLParser):
    """Gathers the texts of a page, spoken ones and comments among them."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = Reading()
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "style":
            self._inside.append(tag)
        if tag in ("script", "iframe", "object", "embed"):
            self.reading.breaches.append(SCRIPT if tag == "script" else EMBEDDED)
        kind = named.get("name", named.get("http-equiv", "")).casefold()
        for name, value in named.items():
            if name.startswith("on"):
                self.reading.breaches.append(SCRIPT)
            spoken = name in _SPOKEN or name.startswith("data-")
            if spoken and not (name == "content" and kind in _WITHOUT_READER_TEXT):
                self.reading.lines.append(value)
            if value.casefold().lstrip().startswith("data:"):
                self.reading.add(_read_data_address(value))

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.reading.lines += re.findall(r"content\s*:\s*[\"']([^\"']*)", data)
        else:
            self.reading.lines.append(data)

    def handle_comment(self, data: str) -> None:
        self.reading.lines.append(data)


def _read_data_address(address: str) -> Reading:
    head, _, body = address.partition(",")
    if head.casefold().strip() != "data:image/png;base64":
        return Reading(breaches=[EMBEDDED])
    try:
        return _read_png(base64.b64decode(body, validate=True))
    except binascii.Error:
        return Reading(breaches=[UNREADABLE])


def _read_html(data: bytes) -> Reading:
    text = data.decode("utf-8")
    page = _Page()
    page.feed(text)
    page.close()
    page.reading.raw.append(text)
    return page.reading


def _read_svg(data: bytes) -> Reading:
    reading = _read_html(data)
    ElementTree.fromstring(data)
    if re.search(rb"<(?:\w+:)?(?:metadata|image|foreignObject)\b", data):
        reading.breaches.append(EMBEDDED)
    return reading


def _read_png(data: bytes) -> Reading:
    reading = Reading()
    if not data.startswith(_PNG_START):
        return Reading(breaches=[UNREADABLE])
    place = len(_PNG_START)
    while place < len(data):
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if kind not in _PNG_CHUNKS:
            reading.breaches.append(PICTURE_TEXT)
        place += size + 12
        if kind == b"IEND" and place != len(data):
            reading.breaches.append(EMBEDDED)
            break
    return reading


def _read_jpeg(data: bytes) -> Reading:
    """Allow the segments of a picture, and none that carries text or properties."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        if data[place + 1] == 0xFE or 0xE1 <= data[place + 1] <= 0xEF:
            return Reading(breaches=[PICTURE_TEXT])
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return Reading()


def _read_office(data: bytes) -> Reading:
    """Read every part of a document or of slides; a part of a kind not known is a breach."""
    reading = Reading()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if archive.comment:
            reading.breaches.append(EMBEDDED)
        for member in archive.infolist():
            if member.date_time[:3] != DOCUMENT_DATE.timetuple()[:3]:
                reading.breaches.append(CREATED)
            reading.add(_read_part(member.filename, archive.read(member)))
    return reading


def _read_part(name: str, data: bytes) -> Reading:
    suffix = PurePosixPath(name).suffix.casefold()
    if re.search(r"/(?:charts|embeddings|activeX|media)/.*\.(?!png$|jpe?g$)\w+$|vba", name):
        return Reading(breaches=[EMBEDDED])
    if suffix in (".png", ".jpg", ".jpeg"):
        return _read_png(data) if suffix == ".png" else _read_jpeg(data)
    if not name.endswith((".xml", ".rels")):
        return Reading(breaches=[UNREADABLE])
    if name == "docProps/core.xml":
        return _read_properties(data)
    reading = Reading(raw=[data.decode("utf-8")])
    root = ElementTree.fromstring(data)
    if name == "docProps/app.xml":
        named = [one for one in root.iter() if _tag(one) in ("Company", "Manager")]
        reading.people += [one.text or "" for one in named]
    else:
        is_pattern = re.search(r"/(?:slideLayouts|slideMasters|notesMasters)/", name) is not None
        reading.lines += _paragraphs(root, is_pattern=is_pattern)
    return reading


def _read_properties(data: bytes) -> Reading:
    reading = Reading(raw=[data.decode("utf-8")])
    for one in ElementTree.fromstring(data).iter():
        text = (one.text or "").strip()
        if _tag(one) in ("created", "modified", "lastPrinted"):
            reading.breaches += _judge_dates(text)
        elif _tag(one) in ("creator", "lastModifiedBy"):
            reading.people.append(text)
        elif _tag(one) not in ("revision", "version", "language"):
            reading.lines.append(text)
    return reading


def _judge_dates(text: str) -> list[str]:
    found = [tuple(int(part) for part in match.groups()) for match in _ISO_DATE.finditer(text)]
    return [CREATED for day in found if day != DOCUMENT_DATE.timetuple()[:3]]


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _paragraphs(root: ElementTree.Element, *, is_pattern: bool) -> Iterator[str]:
    """Return each paragraph's text, texts outside paragraphs, and what is only spoken.

    The sample date in a pattern for slides is shown on none.
    """
    passed_over = ("slidenum", "datetime") if is_pattern else ("slidenum",)
    inside = set()
    for paragraph in root.iter():
        if _tag(paragraph) == "p":
            texts = list(_texts(paragraph, passed_over))
            inside |= {id(one) for one in texts}
            yield "".join(one.text or "" for one in texts)
    for one in root.iter():
        if _tag(one) == "fld" and one.attrib.get("type", "").startswith(passed_over):
            inside |= {id(part) for part in one.iter()}
        if _tag(one) in ("t", "delText") and id(one) not in inside:
            yield one.text or ""
        for name, value in one.attrib.items():
            if name.rpartition("}")[2] in ("descr", "title", "tooltip"):
                yield value


def _texts(
    element: ElementTree.Element, passed_over: tuple[str, ...]
) -> Iterator[ElementTree.Element]:
    """Return the texts under an element, except what a field of pages fills in."""
    for child in element:
        if _tag(child) == "fld" and child.attrib.get("type", "").startswith(passed_over):
            continue
        if _tag(child) in ("t", "delText"):
            yield child
        elif _tag(child) in ("tab", "br", "cr"):
            child.text = " "
            yield child
        else:
            yield from _texts(child, passed_over)


# How the reader marks a hyphen at the end of a line.
_LINE_END_HYPHEN: Final = "[\x02\ufffe]"


def _read_pdf(data: bytes) -> Reading:
    import pypdfium2  # noqa: PLC0415  (opened only when a PDF is checked)

    reading = _read_pdf_objects(data)
    if data.count(b"%%EOF") > 1:
        reading.breaches.append(EMBEDDED)  # an earlier state of the file, or a file behind it
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            told = page.get_textpage().get_text_range()
            reading.lines += re.sub(_LINE_END_HYPHEN, "-", told).splitlines()
    return reading


_PDF_SPOKEN: Final = ("/Alt", "/ActualText", "/E", "/T", "/TU", "/Title", "/Subject", "/Keywords")
_PDF_EMBEDDED: Final = ("/EmbeddedFile", "/Filespec", "/F")


def _read_pdf_objects(data: bytes) -> Reading:
    """Read what a PDF holds beside its pages: descriptions, properties, attachments."""
    import pikepdf  # noqa: PLC0415

    reading = Reading()
    with pikepdf.open(io.BytesIO(data)) as document:
        for one in document.objects:
            _walk_pdf(one, reading)
        for key, value in document.docinfo.items():
            text = str(value)
            if key in ("/CreationDate", "/ModDate"):
                reading.breaches += _judge_dates(f"{text[2:6]}-{text[6:8]}-{text[8:10]}")
            elif key == "/Author":
                reading.people.append(text)
            elif key not in ("/Producer", "/Creator", "/Trapped"):
                reading.lines.append(text)
            reading.raw.append(text)
    return reading


def _walk_pdf(value: Any, reading: Reading) -> None:  # noqa: ANN401
    """Read a dictionary or stream and what stands directly inside it."""
    import pikepdf  # noqa: PLC0415

    if isinstance(value, pikepdf.Array):
        for one in value:
            if not getattr(one, "is_indirect", False):
                _walk_pdf(one, reading)
        return
    if not isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
        return
    kind = str(value.get("/Type", ""))
    if kind in ("/EmbeddedFile", "/Filespec") or "/JS" in value or "/EmbeddedFiles" in value:
        reading.breaches.append(SCRIPT if "/JS" in value else EMBEDDED)
    if kind == "/Metadata":
        _read_xmp(bytes(value.read_bytes()), reading)
    for key, one in value.items():
        if isinstance(one, pikepdf.String):
            reading.raw.append(str(one))
            if key in _PDF_SPOKEN or (key == "/Contents" and kind == "/Annot"):
                reading.lines.append(str(one))
        elif not getattr(one, "is_indirect", False):
            _walk_pdf(one, reading)


def _read_xmp(data: bytes, reading: Reading) -> None:
    text = data.decode("utf-8", errors="replace")
    reading.raw.append(text)
    reading.breaches += _judge_dates(" ".join(re.findall(r"[>\"'](\d{4}-\d\d-\d\d[^<\"']*)", text)))
    for name in ("title", "description", "subject"):
        for body in re.findall(rf"<dc:{name}\b.*?</dc:{name}>", text, re.DOTALL):
            reading.lines.append(re.sub(r"<[^>]*>", " ", body))
    for body in re.findall(r"<dc:creator\b.*?</dc:creator>", text, re.DOTALL):
        reading.people += re.findall(r"<rdf:li[^>]*>(.*?)</rdf:li>", body, re.DOTALL)


_READERS: Final[dict[str, Callable[[bytes], Reading]]] = {
    ".html": _read_html,
    ".svg": _read_svg,
    ".csv": _read_csv,
    ".json": _read_json,
    ".txt": _read_text,
    ".png": _read_png,
    ".docx": _read_office,
    ".pptx": _read_office,
    ".pdf": _read_pdf,
}
