"""The forms in which PostgreSQL's tools write a dump."""

from enum import StrEnum


class Form(StrEnum):
    """How a dump lies there. Manifests name it."""

    CUSTOM = "custom"
    TAR = "tar"
    DIRECTORY = "directory"
    SCRIPT = "script"
