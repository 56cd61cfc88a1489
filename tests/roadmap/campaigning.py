"""Short ways for tests to run campaigns over services."""

from datetime import date

from apps.catalog.models import Team
from apps.catalog.services import ensure_service
from apps.roadmap.models import Campaign
from apps.roadmap.selectors.campaigns import progress_of_each, story_of
from tests.roadmap.evidence import NOW


def campaign_of(owner, *, tiers=("A",), teams=(), services=(), **fields):
    fields = {
        "name": "Proven restores",
        "sentence": "Every service of tier A has a proven restore by 31 March.",
        "verifier_key": "tests.recovery",
        "starts_on": date(2026, 2, 2),
        "target_on": date(2026, 3, 31),
    } | fields
    campaign = Campaign.objects.create(owner=owner, tiers=list(tiers), **fields)
    campaign.owner_teams.set(teams)
    campaign.services.set(services)
    return campaign


def service_of(slug, team=None, tier="A"):
    service = ensure_service(slug=slug, name=slug.capitalize(), tier=tier)
    service.owner = Team.objects.get_or_create(name=team)[0] if team else None
    service.save()
    return service


def progress_of(campaign, at=NOW):
    return progress_of_each([known(campaign)], at=at)[0]


def story(campaign, at=NOW):
    return story_of(known(campaign), at=at)


def known(campaign):
    return Campaign.objects.with_scope().get(pk=campaign.pk)


def states(progress):
    return {each.service.slug: str(each.state) for each in progress.services}
