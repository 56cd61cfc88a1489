"""The saved views above a list of the admin."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.loader import render_to_string

from apps.audit.audited_admin import staff_user
from apps.common.when_shown import to_whom
from apps.dashboards.models import SavedView
from apps.dashboards.selectors.admin_lists import list_address, views_above

register = template.Library()


@dataclass(frozen=True)
class Chip:
    """A saved view as the page shows it."""

    view: SavedView
    owner: str
    address: str
    is_own: bool
    is_current: bool


@register.simple_tag(takes_context=True)
def saved_views(context: template.Context, changelist: Any) -> str:
    """The views of this list that the person may see, and the form that saves another."""
    query = changelist.get_query_string(remove=["p", "e", "all", "edit", "_facets"])[1:]
    is_filtered = bool(changelist.has_active_filters or changelist.query)
    return _draw(context["request"], changelist.opts.label_lower, query, is_filtered)


@to_whom
def _draw(request: HttpRequest, of: str, query: str, is_filtered: bool) -> str:
    person = staff_user(request)
    chips = [
        Chip(view, owner, list_address(view), view.owner_id == person.pk, view.query == query)
        for view, owner in views_above(of, person)
    ]
    may_save = is_filtered and not any(chip.is_current for chip in chips)
    if not chips and not may_save:
        return ""
    shown = {"chips": chips, "list": of, "query": query, "may_save": may_save}
    return render_to_string("dashboards/_saved_views.html", shown, request)
