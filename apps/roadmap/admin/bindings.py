"""What proves a criterion: suggestions to decide on, and checks bound by hand."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.common.cells import status_cell
from apps.common.clock import now
from apps.common.wording import shortened
from apps.evidence.register import all_verifiers
from apps.evidence.services.attesting import ATTESTATION
from apps.roadmap.admin.calm import CalmFields
from apps.roadmap.admin.criterion_page import CriterionPage
from apps.roadmap.engines.wording import quote
from apps.roadmap.models import Binding

_ROWS = {"clause": 2, "parameters": 2, "rule": 5}


class RuleField(forms.JSONField):
    """JSON whose absence is an empty box, not the word null."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class BindingForm(forms.ModelForm):
    """Offers the verifiers that there are. What they cannot be asked, the model refuses by field."""

    verifier_key = forms.ChoiceField(label="Check")

    class Meta:
        model = Binding
        fields = ["criterion", "clause", "verifier_key", "parameters", "rule", "ttl"]
        field_classes = {"rule": RuleField}
        help_texts = {
            "parameters": "What to ask, as JSON. {} asks the usual question; of a person, to confirm the criterion.",
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

    def clean(self) -> dict[str, Any]:
        """What a person is to confirm is the criterion itself, or its clause, unless another statement is given."""
        data = super().clean() or self.cleaned_data
        criterion = data.get("criterion")
        if data.get("verifier_key") == ATTESTATION and data.get("parameters") == {} and criterion:
            data["parameters"] = {"statement": shortened(data.get("clause") or criterion.text, 500)}
        return data


@admin.register(Binding)
class BindingAdmin(CalmFields, CriterionPage, AuditedAdmin, SimpleHistoryAdmin):
    """Checks, the suggested ones first."""

    form = BindingForm
    list_display = ["words", "verifier_key", "asks", "status", "decided_at"]
    list_filter = ["state", "verifier_key", "criterion__service"]
    list_select_related = ["criterion", "decided_by"]
    search_fields = ["criterion__text", "clause", "verifier_key"]
    autocomplete_fields = ["criterion"]
    readonly_fields = ["state", "decided_by", "decided_at"]
    fieldsets = [
        (None, {"fields": ["criterion", "verifier_key", "clause"]}),
        ("Asked otherwise than usual", {"fields": ["parameters", "rule", "ttl"], "classes": ["collapse"]}),
    ]
    actions = ["accept", "decline"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Binding]:
        first = Case(When(state=Binding.State.SUGGESTED, then=Value(0)), default=Value(1), output_field=IntegerField())
        return super().get_queryset(request).order_by(first, "criterion__position", "pk")

    def get_fieldsets(self, request: HttpRequest, obj: Binding | None = None) -> Any:
        """The decision is shown once there is one to make."""
        decision = (None, {"fields": ["state", "decided_by", "decided_at"]})
        return [*super().get_fieldsets(request, obj), *([decision] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Binding, form: Any, change: bool) -> None:
        """A check counts at once when its author may accept it; else it waits for somebody who may."""
        if self.has_accept_permission(request):
            obj.decided_words = obj.criterion.text  # who changes a check has seen what it is to prove
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
    def status(self, binding: Binding) -> SafeString:
        return status_cell(binding.state)

    @admin.display(description="criterion, or its clause", ordering="criterion__text")
    def words(self, binding: Binding) -> str:
        return quote(binding.clause or binding.criterion.text)

    @admin.display(description="asks")
    def asks(self, binding: Binding) -> str:
        return binding.asks

    @admin.action(permissions=["accept"], description="Accept: from now on the check counts")
    def accept(self, request: HttpRequest, queryset: QuerySet[Binding]) -> None:
        self.decide(request, queryset, "accept")

    @admin.action(permissions=["accept"], description="Decline: the check does not count")
    def decline(self, request: HttpRequest, queryset: QuerySet[Binding]) -> None:
        self.decide(request, queryset, "decline")
