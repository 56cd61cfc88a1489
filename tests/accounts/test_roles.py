import pytest
from django.contrib.auth.models import Group, Permission

from apps.accounts.roles import ROLES


def allowed(role):
    permissions = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in permissions}


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        ("roadmap.view_criterion", "viewer editor operator approver administrator"),
        ("roadmap.change_criterion", "editor administrator"),
        ("roadmap.delete_task", "editor administrator"),
        ("roadmap.accept_binding", "approver administrator"),
        ("roadmap.change_binding", "editor operator approver administrator"),
        ("catalog.view_service", "viewer editor operator approver administrator"),
        ("catalog.add_service", "operator administrator"),
        ("catalog.add_team", "editor operator administrator"),
        ("evidence.view_observationrecord", "viewer editor operator approver administrator"),
        ("evidence.add_observationrecord", "administrator"),
        ("accounts.add_user", "administrator"),
        ("audit.view_auditevent", "viewer editor operator approver administrator"),
    ],
)
def test_who_may_do_what(db, permission, roles):
    assert {role for role in ROLES if permission in allowed(role)} == set(roles.split())


def test_there_are_the_five_roles(db):
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_a_viewer_may_only_view(db):
    assert {permission.partition(".")[2].partition("_")[0] for permission in allowed("viewer")} == {"view"}


def test_an_administrator_may_do_everything_that_our_apps_know(db):
    ours = ["accounts", "audit", "catalog", "evidence", "roadmap", "backups", "healthchecks", "security"]
    known = Permission.objects.filter(content_type__app_label__in=ours).select_related("content_type")
    assert {f"{each.content_type.app_label}.{each.codename}" for each in known} <= allowed("administrator")
