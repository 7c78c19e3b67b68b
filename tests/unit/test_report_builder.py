"""The report as files: complete, traceable, safe, and the same every time."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from report_cohorts import make_cohort
from report_numbers import known_numbers, told_numbers

from parsoutcomes.errors import ArgumentError, ReportError
from parsoutcomes.report.builder import ReportFiles, build_report

HERE = Path(__file__).parent
BAD = "<script>alert('x')</script>"


@pytest.fixture(autouse=True, scope="module")
def _coarse_pictures() -> Iterator[None]:
    """Draw the PNG files small: their resolution is tested with the figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 30)
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    folder = tmp_path_factory.mktemp("report")
    steps: list[tuple[str, int, int]] = []
    files = build_report(
        make_cohort(sport=BAD),
        folder,
        year=2024,
        title=f"Union {BAD}",
        clinic=f"Clinic {BAD}",
        n_resamples=40,
        progress=lambda step, done, total: steps.append((step, done, total)),
    )
    n_steps = steps[-1][1]
    assert steps[0] == ("who was included", 0, n_steps)
    assert steps[-1] == ("done", n_steps, n_steps)
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)
    return files


@pytest.fixture(scope="module")
def page(built: ReportFiles) -> str:
    return built.report.read_text(encoding="utf-8")


def findings_of(page: str) -> list[tuple[str, str]]:
    pattern = r'<p class="finding">(.*?) <span class="source">\[(.*?)\]</span></p>'
    return re.findall(pattern, page, flags=re.DOTALL)


def build(cohort: object, folder: Path, **options: object) -> str:
    files = build_report(
        cohort, folder, **{"year": 2024, "n_resamples": 40, "formats": ("html",), **options}
    )
    return files.report.read_text(encoding="utf-8")


def test_every_file_is_there_and_the_manifest_has_its_hash(built: ReportFiles) -> None:
    hashes = json.loads(built.manifest.read_text(encoding="utf-8"))["sha256"]
    on_disk = {
        str(path.relative_to(built.folder).as_posix()): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in built.folder.rglob("*")
        if path.is_file() and path != built.manifest
    }
    assert hashes == on_disk
    stems = {path.stem for path in built.figures if path.suffix == ".svg"}
    assert {"flow", "completeness", "rates", "rates-by-group", "time", "comparison"} <= stems
    for stem in stems:
        suffixes = {path.suffix for path in built.figures if path.stem == stem}
        assert suffixes == {".svg", ".png", ".csv", ".txt"}


def test_a_notebook_shows_the_documents_not_every_path(built: ReportFiles) -> None:
    assert repr(built).splitlines()[1:] == [
        *("  report.html", "  report.pdf", "  report.docx", "  slides.pptx"),
        *("  numbers.csv", "  manifest.json", "  figures"),
    ]


def test_free_text_is_escaped_everywhere(built: ReportFiles, page: str) -> None:
    assert "<script" not in page
    assert "Union &lt;script&gt;" in page
    assert "Clinic &lt;script&gt;" in page
    for path in built.figures:
        if path.suffix == ".svg":
            assert "<script" not in path.read_text(encoding="utf-8")


def test_no_patient_can_be_named(built: ReportFiles, page: str) -> None:
    text = [path.read_text(encoding="utf-8") for path in built.figures if path.suffix != ".png"]
    for content in (page, built.numbers.read_text(encoding="utf-8"), *text):
        assert not re.search(r"P\d{4}", content)
        assert not re.search(r"2024-03-\d\d", content)


def test_the_page_asks_for_nothing_and_allows_only_its_own_style(page: str) -> None:
    style = re.search(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    assert style is not None
    assert "default-src 'none'; style-src 'sha256-" in page.replace("&#39;", "'")
    assert not re.search(r'\b(src|href)="(?!#)', page.replace("xlink:href", "href"))
    assert " style=" not in page
    assert " onload=" not in page


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.unscoped = 0
        self.pictures: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if named.get("id"):
            self.ids.append(str(named["id"]))
        self.unscoped += tag == "th" and "scope" not in named
        if tag == "svg":
            self.pictures.append(named)


def test_headings_are_in_order_tables_scoped_ids_unique_pictures_named(page: str) -> None:
    outline = Outline()
    outline.feed(page)
    assert outline.headings[0] == 1
    assert all(
        later <= earlier + 1
        for earlier, later in zip(outline.headings, outline.headings[1:], strict=False)
    )
    assert outline.unscoped == 0
    assert len(outline.ids) == len(set(outline.ids))
    for picture in outline.pictures:
        assert picture["role"] == "img"
        assert set(str(picture["aria-labelledby"]).split()) <= set(outline.ids)


def test_every_number_of_a_finding_is_in_numbers_csv(built: ReportFiles, page: str) -> None:
    numbers = pd.read_csv(built.numbers, encoding="utf-8")
    assert numbers["id"].is_unique
    for text, name in findings_of(page):
        assert told_numbers(unescape(text)) <= known_numbers(numbers, name), text


def test_the_findings_speak_of_the_counts_written_in_the_cohort(page: str) -> None:
    told = {name: text for text, name in findings_of(page)}
    assert "16 target pars in 16 patients" in told["rates-pars-complete"]
    assert "69%" in told["rates-pars-complete"]
    assert len([name for name in told if name]) >= 5


def test_alt_text_states_the_finding(built: ReportFiles, page: str) -> None:
    rates = next(text for text, name in findings_of(page) if name == "rates-pars-complete")
    described = (built.folder / "figures" / "rates.txt").read_text(encoding="utf-8")
    assert rates in described
    drawing = (built.folder / "figures" / "rates.svg").read_text(encoding="utf-8")
    assert rates in drawing


def test_the_data_of_a_figure_are_unrounded(built: ReportFiles) -> None:
    data = pd.read_csv(built.folder / "figures" / "rates.csv")
    known = data[data["measure"].eq("union_known_status") & data["unit"].eq("defect")]
    assert known["estimate"].iloc[0] == pytest.approx(11 / 16, abs=1e-15)


def test_bytes_repeat_in_other_processes_locales_zones_and_hash_seeds(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from report_cohorts import make_cohort;"
        "from parsoutcomes.report.builder import build_report;"
        "build_report(make_cohort(6), sys.argv[2], year=2024, n_resamples=40)"
    )
    settings = [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "TZ": "Pacific/Auckland"},
    ]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(HERE), str(tmp_path / str(number))],
            env={**os.environ, **setting},
        )
        for number, setting in enumerate(settings)
    ]
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    first, second = (
        {
            str(path.relative_to(tmp_path / number)): path.read_bytes()
            for path in (tmp_path / number).rglob("*")
            if path.is_file()
        }
        for number in ("0", "1")
    )
    assert first == second


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"audience": "public"}, "audience"),
        ({"formats": ("html", "odt")}, "odt"),
        ({"formats": ()}, "No document"),
    ],
)
def test_what_cannot_be_made_is_refused(
    tmp_path: Path, options: dict[str, object], wrong: str
) -> None:
    with pytest.raises(ArgumentError, match=wrong):
        build_report(make_cohort(2), tmp_path / "out", year=2024, **options)
    assert not (tmp_path / "out").exists()


def test_nobody_by_the_end_of_the_year_stops_the_report(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="Nobody was fitted on or before 31 December 2020"):
        build_report(make_cohort(2), tmp_path, year=2020)


def test_a_folder_that_is_a_file_is_an_error_in_four_lines(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be written"):
        build_report(make_cohort(2), tmp_path / "out", year=2024, n_resamples=40, formats=("html",))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"n_patients": 1}, "1 target pars in 1 patient"),
        ({"n_patients": 8, "has_scans": False}, "not estimable"),
        ({"n_patients": 12, "union": ("complete",)}, "100%"),
        ({"n_patients": 12, "union": ("none",)}, "0% (95% interval 0% to"),
        ({"n_patients": 12, "stages": ("pre_lysis",)}, "no verdict"),
        ({"n_patients": 4, "stages": ("terminal",)}, "Not available."),
    ],
    ids=["one patient", "no scans", "all united", "none united", "no match", "no target"],
)
def test_the_hard_cohorts_get_an_honest_report(
    tmp_path: Path, options: dict[str, object], expected: str
) -> None:
    assert expected in build(make_cohort(**options), tmp_path)
