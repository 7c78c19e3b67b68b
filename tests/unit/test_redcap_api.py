"""A REDCap project asked over real HTTP: a small server on this computer answers PyCap."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders import redcap_api
from parsoutcomes.loaders.delimited import read_delimited
from parsoutcomes.loaders.redcap import load_redcap
from parsoutcomes.loaders.redcap_dictionary import checkbox_suffix, read_choices

CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"
TOKEN = "0123456789ABCDEF0123456789ABCDEF"
SYSTEM = (
    "redcap_event_name",
    "redcap_repeat_instrument",
    "redcap_repeat_instance",
    "redcap_data_access_group",
)
METADATA_NAMES = (
    "field_name", "form_name", "section_header", "field_type", "field_label",
    "select_choices_or_calculations", "field_note",
    "text_validation_type_or_show_slider_number", "text_validation_min", "text_validation_max",
    "identifier", "branching_logic", "required_field", "custom_alignment", "question_number",
    "matrix_group_name", "matrix_ranking", "field_annotation",
)  # fmt: skip
Failure = Callable[[BaseHTTPRequestHandler], bool]


class Server:
    """A project with fields and rows, and a list of failures to play out first."""

    def __init__(self, metadata: list[dict[str, str]], rows: list[dict[str, str]]) -> None:
        self.metadata = metadata
        self.rows = rows
        self.info: dict[str, object] = {"project_id": 7, "missing_data_codes": ""}
        self.asked: list[dict[str, list[str]]] = []
        self.failures: list[Failure | None] = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}/api/"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
                server.asked.append(form)
                failure = server.failures.pop(0) if server.failures else None
                if failure and failure(self):
                    return
                if form["token"] != [TOKEN]:
                    body = b'{"error":"You do not have permissions to use the API"}'
                    send(self, 403, body)
                    return
                send(self, 200, server.answer(form).encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, form: dict[str, list[str]]) -> str:
        content = form["content"][0]
        if content == "version":
            return "14.5.11"
        if content == "project":
            return json.dumps(self.info)
        answers: dict[str, Callable[[], list[dict[str, str]]]] = {
            "metadata": lambda: self.metadata,
            "exportFieldNames": self.field_names,
            "instrument": self.instruments,
            "event": self.events,
            "arm": lambda: [{"arm_num": "1", "name": "Arm 1"}],
            "formEventMapping": lambda: [],
            "repeatingFormsEvents": lambda: [],
            "record": lambda: self.records(form),
        }
        found = answers[content]()
        return json.dumps(found) if form.get("format") == ["json"] else as_csv(found)

    def field_names(self) -> list[dict[str, str]]:
        return [
            {"original_field_name": line["field_name"], "export_field_name": name}
            for line in self.metadata
            for name in exported_names(line)
        ]

    def instruments(self) -> list[dict[str, str]]:
        names = dict.fromkeys(line["form_name"] for line in self.metadata)
        return [{"instrument_name": name, "instrument_label": name.title()} for name in names]

    def events(self) -> list[dict[str, str]]:
        names = dict.fromkeys(row.get("redcap_event_name", "") for row in self.rows)
        return [{"unique_event_name": name, "arm_num": "1"} for name in names if name]

    def records(self, form: dict[str, list[str]]) -> list[dict[str, str]]:
        fields = listed(form, "fields")
        names = [
            name
            for line in self.metadata
            if line["field_name"] in fields
            for name in exported_names(line)
        ]
        system = [name for name in SYSTEM if name in self.rows[0]]
        if form.get("exportDataAccessGroups") is None:
            system = [name for name in system if name != "redcap_data_access_group"]
        key = self.metadata[0]["field_name"]
        wanted, events = listed(form, "records"), listed(form, "events")
        return [
            {name: row.get(name, "") for name in (key, *system, *names)}
            for row in self.rows
            if (not wanted or row[key] in wanted)
            and (not events or row["redcap_event_name"] in events)
        ]


def listed(form: dict[str, list[str]], name: str) -> list[str]:
    return [value[0] for key, value in form.items() if re.fullmatch(rf"{name}\[\d+\]", key)]


def exported_names(line: dict[str, str]) -> list[str]:
    if line["field_type"] != "checkbox":
        return [line["field_name"]]
    codes = read_choices(line["select_choices_or_calculations"])
    return [f"{line['field_name']}___{checkbox_suffix(code)}" for code in codes]


def as_csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, length: int = 0) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json; charset=utf-8")
    handler.send_header("Content-Length", str(length or len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def status(code: int, body: bytes = b"<html>Service unavailable</html>") -> Failure:
    def fail(handler: BaseHTTPRequestHandler) -> bool:
        send(handler, code, body)
        return True

    return fail


def breaks_off(handler: BaseHTTPRequestHandler) -> bool:
    send(handler, 200, b'[{"field_name":"record', length=5000)
    handler.close_connection = True
    return True


def endless(handler: BaseHTTPRequestHandler) -> bool:
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b'[{"field_name":"record"},' * 100)
    return True


def unfolds(handler: BaseHTTPRequestHandler) -> bool:
    body = gzip.compress(b"[" + b" " * 3_000_000 + b"]")
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    with contextlib.suppress(OSError):
        handler.wfile.write(body)
    return True


def clinic_metadata() -> list[dict[str, str]]:
    grid = read_delimited((CLINIC / "redcap_dictionary.csv").read_bytes(), "dictionary")
    return [
        {name: str(row.cell(n) or "") for n, name in enumerate(METADATA_NAMES)}
        for row in grid.rows[1:]
    ]


def clinic_rows() -> list[dict[str, str]]:
    text = (CLINIC / "redcap_raw.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(metadata: list[dict[str, str]], rows: list[dict[str, str]]) -> Server:
        server = Server(metadata, rows)
        threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.http.shutdown()
        server.http.server_close()


@pytest.fixture
def clinic(serve: Callable[..., Server]) -> Server:
    return serve(clinic_metadata(), clinic_rows()[:40])


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    fetch = redcap_api.fetch_export

    def quick(address: str, **kwargs: object) -> redcap_api.Fetched:
        return fetch(address, wait=waited.append, timeout_seconds=(1.0, 0.2), **kwargs)

    monkeypatch.setattr(redcap_api, "fetch_export", quick)
    return waited


def failure_of(server: Server, token: str = TOKEN) -> str:
    with pytest.raises(SourceError) as raised:
        load_redcap(server.url, token=token)
    message = str(raised.value)
    assert message.count("\n") == 3
    assert token not in message
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None or raised.value.__suppress_context__
    return raised.value.found


def test_a_project_gives_the_same_cohort_as_its_export(serve) -> None:
    server = serve(clinic_metadata(), clinic_rows())
    asked = load_redcap(server.url, token=TOKEN)
    exported = load_redcap(CLINIC / "redcap_raw.csv", dictionary=CLINIC / "redcap_dictionary.csv")
    assert asked.n_patients == 72
    for name in ("episodes", "defects", "readings"):
        assert asked.tables[name].equals(exported.tables[name])


def test_the_server_answers_pycap_as_a_project_does(clinic) -> None:
    import redcap

    project = redcap.Project(clinic.url, TOKEN, headers={"Connection": "close"})
    assert str(project.export_version()) == "14.5.11"
    assert [one["instrument_name"] for one in project.export_instruments()] == [
        "baseline",
        "pars",
        "scan",
    ]
    names = [one["export_field_name"] for one in project.export_field_names()]
    assert names[4:9] == [f"sport___{code}" for code in range(1, 6)]
    frame = project.export_records(
        format_type="df",
        fields=["record_id", "sport"],
        records=["P0002"],
        df_kwargs={"dtype": str, "keep_default_na": False, "index_col": None},
    )
    assert frame.loc[0, ["sport___4", "sport___5", "redcap_repeat_instance"]].tolist() == [
        "0",
        "1",
        "",
    ]
    assert project.export_repeating_instruments_events() == project.export_events() == []


def test_identifiers_are_not_even_asked_for_and_are_named_in_the_account(clinic) -> None:
    cohort = load_redcap(clinic.url, token=TOKEN)
    asked = {field for form in clinic.asked for field in listed(form, "fields")}
    assert "fitted_on" in asked
    assert "nhs_no" not in asked
    columns = cohort.intake.columns.set_index("header")
    assert columns.loc["NHS number", "action"] == "dropped as an identifier"
    assert columns.loc["Date of birth", "action"] == "used and dropped"


def test_what_is_asked_is_plain_post_for_raw_values(clinic) -> None:
    load_redcap(clinic.url, token=TOKEN)
    contents = [form["content"][0] for form in clinic.asked]
    assert contents == ["project", "metadata", "record", "record"]
    assert clinic.asked[-1]["rawOrLabel"] == ["raw"]
    assert clinic.asked[-1]["exportDataAccessGroups"] == ["True"]


def test_records_are_asked_for_a_batch_at_a_time(clinic) -> None:
    whole = redcap_api.fetch_export(clinic.url, token=TOKEN)
    n_before = len(clinic.asked)
    batches = redcap_api.fetch_export(clinic.url, token=TOKEN, records_per_request=4)
    assert batches.sha256 == whole.sha256
    assert len(clinic.asked) - n_before > 4


def test_the_token_comes_from_the_environment(clinic, monkeypatch) -> None:
    monkeypatch.setenv("REDCAP_API_TOKEN", TOKEN)
    assert load_redcap(clinic.url).n_patients > 0


def test_the_token_comes_from_the_keyring(clinic, monkeypatch) -> None:
    import keyring

    monkeypatch.delenv("REDCAP_API_TOKEN", raising=False)
    kept = {("parsoutcomes-redcap", clinic.url): TOKEN}
    monkeypatch.setattr(keyring, "get_password", lambda service, user: kept[service, user])
    assert load_redcap(clinic.url).n_patients > 0


@pytest.mark.parametrize(("token", "found"), [("", "no token"), ("AB", "a token of 2 characters")])
def test_a_token_that_cannot_be_one_is_refused_before_anything_is_sent(
    clinic, monkeypatch, token, found
) -> None:
    import keyring

    monkeypatch.delenv("REDCAP_API_TOKEN", raising=False)
    monkeypatch.setattr(keyring, "get_password", lambda *_: None)
    with pytest.raises(SourceError) as raised:
        load_redcap(clinic.url, token=token)
    assert raised.value.found == found
    assert clinic.asked == []


def test_a_wrong_token_is_refused_once(clinic, waits) -> None:
    found = failure_of(clinic, "F" * 32)
    assert found == "REDCap at 127.0.0.1: the token was refused (status 403)"
    assert len(clinic.asked) == 1
    assert waits == []


@pytest.mark.parametrize(
    ("failure", "found"),
    [
        (status(500), "the server failed (status 500)"),
        (status(503, b'{"error":"The server is down"}'), "the server failed (status 503)"),
        (status(200, b"<html>Log in</html>"), "an answer that breaks off or is not data"),
        (status(200, b'[{"field_name":"rec'), "an answer that breaks off or is not data"),
        (breaks_off, "an answer that breaks off or is not data"),
    ],
)
def test_a_passing_failure_is_tried_three_times_then_told(clinic, waits, failure, found) -> None:
    clinic.failures = [failure] * 3
    assert failure_of(clinic) == f"REDCap at 127.0.0.1: {found}"
    assert len(clinic.asked) == 3
    assert waits == [1.0, 4.0]


def test_a_failure_that_passes_is_not_noticed(clinic, waits) -> None:
    clinic.failures = [status(503), None, status(500), breaks_off]
    assert load_redcap(clinic.url, token=TOKEN).n_patients > 0
    assert waits == [1.0, 1.0, 4.0]


def test_no_answer_in_time_is_told(clinic, waits, monkeypatch) -> None:
    stop = threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> bool:
        stop.wait(2)
        handler.close_connection = True
        return True

    clinic.failures = [hang] * 3
    assert failure_of(clinic) == "REDCap at 127.0.0.1: no answer in time"
    stop.set()


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (status(400), "the project refused the request (status 400)"),
        (status(302), "the address sends elsewhere (status 302)"),
        (status(404), "nothing answers at this address (status 404)"),
        (status(200, b'{"error":"Planted P0001 text"}'), "the project refused the request"),
    ],
)
def test_a_refusal_is_told_at_once_and_without_its_words(clinic, waits, answer, found) -> None:
    clinic.failures = [answer]
    assert failure_of(clinic) == f"REDCap at 127.0.0.1: {found}"
    assert waits == []


def test_an_answer_without_some_of_the_records_is_refused(clinic, waits) -> None:
    def drops(handler: BaseHTTPRequestHandler) -> bool:
        clinic.rows = clinic.rows[:20]
        return False

    clinic.failures = [None, None, None, drops]
    assert re.search(r"\d+ of \d+ records asked for are missing", failure_of(clinic))


def test_a_server_that_is_not_there_is_told(clinic, waits) -> None:
    clinic.http.shutdown()
    clinic.http.server_close()
    assert failure_of(clinic) == "REDCap at 127.0.0.1: no connection"


@pytest.mark.parametrize(
    "address",
    [
        "http://redcap.example.org/api/",
        "https://redcap.example.org/",
        f"https://redcap.example.org/api/?token={TOKEN}",
        "https://me:secret@redcap.example.org/api/",
        "ftp://redcap.example.org/api/",
    ],
)
def test_an_unsafe_address_is_refused_before_anything_is_sent(address) -> None:
    with pytest.raises(SourceError) as raised:
        load_redcap(address, token=TOKEN)
    assert TOKEN not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_the_token_is_never_logged(clinic, waits, caplog, capfd) -> None:
    caplog.set_level(logging.DEBUG)
    load_redcap(clinic.url, token=TOKEN)
    clinic.failures = [status(500)] * 3
    failure_of(clinic)
    written = caplog.text + "".join(capfd.readouterr())
    assert TOKEN not in written
    assert "P0001" not in written


@pytest.mark.parametrize("failure", [status(500), status(403), status(200, b"<html>"), breaks_off])
def test_no_error_of_the_connection_is_chained_to_what_is_told(clinic, waits, failure) -> None:
    """Such an error holds the request, and the request the token."""
    clinic.failures = [failure] * 3
    with pytest.raises(SourceError) as raised:
        load_redcap(clinic.url, token=TOKEN)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize("failure", [endless, unfolds])
def test_an_endless_answer_is_ended_after_so_many_bytes(
    clinic, waits, monkeypatch, failure
) -> None:
    monkeypatch.setattr(redcap_api, "LARGEST_FILE_BYTES", 2_000_000)
    clinic.failures = [failure]
    assert failure_of(clinic) == "REDCap at 127.0.0.1: answers of more than 2 MB together"
    assert waits == []


def test_answers_that_are_small_one_by_one_are_counted_together(clinic, waits, monkeypatch) -> None:
    monkeypatch.setattr(redcap_api, "LARGEST_FILE_BYTES", 20_000)
    assert failure_of(clinic).endswith("answers of more than 0 MB together")


def test_missing_codes_of_the_project_are_read_as_reasons(serve) -> None:
    metadata = clinic_metadata()
    rows = clinic_rows()[:3]
    rows[0]["last_seen"] = "-999"
    server = serve(metadata, rows)
    server.info["missing_data_codes"] = "-999, Not known | -998, Not done"
    cells = load_redcap(server.url, token=TOKEN).intake.cells
    found = cells[cells["header"].eq("Last contact")]
    assert found["reason"].tolist() == ["recorded as not known"]


def test_a_missing_package_is_named_with_what_to_install(clinic, monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "redcap", None)
    with pytest.raises(SourceError, match=r"pip install \"parsoutcomes\[redcap\]\""):
        load_redcap(clinic.url, token=TOKEN)
