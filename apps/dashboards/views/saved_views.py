"""Saving a list as it is filtered, and forgetting it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import staff_user
from apps.common.exceptions import OperationError
from apps.dashboards.models import SavedView
from apps.dashboards.selectors.admin_lists import list_address
from apps.dashboards.services.saved_views import delete_view, save_view


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the list that the person looks at under a name."""
    posted = {name: str(request.POST.get(name, "")) for name in ("name", "query")}
    of, is_shared = str(request.POST.get("list", "")), "is_shared" in request.POST
    try:
        view = save_view(owner=staff_user(request), of=of, is_shared=is_shared, **posted)
    except OperationError as error:
        messages.error(request, error.message)
        return redirect("dashboards:my_work")
    messages.success(request, f"The view “{view}” is saved.")
    return redirect(list_address(view))


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a view of the person's own."""
    view = SavedView.objects.seen_by(staff_user(request)).filter(pk=pk).first()
    if view is None:
        raise Http404
    address = list_address(view).split("?")[0]
    try:
        delete_view(view=view, actor=staff_user(request))
    except OperationError as error:
        messages.error(request, error.message)
    return redirect(address)
