"""Forms that are calm to read."""

from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.db import models
from django.http import HttpRequest


class CalmFields(BaseModelAdmin):
    """Forms with native dates, short text areas, and no buttons that would change a related thing instead."""

    formfield_overrides = {
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 60})},
    }

    class Media:
        css = {"all": ["roadmap/tracker.css"]}

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """The box explains itself, without a word on the Control key."""
        field = super().formfield_for_manytomany(db_field, request, **options)
        if field is not None:
            field.help_text = db_field.help_text
        return field

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        for button in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            if field is not None and hasattr(field.widget, button):
                setattr(field.widget, button, False)
        return field
