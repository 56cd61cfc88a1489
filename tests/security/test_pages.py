"""Every page of the admin, and every error page, under the content security policy."""

import pytest
from django.contrib import admin
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import include, path, reverse

from tests.pages import crawl, read_page

ISOLATION = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


def fail(error):
    def view(request):
        raise error

    return view


urlpatterns = [
    path("broken/", fail(RuntimeError("password=hunter2"))),
    path("refused/", fail(PermissionDenied("secret reason"))),
    path("bad/", fail(SuspiciousOperation("secret reason"))),
    path("gone/", fail(Http404("secret reason"))),
    path("no-database/", fail(OperationalError("connection to 10.0.0.5 failed"))),
    path("form/", lambda request: HttpResponse("sent")),
    path("", include("config.urls")),
]
handler500 = "apps.security.views.server_error"


def test_no_page_of_the_admin_holds_what_the_policy_refuses(admin_client):
    pages = dict(crawl(admin_client, reverse("admin:index")))
    found = {address: read_page(response).refused for address, response in pages.items()}
    assert {address: refused for address, refused in found.items() if refused} == {}
    broken = {address: response.status_code for address, response in pages.items() if response.status_code != 200}
    assert broken == {}
    assert len(pages) > 2 * len(admin.site._registry)


@pytest.mark.parametrize("name", sorted(model._meta.label_lower for model in admin.site._registry))
def test_the_list_and_form_of_every_model_open(admin_client, name):
    for page in ("changelist", "add"):
        response = admin_client.get(reverse(f"admin:{name.replace('.', '_')}_{page}"))
        assert response.status_code in ({200} if page == "changelist" else {200, 403})
        assert read_page(response).refused == []


def test_the_sign_in_page_obeys_the_policy(client, db):
    response = client.get(reverse("admin:login"))
    assert response.status_code == 200
    assert read_page(response).refused == []


@pytest.mark.parametrize("path", ["/admin/login/", "/nowhere/", "/healthz", "/", "/admin/", "/api/v1/docs/"])
def test_every_answer_is_isolated_from_other_sites(client, olga, path):
    client.force_login(olga)
    response = client.get(path)
    for name, value in ISOLATION.items():
        assert response[name] == value, name
    assert "camera=()" in response["Permissions-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/bad/", 400, "could not be understood"),
        ("/refused/", 403, "may not open this"),
        ("/gone/", 404, "nothing at this address"),
        ("/broken/", 500, "broke on our side"),
        ("/no-database/", 503, "cannot reach its database"),
    ],
)
def test_an_error_page_is_calm_obeys_the_policy_and_tells_no_secret(client, olga, path, status, words):
    client.raise_request_exception = False
    client.force_login(olga)
    response = client.get(path)
    assert response.status_code == status
    assert words in response.content.decode()
    assert read_page(response).refused == []
    for secret in (b"hunter2", b"secret reason", b"10.0.0.5", b"Traceback"):
        assert secret not in response.content
    for name, value in ISOLATION.items():
        assert response[name] == value, name


@pytest.mark.urls(__name__)
def test_a_form_without_its_token_is_refused_with_a_page_that_says_what_to_do(olga):
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga)
    response = client.post("/form/")
    assert response.status_code == 403
    assert "reload the page" in response.content.decode()
    assert read_page(response).refused == []


def test_a_wrong_host_is_refused_under_the_policy(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/admin/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert read_page(response).refused == []


def test_the_nonce_is_new_on_every_page(client, db):
    nonces = {read_page(client.get("/nowhere/")).nonce for _ in range(3)}
    assert len(nonces) == 3
    assert "" not in nonces


@pytest.mark.parametrize(
    "path", ["/admin/roadmap/task/?claim__exact=%00", "/admin/readiness/payments/?environment=%00"]
)
def test_a_null_character_in_an_address_is_refused_before_the_database_sees_it(client, olga, service, path):
    client.force_login(olga)
    assert client.get(f"/admin/{path}").status_code == 400
