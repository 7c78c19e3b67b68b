"""A raw rate of 78 % from early fractures with a signal on MRI is no better than published.

The clinic of notebooks/06_are_we_better_than_published.ipynb.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import parsoutcomes as po

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "06_are_we_better_than_published.ipynb"
RATIO = "observed_over_expected"


@pytest.fixture(scope="module")
def clinic():
    cell = next(
        c
        for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
        if c["cell_type"] == "code"
    )
    call = next(
        node.value
        for node in ast.parse("".join(cell["source"])).body
        if isinstance(node, ast.Assign)
    )
    assert isinstance(call, ast.Call)
    options = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    return po.simulate_cohort(ast.literal_eval(call.args[0]), **options)


def test_78_per_cent_of_early_mri_positive_lesions_is_not_distinguishable(clinic):
    early_or_before = clinic.defects["stage"].isin(["early", "pre_lysis"]).mean()
    assert early_or_before > 0.8
    assert clinic.defects["stir"].eq("present").mean() > 0.9
    rates = po.estimate_union_rates(clinic, n_resamples=100).frame.set_index("measure")
    assert rates.loc["union_npmle", "estimate"] == pytest.approx(0.78, abs=0.005)
    result = po.compare_with_baselines(clinic)
    assert result.verdict == "not distinguishable"
    assert "could not be told from Virkki 2020 and Tatsumura 2022" in result.finding


def test_the_raw_comparison_would_have_claimed_the_opposite(clinic):
    """Against Virkki 2020 the raw interval lies above 1; stage by stage it holds 1."""
    raw = po.compare_unadjusted_with_baselines(clinic).frame
    told = raw[raw["measure"].eq(RATIO)].set_index("series").loc["Virkki 2020"]
    assert told["conf_low"] > 1.2
    fair = po.compare_with_baselines(clinic, reference="european").frame
    told = fair[fair["measure"].eq(RATIO) & fair["role"].eq("verdict")].iloc[0]
    assert told["conf_low"] < 1 < told["conf_high"]


def test_the_report_never_sets_raw_rates_side_by_side():
    for path in (ROOT / "parsoutcomes" / "report").rglob("*.py"):
        assert "unadjusted" not in path.read_text(encoding="utf-8"), path.name
