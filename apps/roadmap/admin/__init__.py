"""The tracker in the admin."""

from apps.roadmap.admin import bindings  # noqa: F401
