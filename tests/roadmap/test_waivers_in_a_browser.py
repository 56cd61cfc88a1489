"""The pages of waivers in a real browser: policy, phones, and colours that can be read."""

import pytest
from django.urls import reverse

from apps.common.clock import now
from apps.roadmap.models import Waiver
from tests.dashboards.test_in_a_browser import FAINT_TEXTS, OVERFLOW
from tests.roadmap.evidence import DAY
from tests.roadmap.waiving import ask, waive

pytestmark = pytest.mark.browser


def test_a_waiver_is_asked_for_and_its_pages_fit_a_phone(visit, client, olga, sam, milestone, criterion, environment):
    other = milestone.criteria.create(service=criterion.service, text="Another.")
    waiver = waive(criterion, environment, sam, olga, at=now(), ends_at=now() + 20 * DAY)
    asked = ask(other, environment, sam, at=now(), ends_at=now() + DAY)
    client.force_login(olga)
    details = [reverse("admin:roadmap_waiver_change", args=[each.pk]) for each in (waiver, asked)]
    form = reverse("admin:roadmap_waiver_request", args=[criterion.pk])
    for address in (*details, form, reverse("dashboards:waivers"), reverse("admin:roadmap_waiver_changelist")):
        for theme in ("light", "dark"):
            opened = visit(address, width=390, theme=theme)
            assert opened.evaluate("violations") == [], address
            assert opened.evaluate(OVERFLOW) <= 0, address
            assert opened.evaluate(FAINT_TEXTS) == [], (address, theme)
    opened = visit(details[1])
    opened.get_by_label("Comment").fill("Until tomorrow.")
    opened.get_by_role("button", name="Approve").click()
    opened.get_by_text("The waiver is approved.").wait_for()
    assert Waiver.objects.get(pk=asked.pk).decision_comment == "Until tomorrow."
