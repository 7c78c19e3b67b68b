"""Figures of brace exposure: nothing off the page, no key on it, the warning beside the dose."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from figure_checks import assert_all_inside, texts_of

from parsoutcomes.errors import EstimationError
from parsoutcomes.figures.adherence import adherence_size, plot_adherence
from parsoutcomes.figures.exposure import exposure_size, plot_exposure
from parsoutcomes.figures.style import detached_axes
from parsoutcomes.figures.wear_dose import plot_wear_dose, wear_dose_size
from parsoutcomes.models.exposure import describe_exposure
from parsoutcomes.models.wear_dose import describe_wear_dose
from parsoutcomes.report.figures_exposure import show_adherence, show_exposure, show_wear_dose

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from brace_clinic import draw_brace_clinic

CLINIC = draw_brace_clinic(60)


@pytest.fixture(scope="module")
def exposure():
    return describe_exposure(CLINIC)


@pytest.fixture(scope="module")
def dose():
    return describe_wear_dose(CLINIC)


def drawn(plot, size, result):
    return plot(result, ax=detached_axes(size(result)))


def test_bars_are_all_on_the_page_and_name_nobody(exposure):
    ax = drawn(plot_exposure, exposure_size, exposure)
    assert_all_inside(ax)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    said = " ".join([*texts_of(ax), *legend])
    assert "SECRET" not in said
    assert "3 months\nprescribed\n(30)" in said
    assert {"in brace", "beyond the prescription", "gap", "removal not seen"} <= set(legend)
    box = ax.get_legend().get_window_extent()
    assert box.x0 >= 0
    assert box.y0 >= 0


def test_each_worn_period_is_a_bar_as_long_as_it_was(exposure):
    ax = drawn(plot_exposure, exposure_size, exposure)
    worn = exposure.to_frame().query("period != 'gap'")
    assert len(ax.patches) == len(worn)
    months = (worn["stop_days"] - worn["start_days"]).sum() / 30.4375
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(months)


@pytest.mark.parametrize("n_patients", [1, 250])
def test_one_course_and_many_fit(n_patients):
    result = describe_exposure(draw_brace_clinic(n_patients))
    ax = drawn(plot_exposure, exposure_size, result)
    assert_all_inside(ax)
    assert ax.figure.get_figheight() < 12


def test_adherence_has_a_line_per_method_and_counts_beneath(exposure):
    ax = drawn(plot_adherence, adherence_size, exposure)
    assert_all_inside(ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Diary", "Sensor"]
    assert "Patients measured" in texts_of(ax)
    assert ax.get_ylim()[1] > 1


def test_no_adherence_is_refused():
    with pytest.raises(EstimationError):
        plot_adherence(describe_exposure(draw_brace_clinic(5, n_sensor=0)))


def test_the_dose_carries_its_warning(dose):
    ax = drawn(plot_wear_dose, wear_dose_size, dose)
    assert_all_inside(ax)
    said = " ".join(texts_of(ax)).replace("\n", " ")
    assert "An association, not an effect of wear." in said
    assert "because they have healed, or because they hurt" in said
    assert "Odds ratio of union per hour more a day" in said


def test_blocks_of_a_report_have_words_and_data_without_keys(exposure, dose):
    blocks = [
        show_exposure(exposure, "exposure"),
        show_adherence(exposure, "exposure"),
        show_wear_dose(dose, "wear-dose"),
    ]
    for block in blocks:
        assert len(block.alt) > 80
        assert block.table.rows
        shown = [block.svg, block.alt, *(frame.to_string() for frame in block.data.values())]
        assert not any("SECRET" in str(one) for one in shown)
