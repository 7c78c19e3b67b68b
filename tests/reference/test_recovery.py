"""Means, log-log limits and exact rates against other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from scipy.stats import ttest_rel
from statsmodels.stats.rates import confint_poisson
from statsmodels.stats.weightstats import DescrStatsW

from parsoutcomes.stats.log_log import log_log_limits
from parsoutcomes.stats.means import mean_interval
from parsoutcomes.stats.standardised import observed_over_expected

BEFORE = np.array([8.0, 7, 6, 9, 5, 10, 4, 8])
AFTER = np.array([2.0, 3, 1, 5, 5, 2, 4, 1])


@pytest.mark.parametrize("conf_level", [0.8, 0.95, 0.99])
def test_change_agrees_with_scipy_and_statsmodels(conf_level):
    ours = mean_interval(AFTER - BEFORE, conf_level=conf_level)
    theirs = ttest_rel(AFTER, BEFORE).confidence_interval(conf_level)
    assert (ours.conf_low, ours.conf_high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    again = DescrStatsW(AFTER - BEFORE).tconfint_mean(alpha=1 - conf_level)
    assert (ours.conf_low, ours.conf_high) == pytest.approx(again, abs=1e-12)


def test_log_log_limits_agree_with_lifelines():
    days = [3, 5, 5, 8, 12, 13, 20, 21, 30, 31]
    observed = [1, 1, 0, 1, 0, 1, 1, 0, 1, 0]
    fit = KaplanMeierFitter().fit(days, observed)
    survival = fit.survival_function_["KM_estimate"].to_numpy()
    table = fit.event_table
    at_risk, events = table["at_risk"].to_numpy(float), table["observed"].to_numpy(float)
    greenwood = survival * np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
    low, high = log_log_limits(1 - survival, greenwood)
    theirs = fit.confidence_interval_.to_numpy()
    told = ~np.isnan(low)
    assert told.sum() == 9
    assert 1 - high[told] == pytest.approx(theirs[told, 0], abs=1e-10)
    assert 1 - low[told] == pytest.approx(theirs[told, 1], abs=1e-10)


@pytest.mark.parametrize("n_events", [0, 1, 9])
def test_rate_per_100_brace_months_agrees_with_statsmodels(n_events):
    ours = observed_over_expected(n_events, 1.73)
    low, high = confint_poisson(n_events, 1.73, method="exact-c")
    assert ours.conf_high == pytest.approx(high, abs=1e-9)
    assert ours.conf_low == pytest.approx(low if n_events else 0.0, abs=1e-9)
