import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from apps.accounts.models import ApiToken, User
from apps.accounts.services import issue_token
from apps.audit.models import AuditEvent
from apps.catalog.models import Team


@pytest.fixture
def as_olga(client, olga):
    client.force_login(olga)
    return client


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_an_addition_a_change_and_a_deletion_are_audited(as_olga, olga):
    as_olga.post(reverse("admin:catalog_team_add"), {"name": "Platform", "email": ""})
    team = Team.objects.get()
    change = reverse("admin:catalog_team_change", args=[team.pk])
    as_olga.post(change, {"name": "Platform/Infra", "email": ""})
    as_olga.post(reverse("admin:catalog_team_delete", args=[team.pk]), {"post": "yes"})
    assert actions() == ["team.added", "team.changed", "team.deleted"]
    assert set(AuditEvent.objects.values_list("actor", flat=True)) == {olga.pk}
    assert AuditEvent.objects.get(action="team.changed").details == {"changes": [{"changed": {"fields": ["Name"]}}]}


def test_saving_without_a_change_is_not_audited(as_olga):
    team = Team.objects.create(name="Platform")
    as_olga.post(reverse("admin:catalog_team_change", args=[team.pk]), {"name": "Platform", "email": ""})
    assert actions() == []


def test_the_trail_can_be_read_and_not_changed(as_olga):
    as_olga.post(reverse("admin:catalog_team_add"), {"name": "Platform", "email": ""})
    event = AuditEvent.objects.get()
    assert "team.added" in as_olga.get(reverse("admin:audit_auditevent_changelist")).content.decode()
    assert as_olga.get(reverse("admin:audit_auditevent_add")).status_code == 403
    assert as_olga.post(reverse("admin:audit_auditevent_delete", args=[event.pk]), {"post": "yes"}).status_code == 403


def test_adding_a_person_is_audited_without_the_password(as_olga):
    password = "a long enough phrase"
    fields = {"email": "new@example.org", "full_name": "New", "usable_password": "true"}
    as_olga.post(reverse("admin:accounts_user_add"), fields | {"password1": password, "password2": password})
    assert User.objects.get(email="new@example.org").check_password(password)
    event = AuditEvent.objects.get(action="user.added")
    assert password not in str(event.details)


def test_a_person_can_be_added_with_a_role_and_sign_in(as_olga, client):
    add = reverse("admin:accounts_user_add")
    assert as_olga.get(add).context["adminform"].form["is_staff"].value() is True
    viewer = Group.objects.get(name="viewer")
    password = "a long enough phrase"
    fields = {"email": "vera@example.org", "full_name": "Vera", "usable_password": "true", "is_staff": "on"}
    as_olga.post(add, fields | {"password1": password, "password2": password, "groups": [viewer.pk]})

    vera = User.objects.get(email="vera@example.org")
    assert list(vera.groups.all()) == [viewer]
    client.force_login(vera)
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_token_is_shown_once_and_revoked_by_action(as_olga, olga):
    page = as_olga.post(reverse("admin:accounts_apitoken_add"), {"name": "CI"}, follow=True)
    token = ApiToken.objects.get()
    (message,) = [str(each) for each in page.context["messages"] if "<code>sw_" in str(each)]
    assert token.hint in message
    again = as_olga.get(reverse("admin:accounts_apitoken_change", args=[token.pk])).content.decode()
    assert "Copy the token now" not in again
    changelist = reverse("admin:accounts_apitoken_changelist")
    as_olga.post(changelist, {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert actions()[-1] == "apitoken.revoked"


def test_revoking_twice_is_audited_once(as_olga, olga):
    token, _ = issue_token(user=olga, name="CI")
    for _ in range(2):
        chosen = {"action": "revoke", "_selected_action": [token.pk]}
        as_olga.post(reverse("admin:accounts_apitoken_changelist"), chosen)
    assert actions().count("apitoken.revoked") == 1
