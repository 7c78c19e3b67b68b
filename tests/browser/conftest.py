"""A real browser and a real report for it: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from parsoutcomes.conventions import MIN_RESAMPLES
from parsoutcomes.loaders.load import load_records
from parsoutcomes.report.builder import build_report
from parsoutcomes.synthetic.demo import DEMO_YEAR, demo_workbook

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "Chromium is not installed: `apt-get install chromium`, or name another in "
    "PARSOUTCOMES_CHROMIUM; see README."
)
# In a container there is often no sandbox to be had; the browser opens our own pages only.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    named = os.environ.get("PARSOUTCOMES_CHROMIUM")
    return next((path for name in (named or "", *NAMES) if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is; without it the tests are skipped, or fail where it is required."""
    path = find_chromium()
    if path is None:
        required = os.environ.get("PARSOUTCOMES_BROWSER") == "required"
        (pytest.fail if required else pytest.skip)(MISSING)
    return path


# Playwright keeps an event loop running: closed with the module, it is in nobody's way.
@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def reports(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of the demonstration clinic for its team, and the one for publication."""
    cohort = load_records(demo_workbook())
    folder = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        # The page holds the drawings; the pictures beside it are not looked at here.
        patch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 30)
        for audience in ("internal", "publishable"):
            build_report(
                cohort,
                folder / audience,
                year=DEMO_YEAR,
                audience=audience,
                formats=("html",),
                n_resamples=MIN_RESAMPLES,
            )
    return {name: folder / name / "report.html" for name in ("internal", "publishable")}
