"""What the admin of every entry shares: claims with history and audit event, and where the entry stands."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.roadmap.admin.calm import CalmFields, ReadableHistory
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models.entries import Entry
from apps.roadmap.services.claims import set_claim

PLACE: tuple[str, Any] = (
    "Where it stands",
    {"classes": ["collapse"], "fields": ["document", "section", "line", "orphaned_at"]},
)


class PresenceFilter(admin.SimpleListFilter):
    """Shows what the documents hold today, unless asked for what vanished from them."""

    title = "presence"
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("vanished", "Vanished from its document"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        choices = super().choices(changelist)
        yield {**next(choices), "display": "Current"}
        yield from choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(orphaned_at__isnull=self.value() != "vanished")


class EntryAdmin(CalmFields, AuditedAdmin, SimpleHistoryAdmin):
    """An entry of a roadmap, whether it came from a document or was added by hand."""

    readonly_fields = ["document", "section", "line", "orphaned_at"]
    list_per_page = 50
    list_select_related = ["service"]

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """A version is looked at, not put back: that would skip what a change has to go through."""
        return True

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> ReadableHistory:
        return ReadableHistory(self.model, historical_record)

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Related things are looked for by name: a list of all of them is no choice."""
        related = (
            field for field in self.opts.get_fields() if isinstance(field, models.ForeignKey | models.ManyToManyField)
        )
        return [field.name for field in related if field.name not in self.readonly_fields]

    @transaction.atomic
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": capfirst(str(self.opts.verbose_name_plural))}
        return super().changelist_view(request, title | (extra_context or {}))

    def _get_list_editable_queryset(self, request: HttpRequest, prefix: str) -> QuerySet[Any]:
        # The rows of the list are locked in one order before the audit trail's lock is taken.
        rows = super()._get_list_editable_queryset(request, prefix)
        list(self.model._default_manager.filter(pk__in=rows.values("pk")).order_by("pk").select_for_update())
        return rows

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save everything but a changed claim, which comes last: it takes the audit trail's lock."""
        if not change:
            obj.position = self._position_after_all(obj)
        elif "claim" in form.changed_data:
            obj.claim = form.initial["claim"]
        if not change or set(form.changed_data) - {"claim"}:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what stands below, then change the claim from what the person saw, as everywhere else."""
        super().save_related(request, form, formsets, change)
        if change and "claim" in form.changed_data:
            wanted, seen = form.cleaned_data["claim"], form.initial["claim"]
            try:
                set_claim(entry=form.instance, claim=wanted, expected=seen, actor=staff_user(request))
            except RoadmapError as error:
                self.message_user(request, error.message, messages.ERROR)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """What is added below an entry belongs to the same service."""
        for added in formset.extra_forms:
            if isinstance(added.instance, Entry):
                added.instance.service = form.instance.service
                added.instance.position = form.instance.position
        super().save_formset(request, form, formset, change)

    def _position_after_all(self, obj: Any) -> int:
        last = self.model._default_manager.filter(service=obj.service).aggregate(last=models.Max("position"))["last"]
        return (last or 0) + 1

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What was changed apart from the claim, which has an audit event of its own."""
        if add or "claim" not in form.changed_data:
            return super().construct_change_message(request, form, formsets, add)
        inlines = super().construct_change_message(request, forms.Form(), formsets, add)
        others = [str(form[name].label) for name in form.changed_data if name != "claim"]
        return [{"changed": {"fields": others}}, *inlines] if others else inlines
