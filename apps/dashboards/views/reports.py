"""Reports and lists, to read, to print and to download."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from apps.audit.audited_admin import staff_user
from apps.catalog.exceptions import UnknownEnvironment
from apps.catalog.selectors import find_environment
from apps.common.clock import now
from apps.dashboards.engines.reports.formats import Format, as_download, make_file
from apps.dashboards.engines.reports.page import as_html
from apps.dashboards.engines.reports.values import Report
from apps.dashboards.exceptions import FormatUnknown, ViewRefused
from apps.dashboards.selectors.list_exports import list_file
from apps.dashboards.selectors.portfolio import Choice
from apps.dashboards.selectors.reports import READERS
from apps.dashboards.selectors.reports.portfolio import portfolio_report
from apps.dashboards.selectors.reports.service import service_report
from apps.dashboards.views.readiness import service_to_read
from apps.roadmap.services.summarising import bring_up_to_date


def service(request: HttpRequest, slug: str) -> HttpResponse:
    """The report of a service in an environment."""
    _require_reader(request)
    try:
        environment = find_environment(service_to_read(request, slug), request.GET.get("environment", ""))
    except UnknownEnvironment as error:
        raise Http404(error.message) from error
    report = service_report(environment=environment, at=now())
    back = f"{reverse('dashboards:readiness', args=[slug])}?{urlencode({'environment': environment.name})}"
    return _answer(request, report, back)


def portfolio(request: HttpRequest) -> HttpResponse:
    """The report of the chosen services."""
    _require_reader(request)
    bring_up_to_date()
    choice = Choice.read(request.GET.dict())
    return _answer(request, portfolio_report(choice=choice, at=now()), f"{reverse('admin:index')}?{choice.query}")


def list_of(request: HttpRequest, name: str) -> HttpResponse:
    """A list of the tracker as it is filtered, as a file."""
    query = request.GET.copy()
    wanted = str(query.pop("format", [Format.CSV])[0])
    try:
        file = list_file(of=name, query=query.urlencode(), format=Format.named(wanted), person=staff_user(request))
    except (ViewRefused, FormatUnknown) as error:
        raise Http404(error.message) from error
    return as_download(file)


def _require_reader(request: HttpRequest) -> None:
    if not request.user.has_perms(READERS):
        raise PermissionDenied


def _answer(request: HttpRequest, report: Report, back: str) -> HttpResponse:
    """The page of the report, with its other formats; or the file that is asked for."""
    if wanted := request.GET.get("format", ""):
        try:
            return as_download(make_file(report, Format.named(wanted)))
        except FormatUnknown as error:
            raise Http404(error.message) from error
    links = [("Back", back), *((each.label, _in_format(request, each)) for each in Format)]
    nonce = str(request.csp_nonce)  # type: ignore[attr-defined]
    return HttpResponse(as_html(report, nonce=nonce, links=links))


def _in_format(request: HttpRequest, format: Format) -> str:
    query = request.GET.copy()
    query["format"] = format.value
    return f"?{query.urlencode()}"
