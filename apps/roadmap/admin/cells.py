"""What the lists of the tracker show in their columns."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.roadmap.models import Entry


def named_cell(entry: Entry, name: str, detail: str = "") -> SafeString:
    """An entry's name with its labels."""
    labels = list(entry.labels.all())  # type: ignore[attr-defined]
    if not labels and not detail:
        return format_html("{}", name)
    return render_to_string("admin/roadmap/_name.html", {"name": name, "labels": labels, "detail": detail})


def responsible_cell(entry: Any) -> SafeString:
    """The teams that own an entry, and the people who work on it."""
    teams = entry.owners.all() if hasattr(entry, "owners") else filter(None, [entry.owner])
    names = ", ".join(map(str, teams))
    people = ", ".join(person.get_full_name() for person in entry.assignees.all())
    if names and people:
        return format_html('{}<br><span class="sub">{}</span>', names, people)
    return format_html("{}" if names or people else '<span class="sub">{}</span>', names or people or "nobody")
