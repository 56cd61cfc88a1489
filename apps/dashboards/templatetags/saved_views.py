"""The saved views above a list of the admin."""

from dataclasses import dataclass
from typing import Any

from django import template

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


@register.inclusion_tag("dashboards/_saved_views.html", takes_context=True)
def saved_views(context: template.Context, changelist: Any) -> dict[str, object]:
    """The views of this list that the person may see, and the form that saves another."""
    request = context["request"]
    of, query = (
        changelist.opts.label_lower,
        changelist.get_query_string(remove=["p", "e", "all", "edit", "_facets"])[1:],
    )
    chips = [
        Chip(view, owner, list_address(view), view.owner_id == request.user.pk, view.query == query)
        for view, owner in views_above(of, request.user)
    ]
    is_filtered = bool(changelist.has_active_filters or changelist.query)
    return {
        "chips": chips,
        "list": of,
        "query": query,
        "may_save": is_filtered and not any(chip.is_current for chip in chips),
        "csrf_token": context.get("csrf_token"),
    }
