"""The whole admin and the error pages in Chromium: no violation of the policy anywhere."""

import pytest
from django.urls import reverse

from tests.browser import ORIGIN
from tests.pages import crawl

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def one_of_each_kind(pages):
    """An address for each set of templates: pages of one set differ in their rows only."""
    return sorted({tuple(template.name for template in page.templates): path for path, page in pages}.values())


def test_chromium_refuses_nothing_on_any_kind_of_page(admin_client, visit):
    addresses = one_of_each_kind(crawl(admin_client, reverse("admin:index")))
    page = visit("/nowhere/")
    found = {}
    for address in addresses:
        page.goto(ORIGIN + address)
        found[address] = page.evaluate("window.violations")
    assert {address: violations for address, violations in found.items() if violations} == {}
    assert len(found) >= 10


def test_the_documentation_of_the_api_works_under_the_policy(admin_client, visit):
    page = visit(reverse("api:docs"))
    page.wait_for_selector(".opblock")
    assert page.evaluate("window.violations") == []


@pytest.mark.parametrize("path", ["/api/v1/services/", "/api/v1/monitors/1/", "/api/v1/nowhere/"])
def test_the_api_in_a_browser_obeys_the_policy(admin_client, visit, path):
    assert visit(path).evaluate("window.violations") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_error_page_stands_alone(client, db, visit, theme):
    page = visit("/nowhere/", theme=theme, width=390)
    assert page.evaluate("window.violations") == []
    assert page.locator("h1").inner_text() == "There is nothing at this address"
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(245, 247, 248)", "dark": "rgb(15, 20, 24)"}[theme]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
