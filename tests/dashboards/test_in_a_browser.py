"""The pages in a real browser: policy, phones, keyboard, and colours that can be read."""

from itertools import pairwise, takewhile

import pytest
from django.test import Client
from playwright.sync_api import Page

from apps.accounts.models import User
from apps.roadmap.models import Milestone
from tests.browser import Visit
from tests.dashboards.voyage import Voyage

pytestmark = pytest.mark.browser

PAGES = [
    "/admin/roadmap/milestone/",
    "/admin/roadmap/milestone/{milestone}/change/",
    "/admin/roadmap/milestone/{milestone}/history/",
    "/admin/roadmap/milestone/{milestone}/delete/",
    "/admin/roadmap/binding/criterion/{criterion}/",
    "/admin/roadmap/document/add/",
    "/admin/backups/backup/",
    "/admin/backups/database/add/",
    "/admin/",
    "/admin/readiness/payments/",
    "/admin/readiness/payments/pictures/",
    "/admin/catalog/service/",
    "/admin/catalog/service/add/",
    "/admin/audit/auditevent/",
    "/admin/accounts/user/",
    "/admin/password_change/",
]
DESKTOP = {"width": 1280, "height": 900}
ONE_ROW = 80  # pixels: within a row, what is at the right may begin higher
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = """() => {
    const element = document.activeElement, box = element.getBoundingClientRect(), style = getComputedStyle(element);
    return {
        tag: element.tagName,
        name: element.textContent.trim() || element.getAttribute("aria-label") || element.name,
        top: box.top + scrollY,
        left: box.left,
        bar: element.closest("#header") !== null,
        outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""
# The contrast of each text with what lies behind it, as WCAG 2 computes it.
FAINT_TEXTS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgba = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const linear = part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const light = colour => {
        const [red, green, blue] = rgba(colour).map(part => linear(part / 255));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = element => {
        for (; element; element = element.parentElement) {
            const colour = getComputedStyle(element).backgroundColor;
            if (rgba(colour)[3] === 255) return colour;
        }
        return "white";
    };
    const contrast = element => {
        const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    };
    const needed = element => {
        const style = getComputedStyle(element), size = parseFloat(style.fontSize);
        return size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    };
    const faint = [];
    for (const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walker.nextNode();) {
        const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
        const isHidden = element.closest(".visually-hidden, option, svg, script");
        if (!text || isHidden || !element.checkVisibility({visibilityProperty: true})) continue;
        if (contrast(element) < needed(element)) faint.push(`${text.slice(0, 40)}: ${contrast(element).toFixed(2)}`);
    }
    return faint;
}"""


@pytest.fixture(autouse=True)
def signed_in(client: Client, olga: User, voyage: Voyage) -> None:
    client.force_login(olga)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_to_the_policy_fits_a_phone_and_can_be_read_in_both_themes(visit: Visit, path: str) -> None:
    page = visit(_filled(path), width=390)

    assert page.evaluate("violations") == []
    assert page.evaluate(OVERFLOW) <= 0
    page.set_viewport_size(DESKTOP)
    page.evaluate("document.querySelectorAll('details').forEach(element => element.open = true)")
    assert page.evaluate(FAINT_TEXTS) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert page.evaluate(FAINT_TEXTS) == []


def test_the_signing_in_page_keeps_to_the_policy_and_can_be_read(visit: Visit, client: Client) -> None:
    client.logout()
    for theme in ("light", "dark"):
        page = visit("/admin/login/", width=390, theme=theme)

        assert page.evaluate("violations") == []
        assert page.evaluate(OVERFLOW) <= 0
        assert page.evaluate(FAINT_TEXTS) == []


def test_the_keyboard_goes_through_the_page_in_reading_order_and_is_seen(visit: Visit) -> None:
    page = visit("/admin/readiness/payments/")

    stops = list(takewhile(lambda stop: stop["tag"] != "BODY", (_next_stop(page) for _ in range(200))))

    assert len(stops) > 15
    assert stops[0]["name"] == "Skip to main content"
    assert [stop["name"] for stop in stops if not stop["outline"]] == []
    bar = [stop["left"] for stop in stops[1:] if stop["bar"]]
    assert bar == sorted(bar)
    below = [stop["top"] for stop in stops[1:] if not stop["bar"]]
    assert all(earlier <= later + ONE_ROW for earlier, later in pairwise(below))


def test_the_theme_can_be_chosen_against_that_of_the_system(visit: Visit) -> None:
    page = visit("/admin/", theme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.locator(".theme-toggle").click()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(ground) != light
    assert page.evaluate(FAINT_TEXTS) == []


def test_without_scripts_everything_is_there(visit: Visit) -> None:
    page = visit("/admin/readiness/payments/", java_script_enabled=False)

    page.locator("summary", has_text="without an owner").click()

    assert page.get_by_text("M6 Go-live has no owner.").is_visible()
    page.locator(".person summary").click()
    assert page.get_by_role("button", name="Log out").is_visible()


def test_on_paper_there_are_no_buttons(visit: Visit) -> None:
    page = visit("/admin/readiness/payments/", theme="dark")

    page.emulate_media(media="print")

    assert not page.locator("#header").is_visible()
    assert page.get_by_text("No-go").first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(255, 255, 255)"


def _filled(path: str) -> str:
    milestone = Milestone.objects.get(code="M5")
    return path.format(milestone=milestone.pk, criterion=milestone.criteria.get().pk)


def _next_stop(page: Page) -> dict[str, object]:
    page.keyboard.press("Tab")
    return page.evaluate(FOCUSED)
