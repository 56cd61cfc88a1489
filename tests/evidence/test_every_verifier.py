import pytest

from apps.evidence.register import all_verifiers
from tests.evidence.verifier_contract import VerifierContract


class TestEveryVerifier(VerifierContract):
    @pytest.fixture(params=list(all_verifiers()), ids=lambda verifier: verifier.key)
    def verifier(self, request):
        return request.param

    @pytest.fixture(autouse=True)
    def own_service(self, settings, verifier):
        settings.OWN_SERVICE = "payments"  # some verifiers see only Seaworthy itself


def test_the_register_holds_those_that_the_apps_promise():
    keys = {verifier.key for verifier in all_verifiers()}
    assert keys >= {"healthchecks.availability", "healthchecks.ready", "security.deploy_checks"}
