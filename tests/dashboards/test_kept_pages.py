"""Pages that are kept: for whom, how long, and that nothing outlives a change."""

import pickle
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.cache import caches
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.accounts.services import notify
from apps.catalog.models import Service
from apps.common import since_write
from apps.common.clock import now
from apps.common.templatetags import seaworthy
from apps.dashboards.selectors.portfolio import portfolio as read_portfolio
from apps.dashboards.selectors.recovery import recovery
from apps.dashboards.selectors.service_page import service_page
from apps.dashboards.templatetags import readiness as readiness_tags
from apps.dashboards.views import portfolio as portfolio_view
from apps.dashboards.views import readiness as readiness_view
from apps.dashboards.views.portfolio import VIEW_READINESS
from apps.roadmap.models import Milestone
from apps.roadmap.services.summarising import bring_up_to_date
from tests.dashboards.voyage import sail
from tests.roadmap.second_connection import second_connection
from tests.roadmap.test_summaries import SHOWN_ONLY

pytestmark = pytest.mark.django_db(transaction=True)
READINESS, START = "/admin/readiness/payments/", "/admin/"
PAGES = pytest.mark.parametrize("address", [READINESS, START])
TOLD_APART = {"backups_database", "backups_backup", "backups_drillrun"}  # by `recovery_state`
UNREACHABLE = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
RUBBISH = [b"no pickle", b"capps.common\nof_another_release\n.", *map(pickle.dumps, (17, (1, 2), (now(), b"", ())))]


class StaticFilesOfTomorrow(StaticFilesStorage):
    """Those of the next release, at other addresses."""

    manifest_hash = "tomorrow"

    def url(self, name):
        return f"/of-tomorrow/{name}"


@pytest.fixture
def kept(environment, olga):
    """Olga's client, at pages that were shown once and are kept."""
    sail(environment, now=now())
    bring_up_to_date()
    caches["pages"].clear()
    client = Client()
    client.force_login(olga)
    for address in (READINESS, START):
        client.get(address)
    return client


def part_of(response):
    """What is between the frame of the page, without tokens."""
    part = response.content.decode().partition('<main id="content-start"')[2].partition("</main>")[0]
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", part)


def without_instant(part):
    """The part without when it was read, and without ages, which go on between two readings."""
    return re.sub(r"(Read )?<time.*?</time>|\b\d+ (s|min|h|days?)\b", "", part)


def ages_in(part):
    return re.findall("<time.*?</time>", part)


def queries_of(client, address):
    since_write.forget()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    return len(queries), part_of(response)


@PAGES
def test_a_second_visit_is_the_same_at_fewer_queries(kept, address):
    few, shown = queries_of(kept, address)
    caches["pages"].clear()
    many, fresh = queries_of(kept, address)

    assert few < many
    assert without_instant(shown) == without_instant(fresh)


@PAGES
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE roadmap_criterion SET claim = 'done'",
        "UPDATE roadmap_milestone SET title = title || '!', target_on = '2020-01-01'",
        "UPDATE catalog_service SET name = 'Renamed'",
        "DELETE FROM roadmap_binding",
    ],
)
def test_nothing_outlives_a_change(kept, address, statement):
    before = part_of(kept.get(address))
    with connection.cursor() as cursor:
        cursor.execute(statement)

    after = part_of(kept.get(address))
    caches["pages"].clear()
    assert after != before
    assert without_instant(after) == without_instant(part_of(kept.get(address)))


def test_a_change_that_the_start_page_does_not_show_leaves_it_as_it_is(kept):
    before = part_of(kept.get(START))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE roadmap_criterion SET text = text || '!'")

    with CaptureQueriesContext(connection) as queries:
        assert part_of(kept.get(START)) == before
    assert not any("catalog_team" in query["sql"] and "DISTINCT" in query["sql"] for query in queries)


def test_what_is_written_while_the_start_page_is_made_shows_on_the_next_visit(kept, monkeypatch):
    def overtaken(**options):
        with second_connection() as other:
            other.execute("UPDATE catalog_service SET name = 'Overtaken'")
        return read_portfolio(**options)

    caches["pages"].clear()
    with monkeypatch.context() as patched:
        patched.setattr(portfolio_view, "read_portfolio", overtaken)
        assert "Overtaken" not in part_of(kept.get(START))

    assert "Overtaken" in part_of(kept.get(START))


def test_a_service_that_cannot_be_asked_appears_at_once(kept, service):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_service (slug, name, tier, repository_url) VALUES ('raft', 'Raft', 'A', '')"
        )

    assert "Raft" in part_of(kept.get(START))


def test_what_is_kept_says_ages_as_of_now(kept, monkeypatch):
    before = part_of(kept.get(READINESS))
    later = now() + timedelta(minutes=4)
    for module in (readiness_view, seaworthy, readiness_tags):
        monkeypatch.setattr(module, "now", lambda: later)
    few, shown = queries_of(kept, READINESS)
    caches["pages"].clear()
    many, fresh = queries_of(kept, READINESS)

    assert few < many
    assert ages_in(shown) == ages_in(fresh) != ages_in(before)
    assert shown == fresh


def test_nothing_is_kept_for_more_than_ten_minutes(kept, monkeypatch):
    few, _ = queries_of(kept, START)
    later = now() + timedelta(minutes=10)
    monkeypatch.setattr(portfolio_view, "now", lambda: later)

    assert queries_of(kept, START)[0] > few


@PAGES
def test_people_who_may_do_other_things_see_another_part(kept, sam, address):
    for permission in VIEW_READINESS:
        app, name = permission.split(".")
        sam.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=name))
    client = Client()
    client.force_login(sam)

    assert part_of(client.get(address)) != part_of(kept.get(address))


@PAGES
def test_what_is_of_one_person_is_not_kept_for_others(kept, olga, address):
    notify(recipients=[olga], key="turned", subject="Gate", text="A gate has turned")
    ada = User.objects.create_superuser("ada@example.org", "correct horse battery", full_name="Ada Administrator")
    client = Client()
    client.force_login(ada)
    hers, (queries, _) = kept.get(address).content.decode(), queries_of(kept, address)
    his = client.get(address).content.decode()

    for of_olga in (str(olga), '<span class="count">1'):
        assert of_olga in hers
        assert of_olga not in his
    assert str(ada) in his
    assert queries_of(client, address)[0] == queries


def test_a_template_of_ones_own_cannot_keep_a_person_for_others(kept, settings, tmp_path):
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin/index.html").write_text(
        '{% extends "admin/base_site.html" %}{% block content %}Hello {{ user }}, {{ perms.catalog }}{% endblock %}'
    )
    (templates,) = settings.TEMPLATES
    settings.TEMPLATES = [templates | {"DIRS": [tmp_path, *templates["DIRS"]]}]
    caches["pages"].clear()

    page = kept.get(START).content.decode()
    assert "Hello , " in page
    assert "<summary>Olga Operator" in page


def test_the_form_of_a_kept_page_carries_the_token_of_whoever_sees_it(kept, olga):
    for _ in range(2):
        client = Client(enforce_csrf_checks=True)
        client.force_login(olga)
        form = client.get(READINESS).content.decode().partition('<form id="check"')[2]
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
        assert client.post(f"{READINESS}check/", {"csrfmiddlewaretoken": "a" * 64}).status_code == 403
        assert client.post(f"{READINESS}check/", {"csrfmiddlewaretoken": token}).status_code == 302


@PAGES
def test_a_kept_page_says_a_message_once(kept, olga, address):
    kept.post("/admin/roadmap/task/", {"action": "", "index": "0"})

    assert "messagelist" in part_of(kept.get(address))
    assert "messagelist" not in part_of(kept.get(address))


@PAGES
def test_pages_are_shown_while_the_cache_cannot_be_reached(kept, settings, address):
    settings.CACHES = settings.CACHES | {"pages": UNREACHABLE}

    assert kept.get(address).status_code == 200


def test_a_page_is_shown_where_rubbish_stands_under_its_name(kept, monkeypatch):
    few, _ = queries_of(kept, START)
    for rubbish in RUBBISH:
        with monkeypatch.context() as patched:
            patched.setattr(type(caches["pages"]), "get", lambda *_, found=rubbish: pickle.loads(found))  # noqa: S301
            assert kept.get(START).status_code == 200, rubbish

    assert queries_of(kept, START)[0] == few


def test_a_release_that_changes_nothing_but_static_files_is_shown_at_once(kept, settings):
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": f"{__name__}.StaticFilesOfTomorrow"}}

    assert "/of-tomorrow/seaworthy/seaworthy.css" in kept.get(START).content.decode()


def test_the_codes_to_choose_from_are_those_that_the_services_shown_have(kept, service):
    chosen = f"{START}?search=payments"
    stray = Service.objects.create(slug="raft", name="Raft", tier="A")
    Milestone.objects.create(service=stray, code="M77", title="Afloat")
    before = part_of(kept.get(chosen))
    Milestone.objects.create(service=stray, code="M78", title="Ashore")

    after = part_of(kept.get(chosen))
    caches["pages"].clear()
    assert "<option>M5" in before
    assert "<option>M7" not in after
    assert after == part_of(kept.get(chosen))


def test_everything_that_a_part_shows_notes_its_changes(kept, environment, olga, rf):
    olga = type(olga).objects.get(pk=olga.pk)
    olga.get_all_permissions()
    at = now()
    with CaptureQueriesContext(connection) as queries:
        page = service_page(environment=environment, recovery=recovery(environment, at=at), at=at)
        request = rf.get(READINESS)
        request.user = olga
        render_to_string("dashboards/_readiness.html", {"service": environment.service, "page": page}, request)
    read = {
        table
        for query in queries.captured_queries
        for table in re.findall(r'(?:FROM|JOIN)\s+"?([a-z]+_[a-z_]+)"?', query["sql"])
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'note_insert'")
        noting = {table for (table,) in cursor.fetchall()}

    assert read - noting - SHOWN_ONLY <= TOLD_APART
