"""Union by year of fitting: what the figure says, and that nothing falls off the page."""

from __future__ import annotations

import pandas as pd
from figure_checks import ABOUT, LOCK, NAN, assert_all_inside, texts_of

from parsoutcomes.figures.style import detached_axes
from parsoutcomes.figures.yearly_rates import plot_yearly_rates, yearly_rates_size
from parsoutcomes.results.yearly_rates import YearlyRates


def rates_of(*rows: tuple[object, ...]) -> YearlyRates:
    names = ("year", "estimate", "conf_low", "conf_high", "n_events", "n_defects", "n_unknown")
    frame = pd.DataFrame(rows, columns=list(names))
    frame = frame.assign(
        conf_level=0.95, n_not_due=0, n_patients=frame["n_defects"], n_targets=20,
        bound_low=0.4, bound_high=0.8,
    )  # fmt: skip
    about = {**ABOUT, "horizon_months": 6.0, "grace_months": 1.0, "data_lock": LOCK}
    return YearlyRates(title="t", finding="f", frame=frame, **about)


def test_each_year_stands_with_its_share_and_its_counts() -> None:
    rates = rates_of(
        ("2023", 0.5, 0.3, 0.7, 10, 20, 2),
        ("2024", NAN, NAN, NAN, 0, 0, 5),
        ("all", 0.5, 0.3, 0.7, 10, 20, 7),
    )
    ax = plot_yearly_rates(rates, ax=detached_axes(yearly_rates_size(rates)))
    told = texts_of(ax)
    assert "50%" in told
    assert "none known" in told
    assert told.count("20") == 1
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2023", "2024"]
    assert_all_inside(ax)


def test_ten_years_fit_on_the_page() -> None:
    years = [(str(2016 + k), 0.6, 0.4, 0.8, 12, 20, 1) for k in range(10)]
    rates = rates_of(*years, ("all", 0.6, 0.5, 0.7, 120, 200, 10))
    assert_all_inside(plot_yearly_rates(rates, ax=detached_axes(yearly_rates_size(rates))))
