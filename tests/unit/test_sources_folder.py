"""A folder or several files are one source, each file named in the account."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.folder import files_of_folder, read_files
from parsoutcomes.loaders.load import load_content
from parsoutcomes.loaders.source import read_source

FILES = {
    "patients.csv": "Study number,Sex,Date of birth\nP1,M,2008-03-01\nP2,F,2009-03-01\n",
    "brace.csv": "Study number,Brace fitted\nP1,2024-03-01\nP2,2024-05-01\n",
    "pars.csv": "Study number,Level,Side,Stage\nP1,L5,left,early\nP2,L4,right,progressive\n",
    "scans.csv": "Study number,Date of CT,Union right,Union left\nP1,2024-06-01,,healed\n",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def link(path: Path, target: str | Path) -> None:
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("Windows lets only administrators and developers make links")


def test_files_of_one_folder_are_joined_on_the_patient(folder) -> None:
    content = read_files(files_of_folder(folder), read_source)
    assert [grid.source for grid in content.grids] == sorted(FILES)
    cohort = load_content(content)
    columns = ["patient_id", "sex", "fitted_date"]
    found = cohort.episodes[columns].astype(str).to_numpy().tolist()
    assert found == [["P1", "male", "2024-03-01"], ["P2", "female", "2024-05-01"]]
    assert cohort.episodes["age_years"].round(1).tolist() == [16.0, 15.2]
    assert cohort.defects["interval_right_days"].fillna(-1).tolist() == [92, -1]
    assert cohort.readings["modality"].tolist() == ["CT"]
    assert cohort.intake.sources["n_rows_used"].tolist() == [2, 2, 2, 1]


def test_the_order_of_the_files_changes_nothing_in_the_cohort(folder) -> None:
    paths = files_of_folder(folder)
    forward = read_files(paths, read_source)
    backward = read_files(paths[::-1], read_source)
    assert forward.sha256 == backward.sha256
    one, other = load_content(forward), load_content(backward)
    assert one.defects.drop(columns="patient_id").equals(other.defects.drop(columns="patient_id"))


def test_what_is_not_records_is_passed_over(folder) -> None:
    for name in (".hidden.csv", "~$log.xlsx", "letter.docx", "photo.png"):
        (folder / name).write_text("Planted", encoding="utf-8")
    (folder / "older").mkdir()
    assert [path.name for path in files_of_folder(folder)] == sorted(FILES)


def test_a_folder_without_records_is_refused(tmp_path) -> None:
    (tmp_path / "letter.docx").write_text("Planted", encoding="utf-8")
    with pytest.raises(SourceError, match="0 of them") as raised:
        files_of_folder(tmp_path)
    assert str(raised.value).count("\n") == 3


def test_files_that_cannot_be_told_apart_are_refused(folder) -> None:
    twice = [folder / "pars.csv", folder / "pars.csv"]
    with pytest.raises(SourceError, match="2 files, 1 names"):
        read_files(twice, read_source)
    with pytest.raises(SourceError, match="No file is named"):
        read_files([], read_source)


def test_a_file_that_cannot_be_read_stops_the_whole(folder) -> None:
    (folder / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match=r"empty\.csv"):
        read_files(files_of_folder(folder), read_source)


@pytest.mark.parametrize("target", ["scans.csv", "/nowhere/scans.csv", "../scans.csv"])
def test_links_in_a_folder_are_refused_and_not_followed(folder, target) -> None:
    link(folder / "more.csv", target)
    with pytest.raises(SourceError, match="holds links") as error:
        read_source(folder)
    assert error.value.found.endswith("1 links with the ending of a file of records")
    assert target not in str(error.value)


def test_a_link_to_the_folder_itself_is_the_folder(folder) -> None:
    linked = folder.parent / f"{folder.name} linked"
    link(linked, folder)
    assert len(read_source(linked).grids) == len(FILES)
