"""What the pages for clinicians say is true: their code runs, their messages and numbers are real.

Each how-to page is followed from top to bottom in a folder with the made-up clinic. Reports are
written for real, with the few calculations that the pages speak of.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import getpass
import html
import io
import re
import shlex
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import textstat

import parsoutcomes as po
from parsoutcomes.cli import main
from parsoutcomes.errors import ParsOutcomesError
from parsoutcomes.report import builder
from parsoutcomes.report.analyses import run_analyses
from parsoutcomes.report.last_year import COMPARED

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CLINIC = ROOT / "data" / "synthetic" / "clinic"
HOW_TO = sorted((DOCS / "how_to").glob("*.md"))
EXPLANATION = sorted((DOCS / "explanation").glob("*.md"))
PAGES = [*HOW_TO, *EXPLANATION]
# Years of school; a newspaper asks for about ten.
HIGHEST_GRADE = 7.0
PASSWORD = (CLINIC / "password.txt").read_text(encoding="utf-8").strip()
PAPER = {
    "study_id": "example2027", "first_author": "Example", "year": "2027",
    "title": "A made-up series", "journal": "A made-up journal", "n_patients": "52",
    "n_defects": "80", "cohort_group": "example2027", "outcome": "union", "unit": "defect",
    "laterality": "any", "stage": "early", "n": "40", "n_united": "31", "percent_printed": "77.5",
    "count_basis": "stated", "read_from": "source", "pool_default": "yes",
}  # fmt: skip
LATER = {**PAPER, "stage": "progressive", "n": "25", "n_united": "9", "percent_printed": "36"}

sys.path.insert(0, str(ROOT / "tests" / "unit"))
sys.path.insert(0, str(DOCS))
import test_redcap_api as project  # noqa: E402
import trap_figures  # noqa: E402

page_name = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
followed_page = pytest.mark.parametrize(
    "page", [page for page in HOW_TO if page.stem != "trust_template"], ids=lambda page: page.stem
)


# The pages ----------------------------------------------------------------------------------------


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """Return language and content of each block of code, also of those within a list."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", text, flags=re.DOTALL | re.MULTILINE)
    return [
        (kind or "sh", re.sub(f"^{indent}", "", code, flags=re.M)) for indent, kind, code in found
    ]


def messages_of(page: Path) -> list[str]:
    return [code for kind, code in blocks_of(page) if kind == "text" and "What is wrong:" in code]


def outputs_of(page: Path) -> list[str]:
    shown = [code for kind, code in blocks_of(page) if kind == "text" and "Fix:" not in code]
    return [line for code in shown for line in code.splitlines() if line.strip()]


def prose_of(page: Path) -> str:
    """Return what a reader reads: no code, tables, pictures, addresses or list of sources."""
    text = page.read_text(encoding="utf-8").split("## Read further")[0]
    text = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^ *\|.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"!\[.*?\]\(.*?\)", "", text, flags=re.DOTALL)
    text = re.sub(r"\[(.*?)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^#+ (.*)$", r"\1.", text, flags=re.MULTILINE)
    return text.replace("_", " ").replace("`", "").replace("*", "")


@page_name
def test_a_page_is_plain_reading(page: Path) -> None:
    text = prose_of(page)
    grades = (textstat.automated_readability_index(text), textstat.coleman_liau_index(text))
    assert max(grades) <= HIGHEST_GRADE, grades


@pytest.mark.parametrize(
    "page", [page for page in HOW_TO if page.stem != "your_own_file"], ids=lambda page: page.stem
)
def test_a_page_of_one_task_has_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for part in (
        "**For whom:**",
        "## What you need",
        "\n1. ",
        "## What you will see",
        "## What can go wrong",
        "## Read further",
    ):
        assert part in text
    assert messages_of(page)


@page_name
def test_links_to_pages_written_by_hand_lead_somewhere(page: Path) -> None:
    made_at_build = ("../tutorial/", "../reference/", "../methods/", "../contributing/", "figures/")
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    inside = [one for one in targets if not one.startswith(("http", *made_at_build))]
    assert [one for one in inside if not (page.parent / one).is_file()] == []


@functools.cache
def read_package() -> str:
    files = [*(ROOT / "parsoutcomes").rglob("*.py"), *(ROOT / "parsoutcomes").rglob("*.csv")]
    return "".join(path.read_text(encoding="utf-8") for path in files)


@page_name
def test_a_doi_is_one_that_the_package_knows(page: Path) -> None:
    known = read_package()
    shown = re.findall(r"\[doi:(\S+?)\]\(https://doi\.org/(\S+?)\)", page.read_text("utf-8"))
    assert all(words == address for words, address in shown)
    assert [words for words, _ in shown if words not in known] == []


# Following a page ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as a clinic has it: its log, its export, its sites, its template."""
    import docx
    from matplotlib.figure import Figure

    folder = tmp_path_factory.mktemp("clinic")
    for name in ("clinic_log.xlsx", "clinic_protected.xlsx", "redcap_raw.csv",
                 "redcap_dictionary.csv", "defects_long.csv"):  # fmt: skip
        (folder / name).write_bytes((CLINIC / name).read_bytes())
    template = docx.Document()
    template.add_paragraph("A made-up trust")
    template.add_paragraph("[[REPORT]]")
    template.save(str(folder / "trust.docx"))
    Figure((1, 0.5)).savefig(folder / "logo.png")
    write_sites(folder / "sites")
    return folder


def write_sites(folder: Path) -> None:
    rows = pd.read_csv(ROOT / "data/synthetic/cohort_40/scans_long.csv", dtype=str)
    patients = list(rows["patient_id"].unique())
    folder.mkdir()
    for site, of_site in (("North", patients[:22]), ("South", patients[22:])):
        own = rows[rows["patient_id"].isin(of_site)].assign(site=site)
        own.to_csv(folder / f"{site.lower()}.csv", index=False)
    own.to_excel(folder.with_name("your_log.xlsx"), index=False)


@pytest.fixture
def setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Stand in the folder, with what a page needs and a REDCap project that answers."""
    import keyring
    import matplotlib as mpl

    mpl.use("agg")
    monkeypatch.chdir(folder)
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda *a: kept.__setitem__(a[:2], a[2]))
    monkeypatch.setattr(keyring, "get_password", lambda *a: kept.get(a))
    monkeypatch.delenv("REDCAP_API_TOKEN", raising=False)
    monkeypatch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 30)
    monkeypatch.setattr("parsoutcomes.baselines.monitoring_charts.MONITORING_RUNS", 200)
    calculate_only(monkeypatch, "multiplicity")
    server = project.Server(project.clinic_metadata(), project.clinic_rows())
    threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True).start()
    yield SimpleNamespace(folder=folder, server=server, monkeypatch=monkeypatch)
    server.http.shutdown()
    server.http.server_close()


def calculate_only(monkeypatch: pytest.MonkeyPatch, *results: str) -> None:
    few = functools.partial(run_analyses, only=frozenset(results))
    monkeypatch.setattr(builder, "run_analyses", few)


def follow(page: Path, setting: SimpleNamespace) -> str:
    """Do what the page says, block by block, and return all that was shown."""
    secret = project.TOKEN if page.stem == "redcap" else PASSWORD
    setting.monkeypatch.setattr(getpass, "getpass", lambda *_: secret)
    if page.stem == "next_years_report":
        calculate_only(setting.monkeypatch, *COMPARED, "change")
    names: dict[str, object] = {}
    shown, reports = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(shown):
        for kind, code in blocks_of(page):
            if kind == "yaml":
                Path("report.yaml").write_text(code, encoding="utf-8")
            elif kind == "sh":
                run_commands(code, setting.monkeypatch)
                reports.write(read_report("reports/2025/report.html"))
            elif kind == "python":
                calculate_only(setting.monkeypatch, "multiplicity")
                run_cell(code.replace("https://redcap.example.org/api/", setting.server.url), names)
    return squeeze(shown.getvalue() + reports.getvalue())


def read_report(name: str) -> str:
    report = Path(name)
    text = report.read_text(encoding="utf-8") if report.is_file() else ""
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def run_commands(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in code.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "parsoutcomes"
        monkeypatch.delenv("PARSOUTCOMES_PASSWORD", raising=False)
        if "--ask-password" in arguments:
            monkeypatch.setattr("click.prompt", lambda *_, **__: PASSWORD)
        elif "clinic_protected.xlsx" in arguments:
            monkeypatch.setenv("PARSOUTCOMES_PASSWORD", PASSWORD)
        if arguments[0] == "report" and "--formats" not in arguments:
            arguments += ["--formats", "docx" if "--template" in arguments else "html"]
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 0, line
        if "our_papers.csv" in arguments and "--template" in arguments:
            pd.DataFrame([PAPER, LATER]).to_csv("our_papers.csv", index=False)


def run_cell(code: str, names: dict[str, object]) -> None:
    """Run a cell as a notebook does: what the last line is worth is shown."""
    if "build_report" in code:
        format_made = "docx" if "template=" in code else "html"
        code = code.replace("year=2025", f'year=2025, formats=("{format_made}",)')
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "page", "exec"), names)
    if isinstance(last, ast.Expr):
        print(eval(compile(ast.Expression(last.value), "page", "eval"), names))


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@followed_page
def test_a_how_to_page_can_be_followed_and_shows_what_it_says(
    page: Path, setting: SimpleNamespace
) -> None:
    shown = follow(page, setting)
    assert [line for line in outputs_of(page) if squeeze(line) not in shown] == []


def test_the_report_on_a_trusts_paper_keeps_its_words(setting: SimpleNamespace) -> None:
    import docx

    page = DOCS / "how_to" / "trust_template.md"
    shown = follow(page, setting)
    assert [line for line in outputs_of(page) if squeeze(line) not in shown] == []
    report = docx.Document(str(setting.folder / "reports" / "2025" / "report.docx"))
    words = [paragraph.text for paragraph in report.paragraphs]
    assert words[0] == "A made-up trust"
    assert "Progressive fractures were referred late this year." in " ".join(words)
    assert "[[REPORT]]" not in words


def test_two_sites_that_number_alike_lose_patients_as_the_page_warns(tmp_path: Path) -> None:
    write_sites(tmp_path / "sites")
    south = tmp_path / "sites" / "south.csv"
    rows = pd.read_csv(south, dtype=str)
    numbers = {old: f"P{n:04d}" for n, old in enumerate(rows["patient_id"].unique(), start=1)}
    rows.assign(patient_id=rows["patient_id"].map(numbers)).to_csv(south, index=False)
    alone = [po.load_records(path).n_patients for path in (tmp_path / "sites").iterdir()]
    assert (sum(alone), po.load_records(tmp_path / "sites").n_patients) == (40, 22)


@pytest.mark.parametrize("page", EXPLANATION, ids=lambda page: page.stem)
def test_the_code_of_an_explanation_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    clinic = load_clinic()
    monkeypatch.setattr(po, "load_records", lambda _: clinic)
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for kind, code in blocks_of(page):
            if kind == "python":
                run_cell(code, names)


# Messages and numbers -----------------------------------------------------------------------------


def message_of(action: Callable[[], object]) -> str:
    with pytest.raises(ParsOutcomesError) as raised:
        action()
    return str(raised.value)


@functools.cache
def load_clinic() -> po.Cohort:
    """Return the clinic of the pages, which several of them load."""
    return po.load_records(CLINIC / "clinic_log.xlsx")


def report_with(**options: object) -> Callable[[], object]:
    def build() -> object:
        cohort = load_clinic()
        given = {"year": 2025, "formats": ("docx",), "n_resamples": 40, **options}
        return po.build_report(cohort, "refused", **given)

    return build


def template_saying(words: str) -> str:
    import docx

    template = docx.Document()
    template.add_paragraph(words)
    name = f"refused_{len(words)}.docx"
    template.save(name)
    return name


def file_saying(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def load_without_stage() -> object:
    po.propose_mapping("defects_long.csv").write("long.yaml")
    log = Path("defects_long.csv")
    whole = log.read_bytes()
    try:
        pd.read_csv(log, dtype=str).drop(columns="stage").to_csv(log, index=False)
        return po.load_records(log, mapping="long.yaml")
    finally:
        log.write_bytes(whole)


def load_unsound_papers() -> object:
    unsound = {**PAPER, "n_united": "41", "unit": "pars"}
    other = {**LATER, "percent_printed": "46", "title": "Another"}
    pd.DataFrame([unsound, other]).to_csv("unsound.csv", index=False)
    return po.load_baselines(extra="unsound.csv")


def load_log(**columns: list[str]) -> object:
    """Load a log of five patients with columns of its own."""
    log = {
        "Study no": [f"P{n:04d}" for n in range(1, 6)],
        "Age": ["14", "15", "13", "16", "12"],
        "Level": ["L5"] * 5,
        "Side": ["left", "right", "left", "right", "left"],
        **columns,
        "Union": ["healed", "none", "healed", "none", "healed"],
    }
    pd.DataFrame(log).to_csv("your_log.csv", index=False)
    return po.load_records("your_log.csv")


STAGES = ["early", "progressive", "early", "early", "progressive"]
FITTED = ["03/04/24", "05/06/24", "02/03/24", "", "07/08/24"]
SCANNED = ["03/07/24", "05/09/24", "02/06/24", "04/05/24", "07/11/24"]
PLAIN_FITTED = ["13/04/24", "15/06/24", "22/03/24", "14/02/24", "17/08/24"]
PLAIN_SCANNED = ["13/07/24", "15/09/24", "22/06/24", "14/05/24", "17/11/24"]


def fit_all_united() -> object:
    cohort = po.simulate_cohort(
        60,
        seed=3,
        union_fraction={"pre_lysis": 1.0, "early": 0.8, "progressive": 0.4, "terminal": 0.0},
    )
    return po.fit_union_logistic(cohort, ["stage"], method="gee")


def mistakes_of(page: str, server: project.Server) -> list[Callable[[], object]]:
    """Return the mistakes of which a page shows the message, in any order."""
    many = "clinik: Us\nauthors: Dr A\nn_referred: many\nlogo: x.png\n"
    comment = "comments:\n  no_such_section: hello\n"
    counts = {"early": (20, 29)}
    return {
        "redcap": [
            lambda: po.load_redcap("redcap_raw.csv"),
            lambda: po.load_redcap("https://redcap.example.org/api/"),
            lambda: po.load_redcap("http://redcap.example.org/api/"),
            lambda: po.load_redcap(server.url, token="0" * 32),
        ],
        "encrypted_workbook": [
            lambda: po.load_records("clinic_protected.xlsx"),
            lambda: po.load_records("clinic_protected.xlsx", password="wrong"),
            lambda: po.load_records("clinic_log.xlsx", password="wrong"),
        ],
        "trust_template": [
            report_with(template=template_saying("A made-up trust")),
            report_with(template=template_saying("Here: [[REPORT]]")),
            report_with(config=file_saying("many.yaml", many)),
            report_with(config=file_saying("comment.yaml", comment)),
        ],
        "next_years_report": [
            report_with(previous="no_such_folder"),
            load_without_stage,
            report_with(year=2020),
        ],
        "add_a_published_paper": [
            load_unsound_papers,
            lambda: po.load_baselines(extra="none.csv"),
            lambda: po.load_reference(
                counts, series="x", n_patients=29, n_defects=40, unit="patient", outcome="union"
            ),
        ],
        "multi_site": [
            lambda: po.plot_funnel(
                po.monitor_union(
                    po.load_records("sites"), reference="european", by="site", run_length=20
                )
            )
        ],
        "your_own_file": [
            lambda: load_log(Stage=STAGES, Fitted=FITTED, **{"Scan 1 date": SCANNED}),
            lambda: load_log(Group=STAGES, Fitted=PLAIN_FITTED, **{"Scan 1 date": PLAIN_SCANNED}),
        ],
        "a_stage_where_all_united": [fit_all_united],
        "months_worn": [lambda: po.compare_union_rates(load_clinic(), "prescribed_months")],
    }.get(page, [])


@page_name
def test_each_message_on_a_page_is_one_that_comes(
    page: Path, setting: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARSOUTCOMES_PASSWORD", raising=False)
    made = {message_of(action).strip() for action in mistakes_of(page.stem, setting.server)}
    assert {message.strip() for message in messages_of(page)} == made


@pytest.mark.parametrize("name", list(trap_figures.FIGURES))
def test_the_numbers_of_a_trap_are_what_the_package_gives(name: str) -> None:
    text = (DOCS / "explanation" / f"{name}.md").read_text(encoding="utf-8")
    assert [quote for quote in trap_figures.list_quotes(name) if quote not in text] == []


def test_the_ordinary_regression_neither_warns_nor_fails() -> None:
    assert trap_figures.measure_separation().n_warnings == 0
    assert trap_figures.measure_separation().has_converged


def test_each_trap_has_its_figure_with_words_for_those_who_cannot_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trap_figures, "DOTS_PER_INCH", 30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trap_figures.draw_all(tmp_path / "figures")
    drawn = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert drawn == {page.stem for page in EXPLANATION} == set(trap_figures.FIGURES)
    for page in EXPLANATION:
        (shown,) = re.findall(r"!\[(.*?)\]\(figures/(.*?)\.png\)", page.read_text("utf-8"), re.S)
        assert shown[1] == page.stem
        assert len(shown[0]) > 150
        assert "*The figure " in page.read_text("utf-8")


def test_the_figures_are_the_same_each_time(tmp_path: Path) -> None:
    for run in ("one", "two"):
        trap_figures.draw_one(tmp_path / f"{run}.png", "raw_rates", dots_per_inch=30)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert Path(tmp_path / "one.png").stat().st_size > 1000
