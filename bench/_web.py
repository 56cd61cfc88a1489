"""The web application, counting how often a page was made and how often it was kept. For gunicorn."""

import atexit
import json
import os
from collections import Counter
from pathlib import Path

from config.wsgi import application  # noqa: F401  what gunicorn looks for

# isort: split
# Only now, when Django is set up.
from apps.dashboards.views import portfolio, readiness
from apps.roadmap.admin import kept_lists

counts: Counter[str] = Counter()


def count(module, name, page):
    """Whoever asks for what is kept hands in how to make it, as the last argument: it is called when there is none."""
    stock = getattr(module, name)

    def counted(*arguments, **options):
        def made(make):
            def making():
                counts[f"{page}: made"] += 1
                return make()

            return making

        counts[f"{page}: shown"] += 1
        if "context" in options:
            return stock(*arguments, **options | {"context": made(options["context"])})
        return stock(*arguments[:-1], made(arguments[-1]))

    setattr(module, name, counted)


count(portfolio, "kept_page", "portfolio")
count(readiness, "kept_page", "readiness")
count(kept_lists, "kept", "roadmap lists")
atexit.register(lambda: Path(os.environ["COUNTS"], str(os.getpid())).write_text(json.dumps(counts)))
