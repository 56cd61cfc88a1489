"""Every failure mode: made to happen here, or out of a drill's reach and shown elsewhere."""

from .conditions import CONDITION_FAULTS
from .contents import CONTENT_FAULTS
from .fault import Fault, OutOfReach
from .stored import STORED_FAULTS

FAULTS: tuple[Fault, ...] = (*STORED_FAULTS, *CONTENT_FAULTS, *CONDITION_FAULTS)
OUT_OF_REACH: tuple[OutOfReach, ...] = ()
