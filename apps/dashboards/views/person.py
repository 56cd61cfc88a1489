"""The pages of the person who is signed in: what they have to do, and what they are told."""

from django.conf import settings
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from apps.accounts.services import read_notices
from apps.audit.audited_admin import staff_user
from apps.common.clock import now
from apps.common.numbers import read_number
from apps.dashboards.selectors.digest import wants_digest
from apps.dashboards.selectors.my_work import my_work
from apps.dashboards.services.digests import choose_digest

NOTICES_ON_A_PAGE = 50


def work(request: HttpRequest) -> HttpResponse:
    """What is assigned to the person or their teams, the most urgent first."""
    person = staff_user(request)
    context = {"title": "My work", "work": my_work(person=person, at=now()), "teams": person.teams.all()}
    return TemplateResponse(request, "dashboards/my_work.html", {**admin.site.each_context(request), **context})


def notices(request: HttpRequest) -> HttpResponse:
    """Everything the person was told, the newest first."""
    found = staff_user(request).notices.all()
    page = Paginator(found, NOTICES_ON_A_PAGE).get_page(request.GET.get("page"))
    newest = found.order_by("-pk").values_list("pk", flat=True).first() or 0
    context = {"title": "Notices", "page": page, "unread": found.unread().count(), "newest": newest}
    context |= {"mail_is_sent": settings.MAIL_IS_SENT, "digest_is_wanted": wants_digest(staff_user(request))}
    return TemplateResponse(request, "dashboards/notices.html", {**admin.site.each_context(request), **context})


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Note that the person has read everything that the page showed."""
    person = staff_user(request)
    count = read_notices(recipient=person, up_to=read_number(request.POST.get("newest")) or 0, at=now())
    messages.success(request, f"{count} marked as read.")
    return redirect("dashboards:notices")


@require_POST
def digest(request: HttpRequest) -> HttpResponse:
    """Switch the person's weekly digest on or off."""
    is_wanted = request.POST.get("wanted") == "yes"
    choose_digest(person=staff_user(request), is_wanted=is_wanted)
    messages.success(request, f"The weekly digest is switched {'on' if is_wanted else 'off'}.")
    return redirect("dashboards:notices")


@require_POST
def read_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the person has read a notice, and lead to what it is about."""
    notice = staff_user(request).notices.filter(pk=pk).first()
    if notice is None:
        raise Http404
    notice.read(at=now())
    return redirect(notice.path if "open" in request.POST and notice.is_of_this_site else "dashboards:notices")
