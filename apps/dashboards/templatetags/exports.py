"""The files that a list of the admin can become."""

from typing import Any

from django import template
from django.urls import reverse

from apps.dashboards.engines.reports.formats import LIST_FORMATS
from apps.dashboards.selectors.list_exports import is_exported

register = template.Library()


@register.simple_tag
def list_files(changelist: Any) -> list[tuple[str, str]]:
    """The name and the address of each file of the list, as it is filtered now; none where a list has no files."""
    if not is_exported(changelist.model) or not changelist.result_count:
        return []
    path = reverse("dashboards:list", args=[changelist.opts.label_lower])
    return [
        (each.label, path + changelist.get_query_string({"format": each.value}, ["p", "edit"])) for each in LIST_FORMATS
    ]
