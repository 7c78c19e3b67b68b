"""The commands: demo, map, check, report, simulate, baselines, notebooks."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

import click

from parsoutcomes import __version__
from parsoutcomes.cli.account_view import MAPPING_COLUMNS, describe_mapping, show_account
from parsoutcomes.cli.display import report_progress, show_lines, show_path, show_table
from parsoutcomes.cli.evidence import (
    EVIDENCE_WIDTH,
    POOL_COLUMNS,
    RATE_COLUMNS,
    list_conflicts,
    list_papers,
)
from parsoutcomes.cli.notebooks import notebooks
from parsoutcomes.conventions import MIN_RESAMPLES, N_RESAMPLES, SEED

if TYPE_CHECKING:
    from parsoutcomes.cohort.cohort import Cohort
    from parsoutcomes.conventions import DateOrder, DocumentFormat
    from parsoutcomes.results.baselines import Baselines

_DATE_ORDERS: Final = ("day_first", "month_first")


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="parsoutcomes", message="%(prog)s %(version)s")
@click.pass_context
def commands(context: click.Context) -> None:
    """Union of pars fractures after brace treatment: from clinic records to an annual report.

    Start with "parsoutcomes demo", which needs no data. Then "parsoutcomes check" tells how your
    own file was understood, and "parsoutcomes report" writes the report of a year.

    Nothing leaves this computer. Identifiers such as NHS number, name and date of birth are
    dropped on reading, and no command prints what stands in a patient's cell.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


commands.add_command(notebooks)


def _password_option() -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Ask for a password unseen; none is taken from the command line, where others can read it."""
    return click.option(
        "--ask-password",
        "password",
        is_flag=True,
        callback=_prompt_password,
        help="Ask, unseen, for the password of a protected workbook. Without it the environment "
        "variable PARSOUTCOMES_PASSWORD is used.",
    )


def _prompt_password(context: click.Context, option: click.Parameter, asked: bool) -> str | None:
    return str(click.prompt("Password", hide_input=True, err=True)) if asked else None


def _source_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--data-lock",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="YYYY-MM-DD",
            help="Day on which follow-up ends for everybody. Default: latest date in the file.",
        ),
        click.option(
            "--date-order",
            type=click.Choice(_DATE_ORDERS),
            help="How dates such as 03/04/25 are meant, when the file itself does not prove it.",
        ),
        _password_option(),
        click.option(
            "--mapping",
            metavar="FILE",
            help='Mapping of columns, as "parsoutcomes map" writes it and you corrected it.',
        ),
    ):
        command = option(command)
    return click.argument("source", metavar="SOURCE")(command)


def _report_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--seed", default=SEED, show_default=True, help="Start of random numbers."),
        click.option(
            "--n-resamples",
            default=N_RESAMPLES,
            show_default=True,
            type=click.IntRange(min=MIN_RESAMPLES),
            help="Resamples behind the intervals; fewer is quicker and rougher.",
        ),
        click.option(
            "--formats",
            default="html,pdf,docx,pptx",
            show_default=True,
            help="Documents to make, with commas between them.",
        ),
    ):
        command = option(command)
    return command


@commands.command()
@click.option(
    "--out", default="reports/demo", show_default=True, help="Folder for the report; made if new."
)
@_report_options
def demo(out: str, formats: str, n_resamples: int, seed: int) -> None:
    """Report on a made-up clinic that comes with the package.

    72 simulated patients in a workbook kept the untidy way real ones are; no real person.
    """
    from parsoutcomes.synthetic.demo import DEMO_YEAR, demo_workbook

    cohort = _load(str(demo_workbook()), None, None, None, None)
    show_lines("A simulated clinic; no real person is in it.", repr(cohort))
    _build(cohort, out, year=DEMO_YEAR, formats=formats, n_resamples=n_resamples, seed=seed)


@commands.command("map")
@click.argument("source", metavar="SOURCE")
@click.option("--out", metavar="FILE", help="YAML file to write; correct it, and use it again.")
@click.option("--mapping", metavar="FILE", help="What is decided already, such as last year's.")
@_password_option()
def map_columns(*, source: str, out: str | None, mapping: str | None, password: str | None) -> None:
    """Tell what each column of a file is taken for, and how sure that is.

    With --out the mapping is written to a file that you can correct in any text editor and give
    to check and report with --mapping, this year and next.
    """
    from parsoutcomes.loaders.mapping_proposal import propose_mapping

    proposed = propose_mapping(source, mapping=mapping, password=password)
    show_lines(proposed.finding)
    show_table("Columns", describe_mapping(proposed), MAPPING_COLUMNS, when_empty="none")
    if out is not None:
        show_lines("")
        show_path(proposed.write(out), before="Mapping to correct: ")


@commands.command()
@_source_options
@click.option("--all", "show_all", is_flag=True, help="List every row number, however many.")
@click.option("--out", help="Folder for intake.html and intake.xlsx, which list what to correct.")
def check(
    *,
    source: str,
    mapping: str | None,
    password: str | None,
    date_order: str | None,
    data_lock: datetime.datetime | None,
    show_all: bool,
    out: str | None,
) -> None:
    """Tell how a file was understood and what to correct.

    SOURCE is a workbook (.xlsx) or a text file (.csv). Nothing is changed. Rows and columns are
    named by number and header only; what stands in a patient's cell is never printed.
    """
    cohort = _load(source, mapping, password, date_order, data_lock)
    show_lines(cohort.intake.finding, repr(cohort))
    show_account(cohort.intake, show_all=show_all)
    if out is not None:
        from parsoutcomes.loaders.intake_files import write_intake

        files = write_intake(cohort, out)
        show_lines("")
        show_path(files.page, before="To read: ")
        show_path(files.workbook, before="To tick off: ")


@commands.command()
@_source_options
@click.option(
    "--year",
    type=click.IntRange(1990, 2100),
    required=True,
    help="Everyone fitted by 31 December of this year, and this year alone beside them.",
)
@click.option("--out", required=True, help="Folder for the report; made if new.")
@click.option(
    "--audience",
    type=click.Choice(["internal", "publishable"]),
    default="internal",
    show_default=True,
    help="Who will read it.",
)
@click.option(
    "--previous",
    type=click.Path(exists=True, file_okay=False),
    help="Folder of last year's report: what changed, or what the two together would give away.",
)
@click.option("--config", metavar="FILE", help="report.yaml: title, clinic, logo, comments ...")
@click.option("--template", metavar="FILE", help="Word document with a paragraph [[REPORT]].")
@_report_options
def report(
    *,
    source: str,
    mapping: str | None,
    password: str | None,
    date_order: str | None,
    data_lock: datetime.datetime | None,
    year: int,
    out: str,
    audience: str,
    previous: str | None,
    config: str | None,
    template: str | None,
    formats: str,
    n_resamples: int,
    seed: int,
) -> None:
    """Write the annual report of a file of records.

    SOURCE is a workbook (.xlsx) or a text file (.csv); "parsoutcomes check SOURCE" first tells
    how it is understood. The report is a web page, a PDF, a Word document and slides; figures and
    every number stand beside them.
    """
    cohort = _load(source, mapping, password, date_order, data_lock)
    show_lines(cohort.intake.finding, repr(cohort))
    _build(
        cohort,
        out,
        year=year,
        audience=audience,
        previous=previous,
        config=config,
        template=template,
        formats=formats,
        n_resamples=n_resamples,
        seed=seed,
    )


@commands.command()
@click.option(
    "--patients",
    "n_patients",
    type=click.IntRange(min=1),
    required=True,
    help="How many patients to draw.",
)
@click.option("--seed", type=int, required=True, help="The same seed gives the same files.")
@click.option("--out", required=True, help="Folder for the files; made if new.")
def simulate(n_patients: int, seed: int, out: str) -> None:
    """Draw made-up patients whose truth is known.

    Writes CSV files, for teaching and for trying the report out: scans_long.csv among them can
    be given to "parsoutcomes check" and "parsoutcomes report".
    """
    from parsoutcomes.synthetic.files import write_cohort
    from parsoutcomes.synthetic.simulate import simulate_cohort

    cohort = simulate_cohort(n_patients, seed=seed)
    show_lines(repr(cohort))
    for path in write_cohort(cohort, out):
        show_path(path)


def _baseline_options(command: Callable[..., None]) -> Callable[..., None]:
    for name, text in (
        ("--count-basis", "Only counts stated, derived, or percent_only."),
        ("--study-id", "Only this paper, such as virkki2020."),
        ("--cohort-group", "Only papers that share these patients, such as mito."),
        ("--brace", 'Only this brace as printed, such as "Boston TLSO".'),
        ("--stir", "Only with the signal on MRI present, absent, or any (not broken down)."),
        ("--level", "Only this vertebra: L3, L4, L5, non-L5, or any."),
        ("--contralateral-stage", "Only with the opposite pars in this stage."),
        ("--laterality", "Only unilateral, bilateral, or any (not broken down)."),
        ("--stage", 'Only this stage; "any" = not broken down by stage.'),
        ("--unit", "Only rates per defect (pars), patient or vertebra."),
        ("--outcome", "Only this outcome: union, partial_or_better, clinical_success..."),
    ):
        command = click.option(name, multiple=True, help=text)(command)
    return command


@commands.command()
@_baseline_options
@click.option("--extra", metavar="FILE", help="CSV file of published rates of your own, checked.")
@click.option("--pool", is_flag=True, help="Pool them; of one outcome and one unit only.")
@click.option(
    "--template", metavar="FILE", help="Write an empty CSV file for your own rates, and stop."
)
def baselines(
    *, extra: str | None, pool: bool, template: str | None, **chosen: tuple[str, ...]
) -> None:
    """List the published rates of union.

    They run from 28 % to 95 % because stages, imaging and units differ: read them by stage, and
    let the report compare like with like. A choice may be given several times.
    """
    from parsoutcomes.baselines.columns import write_baseline_template
    from parsoutcomes.baselines.published import load_baselines

    if template is not None:
        show_path(write_baseline_template(template), before="One row per published number: ")
        return
    found = load_baselines(**chosen, extra=extra)
    if pool:
        _show_pools(found)
        return
    rates = found.display_frame()
    show_lines(found.title, found.finding)
    show_table("Rates", rates, RATE_COLUMNS, when_empty="none", plain_width=EVIDENCE_WIDTH)
    show_lines(
        "% as printed in the paper; where no count stands, the paper gives a percentage only.",
        "Papers with one name under Patients of share patients.",
        "",
        "Papers",
        *list_papers(found),
    )
    conflicts = list_conflicts(found)
    if conflicts:
        show_lines("", "What the papers contradict", *conflicts)


def _show_pools(found: Baselines) -> None:
    from parsoutcomes.baselines.pooling import pool_baselines

    pooled = pool_baselines(found)
    show_lines(pooled.title, pooled.finding)
    show_table(
        "Strata",
        pooled.display_frame(),
        POOL_COLUMNS,
        when_empty="none",
        plain_width=EVIDENCE_WIDTH,
    )
    show_lines(*(f"{heading}: {'; '.join(lines)}" for heading, lines in pooled.notes()))


def _load(
    source: str,
    mapping: str | None,
    password: str | None,
    date_order: str | None,
    data_lock: datetime.datetime | None,
) -> Cohort:
    from parsoutcomes.loaders.load import load_records

    lock = None if data_lock is None else data_lock.date().isoformat()
    return load_records(
        source,
        mapping=mapping,
        password=password,
        date_order=cast("DateOrder | None", date_order),
        data_lock=lock,
    )


def _build(
    cohort: Cohort,
    out: str,
    *,
    year: int,
    n_resamples: int,
    seed: int,
    audience: str = "internal",
    previous: str | None = None,
    config: str | None = None,
    template: str | None = None,
    formats: str,
) -> None:
    from parsoutcomes.report.builder import build_report

    named = tuple(part.strip() for part in formats.split(",") if part.strip())
    with report_progress() as progress:
        files = build_report(
            cohort,
            out,
            year=year,
            audience=cast('Literal["internal", "publishable"]', audience),
            n_resamples=n_resamples,
            seed=seed,
            previous=previous,
            config=config,
            template=template,
            formats=cast("tuple[DocumentFormat, ...]", named),
            progress=progress,
        )
    if audience == "publishable":
        log = Path(out).with_name(f"{Path(out).name}-withheld.csv")
        show_path(log, before="What was withheld (internal, not for publication): ")
    for path in files.documents:
        show_path(path, before="The report is in ")
    show_lines("The web page (report.html) opens in any browser.")
