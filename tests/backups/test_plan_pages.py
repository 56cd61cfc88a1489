"""Plans, retention and holds in the admin."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.backups.models import Backup, Database, Plan
from apps.backups.services.plans import plan_of
from apps.catalog.models import Environment
from apps.common.clock import now
from tests.backups.test_admin import form, text_of


def fields(plan: Plan, **changed: object) -> dict[str, object]:
    kept = dict.fromkeys(("keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly"), 0)
    own = {"storages": [plan.storages.get().pk], "keep_newest": 14, "proven_floor": 1, "grace_hours": 24, "priority": 0}
    return {**kept, **own, **changed}


def test_a_plan_is_changed_in_days_and_gigabytes(operator: Client, ledger: Database) -> None:
    plan = plan_of(ledger)
    address = reverse("admin:backups_plan_change", args=[plan.pk])
    changed = {"within_days": 30, "largest_gigabytes": "3.5", "grace_hours": 48, "keep_weekly": 8}
    changed |= {"quiet_from": "22:00", "quiet_until": "06:00"}
    assert operator.post(address, fields(plan, **changed)).status_code == 302

    plan.refresh_from_db()
    assert (plan.keep_within, plan.largest_size_bytes) == (timedelta(days=30), 3_500_000_000)
    assert (plan.removal_grace, plan.keep_weekly) == (timedelta(hours=48), 8)
    assert AuditEvent.objects.filter(action="plan.changed").exists()
    page = text_of(operator.get(address).content)
    assert "one for each of 8 weeks and all of the last 4 weeks" in page
    assert "No schedule drills" in page


def test_a_wrong_plan_is_refused_beside_its_field(operator: Client, ledger: Database) -> None:
    plan = plan_of(ledger)
    address = reverse("admin:backups_plan_change", args=[plan.pk])

    page = operator.post(address, fields(plan, quiet_from="22:00", storages=[], keep_newest=0))

    assert "Quiet hours need both" in text_of(page.content)
    assert "This field is required" in text_of(page.content)
    assert plan_of(ledger).keep_newest == 2


def test_the_retention_page_says_what_goes_and_why(
    operator: Client,
    ledger: Database,
    nightly: list[Backup],
) -> None:
    page = text_of(operator.get(reverse("admin:backups_database_retention", args=[ledger.pk])).content)
    assert "3 of 5, frees 300 B" in page
    assert "proven floor; newest 2 of 2" in page
    assert not Backup.objects.let_go().exists()

    address = reverse("admin:backups_database_let-go", args=[ledger.pk])
    assert "3 backups let go" in text_of(operator.post(address, follow=True).content)
    assert Backup.objects.let_go().count() == 3
    page = text_of(operator.get(reverse("admin:backups_database_retention", args=[ledger.pk])).content)
    assert "not let go yet" not in page


def test_a_backup_is_held_and_released_on_its_page(operator: Client, nightly: list[Backup]) -> None:
    hold, release = (reverse(f"admin:backups_backup_{name}", args=[nightly[4].pk]) for name in ("hold", "release"))
    until_on = (now() + timedelta(days=9)).date()

    page = text_of(operator.post(hold, {"until_on": until_on, "reason": "An audit"}, follow=True).content)
    assert "Held until the end of" in page
    assert ": An audit" in page
    assert "Released" in text_of(operator.post(release, follow=True).content)
    assert "Give the day" in text_of(operator.post(hold, {"reason": "An audit"}, follow=True).content)
    assert "ends in the future" in text_of(
        operator.post(hold, {"until_on": "2020-01-01", "reason": "An audit"}, follow=True).content
    )


def test_who_may_only_look_changes_nothing(viewer: Client, ledger: Database, nightly: list[Backup]) -> None:
    posts = [
        reverse("admin:backups_database_let-go", args=[ledger.pk]),
        reverse("admin:backups_backup_hold", args=[nightly[4].pk]),
        reverse("admin:backups_backup_release", args=[nightly[4].pk]),
        reverse("admin:backups_plan_change", args=[plan_of(ledger).pk]),
    ]
    assert [viewer.post(address).status_code for address in posts] == [403] * 4
    assert [viewer.get(address).status_code for address in posts[:3]] == [405] * 3
    page = viewer.get(reverse("admin:backups_database_retention", args=[ledger.pk]))
    assert "Let these go" not in page.content.decode()
    assert viewer.get(reverse("admin:backups_backup_change", args=[nightly[4].pk])).status_code == 200


def test_nobody_without_a_role_sees_retention(client: Client, sam: User, ledger: Database) -> None:
    client.force_login(sam)
    address = reverse("admin:backups_database_retention", args=[ledger.pk])
    assert client.get(address).status_code == 403
    sam.groups.add(Group.objects.get(name="viewer"))
    assert client.get(address).status_code == 200


def test_a_database_that_is_added_has_a_plan_at_once(operator: Client, environment: Environment) -> None:
    address = reverse("admin:backups_database_add")
    operator.post(address, form(environment, connection_url="postgresql:///ledger"))

    assert Plan.objects.get().database.name == "ledger"
