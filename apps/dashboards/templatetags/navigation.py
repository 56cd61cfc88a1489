"""The top navigation of every staff page."""

from django import template
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.selectors import unread_notices_of
from apps.dashboards.navigation import Link, sections

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[Link]:
    """The sections this person may see; the current one carries its pages."""
    if not context.get("has_permission"):
        return []
    path = context["request"].path
    home = reverse("admin:index")
    readiness = Link("Readiness", home, path == home or path.startswith(f"{home}readiness/"))
    my_work = Link("My work", reverse("dashboards:my_work"), path == reverse("dashboards:my_work"))
    return [readiness, my_work, *sections(context.get("available_apps") or [], path)]


@register.simple_tag(takes_context=True)
def unread_notices(context: template.Context) -> int:
    """How many notices the person has not read."""
    person = context["request"].user
    return unread_notices_of(person) if isinstance(person, User) else 0
