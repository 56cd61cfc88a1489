"""What the admin of every entry shares: claims with history and audit event, filters, and changes to many at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import BaseModelAdmin
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.catalog.models import Team
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models import Claim
from apps.roadmap.models.entries import Entry
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.tracking import assign_owner, claim_entries, set_target

PLACE: tuple[str, Any] = (
    "Where it stands",
    {"classes": ["collapse"], "fields": ["document", "section", "line", "orphaned_at"]},
)


# What an import keeps on a row for itself; a line of history names only what a person would.
BOOKKEEPING = frozenset({"identity", "imported", "line", "position", "section", "spans"})


class ReadableHistory(HistoricalRecordContextHelper):
    """Says of a change what a person would."""

    def context_for_delta_changes(self, delta: Any) -> list[dict[str, Any]]:
        changes = [change for change in delta.changes if change.field not in BOOKKEEPING]
        return super().context_for_delta_changes(replace(delta, changes=changes))


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
        """A claim is changed from what the person saw, as everywhere else."""
        if change and "claim" in form.changed_data:
            self._set_claim(request, obj, form.initial["claim"])
        if not change:
            obj.position = self._position_after_all(obj)
        if not change or set(form.changed_data) - {"claim"}:
            super().save_model(request, obj, form, change)

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

    def _set_claim(self, request: HttpRequest, obj: Any, expected: str) -> None:
        wanted, values = obj.claim, {field.attname: getattr(obj, field.attname) for field in obj._meta.concrete_fields}
        entry = self.model._default_manager.get(pk=obj.pk)
        try:
            set_claim(entry=entry, claim=wanted, expected=expected, actor=staff_user(request))
        except RoadmapError as error:
            self.message_user(request, error.message, messages.ERROR)
        for name, value in values.items():
            setattr(obj, name, value)
        obj.claim = entry.claim

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What was changed apart from the claim, which has an audit event of its own."""
        if add or "claim" not in form.changed_data:
            return super().construct_change_message(request, form, formsets, add)
        inlines = super().construct_change_message(request, forms.Form(), formsets, add)
        others = [str(form[name].label) for name in form.changed_data if name != "claim"]
        return [{"changed": {"fields": others}}, *inlines] if others else inlines


class ClaimActions(EntryAdmin):
    """Adds what may be said of many at once."""

    actions = ["mark_done", "mark_in_progress", "mark_todo", "mark_not_applicable", "set_owner"]

    @admin.action(permissions=["change"], description="Mark as done")
    def mark_done(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._claim(request, queryset, Claim.DONE)

    @admin.action(permissions=["change"], description="Mark as in progress")
    def mark_in_progress(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._claim(request, queryset, Claim.IN_PROGRESS)

    @admin.action(permissions=["change"], description="Mark as to do")
    def mark_todo(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._claim(request, queryset, Claim.TODO)

    @admin.action(permissions=["change"], description="Mark as not applicable")
    def mark_not_applicable(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._claim(request, queryset, Claim.NOT_APPLICABLE)

    def _claim(self, request: HttpRequest, queryset: QuerySet[Any], claim: Claim) -> None:
        changed = claim_entries(entries=queryset, claim=claim, actor=staff_user(request))
        self._tell(request, changed, claim.label.lower())

    @admin.action(permissions=["change"], description="Set the owner…")
    def set_owner(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return ask_and_apply(self, request, queryset, "set_owner", "Set the owner", OwnerForm, self._assign)

    def _assign(self, request: HttpRequest, queryset: QuerySet[Any], answer: dict[str, Any]) -> None:
        changed = assign_owner(entries=queryset, owner=answer["owner"], actor=staff_user(request))
        self._tell(request, changed, f"owned by {answer['owner'] or 'nobody'}")

    def _tell(self, request: HttpRequest, changed: int, words: str) -> None:
        name = self.opts.verbose_name if changed == 1 else self.opts.verbose_name_plural
        verb = "is" if changed == 1 else "are"
        self.message_user(request, f"{changed} {name} {verb} now {words}." if changed else f"All were {words} before.")


class OwnerForm(forms.Form):
    """Which team owns the chosen entries from now on."""

    owner = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Nobody")


class TargetForm(forms.Form):
    """When the chosen milestones are to be reached."""

    target_on = forms.DateField(
        label="Target date", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Empty for none."
    )


def ask_and_apply(
    model_admin: ClaimActions,
    request: HttpRequest,
    queryset: QuerySet[Any],
    action: str,
    title: str,
    form_class: type[forms.Form],
    apply: Callable[[HttpRequest, QuerySet[Any], dict[str, Any]], None],
) -> HttpResponse | None:
    """Ask on a page of its own, then apply the answer to the chosen entries."""
    form = form_class(request.POST if "apply" in request.POST else None)
    if form.is_valid():
        apply(request, queryset, form.cleaned_data)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "form": form,
        "action": action,
        "entries": queryset,
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/roadmap/set_values.html", context)


def apply_target(
    model_admin: ClaimActions, request: HttpRequest, queryset: QuerySet[Any], answer: dict[str, Any]
) -> None:
    """Set the target that was asked for."""
    changed = set_target(milestones=queryset, day=answer["target_on"], actor=staff_user(request))
    model_admin._tell(request, changed, f"due {answer['target_on'] or 'at no date'}")
