"""Who can decrypt the backups of a database, and how well that is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.backups.models import Backup, Database, Recipient

PROVEN_WITHIN = timedelta(days=100)  # a quarter, and some days for whoever fetches the key


@dataclass(frozen=True)
class Custody:
    """The keys of a database's plan, and the stored backups that nobody could read."""

    recipients: list[Recipient]
    unreadable: list[Backup]
    unencrypted: int

    @property
    def offline(self) -> list[Recipient]:
        return [one for one in self.recipients if one.is_offline]

    @property
    def escrowed(self) -> list[Recipient]:
        """The keys whose identity lies elsewhere, and so has to be tried."""
        return [one for one in self.recipients if one.is_offline or one.identity_file]

    @property
    def unproven(self) -> list[Recipient]:
        return [one for one in self.escrowed if one.proven_at is None]

    def proof_age(self, at: datetime) -> timedelta | None:
        """How long ago the escrowed key that was tried longest ago decrypted a backup. None: one never did."""
        proofs = [one.proven_at for one in self.escrowed]
        known = [proven_at for proven_at in proofs if proven_at is not None]
        return at - min(known) if known and len(known) == len(proofs) else None

    def warnings(self, at: datetime) -> list[str]:
        """What is wrong with the keys, in sentences that say what to do."""
        return list(self._key_warnings(at) if self.recipients else _open_warning()) + self._backup_warnings()

    def _key_warnings(self, at: datetime) -> Iterator[str]:
        if len(self.recipients) == 1:
            yield f"{self.recipients[0]} alone decrypts the backups: lost, it takes them with it. Add a second key."
        if not self.offline:
            yield "Every key is kept here: when this installation is lost, so are they. Add an offline recovery key."
        for one in self.unproven:
            yield f"The escrowed key {one} has never decrypted a backup. Try it: manage.py drill --recipient {one}"
        age = self.proof_age(at)
        if age is not None and age > PROVEN_WITHIN:
            yield f"An escrowed key was last tried {age.days} days ago. Schedule a drill with one escrowed key alone."

    def _backup_warnings(self) -> list[str]:
        if not self.unreadable:
            return []
        backups = "A stored backup is" if len(self.unreadable) == 1 else f"{len(self.unreadable)} stored backups are"
        return [f"{backups} encrypted to keys that nobody holds any more."]


def _open_warning() -> Iterator[str]:
    yield "Backups are not encrypted: whoever reads a storage reads the data. Choose keys in the plan."


def custody_of(database: Database) -> Custody:
    """The active keys of the database's plan, and the stored backups that none of the known keys decrypts."""
    recipients = Recipient.objects.active().filter(plans__database=database)
    held = set(Recipient.objects.filter(lost_at__isnull=True).values_list("public_key", flat=True))
    stored = list(database.backups.stored().only("recipients"))
    return Custody(
        recipients=list(recipients),
        unreadable=[one for one in stored if one.recipients and not held.intersection(one.recipients)],
        unencrypted=sum(not one.recipients for one in stored),
    )
