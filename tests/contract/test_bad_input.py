"""Whatever is wrong with a file: one clear message of four lines, or a line of the account."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import (
    ArgumentError,
    DateOrderError,
    ParsOutcomesError,
    SourceError,
)
from parsoutcomes.loaders.load import load_records

CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"
HEADER = ["Study ID", "Sex", "Age", "Level", "Side", "Stage", "Fitted", "Brace off", "Last seen"]
HEADER += ["Outcome", "Scan date", "Union"]
FIRST = {
    "Study ID": "P0001",
    "Sex": "m",
    "Age": 15,
    "Level": "L5",
    "Side": "left",
    "Stage": "early",
    "Fitted": "13/03/2024",
    "Brace off": "14/06/2024",
    "Last seen": "20/12/2024",
    "Outcome": "completed",
    "Scan date": "15/06/2024",
    "Union": "no change",
}


def row(**changes: object) -> dict[str, object]:
    return {**FIRST, **{name.replace("_", " "): value for name, value in changes.items()}}


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=HEADER)


def load(*rows: dict[str, object], **arguments: Any) -> Cohort:
    return load_records(frame(*rows), **arguments)


def checks(cohort: Cohort) -> list[tuple[str, int]]:
    found = cohort.intake.checks
    return list(zip(found["check"], found["row_number"], strict=True))


def cells(cohort: Cohort) -> list[tuple[int, str, str, str]]:
    found = cohort.intake.cells[["row_number", "header", "action", "reason"]]
    return [tuple(line) for line in found.to_numpy().tolist()]


def refusal(error: pytest.ExceptionInfo[ParsOutcomesError]) -> str:
    lines = str(error.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["What is wrong", "Expected", "Found", "Fix"]
    return lines[0]


class TestSourcesThatCannotBeRead:
    def test_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError) as error:
            load_records(tmp_path / "nothing.xlsx")
        assert refusal(error) == "What is wrong: There is no such file."

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="folder"):
            load_records(tmp_path)

    @pytest.mark.parametrize("name", ["log.csv", "log.xlsx"])
    def test_an_empty_file(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(SourceError) as error:
            load_records(tmp_path / name)
        assert refusal(error) == "What is wrong: The file is empty."

    def test_a_workbook_without_a_filled_cell(self, tmp_path: Path) -> None:
        openpyxl.Workbook().save(tmp_path / "log.xlsx")
        with pytest.raises(SourceError, match="The file is empty"):
            load_records(tmp_path / "log.xlsx")

    def test_text_under_the_name_of_a_workbook(self, tmp_path: Path) -> None:
        (tmp_path / "log.xlsx").write_text("Study ID,Level\nP0001,L5\n", encoding="utf-8")
        with pytest.raises(SourceError, match="not a workbook"):
            load_records(tmp_path / "log.xlsx")

    def test_a_document_under_the_name_of_a_workbook(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "log.xlsx", "w") as archive:
            archive.writestr("word/document.xml", "<w:document/>")
        with pytest.raises(SourceError, match="not a workbook"):
            load_records(tmp_path / "log.xlsx")

    def test_half_a_workbook(self, tmp_path: Path) -> None:
        whole = (CLINIC / "clinic_log.xlsx").read_bytes()
        (tmp_path / "log.xlsx").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(SourceError, match="cannot be opened"):
            load_records(tmp_path / "log.xlsx")

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "log.csv").write_bytes(bytes([0, 255, 3, 0, 254, 7]) * 40)
        with pytest.raises(SourceError):
            load_records(tmp_path / "log.csv")

    def test_a_workbook_that_unpacks_to_far_more_than_its_size(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "log.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b" " * 60_000_000)
        with pytest.raises(SourceError, match="unpacks to far more"):
            load_records(tmp_path / "log.xlsx")

    def test_a_workbook_of_other_sheets_only(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        book.active.append(["Orders", "Stock"])
        book.active.append(["straps", 12])
        book.save(tmp_path / "log.xlsx")
        with pytest.raises(SourceError, match="no recognisable header"):
            load_records(tmp_path / "log.xlsx")

    def test_a_header_without_rows(self) -> None:
        with pytest.raises(SourceError, match="empty"):
            load_records(pd.DataFrame(columns=HEADER))

    def test_a_header_without_rows_in_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "log.csv").write_text(",".join(HEADER) + "\n", encoding="utf-8")
        with pytest.raises(SourceError, match="a header and no records"):
            load_records(tmp_path / "log.csv")

    def test_no_column_that_names_the_patient(self) -> None:
        with pytest.raises(SourceError, match="no column that identifies the patient"):
            load_records(frame(FIRST).drop(columns="Study ID"))


class TestArgumentsThatDoNotFit:
    def test_a_password_for_a_file_without_one(self) -> None:
        with pytest.raises(ArgumentError, match="not protected"):
            load_records(CLINIC / "simple.csv", password="secret")

    def test_the_password_is_not_printed(self) -> None:
        with pytest.raises(ArgumentError) as error:
            load_records(CLINIC / "simple.csv", password="hunter2")
        assert "hunter2" not in str(error.value)

    def test_a_data_lock_that_is_no_date(self) -> None:
        with pytest.raises(ArgumentError, match="data_lock is not a date"):
            load(FIRST, data_lock="end of 2024")

    def test_a_date_order_that_is_not_known(self) -> None:
        with pytest.raises(ArgumentError, match="date_order"):
            load(FIRST, date_order="day-first")

    def test_a_mapping_to_a_column_that_is_not_known(self) -> None:
        with pytest.raises(ArgumentError, match="mapping"):
            load(FIRST, mapping={"Side": "sied"})

    def test_a_mapping_from_a_header_that_is_not_there(self) -> None:
        with pytest.raises(ArgumentError, match="headers that the source does not have"):
            load(FIRST, mapping={"Flank": "side"})


class TestValuesThatAreNotUnderstood:
    def test_an_unknown_spelling_is_listed_and_left_out(self) -> None:
        cohort = load(row(Stage="zwischenstadium"), row(Study_ID="P0002"))
        assert cohort.defects["stage"].tolist() == [None, "early"]
        assert cells(cohort) == [(1, "Stage", "unresolved", "spelling not known")]

    def test_an_impossible_date_is_listed_and_left_out(self) -> None:
        cohort = load(row(Last_seen="31/06/24"))
        assert cohort.episodes["last_contact_date"].isna().all()
        assert cells(cohort) == [(1, "Last seen", "unresolved", "no such day")]

    def test_text_in_a_number_is_listed_and_left_out(self) -> None:
        cohort = load(row(Age="teenager"))
        assert cohort.episodes["age_years"].isna().all()
        assert [line[:3] for line in cells(cohort)] == [(1, "Age", "unresolved")]

    def test_a_reading_without_a_date_is_listed_and_left_out(self) -> None:
        cohort = load(row(), row(Scan_date=None, Union="healed"))
        assert len(cohort.readings) == 1
        assert checks(cohort) == [("reading_without_date", 2)]

    def test_an_error_cell_of_a_workbook_is_listed_by_row(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        book.active.append(HEADER)
        book.active.append(list(row(Stage="#N/A").values()))
        book.active.cell(2, HEADER.index("Stage") + 1).data_type = "e"
        book.save(tmp_path / "log.xlsx")
        cohort = load_records(tmp_path / "log.xlsx")
        assert cells(cohort) == [(2, "Stage", "unresolved", "the cell shows a spreadsheet error")]

    def test_a_row_without_a_key_is_set_aside(self) -> None:
        cohort = load(row(), row(Study_ID=None))
        aside = cohort.intake.rows.query("action == 'set aside'")
        assert aside[["row_number", "reason"]].to_numpy().tolist() == [[2, "no patient key"]]
        assert cohort.n_patients == 1


class TestRowsThatContradictThemselves:
    def test_a_scan_before_fitting(self) -> None:
        cohort = load(row(Scan_date="12/03/2024", Union="healed"))
        assert checks(cohort) == [("scan_before_fitting", 1)]
        assert cohort.defects["interval_right_days"].isna().all()

    def test_the_brace_off_before_it_was_on(self) -> None:
        assert checks(load(row(Brace_off="13/02/2024"))) == [("brace_end_before_fitting", 1)]

    def test_a_pars_united_and_then_not(self) -> None:
        cohort = load(row(Union="healed"), row(Scan_date="18/09/2024", Union="NU"))
        assert checks(cohort) == [("union_then_not_united", 2)]
        assert cohort.defects["interval_right_days"].tolist() == [94.0]

    def test_age_outside_the_range(self) -> None:
        cohort = load(row(Age=151))
        assert checks(cohort) == [("age_outside_range", 1)]

    def test_two_readings_of_one_day_that_disagree(self) -> None:
        cohort = load(row(Union="healed"), row(Union="NU"))
        assert checks(cohort) == [("conflicting_reading", 1), ("conflicting_reading", 2)]
        assert cohort.readings.empty

    def test_one_reading_entered_twice(self) -> None:
        cohort = load(row(), row())
        assert checks(cohort) == [("duplicated_reading", 2)]
        assert len(cohort.readings) == 1

    def test_rows_that_disagree_on_a_value_of_the_course(self) -> None:
        cohort = load(row(), row(Sex="f", Scan_date="18/09/2024"))
        assert ("conflicting_value", 2) in checks(cohort)
        assert cohort.episodes["sex"].tolist() == [None]

    def test_two_days_of_fitting_are_two_courses(self) -> None:
        later = row(Fitted="14/05/2024", Scan_date="15/09/2024", Brace_off="20/09/2024")
        cohort = load(row(), later)
        assert cohort.episodes["episode_id"].tolist() == ["P0001-1", "P0001-2"]
        assert checks(cohort) == [("overlapping_episodes", 2)]

    def test_a_scan_of_a_side_that_has_no_pars(self) -> None:
        wide = pd.DataFrame(
            [["P0001", "L5", "E", "-", "13/03/2024", "15/06/2024", "NU", "healed"]],
            columns=[
                "Study ID",
                "Level",
                "Stage R",
                "Stage L",
                "Fitted",
                "CT 1 Date",
                "CT 1 R",
                "CT 1 L",
            ],
        )
        cohort = load_records(wide)
        assert checks(cohort) == [("reading_without_defect", 1)]
        assert cohort.readings["union_status"].tolist() == ["none"]


class TestPatientsEnteredTwice:
    HEADER = ("Hosp No", "DOB", "Sex", "Level", "Stage R", "Fitted", "CT 1 Date", "CT 1 R")
    ROW = ("LB2001", "14/05/2009", "m", "L5", "E", "13/03/2024", "15/06/2024", "healed")

    def load(self, *rows: tuple[object, ...]) -> Cohort:
        return load_records(pd.DataFrame(list(rows), columns=list(self.HEADER)))

    def test_the_same_row_twice_is_used_once(self) -> None:
        cohort = self.load(self.ROW, self.ROW)
        assert checks(cohort) == [("duplicated_row", 2)]
        assert (cohort.n_defects, len(cohort.readings)) == (1, 1)
        assert cohort.intake.sources["n_rows_set_aside"].tolist() == [1]

    def test_another_key_with_the_same_birth_date_sex_and_fitting_is_flagged(self) -> None:
        cohort = self.load(self.ROW, ("LB2002", *self.ROW[1:]))
        assert checks(cohort) == [("one_person_two_keys", 2)]
        assert cohort.n_patients == 2

    def test_one_key_with_two_birth_dates_is_flagged(self) -> None:
        other = (self.ROW[0], "15/05/2009", "m", "L4", *self.ROW[4:])
        assert checks(self.load(self.ROW, other)) == [("one_key_two_people", 2)]


class TestDatesThatCanBeReadBothWays:
    ROW = row(Fitted="03/04/24", Brace_off="05/07/24", Last_seen="06/12/24", Scan_date="04/07/24")

    def test_without_proof_the_load_stops_and_names_columns_and_counts(self) -> None:
        with pytest.raises(DateOrderError) as error:
            load(self.ROW, {**self.ROW, "Study ID": "P0002"})
        refusal(error)
        assert "Fitted (2), Brace off (2), Last seen (2), Scan date (2)" in str(error.value)
        assert "03/04" not in str(error.value)

    def test_one_impossible_date_does_not_turn_the_order_of_the_others(self) -> None:
        impossible = {
            **self.ROW,
            "Study ID": "P0002",
            "Fitted": "31/06/23",
            "Scan date": "10/13/23",
        }
        with pytest.raises(DateOrderError) as error:
            load(self.ROW, impossible)
        refusal(error)
        assert "1 dates can only be day first (Fitted: 1)" in str(error.value)
        assert "1 only month first (Scan date: 1)" in str(error.value)

    @pytest.mark.parametrize(
        ("date_order", "fitted"), [("day_first", "2024-04-03"), ("month_first", "2024-03-04")]
    )
    def test_a_declared_order_is_followed(self, date_order: str, fitted: str) -> None:
        cohort = load(self.ROW, date_order=date_order)
        assert cohort.episodes["fitted_date"].tolist() == [pd.Timestamp(fitted)]

    def test_one_date_that_can_only_be_day_first_proves_the_rest(self) -> None:
        cohort = load(row(**{**self.ROW, "Last seen": "31/12/24"}))
        assert cohort.episodes["fitted_date"].tolist() == [pd.Timestamp("2024-04-03")]
        assert "day first" in cohort.intake.method


class TestTheDataLock:
    def test_what_came_later_is_left_out_and_listed(self) -> None:
        cohort = load(
            row(),
            row(Scan_date="18/09/2024", Union="healed"),
            row(Study_ID="P0002", Fitted="20/08/2024", Scan_date="21/11/2024"),
            data_lock="2024-07-31",
        )
        assert cohort.data_lock == pd.Timestamp("2024-07-31")
        assert cohort.n_patients == 1
        assert cohort.readings["union_status"].tolist() == ["none"]
        assert cohort.episodes["last_contact_date"].tolist() == [pd.Timestamp("2024-07-31")]
        assert {check for check, _ in checks(cohort)} == {"after_data_lock"}

    def test_the_latest_date_in_the_source_is_the_default(self) -> None:
        assert load(FIRST).data_lock == pd.Timestamp("2024-12-20")


class TestTextFiles:
    TEXT = "Study ID;Sport;Level;Side;Stage;Fitted;Scan date;Union;Remarks\n"
    TEXT += "P0001;football;L5;left;early;13/03/2024;15/06/2024;healed;café\n"

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
    )
    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    def test_any_common_encoding_and_separator(
        self, tmp_path: Path, encoding: str, separator: str
    ) -> None:
        (tmp_path / "log.csv").write_bytes(self.TEXT.replace(";", separator).encode(encoding))
        cohort = load_records(tmp_path / "log.csv")
        assert cohort.defects["interval_right_days"].tolist() == [94.0]

    def test_line_ends_of_other_systems(self, tmp_path: Path) -> None:
        (tmp_path / "log.csv").write_bytes(self.TEXT.replace("\n", "\r\n").encode())
        assert load_records(tmp_path / "log.csv").n_defects == 1

    def test_free_text_is_not_kept(self, tmp_path: Path) -> None:
        (tmp_path / "log.csv").write_text(self.TEXT, encoding="utf-8")
        columns = load_records(tmp_path / "log.csv").intake.columns
        assert columns.loc[columns["header"] == "Remarks", "action"].tolist() == ["not used"]


PLANTED = ("Zebedee Quux", "9434765919", "zeb@quux.example", "QX9 9ZQ", "squirrelitis", "77.7777")


def test_no_planted_value_reaches_the_cohort_the_account_or_a_message() -> None:
    header = [*HEADER, "Name", "NHS No", "E-mail", "Postcode", "Notes", "Colour"]
    spoilt = {
        **row(Stage="squirrelitis", Age="77.7777x", Last_seen="Zebedee Quux", Side="QX9 9ZQ"),
        **dict(
            zip(header[len(HEADER) :], [*PLANTED[:4], "Zebedee Quux, 9434765919", "x"], strict=True)
        ),
    }
    good = {**row(Study_ID="P0002"), **dict.fromkeys(header[len(HEADER) :], None)}
    cohort = load_records(pd.DataFrame([spoilt, good], columns=header))
    account = cohort.intake
    tables = [account.sources, account.columns, account.rows, account.cells, account.checks]
    written = [repr(cohort), account.summary(), account._repr_html_()]
    written += [table.to_csv() for table in [*tables, *cohort.tables.values()]]
    for value in PLANTED:
        assert not any(value in text for text in written)
    assert len(account.cells) == 4
