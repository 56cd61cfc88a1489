"""The tracker in the admin."""

from apps.roadmap.admin import bindings, documents, milestones, risks, tasks  # noqa: F401
