import re

import jsonschema
import pytest
from django.core.management import call_command

from config.api import router


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    import json

    path = tmp_path_factory.mktemp("schema") / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(path))
    return json.loads(path.read_text())


def test_the_schema_is_valid_and_has_no_warning(schema):
    assert schema["openapi"].startswith("3.")


def test_the_schema_holds_every_address(schema):
    paths = set(schema["paths"])
    assert {f"/api/v1/{prefix}/" for prefix, _, _ in router.registry} <= paths
    assert {"/api/v1/services/{slug}/readiness/", "/api/v1/services/{slug}/gate/"} <= paths
    assert {"get", "patch"} == set(schema["paths"]["/api/v1/tasks/{id}/"])


def test_the_schema_names_both_ways_to_sign_in(schema):
    schemes = schema["components"]["securitySchemes"]
    assert schemes["token"]["scheme"] == "bearer"
    assert schemes["cookieAuth"]["in"] == "cookie"


def as_json_schema(part):
    """OpenAPI's `nullable`, which JSON Schema does not know, as an alternative."""
    if isinstance(part, list):
        return [as_json_schema(each) for each in part]
    if not isinstance(part, dict):
        return part
    inner = {name: as_json_schema(each) for name, each in part.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if part.get("nullable") is True else inner


def test_the_gate_answers_as_the_schema_says(schema, viewer, document):
    answer = viewer.get("/api/v1/services/payments/gate/").json()
    reference = {"$ref": "#/components/schemas/Gate", "components": schema["components"]}
    jsonschema.validate(answer, as_json_schema(reference))


def test_staff_may_read_the_schema_and_its_page(viewer, person):
    assert viewer.get("/api/v1/schema/").status_code == 200
    page = viewer.get("/api/v1/docs/")
    assert page.status_code == 200
    policy, text = page.headers["Content-Security-Policy"], page.content.decode()
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    assert all(f'nonce="{nonce}"' in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "<style" not in text
    assert "unsafe" not in policy
    assert "cdn" not in text
    script = viewer.get("/api/v1/docs/?script=")
    assert (script.status_code, script.headers["Content-Type"]) == (200, "application/javascript")
    assert "/api/v1/schema/" in script.content.decode()
    outsider = person(is_staff=False)
    assert outsider.get("/api/v1/schema/").status_code == 403
    assert outsider.get("/api/v1/docs/").status_code == 403


def test_a_time_to_live_that_is_the_verifiers_own_is_null_as_the_schema_says(schema):
    assert schema["components"]["schemas"]["Binding"]["properties"]["ttl_seconds"]["nullable"] is True
