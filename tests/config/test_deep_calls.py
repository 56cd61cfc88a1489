"""Calls below a request take no memory from the system again and again, however deep they are."""

import resource

from config.deep_calls import with_room


def leaf():
    return None


def faults(calls=200):
    """How often the system had to give memory while a function was called here."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(calls):
        leaf()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def most_faults(depth=400):
    return max(faults(), most_faults(depth - 1)) if depth else 0


def test_a_call_at_some_depth_takes_memory_each_time_and_none_does_with_room():
    assert most_faults() >= 200
    assert with_room(lambda environ, start_response: most_faults())({}, None) < 20
