"""Only the clock moves. No worker runs and nothing is written, and yet everything that ends has ended at its second."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.roadmap.models import Criterion, GateEvaluation, SignOff
from apps.roadmap.selectors.gate import gate
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.services import signing
from tests.roadmap.deciding import answer_of, group_of, make_policy, sign
from tests.roadmap.evidence import DAY, NOW, bind, observe
from tests.roadmap.test_gate_command import ask
from tests.roadmap.waiving import waive

SECOND = timedelta(seconds=1)
LAPSES = NOW + 3 * DAY  # the waiver
EXPIRES = NOW + 6 * DAY  # the evidence: seen a day ago, good for seven


@pytest.fixture
def launched(recovery, environment, criterion, olga, sam, eve):
    """Proven by a rehearsal but for what is waived, signed, and live since NOW."""
    make_policy(environment, olga, {"name": "SRE", "group": group_of("sre", olga)})
    bind(criterion)
    observe(environment, NOW - DAY)
    Criterion.objects.create(service=environment.service, text="The second region takes over.", claim="done")
    waive(Criterion.objects.latest("pk"), environment, eve, sam, ends_at=LAPSES)
    sign(environment, olga)
    expected = answer_of(environment).decision_digest
    signing.launch(environment=environment, expected=expected, actor=olga, at=NOW)
    return environment


def standings(environment, at):
    return [status.standing for status in readiness(environment=environment, at=at).criteria]


@pytest.mark.parametrize(
    ("at", "standing_of_each", "decision", "signed", "is_regressed"),
    [
        (NOW, ["verified", "waived"], "go_with_waivers", True, False),
        (LAPSES - SECOND, ["verified", "waived"], "go_with_waivers", True, False),
        (LAPSES, ["verified", "unverified"], "no_go", False, True),
        (EXPIRES - SECOND, ["verified", "unverified"], "no_go", False, True),
        (EXPIRES, ["decayed", "unverified"], "no_go", False, True),
    ],
)
def test_what_ends_has_ended_at_its_second(launched, at, standing_of_each, decision, signed, is_regressed):
    assert standings(launched, at) == standing_of_each
    answer = answer_of(launched, at)
    assert (answer.decision, answer.roles[0].is_signed, answer.is_regressed) == (decision, signed, is_regressed)


def test_evidence_that_grows_old_alone_supersedes_the_sign_off_and_regresses_the_gate(
    recovery, environment, criterion, olga
):
    make_policy(environment, olga, {"name": "SRE", "group": group_of("sre", olga)})
    bind(criterion)
    observe(environment, NOW - DAY)
    sign(environment, olga)
    expected = answer_of(environment).decision_digest
    signing.launch(environment=environment, expected=expected, actor=olga, at=NOW)
    before, after = answer_of(environment, EXPIRES - SECOND), answer_of(environment, EXPIRES)
    assert (before.decision, before.roles[0].is_signed, before.regression) == ("go", True, "")
    assert (after.decision, after.roles[0].is_signed) == ("no_go", False)
    assert after.regression == "Go at launch, no-go today: regressed."


def test_moving_the_clock_writes_nothing(launched):
    kept = GateEvaluation.objects.count(), SignOff.objects.count()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for at in (LAPSES - SECOND, LAPSES, EXPIRES):
            gate(environment=launched, at=at)
            readiness(environment=launched, at=at)
    assert [query["sql"] for query in queries if not query["sql"].lstrip().startswith("SELECT")] == []
    assert (GateEvaluation.objects.count(), SignOff.objects.count()) == kept


@pytest.mark.parametrize(
    ("at", "code", "says"),
    [
        (LAPSES - SECOND, 0, "Go, with waivers: 1 of 2 criteria waived."),
        (LAPSES, 1, "Go, with waivers at launch, no-go today: regressed."),
    ],
)
def test_the_command_says_the_same(launched, at, code, says):
    exit_code, stdout, _ = ask(launched.service.slug, "--at", at.isoformat())
    assert exit_code == code
    assert says in stdout


def test_the_api_says_the_same(launched, client, olga):
    client.force_login(olga)
    address = f"/api/v1/services/{launched.service.slug}/gate/"
    answers = [client.get(address, {"at": at.isoformat()}).json() for at in (LAPSES - SECOND, LAPSES)]
    assert [(each["decision"], each["regressed"]) for each in answers] == [("go_with_waivers", False), ("no_go", True)]
