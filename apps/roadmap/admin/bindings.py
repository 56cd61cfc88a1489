"""What proves a criterion: suggestions to decide on, and checks bound by hand."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from simple_history.admin import SimpleHistoryAdmin

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.catalog.exceptions import UnknownEnvironment
from apps.catalog.selectors import find_environment
from apps.common.clock import now
from apps.common.statuses import look_of
from apps.evidence.register import all_verifiers
from apps.roadmap.engines.clauses import split_clauses
from apps.roadmap.engines.wording import quote
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.waivers import waivers_of
from apps.roadmap.services.binding import accept_binding, decline_binding

ACCEPT_PERMISSION = "roadmap.accept_binding"
REQUEST_WAIVER = "roadmap.add_waiver"
_DECISIONS: dict[str, Callable[..., Binding]] = {"accept": accept_binding, "decline": decline_binding}


_ROWS = {"clause": 2, "parameters": 2, "rule": 5}


class RuleField(forms.JSONField):
    """JSON whose absence is an empty box, not the word null."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class BindingForm(forms.ModelForm):
    """Offers the verifiers that there are. What they cannot be asked, the model refuses by field."""

    verifier_key = forms.ChoiceField(label="Verifier")

    class Meta:
        model = Binding
        fields = ["criterion", "clause", "verifier_key", "parameters", "rule", "ttl"]
        field_classes = {"rule": RuleField}
        help_texts = {
            "parameters": "What to ask, as JSON. {} asks the verifier's usual question.",
            "rule": 'As JSON: {"fact": "rto_seconds", "operator": "<", "value": 3600}. Empty for the usual rule.',
            "ttl": "How long an observation counts, as days and hours: 7 00:00:00. Empty for the verifier's own.",
        }
        widgets = {name: forms.Textarea(attrs={"rows": rows}) for name, rows in _ROWS.items()}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "verifier_key" in self.fields:
            known = {each.key: f"{each.title} ({each.key})" for each in all_verifiers()}
            known.setdefault(self.instance.verifier_key, self.instance.verifier_key or "---------")
            self.fields["verifier_key"].choices = sorted(known.items())  # type: ignore[attr-defined]


@admin.register(Binding)
class BindingAdmin(AuditedAdmin, SimpleHistoryAdmin):
    form = BindingForm
    list_display = ["words", "verifier_key", "asks", "status", "decided_at"]
    list_filter = ["state", "verifier_key", "criterion__service"]
    list_select_related = ["criterion", "decided_by"]
    search_fields = ["criterion__text", "clause", "verifier_key"]
    autocomplete_fields = ["criterion"]
    readonly_fields = ["state", "decided_by", "decided_at"]
    actions = ["accept", "decline"]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.criterion_page)
        return [path("criterion/<int:criterion_id>/", page, name="roadmap_criterion_evidence"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Binding]:
        first = Case(When(state=Binding.State.SUGGESTED, then=Value(0)), default=Value(1), output_field=IntegerField())
        return super().get_queryset(request).order_by(first, "criterion__position", "pk")

    def has_accept_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ACCEPT_PERMISSION)

    def save_model(self, request: HttpRequest, obj: Binding, form: Any, change: bool) -> None:
        """A check counts at once when its author may accept it; else it waits for somebody who may."""
        if self.has_accept_permission(request):
            if not change:
                obj.state, obj.decided_at, obj.decided_by = Binding.State.ACCEPTED, now(), staff_user(request)
        elif not change or (obj.is_accepted and form.changed_data):
            obj.state, obj.decided_at, obj.decided_by = Binding.State.SUGGESTED, None, None
            self.message_user(request, "The check waits for somebody to accept it.", messages.WARNING)
        super().save_model(request, obj, form, change)

    def response_post_save_add(self, request: HttpRequest, obj: Binding) -> HttpResponseRedirect:
        """Back to the criterion, where the new check shows what it sees."""
        return HttpResponseRedirect(reverse("admin:roadmap_criterion_evidence", args=[obj.criterion_id]))

    @admin.display(description="state", ordering="state")
    def status(self, binding: Binding) -> str:
        return look_of(binding.state).word

    @admin.display(description="criterion, or its clause", ordering="criterion__text")
    def words(self, binding: Binding) -> str:
        return quote(binding.clause or binding.criterion.text)

    @admin.display(description="asks")
    def asks(self, binding: Binding) -> str:
        return binding.asks

    @admin.action(permissions=["accept"], description="Accept: from now on the check counts")
    def accept(self, request: HttpRequest, queryset: QuerySet[Binding]) -> None:
        self._decide(request, queryset, "accept")

    @admin.action(permissions=["accept"], description="Decline: the check does not count")
    def decline(self, request: HttpRequest, queryset: QuerySet[Binding]) -> None:
        self._decide(request, queryset, "decline")

    def criterion_page(self, request: HttpRequest, criterion_id: int) -> HttpResponse:
        """A criterion with its clauses, what proves each, and what is suggested; decisions are posted to it."""
        criterion = get_object_or_404(Criterion.objects.select_related("service", "milestone"), pk=criterion_id)
        if not self.has_view_permission(request) or not request.user.has_perm("roadmap.view_criterion"):
            raise PermissionDenied
        if request.method == "POST":
            return self._post(request, criterion)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "What proves it",
            "criterion": criterion,
            "clauses": split_clauses(criterion.text),
            "status": _status_of(criterion),
            "declined": criterion.bindings.filter(state=Binding.State.DECLINED),
            "may_accept": self.has_accept_permission(request),
            "may_add": self.has_add_permission(request),
            "waivers": waivers_of(criterion, now()) if request.user.has_perm("roadmap.view_waiver") else [],
            "may_waive": criterion.is_waivable and request.user.has_perm(REQUEST_WAIVER),
        }
        return TemplateResponse(request, "admin/roadmap/binding/criterion.html", context)

    def _post(self, request: HttpRequest, criterion: Criterion) -> HttpResponse:
        decision = request.POST.get("decision", "")
        if decision not in _DECISIONS or not self.has_accept_permission(request):
            raise PermissionDenied
        chosen = criterion.bindings.filter(pk__in=filter(str.isdigit, request.POST.getlist("binding")))
        self._decide(request, chosen, decision)
        return HttpResponseRedirect(reverse("admin:roadmap_criterion_evidence", args=[criterion.pk]))

    def _decide(self, request: HttpRequest, bindings: QuerySet[Binding], decision: str) -> None:
        for binding in bindings:
            try:
                _DECISIONS[decision](binding=binding, actor=staff_user(request))
            except RoadmapError as error:
                self.message_user(request, f"{binding}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"{look_of(binding.state).word}: {binding}.")


def _status_of(criterion: Criterion) -> Any:
    try:
        environment = find_environment(criterion.service)
    except UnknownEnvironment:
        return None
    statuses = readiness(environment=environment, at=now()).criteria
    return next((status for status in statuses if status.criterion.pk == criterion.pk), None)
