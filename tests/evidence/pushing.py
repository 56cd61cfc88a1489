"""Short ways for tests to push evidence."""

from datetime import UTC, datetime

from rest_framework.test import APIClient

from apps.accounts.services import issue_token
from apps.common.clock import now
from apps.evidence.models import TokenScope

ADDRESS = "/api/v1/evidence/"
JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites>
  <testsuite name="unit" tests="3" failures="0" errors="0" skipped="1" time="1.5">
    <testcase classname="a" name="one" time="0.5"/>
    <testcase classname="a" name="two" time="1.0"/>
    <testcase classname="a" name="three"><skipped/></testcase>
  </testsuite>
</testsuites>
"""


class Pipeline:
    """A program that pushes evidence with a token of its own."""

    def __init__(self, scope, secret):
        self.scope = scope
        self.secret = secret
        self.client = APIClient(headers={"Authorization": f"Bearer {secret}"})
        self.pushes = 0

    def push(self, key=None, encoding="json", headers=None, **fields):
        """Push the JUnit report, unless the fields say otherwise; without a key, under a new one."""
        self.pushes += 1
        body = {
            "service": self.scope.service.slug,
            "verifier": "ci.tests",
            "format": "junit",
            "observed_at": now().isoformat(),
            "report": JUNIT,
        }
        body = {name: value for name, value in (body | fields).items() if value is not None}
        headers = {"Idempotency-Key": key or f"run-{self.pushes}"} | (headers or {})
        return self.client.post(ADDRESS, body, format=encoding, headers=headers)


def make_pipeline(service, user, *, verifiers=("ci.tests",), environment=None, keys=()):
    """A pipeline whose token may push those verifiers' evidence about the service."""
    token, secret = issue_token(user=user, name="pipeline")
    scope = TokenScope.objects.create(
        token=token, service=service, environment=environment, verifier_keys=list(verifiers)
    )
    scope.signing_keys.set(keys)
    return Pipeline(scope, secret)


def instant(*parts):
    return datetime(*parts, tzinfo=UTC)
