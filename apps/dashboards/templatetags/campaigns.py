"""Pieces of a campaign's page: the weeks before as columns, and the way to what a service lacks."""

from django import template
from django.urls import reverse

from apps.common.addresses import change_address
from apps.dashboards.engines.columns import Columns, draw_columns
from apps.dashboards.templatetags.readiness import Way, evidence_of
from apps.roadmap.selectors.campaigns import CampaignStory, ServiceProgress

register = template.Library()


@register.simple_tag
def weeks_of(story: CampaignStory) -> Columns | None:
    """How many services had it, week by week; nothing before the first week is over."""
    return draw_columns([(week.at.date(), week.satisfied) for week in story.weeks], story.progress.total)


@register.simple_tag
def way_on(row: ServiceProgress) -> Way:
    """Where the one action is done that a service needs, or where its proof stands."""
    if row.environment is None:
        return Way("Open the service", change_address(row.service))
    if row.suggestion:
        return Way("See the suggestion", evidence_of(row.suggestion.criterion))
    if row.evidence and row.evidence.binding.pk:
        return Way("See the evidence", evidence_of(row.evidence.binding.criterion))
    if row.evidence and row.evidence.observation_id:
        seen = reverse("admin:evidence_observationrecord_change", args=[row.evidence.observation_id])
        return Way("See what was observed", seen)
    return Way("Open its readiness", reverse("dashboards:readiness", args=[row.service.slug]))
