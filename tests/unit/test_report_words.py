"""`report.yaml`: read as a whole, refused as a whole, and put into every format as plain text."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from report_cohorts import make_cohort

from parsoutcomes.errors import ReportError
from parsoutcomes.report.builder import build_report
from parsoutcomes.report.config_file import read_report_words
from parsoutcomes.report.documents import FILE_NAMES
from parsoutcomes.report.last_year import read_last_year

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = "<script>alert(1)</script> =cmd #let x = 1"


def write(folder: Path, text: str) -> Path:
    path = folder / "report.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_is_read(tmp_path):
    words = read_report_words(
        write(
            tmp_path,
            "title: Union in 2024\nclinic: Our clinic\nauthors: [A. Smith, B. Jones]\n"
            "funding: none\nn_referred: 120\nsigned_off_by: [C. Brown]\n"
            "comments:\n  rates: As expected.\n"
            "  time: {text: Scans were late., author: A. Smith}\n",
        )
    )
    assert (words.title, words.clinic) == ("Union in 2024", "Our clinic")
    assert words.authors == ("A. Smith", "B. Jones")
    assert (words.config.funding, words.config.n_referred) == ("none", 120)
    assert words.config.comments["rates"][0].text == "As expected."
    assert words.config.comments["time"][0].author == "A. Smith"


def test_all_mistakes_are_told_at_once_and_no_value_is_repeated(tmp_path):
    path = write(
        tmp_path,
        "titel: Secret\nclinic: [Secret]\nn_referred: Secret\nauthors: Secret\nlogo: none.png\n"
        "comments: {rates: [Secret]}\n",
    )
    with pytest.raises(ReportError) as caught:
        read_report_words(path)
    text = str(caught.value)
    for part in ("titel", "clinic", "n_referred", "authors", "logo cannot be read", "comment 1"):
        assert part in text
    assert "Secret" not in text


@pytest.mark.parametrize("text", ["just words", "a: [unclosed", "- one\n- two"])
def test_what_is_not_keys_with_values_is_refused(tmp_path, text):
    with pytest.raises(ReportError, match="settings"):
        read_report_words(write(tmp_path, text))


def test_a_logo_needs_its_words(tmp_path):
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ReportError, match="logo_alt"):
        read_report_words(write(tmp_path, "logo: logo.png"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    comment = f"comments: {{rates: {json.dumps(HOSTILE)}}}\nclinic: {json.dumps(HOSTILE)}\n"
    (folder / "logo.png").write_bytes(PICTURE)
    words = "authors: [A. Smith]\nlogo: logo.png\nlogo_alt: A tree\n"
    config = write(folder, comment + words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 30)
        return build_report(
            make_cohort(12), folder / "out", year=2024, n_resamples=40, config=config
        )


def test_every_format_is_made(built):
    assert [path.name for path in built.documents] == list(FILE_NAMES.values())
    assert all(path.stat().st_size > 10_000 for path in built.documents)


def test_markup_in_the_words_is_text(built):
    page = built.report.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert re.search(r'<blockquote class="comment"><p>&lt;script', page)


def test_the_title_page_shows_authors_and_logo_and_asks_for_nothing(built):
    page = built.report.read_text(encoding="utf-8")
    assert '<p class="authors">A. Smith</p>' in page
    assert re.search(r'<img class="logo" src="data:image/png;base64,[^"]+" alt="A tree">', page)
    assert "img-src data:;" in page


def test_last_year_is_read_from_its_folder(tmp_path, built):
    assert len(read_last_year(built.folder)) > 100
    with pytest.raises(ReportError, match="Last year"):
        read_last_year(tmp_path)
