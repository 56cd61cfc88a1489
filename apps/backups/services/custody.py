"""Who can decrypt backups, and with which identities."""

from apps.backups.models import Backup, Database, Recipient

from .plans import plan_of


def public_keys_for(database: Database) -> list[str]:
    """What new backups of the database are encrypted to. Empty when they are not."""
    return list(plan_of(database).recipients.active().order_by("pk").values_list("public_key", flat=True))


def identities_for(backup: Backup) -> list[str]:
    """The identities kept here that decrypt the backup, those of retired keys too."""
    holders = Recipient.objects.filter(public_key__in=backup.recipients).exclude(identity="")
    return [holder.identity for holder in holders]
