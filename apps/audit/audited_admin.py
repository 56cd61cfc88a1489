"""The mix-in that writes the audit trail for a model's admin, and the one for history that nobody edits."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from apps.accounts.models import User
from apps.audit import services


def staff_user(request: HttpRequest) -> User:
    """The user of a request that the admin let in, so a known one."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class AuditedAdmin(admin.ModelAdmin):
    """Writes an audit event for every addition, change and deletion, in the transaction of the change itself."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._audit(request, obj, "added", message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        if message:
            self._audit(request, obj, "changed", message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> Any:
        for obj in queryset:
            self._audit(request, obj, "deleted", [])
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, obj: Model, event: str, message: Any) -> None:
        details = {"changes": message} if isinstance(message, list) and message else {}
        action = f"{obj._meta.model_name}.{event}"
        services.record(action=action, subject=obj, actor=request.user, details=details)


class ReadOnlyAdmin(admin.ModelAdmin):
    """For history: nobody adds, changes or deletes it by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
