"""Every failure mode: made to happen here, or out of a drill's reach and shown elsewhere."""

from .beside import BESIDE_FAULTS
from .conditions import CONDITION_FAULTS
from .contents import CONTENT_FAULTS
from .elsewhere import OUT_OF_REACH
from .fault import Fault
from .stored import STORED_FAULTS

__all__ = ["FAULTS", "OUT_OF_REACH"]

FAULTS: tuple[Fault, ...] = (*STORED_FAULTS, *BESIDE_FAULTS, *CONTENT_FAULTS, *CONDITION_FAULTS)
