"""What must hold for every cell, whatever it holds."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from parsoutcomes.conventions import LEVELS, MONTH_NAMES
from parsoutcomes.loaders.date_order import prove_date_order
from parsoutcomes.loaders.dates import classify_date, resolve_date
from parsoutcomes.loaders.identifiers import detect_identifiers, pseudonymise, redact
from parsoutcomes.loaders.parsing import (
    parse_age,
    parse_level,
    parse_months,
    parse_number,
    parse_score,
    parse_slip_grade,
)
from parsoutcomes.loaders.vocabulary import MISSING_REASONS, load_vocabulary, normalise

WORDS = load_vocabulary()
CLINICAL = st.text(alphabet="LRTS125/0-. ,+?#()elrydaimonthsuwk", max_size=14)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.text(max_size=30),
    CLINICAL,
)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
DAYS = st.dates(date(1970, 1, 1), date(2068, 12, 31))
FORMS = st.sampled_from(
    ["%d %b %Y", "%d-%b-%y", "%d %B %Y", "%Y-%m-%d", "%Y%m%d", "%b %d, %Y", "%A %d %B %Y"]
)


@settings(max_examples=200, deadline=None)
@given(CELLS)
def test_no_cell_breaks_a_reader(cell):
    classify_date(cell)
    WORDS.header_role(cell)
    for column in ("stage", "side", "union_status", "is_target", "nothing"):
        match = WORDS.value(column, cell)
        assert match is None or (match.value is None) == (match.missing in MISSING_REASONS)
    for reading in (
        parse_months(cell),
        parse_score(cell, maximum=10),
        parse_number(cell),
        parse_age(cell),
        parse_slip_grade(cell),
    ):
        assert (reading.value is None) == bool(reading.missing or reading.flag) or reading.flag
    redact(cell)
    detect_identifiers("column", [cell])


@settings(max_examples=200, deadline=None)
@given(CELLS)
def test_a_level_is_known_missing_or_flagged(cell):
    reading = parse_level(cell)
    assert set(reading.levels) <= set(LEVELS)
    assert reading.levels or reading.missing or reading.flag
    assert not (reading.levels and reading.missing)


@settings(max_examples=200, deadline=None)
@given(CELLS)
def test_a_score_stays_on_its_scale(cell):
    value = parse_score(cell, maximum=10).value
    assert value is None or 0 <= value <= 10


def write_in_english(day, form):
    month, weekday = MONTH_NAMES[day.month - 1], WEEKDAYS[day.weekday()]
    words = {"%B": month, "%b": month[:3], "%A": weekday}
    for sign, word in words.items():
        form = form.replace(sign, word)
    return day.strftime(form)


@settings(max_examples=200, deadline=None)
@given(DAYS, FORMS)
def test_a_date_in_words_or_iso_comes_back_as_it_was(day, form):
    assert resolve_date(classify_date(write_in_english(day, form)), None) == day


@settings(max_examples=200, deadline=None)
@given(DAYS, st.sampled_from(["%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y"]))
def test_a_uk_date_comes_back_once_the_order_is_known(day, form):
    reading = classify_date(day.strftime(form))
    assert resolve_date(reading, "day_first") == day
    assert (reading.kind == "either") == (day.day <= 12 and day.day != day.month)


@settings(max_examples=200, deadline=None)
@given(st.lists(DAYS, max_size=8), DAYS)
def test_no_two_digit_year_is_later_than_the_lock(days, lock):
    for day in days:
        read = resolve_date(classify_date(write_in_english(day, "%d %b %y")), None, latest=lock)
        assert read is None or read <= max(lock, date(1999, 12, 31))


@settings(max_examples=200, deadline=None)
@given(st.lists(DAYS, max_size=12))
def test_uk_dates_never_prove_month_first(days):
    readings = [classify_date(day.strftime("%d/%m/%Y")) for day in days]
    order = prove_date_order({"column": readings})
    assert order.order == ("day_first" if any(day.day > 12 for day in days) else None)
    assert order.n_either == sum(day.day <= 12 and day.day != day.month for day in days)
    assert prove_date_order({"column": readings[::-1]}).order == order.order


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_a_key_is_its_own_key(text):
    assert normalise(normalise(text)) == normalise(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abcdeLRT0159 /()_-.,'", max_size=20))
def test_a_key_is_blind_to_case_and_to_spaces_and_stops_at_the_ends(text):
    spelling = f"a{text}"
    assert normalise(f"  {spelling.upper()} . ") == normalise(spelling)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 24))
def test_months_and_twelfths_agree(months):
    assert parse_months(f"{months}/12").value == parse_months(f"{months} months").value == months


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="AB 12-", min_size=1, max_size=6), max_size=10))
def test_pseudonyms_are_one_to_one_and_do_not_depend_on_later_rows(keys):
    labels = pseudonymise(keys)
    joined = {
        label: {k.replace(" ", "").replace("-", "") for k in labels if labels[k] == label}
        for label in labels.values()
    }
    assert all(len(group) == 1 for group in joined.values())
    assert {k: labels[k] for k in pseudonymise(keys[:3])} == pseudonymise(keys[:3])
