"""What a publishable report says of rounded counts: shares, bounds, ratios, and the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.report.disclosure import is_small, round_count
from parsoutcomes.report.publishable import write_publishable, write_share, write_verdict
from parsoutcomes.report.publishable_cells import Line, group_lines, overall_lines
from parsoutcomes.report.publishable_counts import (
    PublishableCounts,
    PublishedSeries,
    compare_published,
    share_estimated,
    share_known,
)
from parsoutcomes.results.published import PublishedShare

PARS = overall_lines()[0]
COUNTS = {
    "flow/targets/pars": 60,
    "flow/targets/patients": 45,
    "rates/pars/complete/known": 55,
    "rates/pars/complete/united": 40,
    "rates/pars/complete/estimated": 45,
}
SERIES = PublishedSeries(
    name="Virkki 2020",
    strata={"early": (38, 46), "progressive": (11, 38)},
    design_effects={"early": 1.0, "progressive": 1.0},
)


def published(counts: dict[str, int], *, nearly: dict[str, str] | None = None) -> PublishableCounts:
    return PublishableCounts(
        year=2025,
        is_period_judged=True,
        counts=counts,
        nearly=nearly or {},
        series=(SERIES,),
        labels=dict.fromkeys(counts, "pars"),
    )


def stage_counts(targets: dict[str, int], estimated: dict[str, int]) -> dict[str, int]:
    counts = {}
    for line in group_lines("stage"):
        stage = line.id.split("/")[-1]
        if stage in targets:
            counts |= {line.targets: targets[stage], line.patients: targets[stage]}
            counts |= {line.known: targets[stage], f"{line.id}/estimated": estimated[stage]}
    return counts


def test_a_share_is_a_whole_percentage_of_rounded_counts() -> None:
    share = share_estimated(published(COUNTS), PARS)
    assert (share.estimate, share.whole) == (75, "60")
    assert share.text == "75% (58% to 87%)"
    assert share_known(published(COUNTS), PARS).estimate == 73


def test_the_sentence_says_unit_denominator_interval_and_who_is_known() -> None:
    assert write_share(published(COUNTS), PARS) == (
        "By 6 months, per pars, 75% (95% interval 58% to 87%) of 60 target pars in 45 patients are "
        "estimated to have reached complete union; status known for 55."
    )


@pytest.mark.parametrize(("nearly", "text"), [("all", "at least 87%"), ("none", "at most 13%")])
def test_with_few_on_one_side_only_a_bound_is_given(nearly: str, text: str) -> None:
    counts = {name: count for name, count in COUNTS.items() if not name.endswith("estimated")}
    told = published(counts, nearly={"rates/pars/complete/estimated": nearly})
    share = share_estimated(told, PARS)
    assert share.text == text
    assert not share.is_given


def test_without_a_word_on_which_side_it_is_withheld() -> None:
    counts = {name: count for name, count in COUNTS.items() if not name.endswith("estimated")}
    assert share_estimated(published(counts), PARS).text == "withheld"
    assert "is withheld. The numbers behind it" in write_share(published(counts), PARS)


@pytest.mark.parametrize("missing", ["flow/targets/patients", "rates/pars/complete/known"])
def test_no_share_without_the_counts_its_interval_rests_on(missing: str) -> None:
    counts = {name: count for name, count in COUNTS.items() if name != missing}
    assert share_estimated(published(counts), PARS).text == "withheld"


def test_observed_over_expected_at_the_printed_rates() -> None:
    counts = stage_counts({"early": 40, "progressive": 30}, {"early": 35, "progressive": 15})
    (ratio,) = compare_published(published(counts))
    expected = 40 * 38 / 46 + 30 * 11 / 38
    assert ratio.estimate == pytest.approx(50 / expected, abs=0.011)
    assert ratio.conf_low < ratio.estimate < ratio.conf_high
    assert ratio.whole == "70"


@pytest.mark.parametrize("targets", [{"early": 10}, {"early": 40}, {}])
def test_no_ratio_with_a_stage_withheld(targets: dict[str, int]) -> None:
    counts = stage_counts(targets, dict.fromkeys(targets, 10))
    (ratio,) = compare_published(published(counts))
    assert ratio.text == "withheld"


def test_the_interval_of_the_ratio_covers_its_truth_in_spite_of_rounding() -> None:
    rng = np.random.default_rng(1)
    rates, n = {"early": 0.75, "progressive": 0.45}, {"early": 47, "progressive": 38}
    theirs = {"early": (0.70, 46), "progressive": (0.40, 38)}
    truth = sum(n[one] * rates[one] for one in n) / sum(n[one] * theirs[one][0] for one in n)
    covered = []
    for _ in range(400):
        drawn = {one: int(rng.binomial(n[one], rates[one])) for one in n}
        if any(is_small(drawn[one]) or is_small(n[one] - drawn[one]) for one in n):
            continue
        series = PublishedSeries(
            name="Drawn 2020",
            strata={one: (int(rng.binomial(m, rate)), m) for one, (rate, m) in theirs.items()},
            design_effects=dict.fromkeys(n, 1.0),
        )
        counts = stage_counts(
            {one: round_count(n[one]) for one in n}, {one: round_count(drawn[one]) for one in n}
        )
        told = PublishableCounts(
            year=2025,
            is_period_judged=True,
            counts=counts,
            nearly={},
            series=(series,),
            labels={},
        )
        (ratio,) = compare_published(told)
        covered.append(ratio.conf_low <= truth <= ratio.conf_high)
    assert np.mean(covered) > 0.94


def share(name: str, low: float, high: float) -> PublishedShare:
    text = f"1.00 ({low:.2f} to {high:.2f})"
    limits = {"estimate": 1.0, "conf_low": low, "conf_high": high}
    return PublishedShare(id=name, label=name, whole="70", text=text, **limits)


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        (((1.1, 1.4), (1.2, 1.5)), "was above A and B."),
        (((0.5, 0.9), (0.4, 0.8)), "was below A and B."),
        (((0.9, 1.1), (0.8, 1.2)), "could not be told from A and B."),
        (
            ((1.1, 1.4), (0.8, 1.2)),
            "was above A and could not be told from B, so the answer depends on the series.",
        ),
    ],
)
def test_the_verdict_names_each_series(
    limits: tuple[tuple[float, float], ...], verdict: str
) -> None:
    told = write_verdict([share(name, *ends) for name, ends in zip("AB", limits, strict=True)])
    assert told.endswith(verdict)


def test_with_everything_withheld_the_report_still_says_so() -> None:
    report = write_publishable(published({}), title="Union", clinic="")
    assert report.numbers.empty
    assert report.audience == "publishable"
    assert all("withheld" in finding.text for finding in report.findings())


def test_lines_are_the_same_for_every_clinic() -> None:
    full = write_publishable(published(COUNTS), title="Union", clinic="")
    empty = write_publishable(published({}), title="Union", clinic="")
    for one, other in zip(full.sections, empty.sections, strict=True):
        assert one.id == other.id
    assert isinstance(PARS, Line)
