"""The pictures in a real browser: on paper, and by keyboard."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.catalog.models import Environment
from apps.common.clock import now
from tests.browser import Visit
from tests.dashboards.history import with_past

pytestmark = pytest.mark.browser

PAGE = "/admin/readiness/payments/pictures/"
CUT_OFF = """[...document.querySelectorAll('.picture svg.whole')]
    .filter(svg => svg.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length"""


@pytest.fixture(autouse=True)
def past(client: Client, olga: User, environment: Environment) -> None:
    with_past(environment, now=now())
    client.force_login(olga)


def test_on_paper_each_picture_is_whole_and_black_on_white(visit: Visit) -> None:
    page = visit(PAGE, width=1000, theme="dark")
    page.emulate_media(media="print", color_scheme="dark")

    assert page.locator("svg.whole").count() == 6
    assert page.evaluate(CUT_OFF) == 0
    assert not page.locator("#header").is_visible()
    assert not page.locator(".on-pictures").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.plan .name')).fill") == "rgb(21, 32, 43)"


def test_the_places_of_a_picture_are_reached_by_keyboard_and_lead_on(visit: Visit) -> None:
    page = visit(PAGE)
    place = page.locator("#risks svg a").first

    place.focus()
    place.press("Enter")

    page.wait_for_url("**/admin/roadmap/risk/?**")
    assert "The log disk fills up" in page.content()
