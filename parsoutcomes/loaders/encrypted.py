"""Workbooks protected by a password: opened in memory, never written to disk."""

from __future__ import annotations

import io
import os
from typing import Final

from parsoutcomes.errors import SourceError

PASSWORD_VARIABLE: Final = "PARSOUTCOMES_PASSWORD"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_encrypted(content: bytes) -> bool:
    """Whether the bytes are an Office file that only opens with a password.

    Examples
    --------
    >>> is_encrypted(b"Patient;Level")
    False
    """
    if not content.startswith(_OLD_OFFICE):
        return False
    import msoffcrypto  # noqa: PLC0415

    try:
        return bool(msoffcrypto.OfficeFile(io.BytesIO(content)).is_encrypted())
    except Exception:
        # A damaged file fails in many ways; the reader of workbooks says so.
        return False


def decrypt_workbook(content: bytes, source: str, password: str | None = None) -> bytes:
    """Return the bytes of a protected workbook as they are without protection.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : str
        Its name, for messages.
    password : str, optional
        Default: the environment variable ``PARSOUTCOMES_PASSWORD``.

    Returns
    -------
    bytes
        Held in memory only.

    Raises
    ------
    SourceError
        When there is no password, it is not the right one, or the protection is of another kind.
    """
    password = password or os.environ.get(PASSWORD_VARIABLE)
    if not password:
        raise _no_password(source)
    import msoffcrypto  # noqa: PLC0415
    from msoffcrypto import exceptions  # noqa: PLC0415

    opened = io.BytesIO()
    problem: SourceError | None = None
    try:
        workbook = msoffcrypto.OfficeFile(io.BytesIO(content))
        workbook.load_key(password=password, verify_password=True)
        workbook.decrypt(opened)
    except (exceptions.InvalidKeyError, exceptions.DecryptionError):
        problem = _wrong_password(source)
    except Exception:
        # Damaged or unknown protection fails in many ways.
        problem = _other_protection(source)
    # Raised out here: whatever failed may carry parts of the workbook along.
    if problem is not None:
        raise problem
    return opened.getvalue()


def _no_password(source: str) -> SourceError:
    return SourceError(
        "The workbook is protected, and no password was given.",
        expected=f"its password in password= or in the environment variable {PASSWORD_VARIABLE}",
        found=f"{source}: protected; no password",
        fix="Set the variable; in a notebook: password=getpass.getpass(); in a terminal: "
        "--ask-password.",
    )


def _wrong_password(source: str) -> SourceError:
    return SourceError(
        "The password does not open the workbook.",
        expected="the password with which the workbook was saved",
        found=f"{source}: protected with another password",
        fix="Check capitals and spaces at the ends, and that this is the file you mean.",
    )


def _other_protection(source: str) -> SourceError:
    return SourceError(
        "The workbook is protected in a way that cannot be opened here.",
        expected="a workbook saved by Excel with a password to open it",
        found=f"{source}: another kind of protection, or a damaged file",
        fix="Open it in Excel, remove the protection, and save a copy as .xlsx.",
    )
