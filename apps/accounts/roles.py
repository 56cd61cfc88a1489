"""The roles of staff, as groups with permissions. Each app's migration grants its own with `grant_roles`."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEWER, EDITOR, OPERATOR, APPROVER, ADMINISTRATOR = "viewer", "editor", "operator", "approver", "administrator"
ROLES = (VIEWER, EDITOR, OPERATOR, APPROVER, ADMINISTRATOR)

_WRITE = ("add", "change", "delete")


def grant_roles(
    app_label: str,
    *,
    editor: Sequence[str] = (),
    operator: Sequence[str] = (),
    approver: Sequence[str] = (),
    hidden: Sequence[str] = (),
) -> migrations.RunPython:
    """An operation for a migration: what each role may do with an app's models.

    Every role views every model that is not hidden; an administrator may do everything. The named roles may also
    write the models listed (`"task"`), or hold the single permission listed (`"approve_binding"`).
    """
    named = {EDITOR: editor, OPERATOR: operator, APPROVER: approver}

    def forward(apps: Any, schema_editor: Any) -> None:
        permissions = _permissions(apps, app_label)
        for role in ROLES:
            group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
            group.permissions.add(*_chosen(permissions, role, named.get(role, ()), hidden))

    return migrations.RunPython(forward, migrations.RunPython.noop, elidable=False)


def _permissions(apps: Any, app_label: str) -> list[Any]:
    # Permissions are made after the last migration; a role needs them in the middle.
    configuration = apps.get_app_config(app_label)
    configuration.models_module = True
    create_permissions(configuration, apps=apps, verbosity=0)
    configuration.models_module = None
    permission = apps.get_model("auth", "Permission")
    return list(permission.objects.filter(content_type__app_label=app_label).select_related("content_type"))


def _chosen(permissions: Iterable[Any], role: str, names: Sequence[str], hidden: Sequence[str]) -> list[Any]:
    is_chosen = _everything if role == ADMINISTRATOR else _rule(names, hidden)
    return [permission for permission in permissions if is_chosen(permission.codename)]


def _everything(codename: str) -> bool:
    return True


def _rule(names: Sequence[str], hidden: Sequence[str]) -> Callable[[str], bool]:
    def is_chosen(codename: str) -> bool:
        action, _, model = codename.partition("_")
        views = action == "view" and model not in hidden
        return views or codename in names or (action in _WRITE and model in names)

    return is_chosen
