"""The first notebook as a clinician meets it: a JupyterLab server, a browser, Run All Cells."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from parsoutcomes.cli.notebooks import copy_notebooks

ROOT = Path(__file__).parents[2]
OURS = "127.0.0.1"
START_SECONDS = 120
RUN_SECONDS = 300
# News are asked for from outside; and cells out of view must be there to be looked at.
PAGE_CONFIG = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
NOTEBOOK_SETTINGS = {"windowingMode": "none"}
ERROR = "[data-mime-type='application/vnd.jupyter.error']"
ALL_HAVE_RUN = """error => document.querySelector(error) !== null
    || [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
        .every(prompt => /^\\[\\d+\\]:$/.test(prompt.textContent.trim()))"""


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A running server: where it is, its key, and the folder it shows."""

    port: int
    token: str
    folder: Path

    def address(self, path: str) -> str:
        return f"http://{OURS}:{self.port}/{path}?token={self.token}"


@pytest.fixture
def lab(chromium_path: str, tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab on a folder made by `parsoutcomes notebooks`, with nobody's own settings."""
    copy_notebooks(tmp_path / "union")
    with socket.socket() as free:
        free.bind((OURS, 0))
        port = free.getsockname()[1]
    running = Lab(port=port, token=secrets.token_hex(16), folder=tmp_path / "union")
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            _command(running), env=_environment(tmp_path), stdout=log, stderr=log
        )
        try:
            _wait_until_it_answers(running, server, tmp_path / "server.log")
            yield running
        finally:
            server.terminate()
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _command(lab: Lab) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--ServerApp.ip={OURS}",
        f"--ServerApp.port={lab.port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={lab.folder}",
        f"--IdentityProvider.token={lab.token}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=",
    ]


def _environment(home: Path) -> dict[str, str]:
    config, settings = home / "config", home / "settings"
    _write(config / "labconfig" / "page_config.json", PAGE_CONFIG)
    tracker = "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    _write(settings / tracker, NOTEBOOK_SETTINGS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    return kept | {
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")])),
    }


def _write(path: Path, content: dict[str, object]) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def _wait_until_it_answers(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(lab.address("api/status"), timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def run_all_cells(page: Page, lab: Lab, name: str) -> None:
    page.goto(lab.address(f"lab/tree/notebooks/{name}.ipynb"), timeout=START_SECONDS * 1000)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=START_SECONDS * 1000)
    # Asked before the kernel is there, JupyterLab wants to know which one.
    page.get_by_text("(ipykernel) | Idle").wait_for(timeout=START_SECONDS * 1000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(ALL_HAVE_RUN, arg=ERROR, timeout=RUN_SECONDS * 1000)


def open_page(browser: Browser, asked: list[str]) -> Page:
    """Open an empty page that reaches this computer alone, and notes whom it asks."""

    def let_in(route: Route) -> None:
        asked.append(urlsplit(route.request.url).hostname or "")
        (route.continue_ if asked[-1] in (OURS, "") else route.abort)()

    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.route("**/*", let_in)
    page = context.new_page()
    page.on("websocket", lambda socket: asked.append(urlsplit(socket.url).hostname or ""))
    return page


def test_the_first_notebook_runs_in_jupyterlab(browser: Browser, lab: Lab, tmp_path: Path) -> None:
    asked: list[str] = []
    page = open_page(browser, asked)
    run_all_cells(page, lab, "01_first_look")
    page.screenshot(path=tmp_path / "01_first_look.png")
    assert [failure.inner_text() for failure in page.locator(ERROR).all()] == []
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    figures = page.locator(".jp-OutputArea-output :is(img, svg)").all()
    assert len(figures) >= 3
    assert all(figure.bounding_box()["width"] > 300 for figure in figures)
    verdict = page.locator(".jp-OutputArea-output", has_text="Observed over expected")
    assert "depends on the reference" in verdict.first.inner_text()
    assert (lab.folder / "reports" / "first_look" / "report.html").is_file()
    assert set(asked) <= {OURS, ""}
    page.context.close()
