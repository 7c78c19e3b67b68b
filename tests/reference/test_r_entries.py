"""Each number R gave for times to union or ratios is tested, or listed with the reason why not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

R = Path(__file__).parent / "r"

OTHER_LIMITS = "limits on a scale that the package does not offer: log-log for the familiar curve"
NO_SUCH_MODEL = "regression and tests on sub-distributions: union is compared by its own curves"
TOO_WIDE = "R multiplies this error by survival once too often (README of the set, quirk 1)"
ON_ONE = "limits of the robust error: ours are Wilson's on the effective n, tested by coverage"
APPROXIMATE = "approximate limits, where the exact and the mid-P ones are given"
ROUGH_ROOT = "the same exact limits from a root finder that stops at two to four digits"
NO_TEST = "a test, where an interval is given"
A_RATE = "a rate per person by the standard's ages, which nothing here estimates"
OF_R = "how well R's own search ended"

NOT_TESTED = {
    "01_km": {
        r".*/(lower|upper)_(log|plain)": OTHER_LIMITS,
        r"diabetic_all_eyes/robust/(lower|upper)_loglog": ON_ONE,
    },
    "02_npmle": {
        r".*/max_gradient": OF_R,
        r".*/survfit_turnbull/(std_err|lower_loglog|upper_loglog)": TOO_WIDE,
    },
    "03_interval_aft": {},
    "04_aj_finegray": {
        r".*/pcm_(lower|upper)_(loglog|log|plain)": OTHER_LIMITS,
        r"(gray_test|fine_gray|cause_specific_cox_pcm_efron)/.*": NO_SUCH_MODEL,
    },
    "11_smr": {
        r"us_white_male.*/exact/exact_epitools": ROUGH_ROOT,
        r"us_white_male.*/exact/byar_epitools": APPROXIMATE,
        r"us_white_male.*/exact/exact_p_two_sided": NO_TEST,
        r"us_white_male.*/sir/(lci|uci)": APPROXIMATE,
        r"us_white_male.*/rate/.*": A_RATE,
    },
    "12_cure": {r".*/max_abs_grad": OF_R},
}
TESTED = {
    "01_km": (
        r"(lung|diabetic)/km/.*/(time|n_risk|surv|std_err|lower_loglog|upper_loglog)",
        r"(lung|diabetic)/median_loglog/.*/(records|events|median|0.95LCL|0.95UCL)",
        r"(lung|diabetic)/logrank_chisq",
        r"lung/(n_curve|sum_surv)",
        r"diabetic_all_eyes/km_naive/all/(time|n_risk|surv|std_err|lower_loglog|upper_loglog)",
        r"diabetic_all_eyes/robust/(time|surv|std_err)",
    ),
    "02_npmle": (
        r"(RT|RCT|pooled)/(n|loglik_npsurv|loglik_em|left|right|mass|S_time|S|profile_ci)",
        r"(RT|RCT|pooled)/survfit_turnbull/(time|surv)",
        r"bootstrap_percentile/(RT|RCT)/(time|B|se|q025|q975)",
    ),
    "03_interval_aft": (
        r".*/coef/.*",
        r".*/(scale|loglik|loglik_null|par_order|vcov|se|se_cluster_robust|vcov_cluster_robust)",
        r".*/(quantile_25_50_75_treat0_treat1|quantile_se)",
    ),
    "04_aj_finegray": (
        r"aalen_johansen/by_male/.*/(time|cif_pcm|cif_death|se_pcm|se_death)",
        r"cuminc/(curves|time|est|var)",
    ),
    "11_smr": (
        r"small",
        r"us_white_male.*/(count|pop|std_count|std_pop)",
        r"us_white_male.*/sir/(observed|exp|sir)",
        r"us_white_male.*/exact/(observed|expected|smr|exact|mid_p)",
        r"poisson_binomial/(p|observed|expected|pmf|p_le|p_ge)",
    ),
    "12_cure": (r".*/(par_order|par|se|loglik|loglik_weibull_no_cure)",),
}
ABOUT_THE_FILE = r"(.*/)?(file|md5|call|note|convention|event_codes)|meta/.*"


def paths(answers, above=""):
    for key, value in answers.items():
        if isinstance(value, dict):
            yield from paths(value, f"{above}{key}/")
        else:
            yield f"{above}{key}"


@pytest.mark.parametrize("name", sorted(TESTED))
def test_no_entry_is_passed_over_in_silence(name):
    answers = json.loads((R / f"{name}.json").read_text(encoding="utf-8"))
    known = (*TESTED[name], *NOT_TESTED[name], ABOUT_THE_FILE)
    passed_over = [
        path for path in paths(answers) if not any(re.fullmatch(one, path) for one in known)
    ]
    assert passed_over == []


@pytest.mark.parametrize("name", sorted(TESTED))
def test_every_line_of_the_list_names_an_entry(name):
    every = list(paths(json.loads((R / f"{name}.json").read_text(encoding="utf-8"))))
    for pattern in (*TESTED[name], *NOT_TESTED[name]):
        assert any(re.fullmatch(pattern, path) for path in every), pattern
