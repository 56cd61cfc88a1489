"""The site object behind `/admin/`."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.urls import get_script_prefix
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

_MOST_APP_LISTS = 100
View = Callable[..., HttpResponseBase]


class SeaworthyAdminSite(admin.AdminSite):
    """Names the site. Its pages are in templates/admin/."""

    site_header = "Seaworthy"
    site_title = "Seaworthy"
    index_title = "Everything"
    enable_nav_sidebar = False  # the top navigation leads everywhere

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._app_lists: dict[object, list[Any]] = {}

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # type: ignore[override]
        """The stock wrapper. An address with a NUL is refused here: filters would hand it to the database."""
        guarded = super().admin_view(view, cacheable)

        def refuse_null_characters(request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponseBase:
            if "%00" in request.META.get("QUERY_STRING", ""):
                raise BadRequest("The address holds a NUL character.")
            return guarded(request, *arguments, **options)

        return update_wrapper(refuse_null_characters, guarded)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The stock list, made once for everybody who may do the same: every page asks for it."""
        if app_label or not request.user.is_authenticated:
            return super().get_app_list(request, app_label)
        person = request.user
        allowed = person.is_superuser, person.is_active, frozenset(person.get_all_permissions()), get_script_prefix()
        if allowed not in self._app_lists:
            if len(self._app_lists) >= _MOST_APP_LISTS:
                self._app_lists.clear()
            self._app_lists[allowed] = super().get_app_list(request)
        return self._app_lists[allowed]

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:  # type: ignore[override]
        """The stock sign-in page, within the limits on failed attempts."""
        # Imported late: the site is made before the apps are loaded.
        from apps.security.views import sign_in_within_limits

        stock = super().login
        return sign_in_within_limits(request, lambda: stock(request, extra_context))
