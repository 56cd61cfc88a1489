"""The policies of gates in the admin: read as versions, changed by making the next one."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.audit.audited_admin import staff_user
from apps.catalog.models import Environment, Service
from apps.common.numbers import read_number
from apps.roadmap.admin.calm import CalmFields
from apps.roadmap.admin.policy_form import RULES, WEIGHTS, PolicyForm
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models import GatePolicy, PolicyRole
from apps.roadmap.selectors.policies import newest_version
from apps.roadmap.services.policies import change_policy

_ADDING = {
    "title": "Next version of a policy",
    "show_save_and_add_another": False,
    "show_save_and_continue": False,
}
_ROLE = ["name", "group", "team", "needed", "may_override"]


class PolicyRoleInline(CalmFields, admin.TabularInline):
    model = PolicyRole
    fields = (*_ROLE,)
    verbose_name_plural = "who has to sign"

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        known = asked_version(request)
        return 0 if obj else 1 + (known.roles.count() if known else 1)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(GatePolicy)
class GatePolicyAdmin(CalmFields, admin.ModelAdmin):
    form = PolicyForm
    inlines = [PolicyRoleInline]
    list_display = ["version", "service", "applies_to", "signing", "comment", "author", "created_at"]
    list_display_links = ["version"]
    list_filter = ["service"]
    list_select_related = ["service", "environment", "author"]
    search_fields = ["service__name", "service__slug", "comment"]
    ordering = ["-created_at", "-pk"]
    fieldsets = [
        (None, {"fields": [("service", "environment"), "expected"]}),
        ("What a concern does to the answer", {"fields": [*WEIGHTS, "minimum_trust"]}),
        (
            "What is required",
            {"fields": ["met_without_claim_passes", "requirement_by_kind", "requirement_by_milestone"]},
        ),
        ("Why", {"fields": ["comment"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[GatePolicy]:
        return super().get_queryset(request).prefetch_related("roles__group", "roles__team")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The next version starts from the present one."""
        (service, environment), known = asked_about(request), asked_version(request)
        values: dict[str, Any] = {name: getattr(known, name) for name in RULES} if known else {}
        seen = known.number if known and known.environment == environment else 0
        chosen = {"service": service, "environment": environment, "expected": seen} if service else {}
        return super().get_changeform_initial_data(request) | values | chosen

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        known = asked_version(request) if request.method == "GET" and not obj.pk else None
        return options | {"initial": [_initial(role) for role in known.roles.all()]} if known else options

    def save_model(self, request: HttpRequest, obj: GatePolicy, form: Any, change: bool) -> None:
        """It is saved with its roles, at once."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        roles = [each.cleaned_data for formset in formsets for each in formset if each.has_changed()]
        policy = change_policy(
            service=form.cleaned_data["service"],
            environment=form.cleaned_data["environment"],
            fields={name: form.cleaned_data[name] for name in RULES},
            roles=[{name: role[name] for name in _ROLE} for role in roles],
            comment=form.cleaned_data["comment"],
            expected=form.cleaned_data["expected"],
            actor=staff_user(request),
        )
        form.instance.pk, form.instance.number = policy.pk, policy.number

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """The audit trail says what is in it; the form sets saved nothing themselves."""
        return [{"added": {}}]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        try:
            return super().add_view(request, form_url, {**(extra_context or {}), **_ADDING})
        except RoadmapError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def response_post_save_add(self, request: HttpRequest, obj: GatePolicy) -> HttpResponseRedirect:
        """To the gate that decides by it."""
        environment = obj.environment or obj.service.environments.filter(is_default=True).first()
        if environment is None:
            return HttpResponseRedirect(reverse("admin:roadmap_gatepolicy_changelist"))
        return HttpResponseRedirect(reverse("admin:roadmap_gate", args=[environment.pk]))

    @admin.display(description="applies to")
    def applies_to(self, policy: GatePolicy) -> str:
        return policy.environment.name if policy.environment else "environments without their own"

    @admin.display(description="signed by")
    def signing(self, policy: GatePolicy) -> str:
        return ", ".join(f"{role.name} ({role.needed})" for role in policy.roles.all() if role.needed) or "nobody"


def asked_about(request: HttpRequest) -> tuple[Service | None, Environment | None]:
    """The environment that the address names, or else the service."""
    environments = Environment.objects.select_related("service")
    environment = environments.filter(pk=read_number(request.GET.get("environment")) or 0).first()
    if environment:
        return environment.service, environment
    return Service.objects.filter(pk=read_number(request.GET.get("service")) or 0).first(), None


def asked_version(request: HttpRequest) -> GatePolicy | None:
    """The version that the next one starts from: the environment's own, else its service's."""
    service, environment = asked_about(request)
    if service is None:
        return None
    return newest_version(service, environment) or newest_version(service, None)


def _initial(role: PolicyRole) -> dict[str, Any]:
    return {name: getattr(role, f"{name}_id" if name in {"group", "team"} else name) for name in _ROLE}
