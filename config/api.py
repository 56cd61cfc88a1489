"""All of the API, by name. Each app keeps its own part."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from apps.backups import api as backups
from apps.backups.api import discoveries, keys, plans, restores
from apps.catalog import api as catalog
from apps.dashboards.api import charts, person, portfolio, report_schedules, reports
from apps.evidence.api import attesting, observations, pushing, statements
from apps.healthchecks import api as healthchecks
from apps.roadmap.api import (
    badge,
    beside,
    bindings,
    campaigns,
    conflicts,
    corrections,
    deciding,
    decisions,
    documents,
    policies,
    readiness,
    waivers,
)
from apps.roadmap.api import viewsets as roadmap
from apps.security.views import UnknownAddressView

router = SimpleRouter()
router.register("teams", catalog.TeamViewSet)
router.register("services", catalog.ServiceViewSet)
router.register("environments", catalog.EnvironmentViewSet)
router.register("documents", documents.DocumentViewSet)
router.register("conflicts", conflicts.ConflictViewSet)
router.register("corrections", corrections.CorrectionViewSet)
router.register("milestones", roadmap.MilestoneViewSet)
router.register("work-items", roadmap.WorkItemViewSet)
router.register("tasks", roadmap.TaskViewSet)
router.register("criteria", roadmap.CriterionViewSet)
router.register("risks", roadmap.RiskViewSet)
router.register("cost-lines", roadmap.CostLineViewSet)
router.register("bindings", bindings.BindingViewSet)
router.register("labels", beside.LabelViewSet)
router.register("links", beside.LinkViewSet)
router.register("comments", beside.CommentViewSet)
router.register("dependencies", beside.DependencyViewSet)
router.register("notices", person.NoticeViewSet)
router.register("report-schedules", report_schedules.ReportScheduleViewSet)
router.register("report-runs", report_schedules.ReportRunViewSet)
router.register("saved-views", person.SavedViewViewSet)
router.register("waivers", waivers.WaiverViewSet)
router.register("gate-policies", policies.GatePolicyViewSet)
router.register("gate-evaluations", decisions.GateEvaluationViewSet)
router.register("sign-offs", decisions.SignOffViewSet)
router.register("status-transitions", decisions.TransitionViewSet)
router.register("campaigns", campaigns.CampaignViewSet)
router.register("observations", observations.ObservationViewSet)
router.register("databases", backups.DatabaseViewSet)
router.register("backups", backups.BackupViewSet)
router.register("storages", backups.StorageViewSet)
router.register("drills", backups.DrillViewSet)
router.register("restores", restores.RestoreViewSet)
router.register("proofs", backups.ProofViewSet)
router.register("plans", plans.PlanViewSet)
router.register("keys", keys.KeyViewSet)
router.register("discovered-databases", discoveries.DiscoveredDatabaseViewSet)
router.register("monitors", healthchecks.MonitorViewSet)

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    path("attestations/", attesting.AttestationView.as_view(), name="attestations"),
    path("evidence/", pushing.EvidenceView.as_view(), name="evidence"),
    path("observations/<int:pk>/statement/", statements.StatementView.as_view(), name="statement"),
    path("services/<slug:slug>/statements/", statements.StatementsView.as_view(), name="statements"),
    path("documents/<int:pk>/lines/", corrections.LinesView.as_view(), name="document-lines"),
    path("criteria/<int:pk>/clauses/", bindings.ClausesView.as_view(), name="clauses"),
    path("databases/<int:pk>/retention/", plans.RetentionView.as_view(), name="retention"),
    path("my-work/", person.MyWorkView.as_view(), name="my-work"),
    path("portfolio/", portfolio.PortfolioView.as_view(), name="portfolio"),
    path("criteria/<int:pk>/charts/evidence/", charts.EvidenceChart.as_view(), name="chart-evidence"),
    path("services/<slug:slug>/charts/burn-up/", charts.BurnUpChart.as_view(), name="chart-burn-up"),
    path("services/<slug:slug>/charts/costs/", charts.CostsChart.as_view(), name="chart-costs"),
    path("services/<slug:slug>/charts/owners/", charts.OwnersChart.as_view(), name="chart-owners"),
    path("services/<slug:slug>/charts/risks/", charts.RisksChart.as_view(), name="chart-risks"),
    path("services/<slug:slug>/charts/timeline/", charts.TimelineChart.as_view(), name="chart-timeline"),
    path("portfolio/report/", reports.PortfolioReportView.as_view(), name="portfolio-report"),
    path("services/<slug:slug>/report/", reports.ServiceReportView.as_view(), name="report"),
    path("services/<slug:slug>/readiness/", readiness.ReadinessView.as_view(), name="readiness"),
    path("services/<slug:slug>/gate/", readiness.GateView.as_view(), name="gate"),
    path("services/<slug:slug>/gate/badge.svg", badge.BadgeView.as_view(), name="badge"),
    path("services/<slug:slug>/gate/evaluations/", deciding.EvaluationsView.as_view(), name="gate-evaluations"),
    path("services/<slug:slug>/gate/sign-offs/", deciding.SignOffsView.as_view(), name="gate-sign-offs"),
    path("services/<slug:slug>/gate/overrides/", deciding.OverridesView.as_view(), name="gate-overrides"),
    path("services/<slug:slug>/gate/launches/", deciding.LaunchesView.as_view(), name="gate-launches"),
    path("", include(router.urls)),
    path("<path:address>", UnknownAddressView.as_view(), name="unknown-address"),
]


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes sign-in by token. Found by being defined."""

    target_class = "apps.evidence.authentication.BoundedTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token made in the admin, under People."}
