"""Storages: where they are, what they hold and cost, and the button that tests them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.backups import services
from apps.backups.models import Storage
from apps.backups.selectors.storages import with_contents
from apps.common.cells import age_cell, status_cell
from apps.common.clock import now
from apps.common.wording import size_in_words

GIGABYTE = 10**9


class StorageForm(forms.ModelForm):
    """The stored secret is never sent to a browser: an empty field keeps it, as long as the key's id stays."""

    endpoint_url = forms.URLField(
        label="Endpoint", required=False, assume_scheme="https", help_text="Empty: Amazon's own."
    )
    secret_access_key = forms.CharField(
        label="Secret access key",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"class": "vTextField", "autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = Storage
        fields = [
            "name", "kind", "is_enabled", "folder", "endpoint_url", "region", "bucket", "prefix", "access_key_id",
            "secret_access_key", "locked_days", "lock_mode", "reads_back", "gigabyte_month_cost",
        ]  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields.get("secret_access_key")
        if field is not None:  # absent for somebody who may only look
            kept = " Leave it empty to keep what is stored." if self.instance.secret_access_key else ""
            field.help_text = f"Encrypted at rest, and never shown again.{kept}"

    def clean_secret_access_key(self) -> str:
        """Kept only for the same endpoint and key: else whoever may edit could send it to a server of theirs."""
        secret: str = self.cleaned_data["secret_access_key"]
        same = not {"endpoint_url", "access_key_id"} & set(self.changed_data)
        return secret or (self.instance.secret_access_key if same else "")


@admin.register(Storage)
class StorageAdmin(AuditedAdmin):
    form = StorageForm
    list_display = ["name", "place", "standing", "backups", "size", "month_cost", "checked", "is_enabled"]
    list_filter = ["kind", "is_enabled"]
    search_fields = ["name", "bucket", "folder"]
    change_form_template = "admin/backups/storage/change_form.html"
    fieldsets = [
        (None, {"fields": ["name", "kind", "is_enabled"]}),
        ("Folder", {"fields": ["folder"]}),
        ("Bucket", {"fields": [
            "endpoint_url", "region", "bucket", "prefix", "access_key_id", "secret_access_key", "locked_days",
            "lock_mode",
        ]}),
        ("Care and cost", {"fields": ["reads_back", "gigabyte_month_cost"]}),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Storage]:
        return with_contents(super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: Storage | None = None) -> Any:
        """Who may only look does not see the secret: Django would show its text."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field != "secret_access_key"]})
            for name, options in fieldsets
        ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.test_view)
        return [path("<int:pk>/test/", view, name="backups_storage_test"), *super().get_urls()]

    @admin.display(description="where")
    def place(self, storage: Storage) -> str:
        return storage.place

    @admin.display(description="found", empty_value="never tested")
    def standing(self, storage: Storage) -> Any:
        if storage.checked_at is None:
            return None
        return status_cell("warning" if storage.check_findings else "ok")

    @admin.display(description="backups", ordering="stored_count")
    def backups(self, storage: Any) -> str:
        return f"{storage.stored_count:,}"

    @admin.display(description="size", ordering="stored_bytes")
    def size(self, storage: Any) -> str:
        return size_in_words(storage.stored_bytes)

    @admin.display(description="cost of a month", empty_value="not known")
    def month_cost(self, storage: Any) -> str | None:
        price = storage.gigabyte_month_cost
        return None if price is None else f"{price * storage.stored_bytes / GIGABYTE:,.2f}"

    @admin.display(description="tested", ordering="checked_at", empty_value="never")
    def checked(self, storage: Storage) -> Any:
        return age_cell(storage.checked_at)

    @method_decorator(require_POST)
    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Test the storage now, for the button."""
        if not request.user.has_perm("backups.change_storage"):
            raise PermissionDenied
        storage = get_object_or_404(Storage, pk=pk)
        found = services.check_storage(storage=storage, at=now(), actor=staff_user(request))
        if found:
            self.message_user(request, f"Tested {storage}: see what was found.", messages.WARNING)
        else:
            self.message_user(request, f"Tested {storage}: nothing is wrong with it.")
        return HttpResponseRedirect(reverse("admin:backups_storage_change", args=[pk]))
