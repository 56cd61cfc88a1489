"""The top navigation of every staff page."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django import template
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.accounts.selectors import unread_notices_of
from apps.common.when_shown import KeptText, csrf_token, kept_text, to_whom
from apps.dashboards.navigation import Link, sections

register = template.Library()


@dataclass(frozen=True)
class Navigation:
    """The sections, and the pages of the current one, drawn."""

    sections: SafeString
    pages: SafeString


_NOTHING = Navigation(SafeString(), SafeString())


@dataclass(frozen=True)
class _Reader:
    """Somebody who may do this. Everybody who may do the same sees the same pages, under the same prefix."""

    prefix: str
    is_superuser: bool
    allowed: frozenset[str]
    app_list: Any = field(compare=False, repr=False)


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> Navigation:
    """The sections this person may see; the current one carries its pages."""
    if not context.get("has_permission"):
        return _NOTHING
    request = context["request"]
    allowed = frozenset(request.user.get_all_permissions())
    reader = _Reader(get_script_prefix(), request.user.is_superuser, allowed, context.get("available_apps") or [])
    here = (each for each in _addresses(reader) if request.path.startswith(each))
    return _draw(reader, request.path if request.path == reverse("admin:index") else next(here, ""))


@register.simple_tag(takes_context=True)
def person_menu(context: template.Context) -> str:
    """What is of the person who is signed in: notices, password, the way out."""
    return _menu_of(context["request"])


@register.simple_tag(takes_context=True)
def new_messages(context: template.Context) -> str:
    """What the person is told once, such as that something was saved."""
    return _messages_to(context["request"]) if "request" in context else ""


@to_whom
def _menu_of(request: HttpRequest) -> str:
    person = request.user
    if not isinstance(person, User):
        return ""
    name = person.get_full_name() or person.get_username()
    return _draw_menu(name, unread_notices_of(person), person.has_usable_password(), get_script_prefix()).shown(request)


@to_whom
def _messages_to(request: HttpRequest) -> str:
    messages = get_messages(request)
    return render_to_string("seaworthy/_messages.html", {"messages": messages}) if messages else ""


@lru_cache(maxsize=1000)
def _draw_menu(name: str, unread: int, has_password: bool, prefix: str) -> KeptText:
    shown = {"name": name, "unread": unread, "has_password": has_password}
    someone = HttpRequest()  # whose token has a place in what is kept
    return kept_text(
        lambda: render_to_string("seaworthy/_person_menu.html", {**shown, "csrf_token": csrf_token(someone)})
    )


@lru_cache(maxsize=100)
def _addresses(reader: _Reader) -> tuple[str, ...]:
    """Where the navigation leads, the start page apart, which every address begins with."""
    pages = (page.address for section in sections(reader.app_list, "") for page in section.pages)
    return f"{reverse('admin:index')}readiness/", reverse("dashboards:my_work"), *pages


@lru_cache(maxsize=1000)
def _draw(reader: _Reader, here: str) -> Navigation:
    home, my_work = reverse("admin:index"), reverse("dashboards:my_work")
    first = Link("Readiness", home, here in {home, f"{home}readiness/"}), Link("My work", my_work, here == my_work)
    known = [*first, *sections(reader.app_list, here)]
    current = next((link for link in known if link.is_current and len(link.pages) > 1), None)
    shown = {"pages": current.pages, "title": current.title} if current else None
    return Navigation(
        render_to_string("seaworthy/_sections.html", {"sections": known}),
        render_to_string("seaworthy/_section_pages.html", shown) if shown else SafeString(),
    )
