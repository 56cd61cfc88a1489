"""How many generated inputs a test takes: some each time, all of them with `make test THOROUGH=1`."""

import os

IS_THOROUGH = bool(os.environ.get("THOROUGH"))


def inputs(number: int) -> int:
    """The number itself in a thorough run, a tenth of it in any other."""
    return number if IS_THOROUGH else max(1, number // 10)
