"""The pages of campaigns in a real browser: policy, phones, and colours that can be read."""

import pytest
from django.urls import reverse

from apps.common.clock import now
from apps.roadmap.models import Campaign
from tests.dashboards.test_in_a_browser import FAINT_TEXTS, OVERFLOW
from tests.roadmap.campaigning import campaign_of, service_of
from tests.roadmap.evidence import DAY, bind, observe

pytestmark = pytest.mark.browser


@pytest.fixture
def campaign(recovery, olga, criterion, environment):
    """Three services: one has it, one had it, one never."""
    bind(criterion, decided_at=now() - 40 * DAY)
    observe(environment, now() - DAY)
    observe(environment, now() - 20 * DAY)
    observe(service_of("orders", team="Core").environments.get(), now() - 9 * DAY)
    service_of("ledger", team="Core")
    observe(service_of("search", team="Core").environments.get(), now() - DAY, verdict="failed")
    today = now().date()
    dates = {"starts_on": today - 40 * DAY, "target_on": today + 9 * DAY}
    return campaign_of(olga, reminder_weekdays=[1, 4], **dates)


def test_its_pages_fit_a_phone_and_it_is_ended_with_a_press(visit, client, olga, campaign):
    client.force_login(olga)
    page = reverse("admin:roadmap_campaign_progress", args=[campaign.pk])
    form = reverse("admin:roadmap_campaign_change", args=[campaign.pk])
    for address in (page, form, reverse("admin:roadmap_campaign_changelist")):
        for theme in ("light", "dark"):
            opened = visit(address, width=390, theme=theme)
            assert opened.evaluate("violations") == [], address
            assert opened.evaluate(OVERFLOW) <= 0, address
            assert opened.evaluate(FAINT_TEXTS) == [], (address, theme)
    opened = visit(page)
    opened.get_by_role("button", name="End it now").click()
    opened.get_by_text("The campaign has ended.").wait_for()
    assert Campaign.objects.get().ended_by == olga
