"""Keys: made, retired, lost."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines.encryption import check_public_key
from apps.backups.exceptions import KeyInUse
from apps.backups.models import Recipient
from apps.common.clock import now


@transaction.atomic
def add_offline_key(*, name: str, public_key: str, actor: Any = None) -> Recipient:
    """Add a key that was made elsewhere, and whose identity stays there. Raises RecipientInvalid."""
    check_public_key(public_key)
    recipient = Recipient.objects.create(name=name, public_key=public_key, is_offline=True)
    audit.record(action="recipient.added", subject=recipient, actor=actor)
    return recipient


@transaction.atomic
def retire_key(*, recipient: Recipient, actor: Any = None, at: datetime | None = None) -> bool:
    """Encrypt nothing to the key any more; what is encrypted to it can still be read. False: it was retired."""
    if not recipient.retire(at=at or now()):
        return False
    audit.record(action="recipient.retired", subject=recipient, actor=actor)
    return True


@transaction.atomic
def lose_key(*, recipient: Recipient, actor: Any = None, at: datetime | None = None) -> bool:
    """Note that nobody has the identity any more. False: that was noted before. Raises KeyInUse when it is here."""
    if recipient.identity:
        raise KeyInUse(f"The identity of the key {recipient} is kept here, so it is not lost. Retire it instead.")
    if not recipient.lose(at=at or now()):
        return False
    audit.record(action="recipient.lost", subject=recipient, actor=actor)
    return True
