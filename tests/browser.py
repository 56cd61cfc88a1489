"""A real Chromium on the pages of this process: no server, no network, and the test's own transaction.

Every request of the browser is answered by Django's test client, with all middleware and all headers.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import Client
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

ORIGIN = "http://localhost"
REDIRECTS = (301, 302, 303, 307)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH_POLICY = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event =>
    window.violations.push(`${event.violatedDirective}: ${event.blockedURI || event.sample}`));
"""

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, for the tests of one module: its event loop must not outlive them."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        message = "There is no Chromium on this machine: on Debian, apt-get install chromium."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's loop runs in this thread, between our calls
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
        connections.close_all()  # those of the browser's loop; the other tests have theirs
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def visit(chromium: Browser, client: Client) -> Iterator[Visit]:
    """Opens a path as whoever the client is signed in as, in a window of the given width and theme."""
    contexts, connection = [], connections[DEFAULT_DB_ALIAS]

    def answer(route: Route) -> None:
        connections[DEFAULT_DB_ALIAS] = connection  # the browser's loop would open one of its own
        _answer(route, client)

    def open_page(path: str, *, width: int = 1280, theme: str = "light", **options: object) -> Page:
        window = {"viewport": {"width": width, "height": 900}, "color_scheme": theme, "reduced_motion": "reduce"}
        context = chromium.new_context(**window, **options)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH_POLICY)
        page.route("**/*", answer)
        page.goto(ORIGIN + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def _answer(route: Route, client: Client) -> None:
    if not route.request.url.startswith(ORIGIN + "/"):
        route.abort()
        return
    path = route.request.url.removeprefix(ORIGIN)
    answer = _static_file(path, client) if path.startswith("/static/") else _ask(route.request, path, client)
    route.fulfill(**_to_go_on(answer))


def _to_go_on(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer; instead of a redirect, which the browser would follow on the network, one that it follows here."""
    headers = dict(answer["headers"])
    address = headers.pop("Location", None)
    if address is None or answer["status"] not in REDIRECTS:
        return answer
    return answer | {"headers": headers | {"Refresh": f"0;url={address}"}, "body": b"<!doctype html>"}


_static_files: dict[str, dict[str, Any]] = {}


def _static_file(path: str, client: Client) -> dict[str, Any]:
    if path not in _static_files:
        _static_files[path] = _plain(client.get(path))
    return _static_files[path]


def _ask(request: Request, path: str, client: Client) -> dict[str, Any]:
    response = client.generic(
        request.method,
        path,
        request.post_data_buffer or b"",
        content_type=request.headers.get("content-type", "application/octet-stream"),
        headers={"host": "localhost", "cookie": _cookies(client), "referer": ORIGIN + "/"},
    )
    return _plain(response)


def _plain(response: Any) -> dict[str, Any]:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return {"status": response.status_code, "headers": dict(response.items()), "body": body}


def _cookies(client: Client) -> str:
    return "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())


def scroll_to(page: Page, selector: str) -> None:
    """Scroll down until what is drawn only near the window has been drawn."""
    for _ in range(300):
        if page.locator(selector).count():
            return
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(50)
    raise AssertionError(f"{selector} was never drawn")
