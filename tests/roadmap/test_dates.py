"""Target dates in the forms and languages of real roadmaps: exact, or open with a reason."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.dates import DateStyle, read_date, read_style


def read(text, **style):
    reading = read_date(text, style=DateStyle(**style), is_whole=True)
    target = reading.target
    found = (target.start.isoformat(), target.end.isoformat(), target.precision.value) if target else None
    return found, reading.doubt


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("March 5, 2026", "2026-03-05"),
        ("5 March 2026", "2026-03-05"),
        ("03/25/2026", "2026-03-25"),
        ("25/03/2026", "2026-03-25"),
        ("2026/03/05", "2026-03-05"),
        ("05.03.2026", "2026-03-05"),
        ("05.03.26", "2026-03-05"),
        ("5. März 2026", "2026-03-05"),
        ("1er mars 2026", "2026-03-01"),
        ("5 de marzo de 2026", "2026-03-05"),
        ("Sept. 30th, 2026", "2026-09-30"),
        ("30-Sep-2026", "2026-09-30"),
        ("2026-03-05T10:00Z", "2026-03-05"),
        ("March 5-9, 2026", "2026-03-09"),
    ],
)
def test_a_day_is_read(text, day):
    assert read(text) == ((day, day, "day"), "")


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("KW 12 2026", "2026-03-16", "2026-03-22", "week"),
        ("W12/2026", "2026-03-16", "2026-03-22", "week"),
        ("Week of 2 March 2026", "2026-03-02", "2026-03-08", "week"),
        ("Woche vom 2. März 2026", "2026-03-02", "2026-03-08", "week"),
        ("semaine 12 2026", "2026-03-16", "2026-03-22", "week"),
        ("Mar '26", "2026-03-01", "2026-03-31", "month"),
        ("mid March 2026", "2026-03-01", "2026-03-31", "month"),
        ("end of March 2026", "2026-03-01", "2026-03-31", "month"),
        ("Ende März 2026", "2026-03-01", "2026-03-31", "month"),
        ("mediados de marzo de 2026", "2026-03-01", "2026-03-31", "month"),
        ("Jan–Mar 2026", "2026-03-01", "2026-03-31", "month"),
        ("10/2026", "2026-10-01", "2026-10-31", "month"),
        ("2026-Q3", "2026-07-01", "2026-09-30", "quarter"),
        ("T2 2026", "2026-04-01", "2026-06-30", "quarter"),
        ("2. Quartal 2026", "2026-04-01", "2026-06-30", "quarter"),
        ("1er trimestre 2026", "2026-01-01", "2026-03-31", "quarter"),
        ("H1 2026", "2026-01-01", "2026-06-30", "quarter"),
        ("Q1 2026 - Q2 2026", "2026-01-01", "2026-06-30", "quarter"),
        ("2026-03-01 to 2026-03-15", "2026-03-01", "2026-03-15", "day"),
    ],
)
def test_a_period_is_read_with_its_precision(text, start, end, precision):
    assert read(text) == ((start, end, precision), "")


@pytest.mark.parametrize("text", ["31 June 2026", "2026-02-30", "2026-W60", "2026-03-15 to 2026-03-01"])
def test_what_no_calendar_has_stays_open_with_a_reason(text):
    found, doubt = read(text)

    assert found is None
    assert "the target stays open" in doubt


@pytest.mark.parametrize("text", ["Q3", "March 5", "by March 5", "KW 12", "05.03.", "May", "H2"])
def test_a_year_comes_from_the_document_or_from_nowhere(text):
    assert read(text)[0] is None
    assert "names no year" in read(text)[1]

    found, doubt = read(text, year=2026)
    assert found[0].startswith("2026-")
    assert "2026 is the document's" in doubt


@pytest.mark.parametrize(
    "text", ["80%+", "1/2", "Q3 FY26", "v1.2.2026.3", "soon", "Marching 2026", "EOY 2026", "12.5.26"]
)
def test_other_figures_are_no_date(text):
    assert read(text)[0] is None


def test_a_slashed_date_that_can_be_two_days_is_doubtful():
    found, doubt = read("03/05/2026")
    assert found[0] == "2026-03-05"
    assert doubt == "“03/05/2026” can be two days; it is read as 5 March 2026 (2026-03-05)."

    assert read("03/05/2026", is_day_first=True, is_order_known=True) == (("2026-05-03", "2026-05-03", "day"), "")


def test_the_other_dates_of_a_document_settle_the_order_of_its_own():
    assert read_style("due 03/25/2026 and 03/05/2026").is_order_known
    assert read_style("25/03/2026").is_day_first
    assert not read_style("25/03/2026 but 03/25/2026").is_order_known
    assert read_style("pour le 03/05/2026 avec les autres").is_day_first
    assert read_style("", ["Roadmap 2026", "x"]).year == 2026
    assert read_style("", ["Roadmap 2025-2026"]).year is None


MONTHS = [
    "January",
    "Februar",
    "mars",
    "abril",
    "May",
    "Juni",
    "juillet",
    "agosto",
    "September",
    "Oktober",
    "novembre",
    "diciembre",
]


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_itself_in_every_language(day):
    for text in (f"{day.day} {MONTHS[day.month - 1]} {day.year}", f"{day:%B} {day.day}, {day.year}", f"{day:%d.%m.%Y}"):
        assert read(text)[0] == (day.isoformat(), day.isoformat(), "day")


@given(st.text(alphabet="0123456789/.-QKWH '’MarchJune,TtofSept ", max_size=40))
def test_no_text_breaks_the_reading(text):
    reading = read_date(text, 7, DateStyle(2026), is_whole=True)
    if reading.target:
        start, end = reading.target.span
        assert reading.target.start <= reading.target.end
        assert 7 <= start < end <= 7 + len(text)
