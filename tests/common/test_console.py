import logging

import pytest

from apps.common.console import quiet_logs


@pytest.mark.parametrize(("verbosity", "level"), [(0, logging.WARNING), (1, logging.WARNING), (2, logging.INFO)])
def test_routine_log_lines_need_more_verbosity(verbosity, level):
    logger = logging.getLogger("apps")
    before = logger.level
    logger.setLevel(logging.INFO)
    try:
        with quiet_logs(verbosity):
            assert logging.getLogger("apps.common.shell").getEffectiveLevel() == level
        assert logger.level == logging.INFO
    finally:
        logger.setLevel(before)
