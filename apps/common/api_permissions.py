"""Who may read and change what through the API. REST_FRAMEWORK names these, so they import nothing that reads it."""

from typing import Any

from rest_framework.permissions import BasePermission, DjangoModelPermissions, IsAdminUser
from rest_framework.request import Request


class ModelPermissions(DjangoModelPermissions):
    """The permissions of the admin, for every view that names no others: reading needs `view`, changing `change`."""

    perms_map = {
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
        "OPTIONS": ["%(app_label)s.view_%(model_name)s"],
    }


class HasPermissions(BasePermission):
    """The permissions that a view names in `required_permissions`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user.has_perms(view.required_permissions)


STAFF_BY_NAME = [IsAdminUser, HasPermissions]
