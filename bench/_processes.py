"""What processes use of the processors: robust on a busy machine, where time is not."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """The processor time of a process and everything below it, those that ended included."""
    children: dict[int, list[int]] = {}
    seconds: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
        seconds[int(folder.name)] = sum(map(int, fields[11:15])) / TICKS
    return _sum(root, children, seconds)


def _sum(process: int, children: dict[int, list[int]], seconds: dict[int, float]) -> float:
    return seconds.get(process, 0.0) + sum(_sum(child, children, seconds) for child in children.get(process, []))
