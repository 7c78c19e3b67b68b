"""Reference 09: pooled proportions, R metafor 3.8 on pritz1997; each entry tested or listed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from parsoutcomes.stats.pooling import log_odds, pool_proportions

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "09_meta.json").read_text(encoding="utf-8"))
PRITZ = ANSWERS["pritz"]
STUDIES = pd.read_csv(R / "data" / "pritz1997.csv")

OTHER_SCALE = "arcsine scales (Freeman-Tukey and plain): the package pools on log odds alone"
OTHER_ESTIMATOR = "the package offers REML with Hartung-Knapp, not this estimator or these limits"
OTHER_NODES = "the package pools with 25 nodes; 7 nodes are compared for the kernel itself"
NO_SUCH_ANALYSIS = "not offered: regression, shrunken studies, funnel asymmetry on few studies"
RUNS_OFF = "R's log odds of studies with all events are where its iterations stopped"
NOT_GIVEN = "no standard error of tau2 is given: its Q-profile limits are"
NOT_TESTED = {
    r"pritz/(PFT|PAS)/.*": OTHER_SCALE,
    r"pritz/PLO/(REML_z|ML_z|DL_z|DL_knha|PM_z|EE_z)/.*": OTHER_ESTIMATOR,
    r"pritz/PLO/REML_knha/(zval|pval)": "a test of log odds 0, that is of 50 %, answers nothing",
    r"pritz/PLO/REML_knha/se_tau2": NOT_GIVEN,
    r"pritz/glmm/(z_nAGQ7|t_nAGQ7|z_nAGQ1)/.*": OTHER_NODES,
    r"pritz/glmm/z_nAGQ25/Q_Wld": RUNS_OFF,
    r"pritz/fixed_pooled/clopper_pearson": "limits as if all were one study",
    r"pritz/(blup_PLO_REML|egger)/.*": NO_SUCH_ANALYSIS,
    r"debruin_metaregression/.*": NO_SUCH_ANALYSIS,
}
TESTED = (
    r"pritz/PLO/(yi|vi)",
    r"pritz/PLO/REML_knha/(k|beta|se|ci_lb|ci_ub|tau2|I2|H2|Q|Qp)",
    r"pritz/PLO/REML_knha/predict_(model_scale|proportion)/(pred|ci_lb|ci_ub|pi_lb|pi_ub)",
    r"pritz/PLO/REML_Qprofile_CI/(tau2|I2)",
    r"pritz/glmm/z_nAGQ25/(beta|se|ci_lb|ci_ub|tau2|I2|H2|Q_LRT)",
    r"pritz/glmm/z_nAGQ25/proportion/(pred|ci_lb|ci_ub|pi_lb|pi_ub)",
    r"pritz/leave1out_PLO_REML_knha/(estimate|ci_lb|ci_ub|tau2)",
    r"pritz/fixed_pooled/(sum_x|sum_n)",
)
ABOUT_THE_FILE = r"(.*/)?(file|md5|formula|continuity)|meta/.*"


def pool(method, left_out=()):
    kept = STUDIES.drop(index=list(left_out))
    return pool_proportions(kept["xi"], kept["ni"], method=method)


def ends(pooled):
    """As R names them, on the scale of proportions."""
    names = ("estimate", "conf_low", "conf_high", "predict_low", "predict_high")
    return [getattr(pooled, name) for name in names]


def in_r(answers):
    return [answers[name] for name in ("pred", "ci_lb", "ci_ub", "pi_lb", "pi_ub")]


def paths(answers, above=""):
    for key, value in answers.items():
        if isinstance(value, dict):
            yield from paths(value, f"{above}{key}/")
        else:
            yield f"{above}{key}"


def test_log_odds_and_their_variances():
    effects, variances = log_odds(*STUDIES[["xi", "ni"]].to_numpy(dtype=float).T)
    assert effects == pytest.approx(PRITZ["PLO"]["yi"], abs=1e-9)
    assert variances == pytest.approx(PRITZ["PLO"]["vi"], abs=1e-9)


def test_reml_with_hartung_knapp():
    pooled, theirs = pool("reml_hk"), PRITZ["PLO"]["REML_knha"]
    assert pooled.n_studies == theirs["k"]
    assert pooled.logit == pytest.approx(theirs["beta"], abs=1e-8)
    assert pooled.standard_error == pytest.approx(theirs["se"], abs=1e-8)
    assert pooled.tau2 == pytest.approx(theirs["tau2"], abs=1e-8)
    assert 100 * pooled.i2 == pytest.approx(theirs["I2"], abs=1e-5)
    assert 1 / (1 - pooled.i2) == pytest.approx(theirs["H2"], abs=1e-6)
    assert pooled.q == pytest.approx(theirs["Q"], abs=1e-8)
    assert pooled.q_p_value == pytest.approx(theirs["Qp"], abs=1e-8)
    assert ends(pooled) == pytest.approx(in_r(theirs["predict_proportion"]), abs=1e-8)
    assert logit(ends(pooled)) == pytest.approx(in_r(theirs["predict_model_scale"]), abs=1e-8)
    assert logit(ends(pooled)[1:3]) == pytest.approx([theirs["ci_lb"], theirs["ci_ub"]], abs=1e-8)


def test_limits_of_the_variance_between_studies():
    pooled, theirs = pool("reml_hk"), PRITZ["PLO"]["REML_Qprofile_CI"]
    tau2 = np.array([pooled.tau2, pooled.tau2_low, pooled.tau2_high])
    typical = pooled.tau2 * (1 - pooled.i2) / pooled.i2
    assert tau2 == pytest.approx(theirs["tau2"], abs=1e-8)
    assert 100 * tau2 / (tau2 + typical) == pytest.approx(theirs["I2"], abs=1e-6)


def test_binomial_normal_model_with_25_nodes():
    pooled, theirs = pool("glmm"), PRITZ["glmm"]["z_nAGQ25"]
    assert pooled.logit == pytest.approx(theirs["beta"], abs=1e-4)
    assert pooled.standard_error == pytest.approx(theirs["se"], abs=1e-4)
    assert pooled.tau2 == pytest.approx(theirs["tau2"], abs=1e-4)
    assert pooled.i2 == pytest.approx(theirs["I2"] / 100, abs=1e-4)
    assert 1 / (1 - pooled.i2) == pytest.approx(theirs["H2"], abs=1e-4)
    assert pooled.q == pytest.approx(theirs["Q_LRT"], abs=1e-8)
    assert ends(pooled) == pytest.approx(in_r(theirs["proportion"]), abs=1e-4)
    assert logit(ends(pooled)[1:3]) == pytest.approx([theirs["ci_lb"], theirs["ci_ub"]], abs=1e-4)


@pytest.mark.parametrize("study", range(14))
def test_each_study_left_out(study):
    pooled, theirs = pool("reml_hk", [study]), PRITZ["leave1out_PLO_REML_knha"]
    assert pooled.logit == pytest.approx(theirs["estimate"][study], abs=1e-8)
    assert pooled.tau2 == pytest.approx(theirs["tau2"][study], abs=1e-8)
    limits = [theirs["ci_lb"][study], theirs["ci_ub"][study]]
    assert logit([pooled.conf_low, pooled.conf_high]) == pytest.approx(limits, abs=1e-8)


def test_sums():
    pooled = pool("glmm")
    assert [pooled.n_events, pooled.n] == list(PRITZ["fixed_pooled"].values())[:2]


def test_six_studies_of_which_one_has_nobody_and_one_everybody():
    """The known answer of both methods."""
    united, treated = [10, 0, 20, 15, 33, 5], [12, 8, 20, 30, 40, 9]
    model = pool_proportions(united, treated)
    assert ends(model)[:3] == pytest.approx([0.6884, 0.2445, 0.9378], abs=5e-5)
    assert model.tau2 == pytest.approx(4.914, abs=5e-4)
    variance = pool_proportions(united, treated, method="reml_hk")
    assert variance.estimate == pytest.approx(0.679, abs=5e-4)
    assert variance.tau2 == pytest.approx(1.694, abs=5e-4)


def test_no_entry_is_passed_over_in_silence():
    known = (*TESTED, *NOT_TESTED, ABOUT_THE_FILE)
    every = list(paths(ANSWERS))
    assert [path for path in every if not any(re.fullmatch(one, path) for one in known)] == []
    unused = [one for one in known[:-1] if not any(re.fullmatch(one, path) for path in every)]
    assert unused == []
