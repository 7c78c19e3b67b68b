"""Scans, care, known status, follow-up, late findings and years, on a few written records."""

from __future__ import annotations

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.care import describe_care
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.imaging import describe_imaging
from parsoutcomes.cohort.known_status import compare_known_status
from parsoutcomes.cohort.remembered import once_per_cohort
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.follow_up import describe_follow_up
from parsoutcomes.models.late_findings import summarise_late_findings
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.models.yearly_rates import estimate_yearly_rates


def cohort_of(n: int = 12, events: pd.DataFrame | None = None, **episode: object) -> Cohort:
    """One early pars a patient, scanned on days 90 and 180; the last two never scanned."""
    people = [f"P{number:02}" for number in range(n)]
    episodes = pd.DataFrame({"episode_id": people, "patient_id": people})
    fitted = [pd.Timestamp("2023-06-01" if k % 2 else "2024-06-01") for k in range(n)]
    episodes = episodes.assign(**{"fitted_date": fitted, **episode})
    defects = episodes[["episode_id", "patient_id"]].assign(
        defect_id=people, stage=["early"] * (n - 2) + ["progressive"] * 2, level="L5", side="left"
    )
    keys = defects[["episode_id", "patient_id", "defect_id"]].head(n - 2)
    readings = pd.concat(
        [
            keys.assign(days_since_fitting=90.0, modality="CT", union_status="none"),
            keys.assign(days_since_fitting=180.0, modality="MRI", union_status="none").head(3),
            keys.assign(days_since_fitting=180.0, modality="CT", union_status="complete"),
        ]
    )
    tables = {"episodes": episodes, "defects": defects, "readings": readings}
    if events is not None:
        tables["events"] = events
    return build_cohort(tables, data_lock=pd.Timestamp("2026-01-01"))


def test_ct_is_counted_once_a_patient_and_day_and_those_without_count_as_none() -> None:
    frame = describe_imaging(cohort_of()).frame
    first = frame.iloc[0]
    assert first[["n_scans", "n_patients", "maximum"]].tolist() == [20, 12, 2.0]
    kinds = frame[frame["characteristic"].eq("scans")].set_index("level")["n_scans"].to_dict()
    assert kinds == {"CT": 20, "MRI": 3}


def test_two_readers_of_one_scan_are_two_readings_and_one_scan() -> None:
    cohort = cohort_of()
    readings = pd.concat([cohort.readings.assign(reader=name) for name in ("A", "B")])
    frame = describe_imaging(build_cohort({**cohort.tables, "readings": readings})).frame
    assert frame.loc[0, "n_scans"] == 20
    assert frame.iloc[-1][["n_scans", "maximum"]].tolist() == [46, 2.0]


def test_delay_is_told_of_those_with_both_days_and_an_onset_after_fitting_is_left_out() -> None:
    onset = [pd.Timestamp("2023-04-01")] * 2 + [pd.Timestamp("2025-01-01")] + [pd.NaT] * 9
    care = describe_care(cohort_of(onset_date=onset, lipus=[True] * 4 + [False] * 8))
    delay = care.frame.iloc[0]
    assert delay[["n_patients", "n_expected"]].tolist() == [2, 12]
    assert care.exclusions[0].n_patients == 1
    given = care.frame[care.frame["characteristic"].eq("lipus")]
    assert given[["level", "n_patients"]].to_numpy().tolist() == [["yes", 4], ["no", 8]]
    assert "not recorded at all: physiotherapy, vitamin D, slip grade" in care.finding


def test_the_unknown_are_set_beside_the_known() -> None:
    known = compare_known_status(cohort_of())
    stages = known.frame[known.frame["characteristic"].eq("stage")]
    assert stages[["level", "n_known", "n_unknown"]].to_numpy().tolist() == [
        ["early", 10, 0],
        ["progressive", 0, 2],
    ]
    assert "known for 10 and unknown for 2" in known.finding


def test_follow_up_ends_with_the_last_record() -> None:
    frame = describe_follow_up(cohort_of()).frame
    assert frame[["n_patients", "n_expected"]].to_numpy().tolist() == [[10, 12]]
    assert frame["maximum"].item() == pytest.approx(180 / 30.4375)
    with pytest.raises(EstimationError, match="cannot be said"):
        describe_follow_up(build_cohort({"episodes": cohort_of().episodes}))


def test_a_recurrence_counts_after_union_only_and_its_limits_are_wilsons() -> None:
    events = pd.DataFrame(
        {
            "patient_id": ["P00", "P02", "P11"],
            "episode_id": ["P00", "P02", "P11"],
            "type": "recurrence",
            "date": pd.to_datetime(["2025-06-01", "2024-07-01", "2025-06-01"]),
        }
    )
    row = summarise_late_findings(cohort_of(events=events)).frame.iloc[0]
    assert row[["n_events", "n_patients"]].tolist() == [1, 10]
    expected = proportion_confint(1, 10, method="wilson")
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx(expected, abs=1e-12)


def test_without_any_event_nothing_is_said_of_recurrence() -> None:
    frame = summarise_late_findings(cohort_of()).frame
    assert frame["estimate"].isna().all()
    assert frame["left_open"].str.startswith("not recorded").all()


def test_years_add_up_to_the_rate_of_all_and_agree_with_it() -> None:
    cohort = cohort_of()
    frame = estimate_yearly_rates(cohort).frame.set_index("year")
    assert frame["n_defects"].tolist() == [5, 5, 10]
    assert frame["n_unknown"].tolist() == [1, 1, 2]
    rates = estimate_union_rates(cohort, n_resamples=40).frame.set_index("measure")
    columns = ["estimate", "conf_low", "conf_high", "n_events"]
    assert frame.loc["all", columns].tolist() == pytest.approx(
        rates.loc["union_known_status", columns].tolist()
    )
    assert frame.loc["all", "bound_low"] == rates.loc["bound_unknown_not_united", "estimate"]


def test_what_follows_from_a_cohort_is_handed_out_as_a_copy() -> None:
    made = []

    @once_per_cohort
    def count(cohort: Cohort, *, names: object = ()) -> pd.DataFrame:
        made.append(names)
        return pd.DataFrame({"n": [cohort.n_defects]})

    cohort = cohort_of()
    count(cohort)["n"] = 0
    assert count(cohort)["n"].tolist() == [12]
    assert len(made) == 1
    count(cohort, names=["a"])
    count(cohort, names=["a"])
    assert len(made) == 3
    count(cohort_of())
    assert len(made) == 4
