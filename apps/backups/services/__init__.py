"""What is done with databases, backups and drills."""

from .adopting import adopt_backups
from .alerts import announce_alerts
from .backups import carry_out_backup, queue_backup
from .checking import check_storage, check_storages
from .checks import refusal_of
from .copies import due_copies, store_copy
from .custody_drills import queue_custody_drill
from .databases import ensure_database
from .drills import carry_out_drill, queue_drill
from .filling import want_older_copies
from .points import queue_point_drill
from .proofs import carry_out_proof, proofs_to_send, queue_proof
from .proving import prove_drill
from .removing import prune, prune_all
from .restores import approve_restore, refuse_restore, request_restore
from .restoring import carry_out_restore
from .rewrapping import clear_obsolete
from .scheduling import end_dead_runs, queue_due_runs, tick
from .storing import open_storage

__all__ = [
    "adopt_backups",
    "announce_alerts",
    "approve_restore",
    "carry_out_backup",
    "carry_out_drill",
    "carry_out_proof",
    "carry_out_restore",
    "check_storage",
    "check_storages",
    "clear_obsolete",
    "due_copies",
    "end_dead_runs",
    "ensure_database",
    "open_storage",
    "proofs_to_send",
    "prove_drill",
    "prune",
    "prune_all",
    "queue_backup",
    "queue_custody_drill",
    "queue_drill",
    "queue_due_runs",
    "queue_point_drill",
    "queue_proof",
    "refusal_of",
    "refuse_restore",
    "request_restore",
    "store_copy",
    "tick",
    "want_older_copies",
]
