"""Records asked of a REDCap project over its interface for programs, through PyCap."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from parsoutcomes.conventions import LARGEST_FILE_BYTES
from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.grid import Grid, number_rows
from parsoutcomes.loaders.redcap_dictionary import Dictionary, dictionary_of_project
from parsoutcomes.loaders.redcap_export import Export, read_export
from parsoutcomes.loaders.redcap_fields import fields_wanted
from parsoutcomes.loaders.spelling import plain_text
from parsoutcomes.loaders.vocabulary import load_vocabulary

TOKEN_VARIABLE: Final = "REDCAP_API_TOKEN"
KEYRING_SERVICE: Final = "parsoutcomes-redcap"
CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 120.0
WAITS_SECONDS: Final = (1.0, 4.0)
RECORDS_PER_REQUEST: Final = 500

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_TOKEN: Final = re.compile(r"[0-9A-Za-z]{32}")
_PASSING: Final = (429, 500, 502, 503, 504)
_REFUSALS: Final = {
    401: "the token was refused (status 401)",
    403: "the token was refused (status 403)",
    404: "nothing answers at this address (status 404)",
}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What a project answered: its export, and the hash of its records."""

    export: Export
    sha256: str


class _AnswerError(Exception):
    """An answer that is no answer; `passing` when asking again may help."""

    def __init__(self, found: str, *, passing: bool) -> None:
        super().__init__(found)
        self.found = found
        self.passing = passing


def fetch_export(
    address: str,
    *,
    token: str | None = None,
    missing_codes: str | Mapping[str, str] | None = None,
    named: frozenset[str] = frozenset(),
    wait: Callable[[float], None] = time.sleep,
    timeout_seconds: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
    records_per_request: int = RECORDS_PER_REQUEST,
) -> Fetched:
    """Ask a project for its dictionary and its records; identifiers are not asked for.

    Parameters
    ----------
    address : str
        ``https://.../api/``; http only for a server on this computer.
    token : str, optional
        Default: the environment variable, then the keyring.
    missing_codes : str or mapping, optional
        Added to the codes that the project lists.
    named : frozenset of str
        Field names that the user's mapping names, normalised.
    wait : callable
        Waits the given seconds between attempts.
    timeout_seconds : tuple of float
        To connect, and to wait for an answer.
    records_per_request : int
        Records asked for at a time.

    Returns
    -------
    Fetched

    Raises
    ------
    SourceError
        When the address or token cannot be right, or the project does not answer as it should, or
        with more than a file of records may hold.
    """
    where = _checked_address(address)
    project = _Project(where, _find_token(token, where), wait, timeout_seconds)
    codes = project.missing_codes(missing_codes)
    dictionary = dictionary_of_project(project.metadata(), missing_codes=codes)
    wanted = list(fields_wanted(dictionary, load_vocabulary(), named))
    records = list(project.records(dictionary.key.name, wanted, records_per_request))
    text = json.dumps(records, sort_keys=True, ensure_ascii=False)
    return Fetched(
        export=read_export(_grid(records, dictionary, where), dictionary),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _grid(
    records: Sequence[Mapping[str, object]], dictionary: Dictionary, where: SplitResult
) -> Grid:
    """Return records as a sheet; fields that were not asked for are empty columns at its end."""
    present = list(dict.fromkeys(name for record in records for name in record))
    absent = [
        one.name
        for one in dictionary.fields.values()
        if one.name not in present and not one.is_checkbox
    ]
    header = [*present, *absent]
    rows = [[plain_text(record.get(name)) for name in header] for record in records]
    return Grid(source=_name(where), sheet="", rows=number_rows([header, *rows]))


class _Counted:
    """The body of an answer, counted while it is read; an endless one is ended."""

    def __init__(self, body: Any, count: Callable[[int], None]) -> None:  # noqa: ANN401 - of urllib3
        self._body = body
        self._count = count

    def stream(self, n_bytes: int, **options: object) -> Iterator[bytes]:
        """Yield the unpacked body piece by piece, as long as the count allows it."""
        try:
            for piece in self._body.stream(n_bytes, **options):
                self._count(len(piece))
                yield piece
        except _AnswerError:
            self._body.close()
            raise

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._body, name)


class _Project:
    """One project behind its address; every question is asked again when that may help."""

    def __init__(
        self,
        where: SplitResult,
        token: str,
        wait: Callable[[float], None],
        timeout_seconds: tuple[float, float],
    ) -> None:
        pycap = _pycap()
        self._where = where
        self._wait = wait
        self._n_bytes = 0
        local = {"proxies": {"http": "", "https": ""}} if _is_loopback(where) else {}
        self._project = pycap.Project(
            where.geturl(),
            token,
            timeout=timeout_seconds,
            allow_redirects=False,
            headers={"Connection": "close"},
            hooks={"response": [_require_success, self._limit]},
            **local,
        )

    def _limit(self, response: Any, **_: object) -> None:  # noqa: ANN401 - of requests
        """Let all answers together hold no more than a file of records may."""
        response.raw = _Counted(response.raw, self._count)

    def _count(self, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        if self._n_bytes > LARGEST_FILE_BYTES:
            most = f"{LARGEST_FILE_BYTES // 1_000_000} MB"
            raise _AnswerError(f"answers of more than {most} together", passing=False)

    def missing_codes(self, more: str | Mapping[str, str] | None) -> str | Mapping[str, str] | None:
        """Return the missing-data codes given, else the project's own."""
        if more is not None:
            return more
        info = self._ask(lambda: self._project.export_project_info(format_type="json"))
        if not isinstance(info, Mapping):
            raise self._failed("an answer of another kind than a project's description")
        return plain_text(info.get("missing_data_codes"))

    def metadata(self) -> list[Mapping[str, object]]:
        """Return the fields of the project."""
        fields = self._ask(lambda: self._project.metadata)
        if not _is_list_of_mappings(fields) or not fields:
            raise self._failed("an answer without a list of fields")
        return list(fields)

    def records(self, key: str, wanted: list[str], at_once: int) -> Iterator[Mapping[str, object]]:
        """Yield all rows, some records at a time, and see that none asked for is missing."""
        names = list(dict.fromkeys(plain_text(row.get(key)) for row in self._export([key])))
        for start in range(0, len(names), at_once):
            batch = names[start : start + at_once]
            rows = self._export(wanted, batch)
            missing = set(batch) - {plain_text(row.get(key)) for row in rows}
            if missing:
                raise self._failed(f"{len(missing)} of {len(batch)} records asked for are missing")
            yield from rows

    def _export(
        self, fields: list[str], names: list[str] | None = None
    ) -> list[Mapping[str, object]]:
        answer = self._ask(
            lambda: self._project.export_records(
                format_type="json",
                records=names,
                fields=fields,
                raw_or_label="raw",
                event_name="unique",
                export_data_access_groups=True,
            )
        )
        if not _is_list_of_mappings(answer):
            raise self._failed("an answer without a list of records")
        return list(answer)

    def _ask(self, question: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON is of any kind
        found = ""
        for seconds in (*WAITS_SECONDS, None):
            try:
                return _translated(question)
            except _AnswerError as error:
                found, is_passing = error.found, error.passing
            if seconds is None or not is_passing:
                break
            self._wait(seconds)
        # Raised out here: the errors of the connection carry the request along, token and all.
        raise self._failed(found)

    def _failed(self, found: str) -> SourceError:
        return _no_answer(self._where, found)


def _is_list_of_mappings(answer: object) -> bool:
    return isinstance(answer, list) and all(isinstance(row, Mapping) for row in answer)


def _translated(question: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Ask, and turn the failures of the connection into plain words without their content."""
    from requests import exceptions  # noqa: PLC0415

    try:
        return question()
    except exceptions.Timeout as error:
        raise _AnswerError("no answer in time", passing=True) from error
    except exceptions.SSLError as error:
        raise _AnswerError("a certificate that cannot be trusted", passing=False) from error
    except (exceptions.JSONDecodeError, exceptions.ChunkedEncodingError) as error:
        found = "an answer that breaks off or is not data"
        raise _AnswerError(found, passing=True) from error
    except exceptions.ConnectionError as error:
        raise _AnswerError("no connection", passing=True) from error
    except exceptions.RequestException as error:
        raise _AnswerError("the project refused the request", passing=False) from error


def _require_success(response: Any, **_: object) -> None:  # noqa: ANN401 - of requests
    status = int(response.status_code)
    if status < 300:
        return
    response.close()
    if status in _PASSING:
        raise _AnswerError(f"the server failed (status {status})", passing=True)
    otherwise = "the address sends elsewhere" if status < 400 else "the project refused the request"
    found = _REFUSALS.get(status, f"{otherwise} (status {status})")
    raise _AnswerError(found, passing=False)


def _checked_address(address: str) -> SplitResult:
    where = urlsplit(address if address.endswith("/") else f"{address}/")
    secure = where.scheme == "https" or (where.scheme == "http" and _is_loopback(where))
    plain = not (where.username or where.password or where.query or where.fragment)
    if secure and plain and where.hostname and where.path.endswith("/api/"):
        return where
    raise SourceError(
        "The address of the REDCap project cannot be used.",
        expected="https://, the server, a path ending in /api/, and nothing that identifies you",
        found=f"an address that begins {where.scheme}://" if secure else "an address without https",
        fix="Copy the address from API in the project's menu; keep the token out of it.",
    )


def _is_loopback(where: SplitResult) -> bool:
    return where.hostname in _LOOPBACK


def _name(where: SplitResult) -> str:
    return f"REDCap at {where.hostname}"


def _find_token(token: str | None, where: SplitResult) -> str:
    found = token or os.environ.get(TOKEN_VARIABLE) or _from_keyring(where) or ""
    found = found.strip()
    if _TOKEN.fullmatch(found):
        return found
    raise SourceError(
        "There is no usable token for the REDCap project.",
        expected="32 letters and digits, from token=, the environment or the keyring",
        found=f"a token of {len(found)} characters" if found else "no token",
        fix=f"Ask for a token under API in the project, and set {TOKEN_VARIABLE} to it.",
    )


def _from_keyring(where: SplitResult) -> str | None:
    try:
        import keyring  # noqa: PLC0415
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        return keyring.get_password(KEYRING_SERVICE, where.geturl())
    except KeyringError:
        return None


def _pycap() -> Any:  # noqa: ANN401 - a module without types
    try:
        import redcap  # noqa: PLC0415
    except ImportError as error:
        raise SourceError(
            "REDCap projects cannot be asked with what is installed.",
            expected="the package PyCap",
            found="it is not installed",
            fix='Run: pip install "parsoutcomes[redcap]", or export a file and load that.',
        ) from error
    return redcap


def _no_answer(where: SplitResult, found: str) -> SourceError:
    return SourceError(
        "The REDCap project did not give its records.",
        expected="the project's fields and all its records",
        found=f"{_name(where)}: {found}",
        fix="Check the address, that the token is valid and may export, and try again later.",
    )
