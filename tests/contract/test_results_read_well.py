"""Every result says its verdict first, shows a tidy table and its caveats, and fits a terminal."""

from __future__ import annotations

import html
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.conventions import TERMINAL_COLUMNS
from parsoutcomes.results.base import Result

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from brace_clinic import draw_brace_clinic

COHORT = po.simulate_cohort(60, seed=1)
FEW: dict[str, Any] = {"n_resamples": 40}
STEPS: dict[str, Callable[[], Any]] = {
    "describe_cohort": lambda: po.describe_cohort(COHORT),
    "count_flow": lambda: po.count_flow(COHORT),
    "check_completeness": lambda: po.check_completeness(COHORT),
    "estimate_union_rates": lambda: po.estimate_union_rates(COHORT, unit="both"),
    "compare_union_rates": lambda: po.compare_union_rates(COHORT, "laterality", **FEW),
    "estimate_time_to_union": lambda: po.estimate_time_to_union(COHORT, **FEW),
    "compare_time_to_union": lambda: po.compare_time_to_union(COHORT, "laterality", **FEW),
    "estimate_competing_risks": lambda: po.estimate_competing_risks(COHORT, **FEW),
    "estimate_kaplan_meier": lambda: po.estimate_kaplan_meier(COHORT),
    "fit_union_aft": lambda: po.fit_union_aft(COHORT, ["stage"]),
    "fit_union_cure": lambda: po.fit_union_cure(COHORT),
    "compare_brace_durations": lambda: po.compare_brace_durations(
        COHORT, terms=["stage"], with_contrasts=False, **FEW
    ),
    "contrast_brace_durations": lambda: po.contrast_brace_durations(COHORT, terms=["stage"], **FEW),
    "vary_brace_durations": lambda: po.vary_brace_durations(
        COHORT, terms=["stage"], graces=[1.0], truncations=[None], **FEW
    ),
    "describe_exposure": lambda: po.describe_exposure(COHORT),
    "describe_wear_dose": lambda: po.describe_wear_dose(draw_brace_clinic(60)),
    "describe_scanning": lambda: po.describe_scanning(COHORT, **FEW),
    "fit_union_logistic": lambda: po.fit_union_logistic(COHORT, ["stir"], **FEW),
    "check_union_model": lambda: po.check_union_model(COHORT, ["stir"], **FEW),
    "vary_definitions": lambda: po.vary_definitions(COHORT, **FEW),
    "find_tipping_point": lambda: po.find_tipping_point(COHORT, threshold=0.5),
    "impute_covariates": lambda: po.impute_covariates(COHORT, ["stir"], n_imputations=2),
    "pool_union_rates": lambda: po.pool_union_rates(IMPUTED(), by="stir"),
    "pool_union_logistic": lambda: po.pool_union_logistic(IMPUTED(), ["stir"], **FEW),
    "measure_reader_agreement": lambda: po.measure_reader_agreement(read_twice()),
    "summarise_scores": lambda: po.summarise_scores(COHORT),
    "estimate_return_to_sport": lambda: po.estimate_return_to_sport(back_at_sport()),
    "summarise_safety": lambda: po.summarise_safety(COHORT),
    "load_baselines": lambda: po.load_baselines(outcome="union"),
    "pool_baselines": po.pool_baselines,
    "compare_with_baselines": lambda: po.compare_with_baselines(COHORT, **FEW),
    "compare_unadjusted_with_baselines": lambda: po.compare_unadjusted_with_baselines(
        COHORT, **FEW
    ),
    "convert_union_rate": lambda: po.convert_union_rate(
        31, 40, unit="patient", icc=0.3, share_two_pars=0.5
    ),
    "fit_union_prior": lambda: po.fit_union_prior(COHORT),
    "predict_union_score": lambda: po.predict_union_score(COHORT, **FEW),
    "plan_comparison": lambda: po.plan_comparison(COHORT, n_replicates=50),
    "monitor_union": lambda: po.monitor_union(COHORT, reference="european", run_length=20),
}
_MADE: dict[str, Any] = {}


def made(name: str) -> Any:
    if name not in _MADE:
        _MADE[name] = STEPS[name]()
    return _MADE[name]


def IMPUTED() -> Any:
    return made("impute_covariates")


def read_twice() -> po.Cohort:
    from parsoutcomes.cohort.build import build_cohort

    readings = COHORT.readings
    twice = pd.concat([readings.assign(reader="A"), readings.assign(reader="B")])
    return build_cohort({**COHORT.tables, "readings": twice}, data_lock=COHORT.data_lock)


def back_at_sport() -> po.Cohort:
    from parsoutcomes.cohort.build import build_cohort

    events = COHORT.episodes[["episode_id", "patient_id"]].assign(
        type="return_sport", date=COHORT.episodes["fitted_date"] + pd.Timedelta(days=170)
    )
    return build_cohort({**COHORT.tables, "events": events}, data_lock=COHORT.data_lock)


def spoken(text: str) -> str:
    """Return a view without its line breaks, list marks and tags."""
    if text.startswith("<"):
        text = html.unescape(re.sub(r"</?[a-z][^>]*>", " ", text))
    return " ".join(text.replace("\n- ", " ").split())


def test_every_public_estimator_is_looked_at_here() -> None:
    public = {name: getattr(po, name) for name in po.__all__}
    results = {one.__name__ for one in Result.__subclasses__()}
    returning = {
        name
        for name, one in public.items()
        if inspect.isfunction(one) and inspect.signature(one).return_annotation in results
    }
    assert returning == set(STEPS)


@pytest.mark.parametrize("name", STEPS)
def test_the_verdict_comes_first_in_a_sentence(name: str) -> None:
    result = made(name)
    assert re.match(r"[^.]{10,}", result.finding)
    for view in (result.summary(), repr(result), result._repr_html_()):
        assert spoken(view).startswith(spoken(result.finding))


@pytest.mark.parametrize("name", STEPS)
def test_a_tidy_table_follows_and_is_the_readers_own(name: str) -> None:
    result = made(name)
    frame = result.to_frame()
    assert len(frame)
    assert frame.columns.is_unique
    assert isinstance(frame.index, pd.RangeIndex)
    frame["mine"] = 1
    assert "mine" not in result.to_frame()


@pytest.mark.parametrize("name", STEPS)
def test_the_terminal_shows_the_numbers_that_the_notebook_shows(name: str) -> None:
    result = made(name)
    terminal, notebook = spoken(result.summary()), spoken(result._repr_html_())
    number = r"-?\d+(?:\.\d+)?"
    cells = {cell for text in result.display_frame().to_numpy().ravel() for cell in [str(text)]}
    numbers = {cell for cell in cells if re.fullmatch(number, cell)}
    assert numbers <= {one.rstrip(";") for one in terminal.split()}
    assert numbers <= set(notebook.split())


@pytest.mark.parametrize("name", STEPS)
def test_caveats_are_shown_everywhere(name: str) -> None:
    result = made(name)
    assert result.method
    for view in (result.summary(), repr(result), result._repr_html_()):
        for _, lines in result.notes():
            for line in lines:
                assert spoken(line) in spoken(view)


@pytest.mark.parametrize("name", STEPS)
def test_unit_and_denominator_are_stated(name: str) -> None:
    result = made(name)
    words = f"{result.title} {result.finding} {result.method}"
    assert re.search(r"\bpars\b|\bpatients?\b|\bcourses?\b", words)
    counted = [one for one in result.to_frame() if str(one).startswith("n_")]
    assert counted or re.search(r"\d+ (\w+ )*(pars|patients|courses)", words)


@pytest.mark.parametrize("name", STEPS)
def test_it_fits_a_terminal(name: str) -> None:
    result = made(name)
    for view in (repr(result), result.summary()):
        assert max(map(len, view.splitlines())) <= TERMINAL_COLUMNS
    assert len(repr(result).splitlines()) <= 90


@pytest.mark.parametrize("name", STEPS)
def test_completion_offers_only_what_is_documented(name: str) -> None:
    result = made(name)
    told = "\n".join(inspect.getdoc(kind) or "" for kind in type(result).__mro__)
    for one in (one for one in dir(result) if not one.startswith("_")):
        own = inspect.getdoc(getattr(type(result), one, None)) if hasattr(type(result), one) else ""
        assert re.search(rf"\b{one}\b", told) or own, one


def test_a_cohort_says_what_it_holds_and_names_nobody() -> None:
    views = (repr(COHORT), COHORT.summary(), COHORT._repr_html_())
    for view in views:
        assert spoken(view).startswith("Cohort: 60 patients")
        assert max(map(len, COHORT.summary().splitlines())) <= TERMINAL_COLUMNS
        assert not any(str(one) in view.split() for one in COHORT.episodes["patient_id"])
    assert COHORT.to_frame()["table"].tolist() == list(COHORT.tables)
    assert COHORT.to_frame().set_index("table").loc["defects", "n_rows"] == COHORT.n_defects
