"""Reading pages as a browser with a strict content security policy would."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import reverse

MOST_PAGES = 500
NONCE = re.compile(r"'nonce-([^']+)'")


@dataclass
class Page(HTMLParser):
    """What a page holds that the policy might refuse, and where it leads."""

    nonce: str = ""
    refused: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        has_nonce = bool(self.nonce) and attributes.get("nonce") == self.nonce
        is_data = attributes.get("type") in {"application/json", "application/ld+json"}
        if tag == "script" and "src" not in attributes and not has_nonce and not is_data:
            self.refused.append(f"inline script {attributes}")
        if tag == "style" and not has_nonce:
            self.refused.append("inline style sheet")
        if tag in {"base", "iframe", "object", "embed"}:
            self.refused.append(f"<{tag}>")
        self.refused += [f"{name} on <{tag}>" for name in attributes if name.startswith("on") or name == "style"]
        self.refused += [f"{name}={value}" for name, value in attributes.items() if _is_foreign(tag, name, value)]
        if tag == "a":
            self.links.append(attributes.get("href", ""))


def _is_foreign(tag: str, name: str, value: str) -> bool:
    is_loaded = name == "src" or (tag == "link" and name == "href") or (tag == "form" and name == "action")
    is_script = name in {"href", "action"} and value.strip().lower().startswith("javascript:")
    return is_script or (is_loaded and re.match(r"(?:https?:)?//", value) is not None)


def read_page(response) -> Page:
    """The page of a response, which must carry the strict policy."""
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    found = NONCE.search(policy)
    page = Page(nonce=found.group(1) if found else "")
    page.feed(response.content.decode())
    return page


def crawl(client, start):
    """Every page that links lead to, with its address. Signing out and downloads are left out."""
    waiting, seen = [start], set()
    while waiting:
        address = waiting.pop()
        key = urlsplit(address).path
        if key in seen or not key.startswith("/admin/") or key == reverse("admin:logout"):
            continue
        seen.add(key)
        assert len(seen) <= MOST_PAGES
        response = client.get(address, follow=True)
        if not response["Content-Type"].startswith("text/html"):
            continue
        yield address, response
        waiting += [urljoin(address, link) for link in read_page(response).links if link]
