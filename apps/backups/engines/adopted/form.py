"""The forms in which other tools write a backup."""

from enum import StrEnum


class Form(StrEnum):
    """How a backup lies there. Manifests name it."""

    CUSTOM = "custom"
    TAR = "tar"
    DIRECTORY = "directory"
    SCRIPT = "script"
    BARMAN = "barman"
