"""What backups prove, and how a criterion's words are read."""

import pytest

from apps.backups import services
from apps.backups.models import Backup, Database, DrillRun
from apps.backups.verifiers import Recent, RestoreDrill
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.runs import RunStatus
from apps.evidence.contract import CannotObserve, Context, NothingYet
from apps.evidence.judge import Verdict, judge


def context(environment: Environment) -> Context:
    return Context(environment=environment, now=now())


def drilled(database: Database, **fields: object) -> DrillRun:
    ended = {"status": RunStatus.SUCCEEDED, "finished_at": now(), "tables": 4, "rows": 100, "size_bytes": 10, **fields}
    return DrillRun.objects.create(database=database, **ended)


@pytest.fixture
def backup(database: Database) -> Backup:
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    return run.backup


def test_without_a_database_nothing_can_be_seen(environment: Environment) -> None:
    with pytest.raises(CannotObserve, match="No database is enabled in payments production"):
        Recent().collect(context(environment), {})
    with pytest.raises(CannotObserve, match="The database ledger is not there or is disabled"):
        RestoreDrill().collect(context(environment), {"database": "ledger"})


def test_before_the_first_run_the_evidence_is_pending(database: Database) -> None:
    for verifier in (Recent(), RestoreDrill()):
        with pytest.raises(NothingYet):
            verifier.collect(context(database.environment), {})


def test_a_database_that_was_forgotten_fails_the_whole(backup: Backup) -> None:
    environment = backup.database.environment
    Database.objects.create(environment=environment, name="ledger", connection_url="postgresql:///ledger")

    observation = Recent().collect(context(environment), {})

    assert (observation.facts["databases"], observation.facts["without_backup"]) == (2, 1)
    assert judge(observation.facts, Recent.default_rule).verdict is Verdict.FAILING
    own = Recent().collect(context(environment), {"database": "shop"})
    assert judge(own.facts, Recent.default_rule).verdict is Verdict.PASSING
    assert own.observed_at == backup.snapshot_at


def test_the_worst_drill_speaks_for_the_environment(backup: Backup) -> None:
    environment = backup.database.environment
    drilled(backup.database, backup=backup, verdict="proven", rto_seconds=10, rpo_seconds=20)
    ledger = Database.objects.create(environment=environment, name="ledger", connection_url="postgresql:///ledger")
    with pytest.raises(NothingYet):
        RestoreDrill().collect(context(environment), {})
    findings = [{"id": "table-missing", "message": "The table a is missing after the restore."}]
    drilled(ledger, verdict="failed", findings=findings)

    observation = RestoreDrill().collect(context(environment), {})

    assert observation.facts["verdict"] == "failed"
    assert "rto_seconds" not in observation.facts
    assert observation.summary == "ledger: The table a is missing after the restore."
    assert judge(observation.facts, RestoreDrill.default_rule).verdict is Verdict.FAILING


def test_an_errored_drill_is_an_error(backup: Backup) -> None:
    drilled(backup.database, status=RunStatus.ERRORED, error="Unexpected error; the log has the details.")

    observation = RestoreDrill().collect(context(backup.database.environment), {})

    assert observation.facts == {}
    assert observation.error.startswith("The drill could not verify the backup: Unexpected error")


@pytest.mark.parametrize(
    ("text", "rto", "rpo"),
    [
        ("Successful restore drill from the newest backup", None, None),
        ("Backup restoration tested every quarter", None, None),
        ("We verify that backups can be restored", None, None),
        ("Automate backup verification", None, None),
        ("Disaster recovery test passed", None, None),
        ("Recovery: RTO < 1 hour", ("<", 3600), None),
        ("< 1 hour RTO and < 24 hour RPO", ("<", 3600), ("<", 86400)),
        ("RTO of 15 minutes, RPO within 1 day", ("<=", 900), ("<=", 86400)),
        ("RPO: 30s", None, ("<=", 30)),
        ("Backups can be restored by anybody on call", None, None),
    ],
)
def test_words_that_ask_for_a_restore(text: str, rto: tuple | None, rpo: tuple | None) -> None:
    suggestion = RestoreDrill().suggest(text)

    assert suggestion is not None
    assert suggestion.phrase.lower() in text.lower()
    rules = suggestion.rule["all"][1:] if suggestion.rule else []
    limits = {rule["fact"]: (rule["operator"], rule["value"]) for rule in rules}
    assert (limits.get("rto_seconds"), limits.get("rpo_seconds")) == (rto, rpo)


@pytest.mark.parametrize("text", ["Daily backups automated", "Backups run every night", "Automated database backups"])
def test_words_that_ask_for_backups(text: str) -> None:
    suggestion = Recent().suggest(text)

    assert suggestion is not None
    assert suggestion.phrase.lower() in text.lower()


@pytest.mark.parametrize("text", ["Error rate below 1 %", "Restoring focus after a dialogue", "Back up your claims"])
def test_other_words_ask_for_neither(text: str) -> None:
    assert RestoreDrill().suggest(text) is None
    assert Recent().suggest(text) is None


def test_a_limit_decides(backup: Backup) -> None:
    drilled(backup.database, backup=backup, verdict="proven", rto_seconds=4000, rpo_seconds=20)
    facts = RestoreDrill().collect(context(backup.database.environment), {}).facts
    suggestion = RestoreDrill().suggest("RTO < 1 hour")

    assert suggestion is not None
    assert suggestion.rule is not None
    judgement = judge(facts, suggestion.rule)
    assert judgement.verdict is Verdict.FAILING
    assert "4000" in judgement.reasons[0]
