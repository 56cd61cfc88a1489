"""Pieces of the readiness pages: meters of proof, and the way to mend a contradiction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.common.addresses import change_address, numbered_address
from apps.common.clock import now
from apps.common.statuses import look_of
from apps.common.when_shown import when_shown
from apps.common.wording import about
from apps.dashboards.engines.charts import Part, draw_parts
from apps.dashboards.selectors.milestone_page import MilestonePage, milestone_page
from apps.dashboards.selectors.pictures.evidence_calendar import EvidenceCalendar, calendar_of
from apps.roadmap.engines.standing import Standing
from apps.roadmap.models import Criterion, Milestone
from apps.roadmap.selectors.contradictions import DECAYED, OPEN_PARTS
from apps.roadmap.selectors.statuses import BindingEvidence, Contradiction, CriterionStatus

register = template.Library()

TONES = ("proven", "refuted", "doubt")


@dataclass(frozen=True)
class Way:
    """What to press. Without an address the press checks everything again."""

    label: str
    address: str = ""


@register.simple_tag
def proof_meter(criteria: Iterable[CriterionStatus]) -> SafeString:
    """How many of the criteria are proven, refuted, in doubt; what nobody has said or seen stays empty."""
    return standings_meter(Counter(str(status.standing) for status in criteria))


@register.simple_tag
def standings_meter(standings: Mapping[str, int]) -> SafeString:
    """The same of criteria that were counted by their standing."""
    counts = Counter[str]()
    for standing, count in standings.items():
        if standing != Standing.NOT_APPLICABLE:
            counts[look_of(standing).tone] += count
    said = [f"{counts[tone]} {word}" for tone, word in zip(TONES, ("proven", "refuted", "in doubt"), strict=True)]
    rest = counts.total() - sum(counts[tone] for tone in TONES)
    parts = draw_parts({**{tone: counts[tone] for tone in TONES}, "rest": rest})
    return _render_meter(tuple(part for part in parts if part.tone != "rest"), ", ".join(said))


@register.simple_tag
def freshness_meter(evidence: BindingEvidence) -> str:
    """How much of its time to live the newest observation has left."""
    if not (evidence.observed_at and evidence.expires_at):
        return _render_meter((), "nothing seen yet")
    return _meter_of_time(look_of(evidence.state).tone, evidence.observed_at, evidence.expires_at)


@when_shown
def _meter_of_time(tone: str, observed_at: datetime, expires_at: datetime) -> str:
    left, whole = expires_at - now(), expires_at - observed_at
    share = round(min(max(left / whole, 0), 1), 3)
    label = f"counts for another {about(left)}" if left > timedelta(0) else f"ran out {about(left)} ago"
    return _render_meter(draw_parts({tone: share or 1, "": 1 - share if share else 0})[:1], label)


@lru_cache(maxsize=2000)
def _render_meter(parts: tuple[Part, ...], label: str) -> SafeString:
    # Many rows of a page, and of the next one, show the same meter.
    return render_to_string("seaworthy/_meter.html", {"parts": parts, "label": label})


@register.simple_tag
def way_to_mend(contradiction: Contradiction) -> Way:
    """The one action that mends a contradiction."""
    if contradiction.kind == DECAYED:
        return Way("Check again")
    if contradiction.criterion and contradiction.kind != OPEN_PARTS:
        return Way("See the evidence", evidence_of(contradiction.criterion))
    subject = contradiction.milestone or contradiction.criterion
    return Way("Open the milestone", change_address(subject) if subject else "")


@register.simple_tag
def lines_of(contradiction: Contradiction) -> list[Way]:
    """The lines of a contradiction, each with its place in the review of its document."""
    subject = contradiction.milestone or contradiction.criterion
    document = subject.document_id if subject else None
    review = reverse("admin:roadmap_document_review", args=[document]) if document else ""
    return [Way(str(line), f"{review}?at={line}#line-{line}" if review else "") for line in contradiction.lines]


@register.simple_tag
def milestone_page_of(milestone: Milestone) -> MilestonePage | None:
    """How the milestone stands, for the head of its page in the admin."""
    return milestone_page(milestone, at=now())


@register.simple_tag
def evidence_calendar_of(criterion: Criterion) -> EvidenceCalendar | None:
    """What the criterion's evidence was day by day, for its page in the admin."""
    return calendar_of(criterion, at=now())


@register.filter
def evidence_of(criterion: Criterion) -> str:
    """The address of the page with what proves a criterion, and where it is bound to checks."""
    return numbered_address("admin:roadmap_criterion_evidence", criterion.pk)
