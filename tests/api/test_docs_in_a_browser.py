"""The API's documentation in a real browser, under the content security policy."""

import pytest

from tests.browser import scroll_to

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def signed_in(client, olga):
    client.force_login(olga)


def test_the_page_draws_the_schema_and_keeps_to_the_policy(visit):
    page = visit("/api/v1/docs/")
    page.wait_for_selector("#swagger-ui .opblock")
    assert page.locator(".info .title").inner_text().startswith("Seaworthy API")
    scroll_to(page, "#operations-work-items-work_items_list")  # among the last
    assert page.evaluate("violations") == []


def test_an_address_can_be_tried_out(visit, service):
    page = visit("/api/v1/docs/")
    page.wait_for_selector("#swagger-ui .opblock")
    scroll_to(page, "#operations-services-services_list")
    page.click("#operations-services-services_list .opblock-summary")
    page.click("#operations-services-services_list .try-out__btn")
    page.click("#operations-services-services_list .execute")
    answer = page.wait_for_selector(
        "#operations-services-services_list .live-responses-table .response .response-col_status"
    )
    assert answer.inner_text().startswith("200")
    assert page.evaluate("violations") == []
