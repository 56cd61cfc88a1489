"""What the admin of every entry shares that teams own and people work on."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.roadmap.admin.beside import Beside
from apps.roadmap.admin.cells import responsible_cell
from apps.roadmap.selectors.listed import with_listed


class WorkedAdmin(Beside):
    """An entry whose list shows who answers for it, and its labels."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_listed(super().get_queryset(request))

    @admin.display(description="responsible")
    def responsible(self, entry: Any) -> SafeString:
        return responsible_cell(entry)
