"""What can go wrong with backups and drills, in words for a person."""

from apps.common.exceptions import Kind, OperationError


class BackupError(OperationError):
    """A backup or a drill could not do what was asked."""


class AddressInvalid(BackupError):
    """A connection URL cannot be used."""


class SourceUnreachable(BackupError):
    """The database to back up did not answer, or refused."""


class SourceUnreadable(BackupError):
    """The database answered, but would not or could not be dumped."""


class StorageFailed(BackupError):
    """The storage could not be read or written."""


class ObjectMissing(StorageFailed):
    """The storage holds nothing under that key."""


class ObjectExists(StorageFailed):
    """Another object has that key, and is not written over."""


class ObjectLocked(StorageFailed):
    """The storage keeps the object from being removed, as was asked of it."""


class BackupMoved(StorageFailed):
    """A backup got another key in its storages while its objects were read."""


class ManifestUnreadable(BackupError):
    """A manifest is there but is not one."""


class ArtefactUnreadable(BackupError):
    """An artefact is there but cannot be decrypted or decompressed."""


class ArtefactDiffers(ArtefactUnreadable):
    """An artefact's bytes are not those that were stored."""


class ArtefactTruncated(ArtefactDiffers):
    """An artefact's end is missing."""


class KeyMissing(BackupError):
    """None of the identities at hand decrypts it."""


class RewrapFailed(BackupError):
    """A backup could not be encrypted anew. It stays as it was."""


class KeyInUse(BackupError):
    """A key is kept here, so it is not lost."""


class NoEscrow(BackupError):
    """It is not known where a key's identity is kept in escrow."""


class IdentityInvalid(BackupError):
    """A text is not an age identity."""


class RecipientInvalid(BackupError):
    """A text is not an age public key."""

    kind = Kind.INVALID


class RunUnfinished(BackupError):
    """The same operation on the same database is queued or running already."""


class NothingToDrill(BackupError):
    """There is no backup to drill."""


class EngineUnknown(BackupError):
    """No engine has that key."""


class NothingNew(BackupError):
    """The other tool has made no backup since the last one that was recorded."""


class NoPointInTime(BackupError):
    """The engine keeps no write-ahead log to replay."""


class DiscoveryRefused(BackupError):
    """A discovered database cannot be protected or set aside so."""


class HoldRefused(BackupError):
    """A backup cannot be held so."""

    kind = Kind.INVALID


class DatabaseUnknown(BackupError):
    """No database has that name."""

    kind = Kind.UNKNOWN


class RestoreRefused(BackupError):
    """A restore for people cannot be begun, or may not."""

    kind = Kind.INVALID


class RestoreFailed(BackupError):
    """A restore for people could not be carried out."""


class RestoreDecided(BackupError):
    """Somebody decided about the restore before."""


class ToolRefused(BackupError):
    """The other tool could not do what was asked; the message holds its words."""

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ToolAbsent(ToolRefused):
    """The other tool is not installed on this machine."""


class ProofImpossible(BackupError):
    """The drills of this database cannot be tried with faults."""


class ToolTooOld(BackupError):
    """The program that reads or restores this source is missing here, or older than the source."""


class DumpUnreadable(BackupError):
    """A file is not a dump that can be adopted."""


class DumpCut(DumpUnreadable):
    """A dump begins as one, and its end is missing."""


class AdoptionFailed(BackupError):
    """There is no backup of another tool to record."""
