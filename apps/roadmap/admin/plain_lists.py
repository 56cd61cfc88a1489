"""Lists to read, whose cells become fields only for whoever asks to edit them."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.roadmap.selectors.listed import rows_of_page
from apps.roadmap.selectors.versions import with_versions

EDIT = "edit"
UNREAD = ("spans", "imported")  # large, and no list shows them


class PlainList(ChangeList):
    """A table; the same with fields where the address asks for them, for those who may change what it shows."""

    def __init__(self, request: HttpRequest, *arguments: Any, **options: Any) -> None:
        self.is_plain = EDIT not in request.GET
        super().__init__(request, *arguments, **options)
        self.may_edit = bool(self.list_editable) and self.model_admin.has_change_permission(request)
        if self.is_plain:
            self.list_editable = ()

    @property
    def address_to_edit(self) -> str:
        """The same list the other way: with fields, or without."""
        return self.get_query_string({EDIT: "1"}) if self.is_plain else self.get_query_string({}, [EDIT])

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """What chooses rows. Whether they are edited does not."""
        chosen = super().get_filters_params(params)
        return {name: value for name, value in chosen.items() if name != EDIT}

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        found = super().get_queryset(request, exclude_parameters)
        return found.defer(*self._unread()) if self._is_read_only(request) else with_versions(found)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self._is_read_only(request) and isinstance(self.result_list, QuerySet):
            rows = self.apply_select_related(self.root_queryset.defer(*self._unread()))
            self.result_list = rows_of_page(list(self.result_list.values_list("pk", flat=True)), rows)

    def _is_read_only(self, request: HttpRequest) -> bool:
        return self.is_plain and request.method == "GET"

    def _unread(self) -> list[str]:
        followed: Any = self.list_select_related or ()
        related = {"milestone", "work_item"}.intersection(followed)
        return [*UNREAD, *(f"{name}__{field}" for name in sorted(related) for field in UNREAD)]
