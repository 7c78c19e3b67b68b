"""Published rates of one's own: what is taken, what is refused, and that all faults are told."""

from __future__ import annotations

import csv

import pytest

from parsoutcomes.baselines.columns import (
    COLUMNS,
    describe_baseline_columns,
    write_baseline_template,
)
from parsoutcomes.baselines.pooling import pool_baselines
from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.errors import BaselineError, SourceError

PAPER = {
    "study_id": "smith2027",
    "first_author": "Smith",
    "year": "2027",
    "title": "A made-up series",
    "doi": "10.1234/abc",
    "n_patients": "40",
    "n_defects": "60",
    "cohort_group": "smith2027",
}
EARLY = {
    **PAPER,
    "outcome": "union",
    "unit": "defect",
    "laterality": "any",
    "stage": "early",
    "n": "25",
    "n_united": "20",
    "percent_printed": "80",
    "count_basis": "stated",
    "read_from": "source",
    "pool_default": "yes",
}
PROGRESSIVE = {**EARLY, "stage": "progressive", "n_united": "10", "percent_printed": "40"}


@pytest.fixture
def write(tmp_path):
    def written(*rows, columns=tuple(column.name for column in COLUMNS), encoding="utf-8"):
        path = tmp_path / "our_papers.csv"
        with path.open("w", encoding=encoding, newline="") as lines:
            writer = csv.DictWriter(lines, columns, extrasaction="ignore", restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return written


def refusal(path):
    with pytest.raises(BaselineError) as caught:
        load_baselines(extra=path)
    assert "Smith" not in str(caught.value)
    assert "smith2027" not in str(caught.value)
    return caught.value.found


def test_own_rows_stand_after_ours_and_are_marked(write):
    found = load_baselines(stage="early", extra=write(EARLY, PROGRESSIVE))
    last = found.rates.iloc[-1]
    assert last[["paper", "doi", "origin", "n_united", "n"]].tolist() == [
        "Smith 2027",
        "10.1234/abc",
        "user",
        20,
        25,
    ]
    assert set(found.rates["origin"][:-1]) == {"package"}
    assert found.studies.iloc[-1][["study_id", "origin"]].tolist() == ["smith2027", "user"]
    assert "1 of them your own rows" in found.finding
    assert "Smith 2027 (yours)" in found.summary()
    assert any(citation.doi == "10.1234/abc" for citation in found.citations)


def test_own_rows_enter_the_pool_as_one_more_group(write):
    own = load_baselines(outcome="union", unit="defect", stage="early", extra=write(EARLY))
    row = pool_baselines(own).frame.iloc[0]
    assert (row["n_groups"], row["n_events"], row["n_counted"]) == (3, 139, 168)


def test_ours_stay_as_they_are_after_a_load_with_own_rows(write):
    before = load_baselines().rates
    load_baselines(extra=write(EARLY))
    assert load_baselines().rates.equals(before)


def test_own_rows_may_complete_a_paper_that_is_listed(write):
    rate = {name: value for name, value in EARLY.items() if name not in PAPER}
    row = {**rate, "study_id": "fujii2004", "cohort_group": "tokushima"}
    found = load_baselines(study_id="fujii2004", extra=write(row))
    assert found.rates["paper"].tolist() == ["Fujii 2004"]
    assert found.rates["origin"].tolist() == ["user"]


def test_details_of_a_listed_paper_are_refused_rather_than_passed_over(write):
    row = {**EARLY, "study_id": "fujii2004", "cohort_group": "tokushima"}
    assert "title of a paper that the package describes already on line 2" in refusal(write(row))


def test_what_an_own_paper_contradicts_is_listed(write):
    row = {**PROGRESSIVE, "notes": "CONFLICT: 10 + 20 is not 31"}
    found = load_baselines(study_id="smith2027", extra=write(EARLY, row))
    assert found.rates["conflict"].tolist() == ["10 + 20 is not 31"] * 2


def test_a_percentage_alone_is_taken_and_has_no_limits(write):
    bare = {**EARLY, "n": "", "n_united": "", "count_basis": "percent_only", "pool_default": "no"}
    row = load_baselines(study_id="smith2027", extra=write(bare)).rates.iloc[0]
    assert row["estimate"] == 0.8
    assert row[["conf_low", "conf_high"]].isna().all()


def test_semicolons_and_a_byte_order_mark_are_read(write):
    path = write(EARLY, encoding="utf-8-sig")
    path.write_text(path.read_text("utf-8-sig").replace(",", ";"), encoding="utf-8-sig")
    assert len(load_baselines(study_id="smith2027", extra=path).rates) == 1


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"stage": "earlyish"}, "unknown stage on line 2"),
        ({"outcome": ""}, "unknown outcome on line 2"),
        ({"cohort_group": ""}, "cohort_group empty on line 2"),
        ({"n_united": "26"}, "more united than there are on line 2"),
        ({"n_united": "2O"}, "n_united that is no number on line 2"),
        ({"n_united": "19.5"}, "n_united that is not whole on line 2"),
        ({"n": "0", "n_united": "0"}, "n out of range on line 2"),
        ({"n": "inf"}, "n that is no number on line 2"),
        ({"percent_printed": "180"}, "percent_printed out of range on line 2"),
        ({"percent_printed": "50"}, "percentage that does not match its counts on line 2"),
        ({"n_united": ""}, "counts missing on line 2"),
        ({"doi": "https://doi.org/10.1234/abc"}, "doi that does not begin 10. and a number"),
        ({"doi": ""}, "a new paper without doi, pmid, url or journal on line 2"),
        ({"title": ""}, "a new paper without title on line 2"),
        ({"read_from": "secondary"}, "pool_default without counts read at the source on line 2"),
        ({"cohort_group": "mito"}, "pool_default where a row of the package speaks already"),
        ({"study_id": "virkki2020"}, "cohort_group that is not that of the paper in the package"),
        (
            {"count_basis": "percent_only", "n": "", "n_united": "", "percent_printed": ""},
            "neither counts nor a percentage on line 2",
        ),
    ],
)
def test_a_faulty_row_is_refused_by_column_and_line(write, changes, found):
    assert found in refusal(write({**EARLY, **changes}))


def test_all_faults_of_a_file_are_told_at_once(write):
    faulty = {**PROGRESSIVE, "n_united": "x", "year": "27"}
    found = refusal(write({**EARLY, "stage": "earlyish"}, faulty))
    assert "unknown stage on line 2" in found
    assert "n_united that is no number on line 3" in found
    assert "year out of range on line 3" in found
    assert "year that differs within a paper on line 3" in found


def test_the_same_number_twice_is_refused(write):
    assert "the same number twice on line 3" in refusal(write(EARLY, EARLY))


def test_a_number_that_the_package_has_is_refused(write):
    row = {**EARLY, "study_id": "virkki2020", "cohort_group": "turku_retrospective"}
    again = {**row, "brace": "Boston TLSO", "pool_default": "no"}
    assert "a number that the package lists already on line 2" in refusal(write(again))


def test_columns_that_lack_and_columns_that_nobody_knows_are_named(write):
    columns = [column.name for column in COLUMNS if column.name != "unit"]
    path = write(EARLY, columns=columns)
    path.write_text(path.read_text(encoding="utf-8").replace("notes", "remarks"), encoding="utf-8")
    assert refusal(path).startswith("no column unit; unknown column remarks")


def test_a_row_with_a_cell_too_many_is_named_and_not_shifted(write):
    path = write(EARLY, PROGRESSIVE)
    path.write_text(path.read_text(encoding="utf-8").rstrip() + ",yes\n", encoding="utf-8")
    assert "more or fewer cells than the header on line 3" in refusal(path)


def test_a_header_alone_is_refused(write):
    assert refusal(write()) == "a header and no row beneath it"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"study_id\n\xff\xfe", "another encoding"),
        (b'study_id\n"a', "quotation marks"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, found):
    path = tmp_path / "our_papers.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=found):
        load_baselines(extra=path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        load_baselines(extra=tmp_path / "our_papers.csv")


def test_the_template_has_every_column_and_is_never_written_over(tmp_path):
    path = write_baseline_template(tmp_path / "our_papers.csv")
    assert path.read_text("utf-8-sig").strip().split(",") == list(
        describe_baseline_columns()["column"]
    )
    with pytest.raises(SourceError, match="a file of that name"):
        write_baseline_template(path)
