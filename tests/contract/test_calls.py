"""A call that does not fit is answered in plain words, whichever public name was called."""

from __future__ import annotations

import inspect
import pickle
import re
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes import conventions

COHORT = po.simulate_cohort(30, seed=1)
RECORDS = pd.DataFrame({"Study ID": ["P1"], "Level": ["L5"], "Healed?": ["yes"]})
FUNCTIONS = {
    name: getattr(po, name) for name in po.__all__ if inspect.isfunction(getattr(po, name))
}
SECRET = "Zebediah Quux, born 3 April 2009"

# What a call needs besides the argument that is wrong.
NEEDED: dict[str, dict[str, Any]] = {
    "compare_union_rates": {"by": "laterality"},
    "compare_time_to_union": {"by": "laterality"},
    "fit_union_logistic": {"terms": ["stir"]},
    "check_union_model": {"terms": ["stir"]},
    "build_report": {"folder": "out", "year": 2024},
    "convert_union_rate": {
        "n_united": 3,
        "n": 4,
        "unit": "patient",
        "icc": 0.3,
        "share_two_pars": 0.6,
    },
    "simulate_cohort": {"n_patients": 5, "seed": 1},
    "find_tipping_point": {"threshold": 0.5},
    "load_records": {"source": RECORDS},
}  # fmt: skip


def call(name: str, **given: Any) -> None:
    function: Callable[..., object] = FUNCTIONS[name]
    takes = inspect.signature(function).parameters
    first = {"cohort": COHORT} if "cohort" in takes and name != "fit_union_prior" else {}
    function(**first | NEEDED.get(name, {}) | given)


def refuse(name: str, **given: Any) -> po.ArgumentError:
    with pytest.raises(po.ArgumentError) as caught:
        call(name, **given)
    assert len(str(caught.value).splitlines()) == 4
    return caught.value


def names_of(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", [n for n, f in FUNCTIONS.items() if len(names_of(f)) > 0])
def test_a_misspelt_argument_is_answered_with_the_near_one_and_all_names(name: str) -> None:
    function = FUNCTIONS[name]
    wanted = names_of(function)[-1] if name != "simulate_cohort" else "attendance"
    written = {f"{wanted[:-1]}_": None} if len(wanted) > 3 else {f"{wanted}s": None}
    with pytest.raises(po.ArgumentError) as caught:
        function(**NEEDED.get(name, {}) | written)
    assert wanted in caught.value.fix
    if name != "simulate_cohort":
        assert caught.value.expected.split(", ") == names_of(function)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("horizon", "horizon_months"),
        ("units", "unit"),
        ("level", "conf_level"),
        ("grace", "grace_months"),
        ("n_resample", "n_resamples"),
        ("group_by", "by"),
    ],
)
def test_names_that_come_to_mind_lead_to_the_right_one(written: str, meant: str) -> None:
    error = refuse("estimate_union_rates", **{written: 1})
    assert error.found == written
    assert error.fix == f"Did you mean {meant}?"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_what_is_missing_is_named(name: str) -> None:
    function = FUNCTIONS[name]
    parameters = inspect.signature(function).parameters.values()
    required = [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    if not required:
        return
    with pytest.raises(po.ArgumentError) as caught:
        function()
    assert all(one in caught.value.wrong for one in required)
    assert caught.value.found == "nothing"


def test_values_without_a_name_are_counted_and_the_next_name_told() -> None:
    with pytest.raises(po.ArgumentError) as caught:
        po.estimate_union_rates(COHORT, "stage")  # type: ignore[call-arg]
    assert caught.value.found == "2 without a name"
    assert caught.value.fix == "Write the name before the value, such as by=..."


def test_an_argument_given_twice_is_named() -> None:
    with pytest.raises(po.ArgumentError, match="given cohort twice"):
        po.estimate_union_rates(COHORT, cohort=COHORT)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize(
    "value", [RECORDS, SECRET, Path(SECRET), 3], ids=["frame", "text", "path", "number"]
)
def test_a_first_value_of_another_kind_is_answered_with_what_makes_it(
    name: str, value: object
) -> None:
    function = FUNCTIONS[name]
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].name not in ("cohort", "imputed", "baselines", "result"):
        return
    required = [p.name for p in parameters[1:] if p.default is p.empty]
    with pytest.raises(po.ArgumentError) as caught:
        function(value, **dict.fromkeys(required))
    assert SECRET not in str(caught.value)
    maker = re.findall(r"po\.(\w+)\(", caught.value.fix)[0]
    made = inspect.signature(FUNCTIONS[maker]).return_annotation
    assert re.match(r"\w+", parameters[0].annotation)[0] == made  # type: ignore[index]


def test_a_figure_given_the_cohort_says_what_to_estimate_first() -> None:
    with pytest.raises(po.ArgumentError) as caught:
        po.plot_union_rates(COHORT)  # type: ignore[arg-type]
    assert caught.value.found == "a Cohort"
    assert caught.value.fix.startswith("First result = po.estimate_union_rates(...)")


@pytest.mark.parametrize(
    ("kind", "maker"), [(po.Cohort, "load_records"), (po.Mapping, "Mapping.read")]
)
def test_what_is_not_built_by_hand_says_what_builds_it(kind: type, maker: str) -> None:
    with pytest.raises(po.ArgumentError) as caught:
        kind(SECRET)
    assert maker in caught.value.fix
    assert SECRET not in str(caught.value)


def test_methods_answer_as_functions_do() -> None:
    with pytest.raises(po.ArgumentError, match=r"Did you mean on_or_before\?"):
        COHORT.select_fitted(before="2024-01-01")  # type: ignore[call-arg]
    with pytest.raises(po.ArgumentError, match=re.escape("help(po.Mapping.read)")):
        po.Mapping.read()  # type: ignore[call-arg]


CHOICES = [
    ("load_records", "date_order", "day-frist", "day_first"),
    ("load_records", "mapping", {"Level": "leveel"}, "level"),
    ("simulate_cohort", "attendanze", 0.5, "attendance"),
    ("derive_intervals", "modalities", ("CTT",), "CT"),
    ("estimate_union_rates", "unit", "pars", "defect"),
    ("estimate_union_rates", "unit", "Patient", "patient"),
    ("estimate_union_rates", "patient_interval", "exact", "clopper_pearson"),
    ("compare_union_rates", "interval", "square and add", "square_and_add"),
    ("compare_union_rates", "reference", "bilaterl", "bilateral"),
    ("compare_time_to_union", "test", "permutations", "permutation"),
    ("compare_time_to_union", "reference", "bilaterl", "bilateral"),
    ("fit_union_aft", "distribution", "Weibul", "weibull"),
    ("fit_union_cure", "distribution", "Weibul", "weibull"),
    ("fit_union_aft", "terms", ["stge"], "stage"),
    ("fit_union_cure", "share_terms", ["stge"], "stage"),
    ("fit_union_cure", "time_terms", ["stge"], "stage"),
    ("fit_union_logistic", "terms", ["stge"], "stage"),
    ("check_union_model", "terms", ["stge"], "stage"),
    ("compare_brace_durations", "terms", ["stge"], "stage"),
    ("contrast_brace_durations", "terms", ["stge"], "stage"),
    ("vary_brace_durations", "terms", ["stge"], "stage"),
    ("fit_union_logistic", "method", "frith", "firth"),
    ("check_union_model", "method", "frith", "firth"),
    ("vary_definitions", "definitions", ("partial",), "partial_or_better"),
    ("vary_definitions", "imaging", ("mri",), "ct_or_mri"),
    ("vary_definitions", "units", ("pars",), "defect"),
    ("impute_covariates", "columns", ("stge",), "stage"),
    ("measure_reader_agreement", "imaging", "mri", "ct_or_mri"),
    ("estimate_return_to_sport", "event", "training", "return_training"),
    ("load_baselines", "outcome", "unoin", "union"),
    ("load_baselines", "unit", "patients", "patient"),
    ("load_baselines", "stage", "Early", "early"),
    ("load_baselines", "laterality", "unilat", "unilateral"),
    ("load_baselines", "study_id", "sairyo", "sairyo"),
    ("compare_with_baselines", "reference", "europe", "european"),
    ("compare_with_baselines", "strata", ("erly",), "early"),
    ("compare_with_baselines", "standardise_by", "stages", "stage"),
    ("compare_unadjusted_with_baselines", "reference", "Japan", "japanese"),
    ("convert_union_rate", "unit", "pars", "defect"),
    ("fit_union_prior", "strata", ("erly",), "early"),
    ("plan_comparison", "reference", "europe", "european"),
    ("plan_comparison", "strata", ("erly",), "early"),
    ("monitor_union", "period", "quarterly", "quarter"),
    ("monitor_union", "by", "sites", "site"),
    ("monitor_union", "reference", "europe", "european"),
    ("build_report", "audience", "public", "publishable"),
    ("build_report", "formats", ("word",), "docx"),
]


@pytest.mark.parametrize(("name", "argument", "value", "meant"), CHOICES)
def test_a_misspelt_choice_is_answered_with_the_near_and_the_allowed_ones(
    name: str, argument: str, value: object, meant: str
) -> None:
    error = refuse(name, **{argument: value})
    assert meant in error.fix
    assert meant in error.expected


# Where the choices are the same for every cohort, an editor can offer them.
OFFERED = [
    (name, argument, value)
    for name, argument, value, _ in CHOICES
    if argument
    in {
        *("unit", "units", "definitions", "imaging", "patient_interval", "interval", "test"),
        *("distribution", "method", "event", "period", "standardise_by", "audience", "formats"),
        *("date_order",),
    }
    and name != "load_baselines"
]


@pytest.mark.parametrize(("name", "argument", "value"), OFFERED)
def test_an_editor_offers_exactly_the_choices_that_are_taken(
    name: str, argument: str, value: object
) -> None:
    function = inspect.unwrap(FUNCTIONS[name])
    written = inspect.signature(function).parameters[argument].annotation
    told = vars(typing) | vars(conventions) | {"Sequence": list}
    offered = re.findall(r"'(\w+)'", str(eval(written, told | function.__globals__)))
    assert offered == re.findall(r'"(\w+)"', refuse(name, **{argument: value}).expected)


@pytest.mark.parametrize("name", ["fit_union_logistic", "check_union_model", "fit_union_aft"])
def test_one_word_where_a_list_is_taken_is_told_to_stand_in_brackets(name: str) -> None:
    assert "terms=[...]" in refuse(name, terms="stage").fix


WRONG_EVERYWHERE = {
    "definition": "completee",
    "by": "stag",
    "conf_level": 95,
    "n_resamples": "many",
    "seed": 1.5,
    "horizon_months": -3,
    "grace_months": -1,
    "visits_months": (6, 3),
    "n_workers": 0,
    "n_replicates": 0,
    "n_imputations": 0,
    "power": 80,
    "icc": 7,
    "excess_per_100": "ten",
    "run_length": "long",
    "threshold": 70,
    "truncation": 99,
    "truncations": (99,),
    "graces": (-1,),
    "months": (3,),
    "milestone_months": -3,
    "milestones_months": (-6,),
    "horizons_months": (-3,),
    "bands_hours": (40,),
    "lag_months": -1,
    "year": "now",
    "data_lock": "31/12/2025",
    "own_years_before": "03/04/2025",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (name, argument)
        for name, function in FUNCTIONS.items()
        for argument in names_of(function)
        if argument in WRONG_EVERYWHERE
        and name not in ("load_redcap", "pool_union_rates", "pool_union_logistic", "load_reference")
    ],
)
def test_a_value_that_cannot_be_is_refused_by_every_function_alike(
    name: str, argument: str
) -> None:
    others = {"threshold": None} if argument == "by" and name == "find_tipping_point" else {}
    error = refuse(name, **others, **{argument: WRONG_EVERYWHERE[argument]})
    assert argument in str(error)


@pytest.mark.parametrize("value", ["03/04/2025", "4 March 2025", "2025", pd.NaT, 3])
def test_a_bound_of_fitting_is_read_in_one_way_only(value: object) -> None:
    with pytest.raises(po.ArgumentError, match="on_or_before is not a day"):
        COHORT.select_fitted(on_or_before=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [SECRET, RECORDS, [SECRET], {SECRET: SECRET}, 9434765919])
def test_a_value_that_may_be_of_a_patient_is_not_repeated(value: object) -> None:
    for argument in ("unit", "conf_level", "seed", "horizon_months", "definition"):
        if argument == "seed" and isinstance(value, int):
            continue
        text = str(refuse("estimate_union_rates", **{argument: value}))
        assert "Zebediah" not in text
        assert "9434765919" not in text


def test_a_wrong_role_in_a_short_mapping_leads_to_the_near_one_and_is_not_repeated() -> None:
    error = refuse("load_records", mapping={"Healed?": "union status of Zebediah"})
    assert error.fix == 'Did you mean "union_status"?'
    assert error.found == 'another word for the column "Healed?"'
    assert "Zebediah" not in str(error)


def test_a_short_mapping_the_wrong_way_round_is_told_so() -> None:
    error = refuse("load_records", mapping={"union_status": "Healed?"})
    assert '{"your header": "union_status"}' in error.fix


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_public_function_stays_itself(name: str) -> None:
    function = FUNCTIONS[name]
    assert pickle.loads(pickle.dumps(function)) is function
    assert function.__name__ == function.__qualname__ == name
    assert inspect.signature(function) == inspect.signature(function.__wrapped__)
    assert function.__doc__ == function.__wrapped__.__doc__
