"""What processes use of the processors and of the memory: robust on a busy machine, where time is not."""

import os
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
Stats = dict[int, list[str]]


def cpu_seconds(root: int) -> float:
    """The processor time of a process and everything below it, those that ended included."""
    stats = _read_stats()
    return sum(sum(map(int, stats[process][11:15])) / TICKS for process in _below(root, stats))


def peak_mb(root: int) -> float:
    """The most memory that a process ever had, and each one below it that is alive, added up."""
    return sum(_read_peak_kb(process) for process in _below(root, _read_stats())) / 1024


def _read_stats() -> Stats:
    stats = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stats[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
    return stats


def _read_peak_kb(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _below(root: int, stats: Stats) -> Iterator[int]:
    if root in stats:
        yield root
    for process, fields in stats.items():
        if int(fields[1]) == root:
            yield from _below(process, stats)
