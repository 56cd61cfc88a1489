"""Reminders of campaigns: on the chosen days, each person once in a week, of what is missing of theirs."""

import pytest

from apps.accounts.models import Notice, User
from apps.catalog.models import Team
from apps.roadmap.models import Campaign
from apps.roadmap.services.campaign_reminders import remind_of_campaigns
from tests.roadmap.campaigning import campaign_of, service_of
from tests.roadmap.evidence import DAY, NOW, observe

MONDAY = NOW  # 2 March 2026


@pytest.fixture
def campaign(recovery, olga):
    return campaign_of(olga, reminder_weekdays=[1, 4])


@pytest.fixture
def mara(db):
    """Mara is in the team Core, which owns two services."""
    mara = User.objects.create_user("mara@example.org", is_staff=True)
    for slug in ("ledger", "orders"):
        service_of(slug, team="Core")
    Team.objects.get().members.add(mara)
    return mara


def told():
    return [(each.recipient, each.key.split(":")[-1]) for each in Notice.objects.order_by("pk")]


def test_the_owners_of_what_is_missing_are_told_once_in_a_week(campaign, mara):
    assert remind_of_campaigns(at=MONDAY) == 1
    assert [remind_of_campaigns(at=MONDAY + days * DAY) for days in (0, 1, 3)] == [0, 0, 0]
    assert remind_of_campaigns(at=MONDAY + 7 * DAY) == 1
    assert told() == [(mara, "2026-W10"), (mara, "2026-W11")]
    notice = Notice.objects.earliest("pk")
    assert notice.subject == "Proven restores: 2 services to go until 31 Mar 2026"
    assert notice.text.splitlines() == [
        "Every service of tier A has a proven restore by 31 March.",
        "",
        "Ledger: not bound. No accepted check proves it. Bind a criterion to tests.recovery.",
        "Orders: not bound. No accepted check proves it. Bind a criterion to tests.recovery.",
    ]
    assert notice.path == f"/admin/roadmap/campaign/{campaign.pk}/progress/"


def test_nobody_is_told_on_another_day(campaign, mara):
    assert remind_of_campaigns(at=MONDAY + DAY) == 0
    assert remind_of_campaigns(at=MONDAY + 3 * DAY) == 1


def test_what_passes_is_not_spoken_of(campaign, mara):
    observe(service_of("ledger", team="Core").environments.get(), MONDAY - DAY)
    remind_of_campaigns(at=MONDAY)
    assert "Ledger" not in Notice.objects.get().text


def test_whoever_has_everything_is_not_told(campaign, mara):
    for slug in ("ledger", "orders"):
        observe(service_of(slug, team="Core").environments.get(), MONDAY - DAY)
    assert remind_of_campaigns(at=MONDAY) == 0


def test_of_services_that_nobody_owns_the_owner_of_the_campaign_hears(campaign, olga, mara, service):
    service_of("lonely", team="Empty")
    assert remind_of_campaigns(at=MONDAY) == 2
    notice = Notice.objects.get(recipient=olga)
    assert {"Lonely", "Payments API"} == {line.split(":")[0] for line in notice.text.splitlines()[2:]}


def test_who_left_is_not_counted_as_an_owner(campaign, olga, mara):
    User.objects.filter(pk=mara.pk).update(is_active=False)
    assert remind_of_campaigns(at=MONDAY) == 1
    assert told() == [(olga, "2026-W10")]


@pytest.mark.parametrize("days", [-30, 30])
def test_nobody_is_told_before_it_begins_or_after_it_ends(campaign, mara, days):
    Campaign.objects.update(reminder_weekdays=[1, 2, 3, 4, 5, 6, 7])
    assert remind_of_campaigns(at=MONDAY + days * DAY) == 0


def test_nobody_is_told_once_somebody_ended_it(campaign, mara, olga):
    campaign.end(at=MONDAY - DAY, by=olga)
    assert remind_of_campaigns(at=MONDAY) == 0


def test_a_long_list_is_cut(campaign, mara):
    for number in range(12):
        service_of(f"s{number}", team="Core")
    remind_of_campaigns(at=MONDAY)
    assert Notice.objects.get().text.splitlines()[-1] == "And 4 more."
