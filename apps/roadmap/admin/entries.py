"""What the admin of every entry shares: claims with history and audit event, and where the entry stands."""

from contextlib import nullcontext
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.db import connection, models, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin

from apps.accounts.models import User
from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.roadmap.admin.calm import CalmFields
from apps.roadmap.admin.kept_lists import KeptList
from apps.roadmap.admin.plain_lists import PlainList
from apps.roadmap.admin.seen import SeenForm
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models.entries import Entry
from apps.roadmap.services.claims import set_claim

PLACE: tuple[str, Any] = (
    "Where it stands",
    {"classes": ["collapse"], "fields": ["document", "section", "line", "orphaned_at"]},
)


class EntryAdmin(CalmFields, KeptList, AuditedAdmin, SimpleHistoryAdmin):
    """An entry of a roadmap, whether it came from a document or was added by hand."""

    form = SeenForm
    readonly_fields = ["document", "section", "line", "orphaned_at"]
    list_per_page = 50
    show_full_result_count = False  # counted once, not again without the filters
    list_select_related = ["service"]
    ordering = ["service_id", "position", "pk"]  # the order of an index: by the service's name, every row were sorted

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The entry; where it is about to be changed, held until the end of the request."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        self.hold(found)
        return super().get_object(request, object_id, from_field)

    def hold(self, entry: Any) -> None:
        """Lock what the form shows, in the order that everybody keeps to."""
        list(self.model._default_manager.filter(pk=entry.pk).select_for_update())

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Related things are looked for by name: a list of all of them is no choice."""
        related = (
            field for field in self.opts.get_fields() if isinstance(field, models.ForeignKey | models.ManyToManyField)
        )
        # Not people: to look for them takes a permission that not every editor has.
        return [field.name for field in related if field.name not in {*self.readonly_fields, "assignees"}]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "assignees":
            working = Q(is_active=True, is_staff=True) | Q(**{f"{db_field.remote_field.related_name}__isnull": False})
            options["queryset"] = User.objects.filter(working).distinct()
            options["widget"] = FilteredSelectMultiple("people", is_stacked=False)
        return super().formfield_for_manytomany(db_field, request, **options)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": capfirst(str(self.opts.verbose_name_plural))}
        with transaction.atomic() if request.method == "POST" else nullcontext():
            return super().changelist_view(request, title | (extra_context or {}))

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[PlainList]:
        return PlainList

    def get_changelist_form(self, request: HttpRequest, **options: Any) -> Any:
        return super().get_changelist_form(request, form=SeenForm, **options)

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
