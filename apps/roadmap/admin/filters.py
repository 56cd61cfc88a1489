"""Filters of the tracker's lists: by target, by owner, by presence."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.clock import now
from apps.common.related_filter import KeptFilter, RelatedFilter
from apps.roadmap.models import Milestone

SOON_DAYS = 14
MOST_CODES = 50


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


class TargetFilter(admin.SimpleListFilter):
    """What is late, what comes next, and what nobody dated."""

    title = "target"
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("soon", f"Due in {SOON_DAYS} days"), ("ahead", "Ahead"), ("none", "No date")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        today = now().date()
        match self.value():
            case "overdue":
                return queryset.overdue(today)
            case "soon":
                return queryset.due_within(SOON_DAYS, today)
            case "ahead":
                return queryset.filter(target_on__gte=today)
            case "none":
                return queryset.filter(target_on__isnull=True)
        return queryset


class MilestoneFilter(admin.SimpleListFilter):
    """By the code of the milestone it belongs to: M3 of every service is one choice, not hundreds."""

    title = "milestone"
    parameter_name = "milestone_code"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        codes = Milestone.objects.current().exclude(code="").order_by("code").values_list("code", flat=True)
        return [(code, code) for code in codes.distinct()[:MOST_CODES]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(milestone__code=self.value()) if self.value() else queryset


class ResponsibleFilter(admin.SimpleListFilter):
    """Whose it is: mine, my teams', or nobody's."""

    title = "responsible"
    parameter_name = "responsible"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("me", "Me or my teams"), ("nobody", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.of_person(request.user)
        return queryset.unowned() if self.value() == "nobody" else queryset


class UsedFilter(RelatedFilter):
    """Only the related things that some entry has, as their own table says it: not by going through all entries."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        used = field.remote_field.through._default_manager.order_by().values(field.m2m_reverse_name())
        ordering = self.field_admin_ordering(field, request, model_admin)
        return list(field.get_choices(include_blank=False, limit_choices_to={"pk__in": used}, ordering=ordering))


SERVICE, OWNERS = (("service", KeptFilter), ("owners", KeptFilter))
RESPONSIBLE: list[Any] = [
    ResponsibleFilter,
    ("assignees", UsedFilter),
    ("labels", UsedFilter),
]
