"""Forms and histories that are calm to read."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.db import models
from django.http import HttpRequest
from simple_history.template_utils import HistoricalRecordContextHelper

# What an import keeps on a row for itself; a line of history names only what a person would.
BOOKKEEPING = frozenset({"identity", "imported", "line", "position", "section", "spans"})


class ReadableHistory(HistoricalRecordContextHelper):
    """Says of a change what a person would."""

    def context_for_delta_changes(self, delta: Any) -> list[dict[str, Any]]:
        changes = [change for change in delta.changes if change.field not in BOOKKEEPING]
        return super().context_for_delta_changes(replace(delta, changes=changes))


class CalmFields(BaseModelAdmin):
    """Forms with native dates, short text areas, and no buttons that would change a related thing instead."""

    formfield_overrides = {
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 60})},
    }

    class Media:
        css = {"all": ["roadmap/tracker.css"]}

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        for button in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            if field is not None and hasattr(field.widget, button):
                setattr(field.widget, button, False)
        return field
