"""The top navigation of every staff page."""

from django import template
from django.urls import reverse

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
    return [readiness, *sections(context.get("available_apps") or [], path)]
