"""What the lists of the tracker show in their columns."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString


def named_cell(entry: Any, name: str, detail: str = "") -> SafeString:
    """The name of an entry of a list, with its labels."""
    labels = entry.listed_labels
    if not labels and not detail:
        return SafeString(escape(name))
    return render_to_string("admin/roadmap/_name.html", {"name": name, "labels": labels, "detail": detail})


def responsible_cell(entry: Any) -> SafeString:
    """The teams that own an entry of a list, and the people who work on it."""
    names = escape(", ".join(map(str, entry.listed_owners)))
    people = escape(", ".join(person.get_full_name() for person in entry.listed_assignees))
    if names and people:
        return format_html('{}<br><span class="sub">{}</span>', names, people)
    return names or people or SafeString('<span class="sub">nobody</span>')
