"""Two readers of one scan: who counts, what is undefined, and how union is then derived."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.agreement import estimate_clustered_kappa


def read_twice(first, second, *, patients=None, modality="CT", days=180):
    """One pars a reading, read by A and by B; patients repeat where given."""
    people = patients or [f"P{n}" for n in range(len(first))]
    keys = pd.DataFrame({"patient_id": people})
    keys["episode_id"] = keys["patient_id"] + "-1"
    pars = keys.assign(defect_id=[f"D{n}" for n in range(len(people))], stage="early")
    scan = pars[["patient_id", "episode_id", "defect_id"]].assign(
        modality=modality, days_since_fitting=days
    )
    readings = pd.concat(
        [
            scan.assign(reader="Smith", union_status=first),
            scan.assign(reader="Jones", union_status=second),
        ]
    ).dropna(subset="union_status")
    return build_cohort({"episodes": keys.drop_duplicates(), "defects": pars, "readings": readings})


FIRST = ["none", "none", "partial", "complete", "complete", "complete", "none", "complete"]
SECOND = ["none", "partial", "partial", "complete", "none", "complete", "none", "complete"]


def measures(result):
    return result.to_frame().set_index("measure")


def test_read_alike_and_kappa_by_hand() -> None:
    found = measures(po.measure_reader_agreement(read_twice(FIRST, SECOND)))
    assert found.loc["raw_agreement", "estimate"] == 6 / 8
    assert found.loc["raw_agreement_united", "estimate"] == 7 / 8
    chance = (4 / 8) * (3 / 8) + (4 / 8) * (5 / 8)
    assert found.loc["kappa_united", "estimate"] == pytest.approx((7 / 8 - chance) / (1 - chance))
    assert found["n_scans"].eq(8).all()


def test_what_counts_as_united_follows_the_definition() -> None:
    cohort = read_twice(FIRST, SECOND)
    found = measures(po.measure_reader_agreement(cohort, definition="partial_or_better"))
    assert found.loc["raw_agreement_united", "estimate"] == 6 / 8


def test_not_assessable_is_counted_and_not_compared() -> None:
    cohort = read_twice([*FIRST, "not_assessable"], [*SECOND, "none"])
    result = po.measure_reader_agreement(cohort)
    assert measures(result)["n_scans"].eq(8).all()
    assert measures(result)["n_not_assessable"].eq(1).all()
    assert result.counts["n_scans"].sum() == 9


def test_all_alike_leaves_kappa_undefined_and_says_why() -> None:
    result = po.measure_reader_agreement(read_twice(["complete"] * 6, ["complete"] * 6))
    found = measures(result)
    assert math.isnan(found.loc["kappa_united", "estimate"])
    assert found.loc["raw_agreement", "estimate"] == 1
    assert found.loc["raw_agreement", "conf_low"] < 0.7
    assert "kappa is not defined, since both gave every scan the same answer" in result.finding


def test_agreement_on_both_answers_is_kappa_one_with_an_honest_lower_limit() -> None:
    found = measures(po.measure_reader_agreement(read_twice(FIRST, FIRST)))
    assert found.loc["kappa_united", "estimate"] == 1
    assert found.loc["kappa_united", "conf_low"] < 0.5
    assert found.loc["kappa_united", "conf_high"] == 1
    assert "fewer than 3 patients" in found.loc["kappa_united", "interval_method"]


def test_a_reader_who_never_varies_has_a_kappa_of_0_by_arithmetic_and_no_interval() -> None:
    """One reader calls all 12 united, the other half of them: no interval of 0 to 0."""
    twelve = estimate_clustered_kappa([1] * 12, [1, 0] * 6, range(12), n_categories=2)
    assert twelve.estimate == 0
    assert np.isnan([twelve.conf_low, twelve.conf_high]).all()
    assert "one reader gave every scan the same answer" in twelve.method
    cohort = read_twice(["complete"] * 12, ["complete", "none"] * 6)
    assert "kappa 0.00 (no interval can be given): one reader gave every scan the same answer" in (
        po.measure_reader_agreement(cohort).finding
    )


def test_readers_who_never_agree_have_limits_and_no_warning() -> None:
    """Exact limits of 0 of 12 are 0 to 0.2646; chance agreement is one half."""
    never = estimate_clustered_kappa([0, 1] * 6, [1, 0] * 6, range(12), n_categories=2)
    assert (never.estimate, never.conf_low) == (-1, -1)
    assert never.conf_high == pytest.approx((0.26464 - 0.5) / 0.5, abs=1e-4)


def test_one_patient_has_a_kappa_and_next_to_no_limits() -> None:
    cohort = read_twice(FIRST, SECOND, patients=["P1"] * 8)
    found = measures(po.measure_reader_agreement(cohort))
    assert found.loc["kappa_united", "n_patients"] == 1
    assert found.loc["kappa_united", "conf_high"] - found.loc["kappa_united", "conf_low"] > 1


def test_nothing_read_twice_is_refused() -> None:
    with pytest.raises(EstimationError, match="No scan was read by two readers"):
        po.measure_reader_agreement(read_twice(FIRST, [None] * 8))


def test_another_kind_of_imaging_is_not_counted_unless_asked_for() -> None:
    cohort = read_twice(FIRST, SECOND, modality="MRI")
    with pytest.raises(EstimationError):
        po.measure_reader_agreement(cohort)
    assert len(po.measure_reader_agreement(cohort, imaging="ct_or_mri").to_frame()) == 5


def test_readers_are_numbered_and_never_named() -> None:
    result = po.measure_reader_agreement(read_twice(FIRST, SECOND))
    shown = result.summary() + result._repr_html_() + result.counts.to_string()
    assert "Smith" not in shown
    assert "Jones" not in shown
    assert result.main_readers == "reader 1 and reader 2"


def test_union_counts_as_soon_as_one_reader_sees_it() -> None:
    cohort = read_twice(FIRST, SECOND)
    result = po.measure_reader_agreement(cohort)
    intervals = po.derive_intervals(cohort)
    assert intervals["interval_right_days"].notna().tolist()[4]
    assert "On 1 scan one reader sees complete union and the other does not" in " ".join(
        result.cautions
    )


def test_the_loader_keeps_both_readings_and_lists_those_that_differ() -> None:
    rows = pd.DataFrame(
        {
            "patient_id": ["P1", "P1", "P2", "P2"],
            "fitted_date": "2024-01-01",
            "level": "L5",
            "side": "left",
            "stage": "early",
            "scan_date": "2024-07-01",
            "modality": "CT",
            "union_status": ["complete", "none", "complete", "complete"],
            "reader": ["AB", "CD", "AB", "CD"],
        }
    )
    cohort = po.load_records(rows)
    assert len(cohort.readings) == 4
    checks = cohort.intake.checks
    assert checks["check"].tolist() == ["readers_disagree"] * 2
    assert checks["row_number"].nunique() == 2
    assert measures(po.measure_reader_agreement(cohort))["n_scans"].eq(2).all()
