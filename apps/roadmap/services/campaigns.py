"""Campaigns: begun, and ended by hand. By date they end by themselves."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Service, Team
from apps.common.clock import now
from apps.common.exceptions import problems_in
from apps.roadmap.exceptions import CampaignEnded, CampaignRefused
from apps.roadmap.models import Campaign


@transaction.atomic
def begin_campaign(
    *,
    fields: dict[str, Any],
    owner: Any,
    owner_teams: Collection[Team] = (),
    services: Collection[Service] = (),
    actor: Any,
) -> Campaign:
    """Add a campaign over the services that every part of the scope names. Raises CampaignRefused."""
    campaign = Campaign(**fields, owner=owner)
    _check(campaign)
    campaign.save(force_insert=True)
    campaign.owner_teams.set(owner_teams)
    campaign.services.set(services)
    details = {"asks_for": campaign.asks_for, "target_on": campaign.target_on}
    audit.record(action="campaign.added", subject=campaign, actor=actor, details=details)
    return campaign


@transaction.atomic
def end_campaign(*, campaign: Campaign, actor: Any, at: datetime | None = None) -> Campaign:
    """End it now: it stays as it stood, and nobody is reminded any more. Raises CampaignEnded."""
    if not campaign.end(at=at or now(), by=actor):
        raise CampaignEnded("The campaign has ended already.")
    audit.record(action="campaign.ended", subject=campaign, actor=actor)
    return campaign


def _check(campaign: Campaign) -> None:
    try:
        campaign.full_clean()
    except ValidationError as error:
        raise CampaignRefused(problems_in(error)) from error
