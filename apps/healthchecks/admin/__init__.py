"""Monitors and what they saw, in the admin."""

from .history import ProbeResultAdmin, ProbeRunAdmin
from .monitors import MonitorAdmin

__all__ = ["MonitorAdmin", "ProbeResultAdmin", "ProbeRunAdmin"]
