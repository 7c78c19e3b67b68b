"""Office files as the same bytes each time: members in a fixed order, with a fixed time."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Final

from parsoutcomes.conventions import DOCUMENT_DATE

_FIRST: Final = ("[Content_Types].xml", "_rels/.rels")
_LEVEL: Final = 6
_MS_DOS: Final = 0


def fix_archive(data: bytes) -> bytes:
    """Write a zip archive again without anything that differs from one run to the next.

    Parameters
    ----------
    data : bytes
        An archive, such as a DOCX or a PPTX.

    Returns
    -------
    bytes
        The same members, those first that a package begins with, then by name; of
        `DOCUMENT_DATE`, without comments or owners.

    Examples
    --------
    >>> packed = io.BytesIO()
    >>> with zipfile.ZipFile(packed, "w") as archive:
    ...     archive.writestr("b.xml", "<b/>")
    ...     archive.writestr("[Content_Types].xml", "<Types/>")
    >>> with zipfile.ZipFile(io.BytesIO(fix_archive(packed.getvalue()))) as archive:
    ...     [(member.filename, member.date_time[0]) for member in archive.infolist()]
    [('[Content_Types].xml', 1980), ('b.xml', 1980)]
    """
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(fixed, "w") as archive:
        for name in sorted(source.namelist(), key=_place):
            archive.writestr(_member(name), source.read(name), compresslevel=_LEVEL)
    return fixed.getvalue()


def _place(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)


def _member(name: str) -> zipfile.ZipInfo:
    midnight = datetime.datetime.combine(DOCUMENT_DATE, datetime.time())
    member = zipfile.ZipInfo(name, date_time=midnight.timetuple()[:6])
    is_compressed = name.endswith(".png")
    member.compress_type = zipfile.ZIP_STORED if is_compressed else zipfile.ZIP_DEFLATED
    member.create_system = _MS_DOS
    return member
