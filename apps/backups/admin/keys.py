"""Keys in the admin: who can decrypt backups."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.audit.audited_admin import AuditedAdmin, ReadOnlyAdmin, staff_user
from apps.backups.engines import encryption
from apps.backups.exceptions import BackupError, RecipientInvalid
from apps.backups.models import Database, Recipient, RewrapRun
from apps.backups.selectors.custody import custody_of
from apps.backups.services.keys import lose_key, retire_key
from apps.common.cells import age_cell, status_cell


class Origin(models.TextChoices):
    """Where a new key comes from."""

    PASTED = "pasted", "I have made a key pair, and paste its public key: an offline recovery key"
    SHOWN = "shown", "Make an offline recovery key now, and show me its identity once"
    KEPT = "kept", "Make a key whose identity is kept here, encrypted, so that drills can decrypt"


class NewKeyForm(forms.ModelForm):
    """A new key: pasted, shown once, or kept here."""

    origin = forms.ChoiceField(label="The key", choices=Origin, widget=forms.RadioSelect, initial=Origin.KEPT)
    public_key = forms.CharField(
        label="Public key", max_length=80, required=False, help_text="age1…, as age-keygen prints it. Only when pasted."
    )

    class Meta:
        model = Recipient
        fields = ["name", "public_key", "identity_file"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        origin = cleaned.get("origin")
        self.identity = "" if origin == Origin.PASTED else encryption.make_identity()
        if self.identity:
            cleaned["public_key"] = encryption.public_key_of(self.identity)
        try:
            encryption.check_public_key(cleaned.get("public_key", ""))
        except RecipientInvalid as error:
            raise ValidationError({"public_key": error.message}) from error
        self.instance.is_offline = origin != Origin.KEPT
        self.instance.identity = self.identity if origin == Origin.KEPT else ""
        return cleaned


@admin.register(Recipient)
class RecipientAdmin(AuditedAdmin):
    list_display = ["name", "kind", "state", "proven", "plans_of", "identity_file"]
    search_fields = ["name", "public_key"]
    actions = ["retire", "mark_lost"]
    readonly_fields = ["public_key", "kind", "added_at", "proven_at", "retired_at", "lost_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recipient]:
        return super().get_queryset(request).prefetch_related("plans__database")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        return super().get_form(request, obj, change, **options) if change else NewKeyForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = self.readonly_fields if obj else ["origin", "public_key"]
        return ["name", *shown, "identity_file"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else []

    def response_add(self, request: HttpRequest, obj: Recipient, post_url_continue: str | None = None) -> HttpResponse:
        """Show the identity of a new offline key, once: it is in this answer and nowhere else."""
        identity = getattr(request, "new_identity", "")
        if not identity:
            return super().response_add(request, obj, post_url_continue)
        context = {**self.admin_site.each_context(request), "title": f"The key {obj}", "key": obj, "identity": identity}
        return TemplateResponse(request, "admin/backups/recipient/shown_once.html", context)

    def save_model(self, request: HttpRequest, obj: Recipient, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change and form.cleaned_data["origin"] == Origin.SHOWN:
            request.new_identity = form.identity  # type: ignore[attr-defined]  # for the answer to this very request

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Backups name it: a key is retired instead."""
        return False

    @admin.display(description="kind")
    def kind(self, key: Recipient) -> str:
        return "offline recovery key" if key.is_offline else "kept here"

    @admin.display(description="state")
    def state(self, key: Recipient) -> Any:
        return status_cell(key.state)

    @admin.display(description="last decrypted a backup", ordering="proven_at", empty_value="never")
    def proven(self, key: Recipient) -> Any:
        is_at_hand = not key.is_offline and not key.identity_file
        return age_cell(key.proven_at) or ("with each drill" if is_at_hand else None)

    @admin.display(description="plans")
    def plans_of(self, key: Recipient) -> str:
        return ", ".join(plan.database.name for plan in key.plans.all()) or "none"

    @admin.action(permissions=["change"], description="Retire the chosen keys")
    def retire(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        for key in queryset:
            if retire_key(recipient=key, actor=staff_user(request)):
                self.message_user(request, f"Retired {key}. What is encrypted to it can still be read with it.")

    @admin.action(permissions=["change"], description="Mark as lost: nobody has the identity")
    def mark_lost(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        for key in queryset:
            try:
                if lose_key(recipient=key, actor=staff_user(request)):
                    self.message_user(request, f"{key} is lost. Run: manage.py rewrap_backups", messages.WARNING)
            except BackupError as error:
                self.message_user(request, error.message, messages.ERROR)


@admin.register(RewrapRun)
class RewrapRunAdmin(ReadOnlyAdmin):
    list_display = ["backup", "queued_at", "state", "finished_at", "cleared_at", "error"]
    list_filter = ["status", "backup__database"]
    list_select_related = ["backup__database"]
    fields = ["backup", "requested_by", "recipients", "old_key", "new_key", "queued_at", "finished_at", "cleared_at",
              "error"]  # fmt: skip

    @admin.display(description="status", ordering="status")
    def state(self, run: RewrapRun) -> Any:
        return status_cell(run.status)


def custody_context(database: Database, *, at: datetime) -> dict[str, Any]:
    """What `backups/_custody.html` shows."""
    custody = custody_of(database)
    return {"custody": {"keys": custody.recipients, "warnings": custody.warnings(at)}}
