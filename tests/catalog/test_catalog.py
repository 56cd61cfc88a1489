import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.catalog.exceptions import SlugInvalid, UnknownEnvironment, UnknownService
from apps.catalog.models import Environment, Service, Team
from apps.catalog.selectors import find_environment, find_service, find_service_environment
from apps.catalog.services import ensure_service, ensure_team


def test_a_service_comes_with_a_default_environment_and_an_audit_event(db, olga):
    service = ensure_service(slug="orders-api", tier="A", url="https://orders.example.org", actor=olga)
    environment = service.environments.get()
    assert (service.name, service.tier) == ("Orders api", "A")
    assert (environment.name, environment.is_default) == ("production", True)
    assert str(environment) == "orders-api production"
    assert AuditEvent.objects.get().action == "service.added"


@pytest.mark.parametrize("slug", ["", "a b", "../x", "a/b", "Ünï cödé", "<b>", "x" * 51, "a\0b"])
def test_a_service_that_no_address_could_name_is_refused_with_an_example(db, slug):
    with pytest.raises(SlugInvalid, match=r"up to 50 letters, digits and hyphens, such as [\w-]+\."):
        ensure_service(slug=slug)
    assert not Service.objects.exists()


def test_a_name_with_a_null_character_is_unknown(service):
    with pytest.raises(UnknownService):
        find_service("payments\0")
    with pytest.raises(UnknownEnvironment):
        find_environment(service, "production\0")


def test_ensuring_twice_changes_nothing(service):
    again = ensure_service(slug="payments", name="Another name", tier="C")
    assert (again.pk, again.name, again.tier) == (service.pk, "Payments API", "A")
    assert (Environment.objects.count(), AuditEvent.objects.count()) == (1, 1)


@pytest.mark.parametrize(("tier", "percent"), [("A", 99.9), ("B", 99.0), ("C", 95.0)])
def test_each_tier_has_its_objective(tier, percent):
    assert Service(tier=tier).availability_objective == percent


@pytest.mark.parametrize(
    ("slug", "message"),
    [("paymnts", "There is no service 'paymnts'. Did you mean 'payments'?"), ("xyz", "There are: payments.")],
)
def test_a_service_that_there_is_not_is_answered_with_those_that_there_are(service, slug, message):
    with pytest.raises(UnknownService) as refusal:
        find_service(slug)
    assert message in refusal.value.message


def test_without_any_service_the_answer_says_where_to_add_one(db):
    with pytest.raises(UnknownService, match="There are none yet: add one in the admin"):
        find_service("payments")


def test_an_environment_is_found_by_name_or_by_default(service, environment):
    staging = service.environments.create(name="staging")
    assert find_environment(service) == environment
    assert find_environment(service, "staging") == staging
    with pytest.raises(UnknownEnvironment, match="has no environment 'prod'"):
        find_environment(service, "prod")


@pytest.mark.parametrize("name", ["", "staging"])
@pytest.mark.parametrize("owner", ["Platform/Infra", ""])
def test_an_environment_is_read_at_once_with_its_service_and_who_owns_it(
    service, environment, name, owner, django_assert_num_queries
):
    staging = Environment.objects.create(service=service, name="staging")
    Service.objects.update(owner=ensure_team(owner) if owner else None)

    with django_assert_num_queries(1):
        found = find_service_environment("payments", name)
        shown = str(found), found.service.name, found.service.tier, str(found.service.owner or "")

    assert found == (staging if name else environment)
    assert shown == (f"payments {found.name}", "Payments API", "A", owner)


def test_a_service_without_a_default_environment_says_so(service):
    service.environments.update(is_default=False)
    with pytest.raises(UnknownEnvironment, match="has no default environment"):
        find_environment(service)


def test_a_service_has_one_default_environment(service):
    with pytest.raises(IntegrityError, match="catalog_one_default_environment"), transaction.atomic():
        service.environments.create(name="staging", is_default=True)


def test_a_service_has_one_of_the_three_tiers(db):
    with pytest.raises(IntegrityError, match="catalog_service_tier_is_known"), transaction.atomic():
        Service.objects.create(slug="x", name="X", tier="Z")


def test_teams_are_the_same_in_any_case_of_letters(db):
    assert ensure_team("Platform/Infra") == ensure_team("platform/infra")
    with pytest.raises(IntegrityError, match="catalog_team_name_unique"), transaction.atomic():
        Team.objects.create(name="PLATFORM/infra")


def test_services_are_kept_in_the_admin_with_their_environments(client, olga, service):
    client.force_login(olga)
    assert "Payments API" in client.get(reverse("admin:catalog_service_changelist")).content.decode()
    page = client.get(reverse("admin:catalog_service_change", args=[service.pk])).content.decode()
    assert 'value="production"' in page


def test_a_service_added_in_the_admin_has_an_environment_to_ask_about(client, olga):
    client.force_login(olga)
    form = {"name": "Mail", "slug": "mail", "tier": "B", "environments-TOTAL_FORMS": 0, "environments-INITIAL_FORMS": 0}

    client.post(reverse("admin:catalog_service_add"), form)

    assert str(find_environment(find_service("mail"))) == "mail production"


def test_the_first_environment_named_in_the_admin_is_the_default_one(client, olga):
    client.force_login(olga)
    form = {"name": "Mail", "slug": "mail", "tier": "B", "environments-TOTAL_FORMS": 1, "environments-INITIAL_FORMS": 0}

    client.post(reverse("admin:catalog_service_add"), {**form, "environments-0-name": "staging"})

    assert find_environment(find_service("mail")).name == "staging"
