"""What every command waits for before it begins."""

import subprocess
import sys

SLOW_TO_LOAD = ("aiohttp", "jsonschema", "markdown_it", "openpyxl", "prometheus_client")
LOADED = "import django, sys; django.setup(); import apps.roadmap.management.commands.gate; print(*sys.modules)"


def test_a_gate_waits_for_no_page_and_no_library_that_it_does_not_use():
    loaded = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout.split()

    assert "apps.roadmap.selectors.gate" in loaded
    assert not set(SLOW_TO_LOAD) & set(loaded)
    assert not [name for name in loaded if name.startswith("apps.") and name.endswith(".admin")]
