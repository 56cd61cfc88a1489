"""How a list in the admin is filtered by a related thing: by links where there are few, from a box where many."""

from collections.abc import Iterator
from html import escape
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR
from django.utils.safestring import mark_safe

FEW = 10


class RelatedFilter(admin.RelatedFieldListFilter):
    """The stock filter; from so many choices on it is a form with one select, which works without JavaScript."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not any(self.lookup_val or []):  # the box sends an empty value where nothing is chosen
            self.used_parameters.pop(self.lookup_kwarg, None)
            self.lookup_val = None
        self.is_box = len(self.lookup_choices) > FEW
        if self.is_box:
            self.template = "admin/related_filter.html"

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The stock choices, or one entry with all that the form shows."""
        if self.is_box:
            yield self._box(changelist)
        else:
            yield from super().choices(changelist)

    def _box(self, changelist: Any) -> dict[str, Any]:
        chosen = {str(value) for value in self.lookup_val or []}
        without = {self.lookup_kwarg_isnull: "True"}
        own = {*self.expected_parameters(), PAGE_VAR}
        options = (
            f'<option value="{key}"{" selected" if str(key) in chosen else ""}>{escape(str(label))}</option>'
            for key, label in self.lookup_choices
        )
        return {
            "name": self.lookup_kwarg,
            "kept": [(n, value) for n, values in changelist.filter_params.items() for value in values if n not in own],
            "options": mark_safe("".join(options)),  # noqa: S308  a key, and an escaped label
            "without": self.include_empty_choice and changelist.get_query_string(without, [self.lookup_kwarg]),
            "is_without": bool(self.lookup_val_isnull),
        }


def use_related_filter() -> None:
    """From here on every list filters so by what is related, unless it says otherwise."""
    admin.FieldListFilter.register(lambda field: bool(field.remote_field), RelatedFilter, take_priority=True)
