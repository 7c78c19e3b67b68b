"""The publishable report against those who would find a child in it."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pypdfium2
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from report_cohorts import make_cohort

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import Analyses, run_analyses
from parsoutcomes.report.builder import ReportFiles, build_report
from parsoutcomes.report.content import Comment, Finding
from parsoutcomes.report.disclosure_readers import read_file
from parsoutcomes.report.documents import FILE_NAMES
from parsoutcomes.report.publishable_cells import PUBLISHED_RESULTS
from parsoutcomes.report.publishable_counts import read_previous
from parsoutcomes.report.publishing import clear_earlier, prepare_publication
from parsoutcomes.report.render_docx import render_docx
from parsoutcomes.report.render_pdf import render_pdf
from parsoutcomes.report.render_pptx import render_pptx

# Who is planted: one girl of eleven, a gymnast, the only union at L3, among nine of her stage.
PLANTED = ("gymnastics", "gymnast", "L3", "11.4", "KX0007", "Northfield")


def plant_cohort() -> Cohort:
    """Forty-nine ordinary courses, and nine with a terminal-looking stage of which one united."""
    n = 58
    keys = pd.DataFrame({"patient_id": [f"KX{number:04d}" for number in range(n)]})
    keys["episode_id"] = keys["patient_id"] + "-1"
    is_rare = [number < 9 for number in range(n)]
    is_her = [number == 7 for number in range(n)]
    episodes = keys.assign(
        fitted_date=pd.date_range("2023-01-09", periods=n, freq="9D"),
        sex=["female" if her or number % 3 == 0 else "male" for number, her in enumerate(is_her)],
        age_years=[11.4 if her else 14.0 + number % 4 for number, her in enumerate(is_her)],
        prescribed_months=[3.0 if number % 2 else 6.0 for number in range(n)],
        sport=["gymnastics" if her else "football" for her in is_her],
        site=["Northfield" if her else "Southfield" for her in is_her],
    )
    defects = keys.assign(
        defect_id=keys["patient_id"] + "-left",
        level=["L3" if her else "L5" for her in is_her],
        side="left",
        stage=[
            "pre_lysis" if rare else ("early", "progressive")[number % 2]
            for number, rare in enumerate(is_rare)
        ],
    )
    readings = defects[["patient_id", "episode_id", "defect_id"]].assign(
        days_since_fitting=181.0,
        modality="CT",
        union_status=[
            "complete" if (her or (not rare and number % 3)) else "none"
            for number, (rare, her) in enumerate(zip(is_rare, is_her, strict=True))
        ],
    )
    tables = {"episodes": episodes, "defects": defects, "readings": readings}
    return build_cohort(tables, data_lock=pd.Timestamp("2026-01-31"))


@pytest.fixture(autouse=True, scope="module")
def _coarse_pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 30)
        yield


def publish(cohort: Cohort, folder: Path, **options: object) -> ReportFiles:
    chosen = {"year": 2025, "audience": "publishable", **options}
    return build_report(cohort, folder, **chosen)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    return publish(plant_cohort(), tmp_path_factory.mktemp("planted") / "2025")


@pytest.fixture(scope="module")
def texts(built: ReportFiles) -> dict[str, str]:
    return {
        path.name: read_text(path)
        for path in built.folder.rglob("*")
        if path.is_file() and path.suffix != ".png"
    }


def read_text(path: Path) -> str:
    if path.suffix == ".pdf":
        document = pypdfium2.PdfDocument(path)
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    if path.suffix in {".docx", ".pptx"}:
        with zipfile.ZipFile(path) as archive:
            parts = [archive.read(name) for name in archive.namelist() if name.endswith(".xml")]
        text = re.sub(r"<[^>]*>", " ", b"\n".join(parts).decode("utf-8"))
        return text.replace("1980-01-01T00:00:00Z", "")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def _calculated(monkeypatch: pytest.MonkeyPatch, analyses: Analyses) -> None:
    """Take the planted clinic's analyses as done, where only what follows is tested."""
    monkeypatch.setattr("parsoutcomes.report.builder.run_analyses", lambda *_, **__: analyses)


@pytest.fixture(scope="module")
def analyses() -> Analyses:
    return run_analyses(plant_cohort(), year=2025, n_resamples=40, seed=1, only=PUBLISHED_RESULTS)


def visible(text: str) -> str:
    text = re.sub(r"<style.*?</style>|<!--.*?-->", " ", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def test_the_planted_child_is_nowhere(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        for trace in PLANTED:
            assert trace.casefold() not in text.casefold(), name
        assert not re.search(r"KX\d{4}", text), name
        assert not re.search(r"20\d\d-\d\d-\d\d|\d/\d\d/\d", text), name


def test_no_count_of_one_to_seven_stands_in_any_table(texts: dict[str, str]) -> None:
    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", texts["report.html"])
    assert len(cells) > 100
    counts = {cell for cell in cells if re.fullmatch(r"[\d,]+", cell)}
    assert counts
    assert all(int(one.replace(",", "")) % 5 == 0 for one in counts)
    assert not counts & {str(n) for n in range(8)}


def test_the_percentages_that_would_give_her_away_are_not_there(texts: dict[str, str]) -> None:
    for text in texts.values():
        assert not re.search(r"\b(?:11|89|100)\s?%", visible(text))


def test_her_stage_is_withheld_in_every_file(built: ReportFiles, texts: dict[str, str]) -> None:
    rows = list(csv.DictReader(texts["numbers.csv"].splitlines()))
    assert rows
    assert not [row for row in rows if row["id"].startswith("rates/stage/pre_lysis")]
    assert "Pre-lysis,withheld,withheld" in texts["rates.csv"]
    log = pd.read_csv(built.withheld)
    assert "rates/stage/pre_lysis/united" in set(log["id"])


RENDERERS = {"report.pdf": render_pdf, "report.docx": render_docx, "slides.pptx": render_pptx}


@pytest.mark.parametrize("name", RENDERERS)
def test_she_is_in_no_document_either(analyses: Analyses, name: str) -> None:
    publication = prepare_publication(plant_cohort(), analyses, title="Union", clinic="The clinic")
    made = RENDERERS[name](publication.report)
    publication.check({name: made})
    told = " ".join(read_file(name, made).lines)
    assert "withheld" in told
    assert "unrounded" not in told
    for trace in (*PLANTED, "KX0007", "11%", "89%"):
        assert trace.casefold() not in told.casefold()


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("planted", ["Of 9 united 1.", "KX0007", "11% united"])
def test_what_is_planted_in_a_document_is_caught(
    analyses: Analyses, name: str, planted: str
) -> None:
    publication = prepare_publication(plant_cohort(), analyses, title="Union", clinic="The clinic")
    first, *others = publication.report.sections
    told = replace(first, blocks=(Finding(text=planted, source="rates"), *first.blocks))
    made = RENDERERS[name](replace(publication.report, sections=(told, *others)))
    with pytest.raises(ReportError, match="may not be published"):
        publication.check({name: made})


def test_every_number_is_whole_rounded_and_from_rounded_counts(texts: dict[str, str]) -> None:
    rows = {row["id"]: row for row in csv.DictReader(texts["numbers.csv"].splitlines())}
    counts = {name: int(row["value"]) for name, row in rows.items() if row["quantity"] == "count"}
    assert all(count % 5 == 0 and count >= 10 for count in counts.values())
    share = counts["rates/pars/complete/united"] / counts["rates/pars/complete/known"]
    assert int(rows["rates/pars/complete/united/percent"]["value"]) == round(100 * share)


def test_what_was_withheld_is_listed_beside_the_folder_without_a_count(built: ReportFiles) -> None:
    assert built.withheld is not None
    assert built.withheld.parent == built.folder.parent
    log = pd.read_csv(built.withheld)
    assert list(log.columns) == ["id", "describes", "table", "reason"]
    assert not log.astype(str).apply(lambda column: column.str.fullmatch(r"\d+")).to_numpy().any()


def test_the_manifest_tells_nothing_of_the_input(texts: dict[str, str]) -> None:
    manifest = json.loads(texts["manifest.json"])
    assert set(manifest) == {"audience", "sha256"}
    assert set(manifest["sha256"]) == {*_relative(texts)} - {"manifest.json"} | {
        f"figures/{name}.png" for name in ("rates", "time", "comparison")
    }


def _relative(texts: dict[str, str]) -> list[str]:
    top = (*FILE_NAMES.values(), "numbers.csv", "manifest.json")
    return [name if name in top else f"figures/{name}" for name in texts]


def test_it_says_that_union_above_a_series_does_not_show_that_the_brace_works(
    texts: dict[str, str],
) -> None:
    assert "does not show that the brace works" in visible(texts["report.html"])
    assert "For publication" in texts["report.html"]


@pytest.mark.usefixtures("_calculated")
def test_the_same_clinic_gives_the_same_bytes_whatever_the_seed(
    built: ReportFiles, tmp_path: Path
) -> None:
    again = publish(plant_cohort(), tmp_path / "again")
    for path in built.folder.rglob("*"):
        if path.is_file():
            assert (again.folder / path.relative_to(built.folder)).read_bytes() == path.read_bytes()


@pytest.mark.usefixtures("_calculated")
def test_a_key_in_the_clinics_name_stops_the_report_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="may not be published") as stopped:
        publish(plant_cohort(), tmp_path / "out", clinic="Clinic of KX0007")
    assert "KX0007" not in str(stopped.value)
    assert list(tmp_path.iterdir()) == []


def test_a_comment_is_set_in_its_section_or_stops_the_report(analyses: Analyses) -> None:
    words = {"title": "Union", "clinic": "The clinic", "authors": ("A. Author",)}
    cohort = plant_cohort()
    general = {"rates": [Comment(text="We now scan everyone at 6 months.", author="A. Author")]}
    report = prepare_publication(cohort, analyses, comments=general, **words).report
    assert general["rates"][0] in report.sections[3].blocks
    for text in ("Our one gymnast united.", "Northfield sent us most.", "Of 9, few united."):
        with pytest.raises(ReportError, match="may not be published"):
            prepare_publication(cohort, analyses, comments={"rates": [Comment(text=text)]}, **words)
    with pytest.raises(ReportError, match="does not have"):
        prepare_publication(cohort, analyses, comments={"intake": []}, **words)


@pytest.mark.usefixtures("_calculated")
def test_a_breach_in_a_finished_file_leaves_nothing_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "parsoutcomes.report.documents.render_html", lambda report: "<p>3 of 9 gymnasts</p>"
    )
    with pytest.raises(ReportError, match=r"report\.html: a number"):
        publish(plant_cohort(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_an_internal_report_is_refused(tmp_path: Path) -> None:
    manifest = {"audience": "internal", "sha256": {"report.html": "0"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "report.html").write_text("3 patients", encoding="utf-8")
    with pytest.raises(ReportError, match="other files"):
        clear_earlier(tmp_path)


@pytest.mark.usefixtures("_calculated")
def test_last_years_report_is_used_and_an_earlier_one_in_the_folder_replaced(
    built: ReportFiles, tmp_path: Path
) -> None:
    shutil.copytree(built.folder, tmp_path / "out")
    (tmp_path / "out" / "report.html").write_text("earlier", encoding="utf-8")
    again = publish(plant_cohort(), tmp_path / "out", previous=built.folder)
    assert "earlier" not in again.report.read_text(encoding="utf-8")


def test_a_folder_that_is_not_last_years_publishable_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text("id,value\na,3\n", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ReportError, match="Last year's publishable report"):
            read_previous(folder)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"n_patients": 12}, "withheld"),
        ({"n_patients": 1}, "withheld"),
        ({"n_patients": 30, "has_scans": False}, "withheld"),
        ({"n_patients": 30, "union": ("complete",)}, "at least 75% of 30 target pars"),
        ({"n_patients": 30, "stages": ("pre_lysis",)}, "comparison with published series is with"),
    ],
    ids=["12 patients", "1 patient", "no scans", "all united", "no match"],
)
def test_the_hard_cohorts_get_an_honest_report(
    tmp_path: Path, options: dict[str, object], expected: str
) -> None:
    files = publish(make_cohort(**options), tmp_path / "out", year=2024)
    assert expected in visible(files.report.read_text(encoding="utf-8"))
