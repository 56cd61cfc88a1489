"""Telling people what a campaign still lacks of theirs: on the chosen weekdays, each person once in a week."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services import notify
from apps.catalog.models import Team
from apps.common.clock import now
from apps.common.statuses import look_of
from apps.common.wording import counted, date_in_words
from apps.roadmap.engines.campaigns import CampaignPhase, week_of
from apps.roadmap.models import Campaign
from apps.roadmap.selectors.campaigns import CampaignProgress, ServiceProgress, progress_of_each

_LISTED = 10


def remind_of_campaigns(*, at: datetime | None = None) -> int:
    """Remind the owners of each service that lacks what a running campaign asks for, if today is one of its days.

    Gives the number of people who were told.
    """
    at = at or now()
    running = Campaign.objects.in_phase(CampaignPhase.RUNNING, at).with_scope()
    due = list(running.filter(reminder_weekdays__contains=[at.isoweekday()]))
    return sum(_remind(each, at) for each in progress_of_each(due, at=at)) if due else 0


def _remind(progress: CampaignProgress, at: datetime) -> int:
    return sum(_tell(person, missing, progress, at) for person, missing in _missing_by_person(progress).items())


def _missing_by_person(progress: CampaignProgress) -> dict[User, list[ServiceProgress]]:
    """What is missing of each person's services; of a service that nobody owns the campaign's owner hears."""
    members, found = _members(progress.missing), defaultdict(list)
    for row in progress.missing:
        for person in members.get(row.service.owner_id) or [progress.campaign.owner]:
            found[person].append(row)
    return found


def _members(rows: Iterable[ServiceProgress]) -> Mapping[int | None, list[User]]:
    teams = Team.objects.filter(pk__in={row.service.owner_id for row in rows}).prefetch_related("members")
    return {team.pk: [person for person in team.members.all() if person.is_active] for team in teams}


def _tell(person: User, missing: list[ServiceProgress], progress: CampaignProgress, at: datetime) -> int:
    campaign = progress.campaign
    return notify(
        recipients=[person],
        key=f"campaign:{campaign.pk}:{week_of(at)}",
        subject=f"{campaign}: {counted(len(missing), 'service')} to go until {date_in_words(campaign.target_on)}",
        text="\n".join([campaign.sentence, "", *_lines(missing)]),
        path=reverse("admin:roadmap_campaign_progress", args=[campaign.pk]),
        at=at,
    )


def _lines(missing: list[ServiceProgress]) -> list[str]:
    rest = [f"And {len(missing) - _LISTED} more."] if len(missing) > _LISTED else []
    return [*(_line(row) for row in missing[:_LISTED]), *rest]


def _line(row: ServiceProgress) -> str:
    return f"{row.service}: {look_of(row.state).word.lower()}. {row.reason} {row.action}".strip()
