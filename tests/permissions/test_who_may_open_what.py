"""One table of who may open what. A new address fails the last test until it has a line here."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from apps.accounts.models import User
from apps.healthchecks.models import Monitor
from apps.roadmap.services.drafts import keep_draft
from apps.roadmap.services.importing import import_document
from tests.roadmap.campaigning import campaign_of

PEOPLE = ("anonymous", "eve", "sam", "viewer", "editor", "operator", "olga")

# What anonymous, eve (no staff), sam (staff without a role), viewer, editor, operator and olga (everything) get.
READ = "302 302 403 200 200 200 200"  # every role reads it
EDIT = "302 302 403 403 200 403 200"  # editors add
OPERATE = "302 302 403 403 403 200 200"  # operators add
BOTH = "302 302 403 403 200 200 200"
OWNER = "302 302 403 403 403 403 200"  # administrators, or superusers only
NOBODY = "302 302 403 403 403 403 403"  # history: nobody adds by hand
STAFF = "302 302 200 200 200 200 200"
POST_ONLY = "302 302 405 405 405 405 405"
ANYBODY = "200 200 200 200 200 200 200"

LISTS_AND_FORMS = {
    "accounts_apitoken": (OWNER, OWNER),
    "accounts_user": (OWNER, OWNER),
    "audit_auditevent": (READ, NOBODY),
    "auth_group": (OWNER, OWNER),
    "backups_backup": (READ, NOBODY),
    "backups_backuprun": (READ, NOBODY),
    "backups_database": (READ, OPERATE),
    "backups_discovereddatabase": (READ, NOBODY),
    "backups_drillrun": (READ, NOBODY),
    "backups_proofrun": (READ, NOBODY),
    "backups_recipient": (READ, OPERATE),
    "backups_storage": (READ, OPERATE),
    "backups_restorerun": (READ, NOBODY),
    "backups_rewraprun": (READ, NOBODY),
    "backups_plan": (READ, NOBODY),
    "dashboards_reportschedule": (READ, BOTH),
    "catalog_service": (READ, OPERATE),
    "catalog_team": (READ, BOTH),
    "django_celery_beat_clockedschedule": (OWNER, OWNER),
    "django_celery_beat_crontabschedule": (OWNER, OWNER),
    "django_celery_beat_intervalschedule": (OWNER, OWNER),
    "django_celery_beat_periodictask": (OWNER, OWNER),
    "django_celery_beat_solarschedule": (OWNER, OWNER),
    "evidence_observationrecord": (READ, NOBODY),
    "evidence_signingkey": (READ, OWNER),
    "evidence_tokenscope": (OWNER, OWNER),
    "healthchecks_monitor": (READ, OPERATE),
    "healthchecks_proberesult": (READ, NOBODY),
    "healthchecks_proberun": (READ, NOBODY),
    "roadmap_binding": (READ, EDIT),
    "roadmap_campaign": (READ, EDIT),
    "roadmap_costline": (READ, EDIT),
    "roadmap_criterion": (READ, EDIT),
    "roadmap_document": (READ, EDIT),
    "roadmap_label": (READ, EDIT),
    "roadmap_gateevaluation": (READ, NOBODY),
    "roadmap_gatepolicy": (READ, OWNER),
    "roadmap_milestone": (READ, EDIT),
    "roadmap_risk": (READ, EDIT),
    "roadmap_signoff": (READ, NOBODY),
    "roadmap_task": (READ, EDIT),
    "roadmap_waiver": (READ, NOBODY),
    "roadmap_workitem": (READ, EDIT),
    "security_securitycheckrun": (READ, NOBODY),
}
TABLE = {
    **{f"admin:{name}_changelist": codes for name, (codes, _) in LISTS_AND_FORMS.items()},
    **{f"admin:{name}_add": codes for name, (_, codes) in LISTS_AND_FORMS.items()},
    "admin:backups_proofrun_prove": POST_ONLY,
    "admin:autocomplete": "302 302 403 403 403 403 403",  # asked without saying for which field
    "admin:backups_discovereddatabase_look": POST_ONLY,
    "admin:evidence_attest": "302 302 405 405 405 405 405",
    "admin:index": STAFF,
    "admin:jsi18n": STAFF,
    "admin:login": "200 200 302 302 302 302 302",
    "admin:logout": "302 302 405 405 405 405 405",
    "admin:password_change": STAFF,
    "admin:password_change_done": STAFF,
    "admin:security_check_now": "302 302 405 405 405 405 405",
    "dashboards:digest": POST_ONLY,
    "dashboards:my_work": STAFF,
    "dashboards:notices": STAFF,
    "dashboards:portfolio": STAFF,
    "dashboards:portfolio_report": READ,
    "dashboards:read_notices": POST_ONLY,
    "dashboards:save_view": POST_ONLY,
    "dashboards:waivers": READ,
    "healthchecks:metrics": "401 401 200 200 200 200 200",
    "healthchecks:healthz": "401 401 503 503 503 503 503",  # no beat in this test
    "healthchecks:livez": ANYBODY,
    "healthchecks:readyz": "503 503 503 503 503 503 503",
}


OF_ONE_THING = {
    "/admin/readiness/{slug}/": READ,
    "/admin/readiness/{slug}/pictures/": READ,
    "/admin/readiness/{slug}/report/": READ,
    "/admin/lists/roadmap.task/": "302 302 404 200 200 200 200",  # who may not see a list is not told of it
    "/admin/roadmap/document/{document}/change/": READ,
    "/admin/roadmap/document/{document}/review/": READ,
    "/admin/roadmap/document/{document}/review/1/": READ,
    "/admin/roadmap/document/{document}/export/": READ,
    "/admin/roadmap/document/import/{draft}/": "302 302 403 403 404 403 404",  # only its sender may look
    "/admin/roadmap/gateevaluation/environment/{environment}/": READ,
    "/admin/roadmap/campaign/{campaign}/change/": READ,
    "/admin/roadmap/campaign/{campaign}/end/": POST_ONLY,
    "/admin/roadmap/campaign/{campaign}/progress/": READ,
    "/admin/catalog/service/{service}/change/": READ,
    "/admin/catalog/service/{service}/history/": READ,
    "/admin/catalog/service/{service}/delete/": OPERATE,
    "/admin/healthchecks/monitor/{monitor}/change/": READ,
    "/admin/healthchecks/monitor/{monitor}/delete/": OPERATE,
}


@pytest.fixture
def sign_in(request, db):
    """A client that is signed in as the person of that name."""

    def sign_in(name):
        client = Client()
        if name in {"eve", "sam", "olga"}:
            client.force_login(request.getfixturevalue(name))
        elif name != "anonymous":
            person = User.objects.create_user(f"{name}@example.org", "correct horse battery", is_staff=True)
            person.groups.add(Group.objects.get(name=name))
            client.force_login(person)
        return client

    return sign_in


def codes_of(table, person):
    return {address: int(codes.split()[PEOPLE.index(person)]) for address, codes in table.items()}


@pytest.mark.parametrize("person", PEOPLE)
def test_what_a_person_may_open(sign_in, person):
    client = sign_in(person)
    assert {name: client.get(reverse(name)).status_code for name in TABLE} == codes_of(TABLE, person)


@pytest.mark.parametrize("person", PEOPLE)
def test_which_pages_of_one_thing_a_person_may_open(sign_in, environment, person):
    client = sign_in(person)
    monitor = Monitor.objects.create(environment=environment, url="https://example.org/")
    service = environment.service
    document = import_document(service=service, name="road.md", raw=b"- [ ] task\n").document
    draft = keep_draft(service=service, name="road.md", raw=b"", actor=User.objects.create_user("x@example.org"))
    keys = {"slug": service.slug, "service": service.pk, "monitor": monitor.pk}
    keys["campaign"] = campaign_of(draft.created_by, verifier_key="backups.restore_drill").pk
    keys |= {"document": document.pk, "draft": draft.pk, "environment": environment.pk}
    found = {path: client.get(path.format(**keys)).status_code for path in OF_ONE_THING}
    assert found == codes_of(OF_ONE_THING, person)


@pytest.mark.parametrize(("person", "may"), [("viewer", False), ("editor", False), ("operator", True), ("olga", True)])
def test_who_may_change_a_monitor(sign_in, environment, person, may):
    monitor = Monitor.objects.create(environment=environment, url="https://example.org/")
    fields = {
        "environment": environment.pk, "url": "https://example.org/health", "interval_seconds": 60,
        "timeout_seconds": 10, "expected_status": 200, "is_enabled": "on",
    }  # fmt: skip
    response = sign_in(person).post(f"/admin/healthchecks/monitor/{monitor.pk}/change/", fields)
    monitor.refresh_from_db()
    assert response.status_code == (302 if may else 403)
    assert (monitor.url == "https://example.org/health") is may


def names(resolver, prefix=""):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield prefix + pattern.name


def is_plain(name):
    """Whether the address needs no arguments. Those of the API have a table of their own."""
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return not name.startswith(("api", "v1"))


def test_every_plain_address_is_in_the_table():
    assert {name for name in names(get_resolver()) if is_plain(name)} == set(TABLE)
