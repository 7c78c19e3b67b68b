"""Figures for publication: what is written in them, that it fits, and nothing else drawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from figure_checks import assert_all_inside, texts_of
from matplotlib.axes import Axes

from parsoutcomes.figures.published import (
    plot_published_months,
    plot_published_ratios,
    plot_published_shares,
    published_months_size,
    published_ratios_size,
    published_shares_size,
)
from parsoutcomes.figures.style import detached_axes
from parsoutcomes.results.published import PublishedShare, PublishedShares

GIVEN = PublishedShare(
    id="a",
    label="by 6 months",
    whole="45",
    text="67% (48% to 81%)",
    estimate=67,
    conf_low=48,
    conf_high=81,
)
WITHHELD = PublishedShare(id="b", label="by 9 months", whole="withheld", text="withheld")
BOUND = PublishedShare(id="c", label="by 12 months", whole="45", text="at least 83%")
RATIO = PublishedShare(
    id="d",
    label="Virkki 2020",
    whole="45",
    text="1.14 (0.93 to 1.42)",
    estimate=1.14,
    conf_low=0.93,
    conf_high=1.42,
)


def shares(*some: PublishedShare) -> PublishedShares:
    return PublishedShares(
        title="By 6 months 67% (95% interval 48% to 81%) of 45 target pars united.",
        subtitle="Complete union per pars; counts rounded to fives",
        blocks=(("Everyone", some),),
    )


@pytest.mark.parametrize(
    ("plot", "size", "drawn"),
    [
        (plot_published_shares, published_shares_size, shares(GIVEN, WITHHELD, BOUND)),
        (plot_published_months, published_months_size, shares(GIVEN, WITHHELD, BOUND)),
        (plot_published_ratios, published_ratios_size, shares(RATIO)),
    ],
)
def test_each_share_is_written_and_fits(
    plot: Callable[..., Axes], size: Callable[..., tuple[float, float]], drawn: PublishedShares
) -> None:
    ax = plot(drawn, ax=detached_axes(size(drawn)))
    written = " ".join(texts_of(ax)).replace("\n", " ")
    for share in drawn.shares:
        assert share.text in written
    assert_all_inside(ax)


def test_what_is_withheld_has_no_mark() -> None:
    drawn = shares(WITHHELD, BOUND)
    ax = plot_published_months(drawn, ax=detached_axes(published_months_size(drawn)))
    assert len(ax.lines) == 0


def test_the_scales_have_words_and_no_numbers() -> None:
    drawn = shares(GIVEN)
    for plot, size in (
        (plot_published_shares, published_shares_size),
        (plot_published_ratios, published_ratios_size),
    ):
        ax = plot(drawn, ax=detached_axes(size(drawn)))
        labels = [one.get_text() for one in (*ax.get_xticklabels(), *ax.get_yticklabels())]
        assert not any(character.isdigit() for label in labels for character in label)
