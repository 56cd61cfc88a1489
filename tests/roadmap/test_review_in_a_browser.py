"""The review in a real browser: policy, phones, colours, and a line corrected from the keyboard's and mouse's view."""

import pytest

from apps.roadmap.models import Correction, Criterion, Document, Task
from apps.roadmap.services.corrections import correct_lines
from apps.roadmap.services.importing import import_document
from tests.dashboards.test_in_a_browser import DESKTOP, FAINT_TEXTS, OVERFLOW
from tests.roadmap.test_review_pages import MAYBE, PAGE, TEXT, address

pytestmark = pytest.mark.browser


@pytest.fixture
def document(client, olga, service) -> Document:
    client.force_login(olga)
    long_line = "A sentence of prose without an end, " * 12
    return import_document(service=service, name="road.md", raw=f"{TEXT}\n{long_line}\n".encode()).document


def test_the_review_keeps_to_the_policy_fits_a_phone_and_can_be_read(visit, document):
    correct_lines(revision=document.newest_revision, lines=[PAGE], becomes="task")
    import_document(service=document.service, name="road.md", raw=TEXT.replace("Page the", "Phone the").encode())
    for path in (address("document_review", document), address("document_line", document, MAYBE)):
        page = visit(path, width=390)
        assert page.evaluate("violations") == []
        assert page.evaluate(OVERFLOW) <= 0
        page.evaluate("document.querySelectorAll('details').forEach(element => element.open = true)")
        assert page.evaluate(OVERFLOW) <= 0
        page.set_viewport_size(DESKTOP)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert page.evaluate(FAINT_TEXTS) == []


def test_items_are_promoted_a_line_is_corrected_and_undone(visit, document):
    page = visit(address("document_review", document) + "?at=9#line-9")
    assert page.get_by_text("Open a channel").is_visible()  # the fold opens for the line that the address names
    page.get_by_role("button", name="These 3 items are tasks").click()
    page.get_by_text("3 lines corrected: task.").wait_for()
    assert Task.objects.filter(line__in=[8, 9, 10]).count() == 3

    page.locator("#line-13").get_by_role("link", name="Correct").click()
    page.get_by_label("This is").select_option("criterion")
    page.get_by_label("Text").fill("Maybe a criterion")
    page.get_by_role("button", name="Save the correction").click()
    page.locator("#line-13").get_by_text("Corrected").wait_for()
    assert Criterion.objects.get().text == "Maybe a criterion"

    page.get_by_role("link", name="Corrected 4").click()
    page.locator("#line-13").wait_for()
    assert page.locator(".line").count() == 4
    page.locator("#line-13").get_by_role("link", name="Correct").click()
    page.get_by_role("button", name="Undo the correction").click()
    page.get_by_text("Undone.").wait_for()
    assert Correction.objects.active().count() == 3
    assert Criterion.objects.current().count() == 0
    assert page.evaluate("violations") == []
