"""The waivers of all services over time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.paginator import Page, Paginator

from apps.common.statuses import look_of
from apps.common.wording import counted, date_in_words
from apps.dashboards.engines.timeline import Span, Timeline, draw_timeline
from apps.roadmap.models import Waiver
from apps.roadmap.selectors.waivers import waivers_that_end

WAIVERS_ON_A_PAGE = 50


@dataclass(frozen=True)
class WaiverRow:
    """A waiver, and what it is at the instant of the page."""

    waiver: Waiver
    phase: str


@dataclass(frozen=True)
class WaiverCalendar:
    """One page of waivers, the next end first, with a drawing of them."""

    rows: tuple[WaiverRow, ...]
    drawing: Timeline | None
    page: Page[Waiver]


def waiver_calendar(*, at: datetime, page_number: str | None = None) -> WaiverCalendar:
    """The waivers that hold or will, in a number of queries that does not grow with them."""
    page = Paginator(waivers_that_end(at), WAIVERS_ON_A_PAGE).get_page(page_number)
    rows = tuple(WaiverRow(each, "ending_soon" if each.ends_soon(at) else each.phase(at)) for each in page)
    return WaiverCalendar(rows, _draw(rows, at), page)


def _draw(rows: Sequence[WaiverRow], at: datetime) -> Timeline | None:
    spans = [
        Span(
            name=f"{row.waiver.environment.service}: {row.waiver.criterion}",
            starts_on=row.waiver.starts_at.date(),
            ends_on=row.waiver.last_day,
            tone=look_of(row.phase).tone,
        )
        for row in rows
    ]
    drawing = draw_timeline(spans, today=at.date())
    if drawing is None:
        return None
    ends = f"{counted(len(rows), 'waiver')}, the first ending on {date_in_words(spans[0].ends_on)}"
    return replace(drawing, summary=f"{ends}; each is listed below. Today is {date_in_words(at.date())}.")
