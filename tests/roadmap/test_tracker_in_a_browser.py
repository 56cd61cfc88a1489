"""The tracker in a real browser: policy, phones, and colours that can be read."""

from datetime import UTC, datetime

import pytest

from apps.roadmap.models import Document, Milestone, Task
from apps.roadmap.services.importing import import_document
from tests.dashboards.test_in_a_browser import FAINT_TEXTS, OVERFLOW
from tests.roadmap.test_tracker_admin import TEXT, page

pytestmark = pytest.mark.browser


@pytest.fixture
def addresses(client, olga, service):
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    import_document(service=service, name="road.md", raw=TEXT.encode(), now=at)
    client.force_login(olga)
    rows = [page("milestone_change", Milestone.objects.get().pk), page("document_change", Document.objects.get().pk)]
    return [page("milestone_changelist"), *rows, page("task_history", Task.objects.first().pk), page("document_add")]


def test_the_tracker_keeps_to_the_policy_fits_a_phone_and_can_be_read(visit, addresses):
    for address in addresses:
        for theme in ("light", "dark"):
            opened = visit(address, width=390, theme=theme)
            assert opened.evaluate("violations") == [], address
            assert opened.evaluate(OVERFLOW) <= 0, address
            assert opened.evaluate(FAINT_TEXTS) == [], (address, theme)


def test_a_chosen_file_is_looked_at_before_it_is_imported(visit, addresses, service):
    opened = visit(page("document_add"))
    opened.select_option("select[name=service]", label=service.name)
    file = {"name": "new.md", "mimeType": "text/markdown", "buffer": b"- [ ] new\n\nprose\n"}
    opened.set_input_files("input[type=file]", file)
    opened.get_by_role("button", name="Look ahead").click()
    opened.get_by_text("What stays prose").click()

    assert opened.get_by_text("Nothing is written yet").is_visible()
    assert opened.get_by_role("cell", name="prose", exact=True).is_visible()
    assert opened.evaluate("violations") == []
    assert not Task.objects.filter(text="new").exists()
