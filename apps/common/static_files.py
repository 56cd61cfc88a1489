"""Where static files are served from. STORAGES names this module."""

from functools import lru_cache

from whitenoise.storage import CompressedManifestStaticFilesStorage


class KeptAddresses(CompressedManifestStaticFilesStorage):
    """Finds out each file's address once: only a release changes it, and every page asks for a dozen."""

    @lru_cache(maxsize=1000)  # noqa: B019  one storage for the life of the process
    def url(self, name: str, force: bool = False) -> str:
        return str(super().url(name, force))
