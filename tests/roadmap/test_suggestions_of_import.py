import pytest

from apps.roadmap.models import Binding
from apps.roadmap.services.binding import decline_binding
from apps.roadmap.services.importing import import_document

ROADMAP = """# Road

## M1 Ready
- [x] Owner: Core  Target: 2026-05-04
- Acceptance
  - [ ] The newest backup passes its restore drill with RTO < 15 minutes; the office has coffee.
  - [ ] Backups of the database are taken every day.
  - [ ] 99.5% availability over a day.
  - [ ] Django's deploy checks pass.
  - [ ] The readiness probe answers.
"""


def suggested():
    return set(Binding.objects.values_list("verifier_key", "state"))


@pytest.fixture
def as_own(settings, service):
    settings.OWN_SERVICE = service.slug


def test_an_import_suggests_what_could_prove_each_criterion(as_own, service):
    import_document(service=service, name="road.md", raw=ROADMAP.encode())
    assert {key for key, _ in suggested()} == {
        "backups.restore_drill",
        "backups.recent",
        "healthchecks.availability",
        "healthchecks.ready",
        "security.deploy_checks",
    }
    drill = Binding.objects.get(verifier_key="backups.restore_drill")
    assert drill.clause == "The newest backup passes its restore drill with RTO < 15 minutes"
    assert {part["fact"]: part["value"] for part in drill.rule["all"]} == {"verdict": "proven", "rto_seconds": 900}
    availability = Binding.objects.get(verifier_key="healthchecks.availability")
    assert {"fact": "availability_percent", "operator": ">=", "value": 99.5, "unit": "%"} in availability.rule["all"]


def test_what_sees_only_seaworthy_is_not_suggested_for_another_service(service):
    import_document(service=service, name="road.md", raw=ROADMAP.encode())
    assert {key for key, _ in suggested()} == {"backups.restore_drill", "backups.recent", "healthchecks.availability"}


def test_another_import_suggests_nothing_that_was_declined(service, olga):
    import_document(service=service, name="road.md", raw=ROADMAP.encode())
    for binding in Binding.objects.all():
        decline_binding(binding=binding, actor=olga)
    import_document(service=service, name="road.md", raw=ROADMAP.replace("# Road", "# The road").encode())
    assert {state for _, state in suggested()} == {"declined"}


def test_a_dry_run_suggests_nothing(service):
    import_document(service=service, name="road.md", raw=ROADMAP.encode(), dry_run=True)
    assert suggested() == set()
