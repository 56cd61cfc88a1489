"""What the pages remember for people."""

from apps.dashboards.models.saved_views import SavedView

__all__ = ["SavedView"]
