"""Campaigns in the admin: a list with progress, a page of each with what is missing, and their form."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin

from apps.accounts.models import User
from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.common.cells import status_cell
from apps.common.clock import now
from apps.common.wording import date_in_words
from apps.roadmap.admin.calm import CalmFields
from apps.roadmap.admin.campaign_form import CampaignForm
from apps.roadmap.engines.campaigns import CampaignPhase
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models import Campaign
from apps.roadmap.selectors.campaigns import progress_of_each, story_of
from apps.roadmap.services.campaigns import end_campaign

SERVICES_ON_A_PAGE = 50
_VIEW = ("roadmap.view_campaign", "catalog.view_service", "roadmap.view_criterion")
_CHANGE = "roadmap.change_campaign"


class PhaseFilter(admin.SimpleListFilter):
    """By whether it runs today."""

    title = "state"
    parameter_name = "phase"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(str(phase), phase.capitalize()) for phase in CampaignPhase]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        campaigns: Any = queryset
        return campaigns.in_phase(self.value(), now()) if self.value() else campaigns


class CampaignList(ChangeList):
    """Leads to the page with what is missing; the form is one step further."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        for progress in progress_of_each(self.result_list, at=now()):
            progress.campaign.progress = progress  # type: ignore[attr-defined]

    def url_for_result(self, result: Any) -> str:
        return _page_of(result)


@admin.register(Campaign)
class CampaignAdmin(CalmFields, AuditedAdmin, SimpleHistoryAdmin):
    form = CampaignForm
    list_display = ["name", "phase", "progress", "target", "owner"]
    list_filter = [PhaseFilter, "verifier_key"]
    search_fields = ["name", "sentence"]
    list_per_page = 20
    view_on_site = False
    autocomplete_fields = ["owner_teams", "services"]
    fieldsets = [
        (None, {"fields": ["name", "sentence", "owner"]}),
        ("What is asked for", {"fields": ["verifier_key", "phrase", "rule", "parameters"]}),
        ("Of which services", {"fields": ["tiers", "owner_teams", "services"]}),
        ("When", {"fields": [("starts_on", "target_on"), "reminder_weekdays"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        pages = [("progress", self.progress_page), ("end", self.end_page)]
        own = [
            path(f"<int:campaign_id>/{name}/", self.admin_site.admin_view(page), name=f"roadmap_campaign_{name}")
            for name, page in pages
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        return Campaign.objects.with_scope().by_urgency(now())

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """As the queryset is: the list would put the model's own order first."""
        return ["is_over", "next_on", "-target_on", "name"]

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return CampaignList

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, "starts_on": now().date(), **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "owner":
            working = Q(is_active=True, is_staff=True) | Q(campaigns__isnull=False)
            options["queryset"] = User.objects.filter(working).distinct()
        return super().formfield_for_foreignkey(db_field, request, **options)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What somebody ended stays as it was."""
        return super().has_change_permission(request, obj) and (obj is None or obj.ended_at is None)

    def response_post_save_add(self, request: HttpRequest, obj: Campaign) -> HttpResponseRedirect:
        return HttpResponseRedirect(_page_of(obj))

    def response_post_save_change(self, request: HttpRequest, obj: Campaign) -> HttpResponseRedirect:
        return HttpResponseRedirect(_page_of(obj))

    @admin.display(description="state")
    def phase(self, campaign: Campaign) -> SafeString:
        return status_cell(campaign.progress.outcome)  # type: ignore[attr-defined]

    @admin.display(description="services that have it")
    def progress(self, campaign: Campaign) -> str:
        return f"{campaign.progress.satisfied} of {campaign.progress.total}"  # type: ignore[attr-defined]

    @admin.display(description="target", ordering="target_on")
    def target(self, campaign: Campaign) -> str:
        return date_in_words(campaign.target_on)

    def progress_page(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """How far the campaign is, and what each service lacks, the worst first."""
        if not request.user.has_perms(_VIEW):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign.objects.with_scope().select_related("ended_by"), pk=campaign_id)
        story = story_of(campaign, at=now())
        context = {
            "title": campaign.name,
            "campaign": campaign,
            "story": story,
            "progress": story.progress,
            "page": Paginator(story.progress.services, SERVICES_ON_A_PAGE).get_page(request.GET.get("page")),
            "may_change": request.user.has_perm(_CHANGE) and story.progress.phase is not CampaignPhase.ENDED,
            "opts": self.opts,
        }
        context = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "admin/roadmap/campaign/progress.html", context)

    def end_page(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """End the campaign now."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(_CHANGE):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign, pk=campaign_id)
        try:
            end_campaign(campaign=campaign, actor=staff_user(request))
        except RoadmapError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, "The campaign has ended. It stays as it stands now.")
        return HttpResponseRedirect(_page_of(campaign))


def _page_of(campaign: Campaign) -> str:
    return reverse("admin:roadmap_campaign_progress", args=[campaign.pk])
