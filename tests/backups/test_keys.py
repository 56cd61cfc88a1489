"""Keys in the admin, what is said of them, and the evidence of their custody."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.backups.engines import encryption
from apps.backups.exceptions import KeyInUse
from apps.backups.models import Backup, BackupRun, Database, Recipient
from apps.backups.selectors.custody import custody_of
from apps.backups.services.keys import lose_key, retire_key
from apps.backups.services.plans import plan_of
from apps.backups.verifiers import KeyCustody
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.runs import RunStatus
from apps.evidence.contract import Context
from apps.evidence.judge import Verdict, judge

ADD = "/admin/backups/recipient/add/"
LIST = "/admin/backups/recipient/"


@pytest.fixture
def database(environment: Environment) -> Database:
    return Database.objects.create(environment=environment, name="notes", connection_url="postgresql://n@localhost/n")


def key(name: str, *, is_offline: bool = False, **fields: object) -> Recipient:
    identity = encryption.make_identity()
    kept = {} if is_offline else {"identity": identity}
    public_key = encryption.public_key_of(identity)
    return Recipient.objects.create(name=name, public_key=public_key, is_offline=is_offline, **kept, **fields)


def backup_to(database: Database, *public_keys: str) -> Backup:
    at = now()
    run = BackupRun.objects.create(database=database, status=RunStatus.SUCCEEDED, finished_at=at)
    sizes = {"size_bytes": 1, "content_bytes": 1, "database_size_bytes": 1, "tables": 1, "rows": 1}
    return Backup.objects.create(
        database=database,
        run=run,
        storage_key=f"notes/{run.pk}",
        sha256="0" * 64,
        manifest_sha256="0" * 64,
        server_version="16",
        snapshot_at=at,
        finished_at=at,
        fingerprint={},
        recipients=list(public_keys),
        **sizes,
    )


def test_a_key_that_is_kept_here_is_never_shown(client: Client, olga: User) -> None:
    client.force_login(olga)

    answer = client.post(ADD, {"name": "held", "origin": "kept", "public_key": "", "identity_file": ""}, follow=True)

    held = Recipient.objects.get()
    assert (held.is_offline, held.public_key) == (False, encryption.public_key_of(held.identity))
    assert held.identity not in answer.content.decode()
    assert held.identity not in client.get(f"{LIST}{held.pk}/change/").content.decode()
    assert AuditEvent.objects.filter(action="recipient.added").count() == 1
    assert held.identity not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_a_new_recovery_key_is_shown_once_and_kept_nowhere(client: Client, olga: User) -> None:
    client.force_login(olga)

    answer = client.post(ADD, {"name": "safe", "origin": "shown", "public_key": "", "identity_file": ""})

    text = answer.content.decode()
    (identity,) = [line.split("<")[0] for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-1")]
    safe = Recipient.objects.get()
    assert (safe.is_offline, safe.identity) == (True, "")
    assert safe.public_key == encryption.public_key_of(identity)
    assert "no-store" in answer["Cache-Control"]
    assert "two places that do not burn together" in text
    assert identity not in client.get(f"{LIST}{safe.pk}/change/").content.decode()
    assert identity not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_a_public_key_is_pasted_and_checked(client: Client, olga: User) -> None:
    client.force_login(olga)
    public_key = encryption.public_key_of(encryption.make_identity())
    form = {"name": "safe", "origin": "pasted", "identity_file": "/mnt/escrow/safe.key"}

    wrong = client.post(ADD, {**form, "public_key": public_key[:-1] + "b"})
    assert "is not an age public key" in wrong.content.decode()
    assert not Recipient.objects.exists()
    client.post(ADD, {**form, "public_key": public_key})

    safe = Recipient.objects.get()
    assert (safe.public_key, safe.is_offline, safe.identity_file) == (public_key, True, "/mnt/escrow/safe.key")


def test_keys_are_retired_and_marked_as_lost(client: Client, olga: User) -> None:
    client.force_login(olga)
    held, safe = key("held"), key("safe", is_offline=True)

    client.post(LIST, {"action": "retire", "_selected_action": [held.pk]})
    answer = client.post(LIST, {"action": "mark_lost", "_selected_action": [held.pk, safe.pk]}, follow=True)

    assert [str(one) for one in answer.context["messages"]][1:] == [
        "The identity of the key held is kept here, so it is not lost. Retire it instead.",
        "safe is lost. Run: manage.py rewrap_backups",
    ]
    held.refresh_from_db()
    safe.refresh_from_db()
    assert (held.state, safe.state) == ("retired", "lost")
    assert list(Recipient.objects.active()) == []
    assert not retire_key(recipient=safe)
    assert not lose_key(recipient=safe)
    with pytest.raises(KeyInUse):
        lose_key(recipient=held)


def test_the_database_keeps_an_offline_identity_away(db: None) -> None:
    safe = key("safe", is_offline=True)

    with pytest.raises(IntegrityError, match="backups_offline_identity_away"), transaction.atomic():
        Recipient.objects.filter(pk=safe.pk).update(identity="AGE-SECRET-KEY-1")
    with pytest.raises(IntegrityError, match="backups_lost_key_is_retired"), transaction.atomic():
        Recipient.objects.filter(pk=safe.pk).update(lost_at=now())


def test_every_weakness_of_custody_is_said(client: Client, olga: User, database: Database) -> None:
    recipients = plan_of(database).recipients

    def said() -> str:
        return " ".join(custody_of(database).warnings(now()))

    assert "Backups are not encrypted" in said()
    recipients.add(key("held"))
    assert "held alone decrypts the backups" in said()
    assert "Add an offline recovery key" in said()
    safe = key("safe", is_offline=True)
    recipients.add(safe)
    assert said() == "The escrowed key safe has never decrypted a backup. Try it: manage.py drill --recipient safe"
    Recipient.objects.filter(pk=safe.pk).update(proven_at=now() - timedelta(days=120))
    assert "last tried 120 days ago" in said()
    client.force_login(olga)
    assert "last tried 120 days ago" in client.get(f"/admin/backups/database/{database.pk}/change/").content.decode()
    Recipient.objects.filter(pk=safe.pk).update(proven_at=now())
    assert said() == ""
    backup_to(database, encryption.public_key_of(encryption.make_identity()))
    assert said() == "A stored backup is encrypted to keys that nobody holds any more."


def judged(environment: Environment) -> tuple[dict[str, object], Verdict]:
    verifier = KeyCustody()
    facts = dict(verifier.collect(Context(environment=environment, now=now()), {}).facts)
    return facts, judge(facts, verifier.default_rule).verdict


def test_custody_is_evidence(database: Database) -> None:
    recipients = plan_of(database).recipients
    held, safe = key("held"), key("safe", is_offline=True)
    recipients.set([held, safe])

    facts, verdict = judged(database.environment)
    assert (facts["recipients"], facts["offline_recipients"], facts["unproven_recipients"]) == (2, 1, 1)
    assert "proof_age_seconds" not in facts
    assert verdict != Verdict.PASSING

    Recipient.objects.filter(pk=safe.pk).update(proven_at=now() - timedelta(days=3))
    facts, verdict = judged(database.environment)
    assert facts["proof_age_seconds"] == pytest.approx(3 * 86_400, abs=60)
    assert verdict == Verdict.PASSING

    backup_to(database, safe.public_key)
    lose_key(recipient=safe)
    facts, verdict = judged(database.environment)
    assert (facts["offline_recipients"], facts["unreadable_backups"]) == (0, 1)
    assert verdict == Verdict.FAILING


def test_words_about_keys_and_encryption_suggest_it() -> None:
    for words in ("Recovery keys are in escrow", "All backups are encrypted", "Encrypted database backups"):
        assert KeyCustody().suggest(words), words
