"""Evidence in the admin."""

from apps.evidence.admin import observations, pushing

__all__ = ["observations", "pushing"]
