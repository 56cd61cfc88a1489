"""Which static files `collectstatic` gathers."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFilesOfPages(StaticFilesConfig):
    """Leaves out what comes with a library and is on no page: it would be compressed at each deployment."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc", "rest_framework"]
