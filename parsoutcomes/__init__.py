"""Union of pars fractures after brace treatment: from clinic records to an annual report.

Names are loaded when first used, so that ``import parsoutcomes as po`` is quick.
"""

from __future__ import annotations

import importlib
from typing import Final

__version__: Final = "0.1.0"

_HOME: Final = {
    "load_records": "parsoutcomes.loaders.load",
    "load_redcap": "parsoutcomes.loaders.redcap",
    "propose_mapping": "parsoutcomes.loaders.mapping_proposal",
    "Mapping": "parsoutcomes.loaders.mapping_file",
    "write_intake": "parsoutcomes.loaders.intake_files",
    "simulate_cohort": "parsoutcomes.synthetic.simulate",
    "Cohort": "parsoutcomes.cohort.cohort",
    "derive_intervals": "parsoutcomes.cohort.intervals",
    "describe_cohort": "parsoutcomes.cohort.description",
    "count_flow": "parsoutcomes.cohort.flow",
    "check_completeness": "parsoutcomes.cohort.completeness",
    "estimate_union_rates": "parsoutcomes.models.rates",
    "compare_union_rates": "parsoutcomes.models.rate_comparison",
    "estimate_time_to_union": "parsoutcomes.models.time_to_union",
    "compare_time_to_union": "parsoutcomes.models.group_differences",
    "estimate_competing_risks": "parsoutcomes.models.competing",
    "estimate_kaplan_meier": "parsoutcomes.models.kaplan_meier",
    "fit_union_aft": "parsoutcomes.models.aft",
    "fit_union_cure": "parsoutcomes.models.cure",
    "compare_brace_durations": "parsoutcomes.models.brace_duration",
    "contrast_brace_durations": "parsoutcomes.models.brace_duration_contrasts",
    "vary_brace_durations": "parsoutcomes.models.brace_sensitivity",
    "describe_exposure": "parsoutcomes.models.exposure",
    "describe_wear_dose": "parsoutcomes.models.wear_dose",
    "describe_scanning": "parsoutcomes.models.scanning",
    "fit_union_logistic": "parsoutcomes.models.logistic",
    "check_union_model": "parsoutcomes.models.model_check",
    "vary_definitions": "parsoutcomes.models.definitions",
    "find_tipping_point": "parsoutcomes.models.tipping_point",
    "impute_covariates": "parsoutcomes.models.imputation",
    "pool_union_rates": "parsoutcomes.models.pooled_imputation",
    "pool_union_logistic": "parsoutcomes.models.pooled_imputation",
    "measure_reader_agreement": "parsoutcomes.models.reader_agreement",
    "summarise_scores": "parsoutcomes.models.scores",
    "estimate_return_to_sport": "parsoutcomes.models.return_to_sport",
    "summarise_safety": "parsoutcomes.models.safety",
    "load_baselines": "parsoutcomes.baselines.published",
    "describe_baseline_columns": "parsoutcomes.baselines.columns",
    "write_baseline_template": "parsoutcomes.baselines.columns",
    "pool_baselines": "parsoutcomes.baselines.pooling",
    "compare_with_baselines": "parsoutcomes.baselines.comparison",
    "compare_unadjusted_with_baselines": "parsoutcomes.baselines.unadjusted",
    "load_reference": "parsoutcomes.baselines.series",
    "convert_union_rate": "parsoutcomes.baselines.unit_conversion",
    "fit_union_prior": "parsoutcomes.baselines.prior",
    "predict_union_score": "parsoutcomes.baselines.score",
    "plan_comparison": "parsoutcomes.baselines.planning",
    "monitor_union": "parsoutcomes.baselines.monitoring",
    "plot_union_rates": "parsoutcomes.figures.rates",
    "plot_union_rate_differences": "parsoutcomes.figures.rate_differences",
    "plot_time_to_union": "parsoutcomes.figures.time_to_union",
    "plot_milestones": "parsoutcomes.figures.milestones",
    "plot_group_differences": "parsoutcomes.figures.group_differences",
    "plot_competing_risks": "parsoutcomes.figures.competing_risks",
    "plot_bias_display": "parsoutcomes.figures.bias",
    "plot_kaplan_meier": "parsoutcomes.figures.kaplan_meier",
    "plot_union_aft": "parsoutcomes.figures.time_factors",
    "plot_union_cure": "parsoutcomes.figures.eventual_union",
    "plot_union_predictors": "parsoutcomes.figures.predictors",
    "plot_baselines": "parsoutcomes.figures.evidence",
    "plot_pooled_baselines": "parsoutcomes.figures.pooling",
    "plot_varied_definitions": "parsoutcomes.figures.definitions",
    "plot_brace_durations": "parsoutcomes.figures.brace_duration",
    "plot_varied_brace_durations": "parsoutcomes.figures.brace_sensitivity",
    "plot_tipping_point": "parsoutcomes.figures.tipping_point",
    "plot_pooled_imputation": "parsoutcomes.figures.pooled_imputation",
    "plot_reader_agreement": "parsoutcomes.figures.reader_agreement",
    "plot_baseline_comparison": "parsoutcomes.figures.comparison",
    "plot_observed_and_expected": "parsoutcomes.figures.observed_expected",
    "plot_union_prior": "parsoutcomes.figures.prior",
    "plot_union_score": "parsoutcomes.figures.score",
    "plot_comparison_plan": "parsoutcomes.figures.planning",
    "plot_scores": "parsoutcomes.figures.scores",
    "plot_return_to_sport": "parsoutcomes.figures.return_to_sport",
    "plot_exposure": "parsoutcomes.figures.exposure",
    "plot_adherence": "parsoutcomes.figures.adherence",
    "plot_wear_dose": "parsoutcomes.figures.wear_dose",
    "plot_cusum": "parsoutcomes.figures.monitoring",
    "plot_vlad": "parsoutcomes.figures.monitoring",
    "plot_run_chart": "parsoutcomes.figures.run_chart",
    "plot_funnel": "parsoutcomes.figures.funnel",
    "plot_cohort_flow": "parsoutcomes.figures.flow",
    "plot_completeness": "parsoutcomes.figures.completeness",
    "build_report": "parsoutcomes.report.builder",
    "describe_schema": "parsoutcomes.schema.dictionary",
    "ParsOutcomesError": "parsoutcomes.errors",
    "ArgumentError": "parsoutcomes.errors",
    "BaselineError": "parsoutcomes.errors",
    "DateOrderError": "parsoutcomes.errors",
    "EstimationError": "parsoutcomes.errors",
    "RecordsError": "parsoutcomes.errors",
    "ReportError": "parsoutcomes.errors",
    "SourceError": "parsoutcomes.errors",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'parsoutcomes' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
