"""How a list in the admin is filtered by a related thing: by links where there are few, from a box where many."""

import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR
from django.http import HttpRequest
from django.utils.safestring import mark_safe

from apps.common.table_states import table_state

FEW = 10
_LONGEST_SECONDS = 60
Choices = tuple[tuple[Any, str], ...]


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
        options = _options(tuple(self.lookup_choices))
        for key in chosen:
            options = options.replace(f'<option value="{escape(key)}">', f'<option value="{escape(key)}" selected>')
        return {
            "name": self.lookup_kwarg,
            "kept": [(n, value) for n, values in changelist.filter_params.items() for value in values if n not in own],
            "options": mark_safe(options),  # noqa: S308  keys, and escaped labels
            "without": self.include_empty_choice and changelist.get_query_string(without, [self.lookup_kwarg]),
            "is_without": bool(self.lookup_val_isnull),
        }


class KeptFilter(RelatedFilter):
    """For related things whose name is in their own small table: looked up again only once the table was written."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Choices:  # type: ignore[override]
        ordering = tuple(self.field_admin_ordering(field, request, model_admin))
        age = int(time.monotonic() // _LONGEST_SECONDS)  # a restored database may count its transactions anew
        return _choices(field, ordering, table_state(field.remote_field.model), age)


@lru_cache(maxsize=50)
def _choices(field: Any, ordering: Iterable[str], state: str, age: int) -> Choices:
    return tuple((key, str(label)) for key, label in field.get_choices(include_blank=False, ordering=ordering))


@lru_cache(maxsize=50)
def _options(choices: Choices) -> str:
    return "".join(f'<option value="{key}">{escape(label)}</option>' for key, label in choices)


def use_related_filter() -> None:
    """From here on every list filters so by what is related, unless it says otherwise."""
    admin.FieldListFilter.register(lambda field: bool(field.remote_field), RelatedFilter, take_priority=True)
