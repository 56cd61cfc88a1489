"""The site object behind `/admin/`."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponseBase]


class SeaworthyAdminSite(admin.AdminSite):
    """Names the site. Its pages are in templates/admin/."""

    site_header = "Seaworthy"
    site_title = "Seaworthy"
    index_title = "Everything"
    enable_nav_sidebar = False  # the top navigation leads everywhere

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # type: ignore[override]
        """The stock wrapper. An address with a NUL is refused here: filters would hand it to the database."""
        guarded = super().admin_view(view, cacheable)

        def refuse_null_characters(request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponseBase:
            if "%00" in request.META.get("QUERY_STRING", ""):
                raise BadRequest("The address holds a NUL character.")
            return guarded(request, *arguments, **options)

        return update_wrapper(refuse_null_characters, guarded)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:  # type: ignore[override]
        """The stock sign-in page, within the limits on failed attempts."""
        # Imported late: the site is made before the apps are loaded.
        from apps.security.views import sign_in_within_limits

        stock = super().login
        return sign_in_within_limits(request, lambda: stock(request, extra_context))
