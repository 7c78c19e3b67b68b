from __future__ import annotations

import math

import pandas as pd
import pytest

from parsoutcomes.baselines.score import predict_union_score, score_pars
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.conventions import DAYS_PER_MONTH


def _clinic(patients: list[tuple]):
    """Each patient: (stage, status) of the right pars, and of the left one if there is one."""
    pars = [
        (f"P{number:03d}", side, *one)
        for number, patient in enumerate(patients)
        for side, one in zip(("right", "left"), patient, strict=False)
    ]
    defects = pd.DataFrame(pars, columns=["patient_id", "side", "stage", "union_status"])
    defects["defect_id"] = defects["patient_id"] + defects["side"]
    defects["episode_id"] = defects["patient_id"]
    readings = defects[["patient_id", "episode_id", "defect_id", "union_status"]]
    return build_cohort(
        {
            "episodes": defects[["patient_id", "episode_id"]]
            .drop_duplicates()
            .assign(fitted_date=pd.Timestamp("2023-01-01")),
            "defects": defects.drop(columns="union_status").assign(level="L5"),
            "readings": readings[readings["union_status"].notna()].assign(
                days_since_fitting=6 * DAYS_PER_MONTH
            ),
        },
        data_lock=pd.Timestamp("2025-01-01"),
    )


def _score(patients, **options):
    return predict_union_score(_clinic(patients), **{"n_resamples": 200, "seed": 1, **options})


def _by_score(result) -> pd.DataFrame:
    frame = result.to_frame()
    return frame[frame["measure"].eq("union_at_score")].set_index("score")


@pytest.mark.parametrize(
    ("stage", "opposite", "points"),
    [
        ("pre_lysis", "none", 0),
        ("early", "none", 0),
        ("progressive", "none", 1),
        ("early", "pre_lysis", 1),
        ("early", "progressive", 1),
        ("progressive", "early", 2),
        ("pre_lysis", "terminal", 3),
        ("progressive", "terminal", 4),
        ("terminal", "none", None),
        ("early", None, None),
    ],
)
def test_points_of_the_paper(stage, opposite, points):
    scored = score_pars(pd.Series([stage], dtype=object), pd.Series([opposite], dtype=object))
    assert (None if scored.isna().item() else scored.item()) == points


E, P, T = "early", "progressive", "terminal"
MIXED = [
    *[[(E, "complete")]] * 12,
    *[[(E, "none")]] * 3,
    *[[(P, "complete")]] * 4,
    *[[(P, "none")]] * 4,
    *[[(P, "none"), (E, "complete")]] * 3,
    *[[(P, "none"), (T, "none")]] * 3,
]


def test_union_by_score_is_counted():
    counts = _by_score(_score(MIXED))
    assert counts["n_defects"].tolist() == [15, 11, 3, 0, 3]
    assert counts["n_events"].tolist() == [12, 7, 0, 0, 0]
    assert counts["estimate"].iloc[0] == pytest.approx(0.8)
    assert math.isnan(counts["estimate"].iloc[3])


def test_area_by_hand():
    """Un-united scores 0 x 3, 1 x 4, 2 x 3, 4 x 3 against united 0 x 12, 1 x 7."""
    wins = 3 * 6 + 4 * (12 + 3.5) + 6 * 19
    rows = _score(MIXED).to_frame()
    area = rows[rows["measure"].eq("area_under_curve")].set_index("source")
    assert area.loc["ours", "estimate"] == pytest.approx(wins / (13 * 19))
    assert area.loc["ours", "conf_low"] < wins / (13 * 19) < area.loc["ours", "conf_high"]
    printed = ["estimate", "conf_low", "conf_high", "n_defects", "n_patients"]
    assert area.loc["Gamada 2024", printed].tolist() == [0.855, 0.811, 0.896, 416, 301]


def test_those_without_a_score_are_counted():
    patients = [*MIXED, [(E, None)], [(None, "none")], [(P, "none"), (None, "none")]]
    left_out = {one.reason: one.n_defects for one in _score(patients).exclusions}
    assert left_out == {
        "Not a treatment target (terminal at fitting)": 3,
        "Status at the horizon unknown": 1,
        "Stage not recorded: no score": 2,
        "Stage of the opposite pars not recorded: no score": 1,
    }


@pytest.mark.parametrize("status", ["complete", "none"])
def test_all_or_none_united_cannot_be_told_apart(status):
    result = _score([[(E, status)]] * 12)
    assert "cannot tell them apart" in result.finding
    frame = result.to_frame()
    ours = frame["measure"].eq("area_under_curve") & frame["source"].eq("ours")
    assert frame.loc[ours, "estimate"].isna().all()


def test_one_patient_is_too_few():
    assert "too few" in _score([[(E, "complete")]]).finding


def test_an_empty_cohort():
    result = predict_union_score(build_cohort({}))
    assert result.finding == "No pars can be scored of which union at the horizon is known."
    assert _by_score(result)["n_defects"].tolist() == [0] * 5


def test_what_the_paper_does_not_give_is_said():
    assert any("no predicted rate per score" in line for line in _score(MIXED).cautions)


def test_same_seed_same_numbers():
    pd.testing.assert_frame_equal(_score(MIXED).to_frame(), _score(MIXED).to_frame())
