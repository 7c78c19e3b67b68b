"""Figures of the robustness checks: what they say, and that nothing falls off the page."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

import parsoutcomes as po
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.figures.definitions import plot_varied_definitions, varied_definitions_size
from parsoutcomes.figures.pooled_imputation import plot_pooled_imputation, pooled_imputation_size
from parsoutcomes.figures.reader_agreement import plot_reader_agreement, reader_agreement_size
from parsoutcomes.figures.style import detached_axes
from parsoutcomes.figures.tipping_point import plot_tipping_point, tipping_point_size
from parsoutcomes.report.figure_files import draw_figure
from parsoutcomes.tables.robustness import (
    tabulate_pooled_imputation,
    tabulate_reader_agreement,
    tabulate_tipping_point,
    tabulate_varied_definitions,
)

SIMULATED = po.simulate_cohort(60, seed=8, attendance=0.7)


def read_twice(other: str | None = None):
    once = SIMULATED.readings
    again = once.assign(reader="B")
    if other:
        again["union_status"] = [
            other if n % 7 == 0 else status for n, status in enumerate(again["union_status"])
        ]
    readings = pd.concat([once.assign(reader="A"), again])
    return build_cohort({**SIMULATED.tables, "readings": readings}, data_lock=SIMULATED.data_lock)


def with_gaps():
    defects = SIMULATED.defects.drop(columns="is_target")
    defects["stage"] = defects["stage"].mask(defects.index % 5 == 0)
    defects["ct_stage"] = defects["ct_stage"].mask(defects["stage"].isna())
    tables = {**SIMULATED.tables, "defects": defects}
    return build_cohort(tables, data_lock=SIMULATED.data_lock)


@pytest.fixture(scope="module")
def figures():
    imputed = po.impute_covariates(with_gaps(), ["stage"], n_imputations=2, seed=1)
    model = po.pool_union_logistic(imputed, ["stage"], n_resamples=40)
    tip = plot_tipping_point, tipping_point_size
    pooled = plot_pooled_imputation, pooled_imputation_size
    agreement = plot_reader_agreement, reader_agreement_size
    return {
        "definitions": (
            plot_varied_definitions,
            varied_definitions_size,
            po.vary_definitions(SIMULATED),
        ),
        "threshold": (*tip, po.find_tipping_point(SIMULATED, threshold=0.5)),
        "reference": (*tip, po.find_tipping_point(SIMULATED, reference=0.7)),
        "two groups": (
            *tip,
            po.find_tipping_point(SIMULATED, by="stage", groups=("early", "progressive")),
        ),
        "nobody lost": (*tip, po.find_tipping_point(po.simulate_cohort(8, seed=2), threshold=0.5)),
        "pooled rates": (*pooled, po.pool_union_rates(imputed)),
        "pooled model": (*pooled, model),
        "readers": (*agreement, po.measure_reader_agreement(read_twice("partial"))),
        "readers alike": (*agreement, po.measure_reader_agreement(read_twice())),
    }


NAMES = (
    "definitions",
    "threshold",
    "reference",
    "two groups",
    "nobody lost",
    "pooled rates",
    "pooled model",
    "readers",
    "readers alike",
)


def draw(figures, name: str) -> Axes:
    plot, size, result = figures[name]
    return plot(result, ax=detached_axes(size(result)))


def texts_of(ax: Axes) -> list[str]:
    return [text.get_text().strip() for text in ax.texts if text.get_text().strip()]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_outside_the_figure(figures, name: str) -> None:
    ax = draw(figures, name)
    ax.figure.set_dpi(300)  # as figures are written
    FigureCanvasAgg(ax.figure).draw()
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    shown = [*ax.texts, ax.xaxis.label, ax.yaxis.label]
    for text in shown:
        if not text.get_text():
            continue
        box = text.get_window_extent()
        assert box.x0 >= -1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()


@pytest.mark.parametrize("name", NAMES)
def test_same_result_same_bytes_whatever_the_settings_of_the_session(figures, name: str) -> None:
    plot, size, result = figures[name]

    def once() -> tuple[str, bytes]:
        return draw_figure(plot, result, size_inches=size(result), caption="c", alt="a")

    first = once()
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "figure.dpi": 50}):
        assert once()[0] == first[0]


def test_the_primary_definition_is_marked_and_each_choice_has_its_rows(figures) -> None:
    shown = texts_of(draw(figures, "definitions"))
    assert any(text.startswith("primary ") for text in shown)
    assert {"What counts as union", "Unit", "per patient", "6 months", "last known"} <= set(shown)
    assert "Imaging" not in shown


def test_one_mark_for_each_way_that_gives_an_estimate(figures) -> None:
    result = figures["definitions"][2]
    points = draw(figures, "definitions").collections
    sizes = [len(one.get_offsets()) for one in points if len(one.get_offsets()) > 1]
    assert int(result.frame["estimate"].notna().sum()) in sizes


def test_the_title_of_a_tipping_point_is_the_sentence_of_the_change(figures) -> None:
    for name in ("threshold", "reference", "two groups"):
        title = " ".join(texts_of(draw(figures, name))).replace("\n", " ")
        assert "of unknown status" in title


def test_where_the_finding_changes_is_shaded_and_named(figures) -> None:
    result = figures["two groups"][2]
    shown = texts_of(draw(figures, "two groups"))
    assert "if like the known" in shown
    if not result.frame["keeps_finding"].all():
        assert "nearest change" in shown


def test_complete_cases_stand_beside_the_pooled_estimate(figures) -> None:
    shown = texts_of(draw(figures, "pooled rates"))
    assert {"gaps filled in", "complete cases", "Early", "Progressive"} <= set(shown)


def test_every_scan_stands_in_one_cell(figures) -> None:
    result = figures["readers"][2]
    cells = [text for text in texts_of(draw(figures, "readers")) if text.isdigit()]
    assert sum(int(cell) for cell in cells) == result.counts["n_scans"].sum()


TABLES = {
    "definitions": tabulate_varied_definitions,
    "threshold": tabulate_tipping_point,
    "two groups": tabulate_tipping_point,
    "pooled rates": tabulate_pooled_imputation,
    "pooled model": tabulate_pooled_imputation,
    "readers": tabulate_reader_agreement,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_a_cell_for_every_head_and_says_no_missing_value(figures, name: str) -> None:
    table = TABLES[name](figures[name][2])
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.heads)}
    assert not {cell for row in table.rows for cell in row} & {"nan", "None", "NaN"}


def test_the_table_of_definitions_names_the_primary_one(figures) -> None:
    rows = tabulate_varied_definitions(figures["definitions"][2]).rows
    assert [row[-1] for row in rows].count("primary") == 1
