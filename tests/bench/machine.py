"""This machine: its cores, and what a process has used of it. Reads /proc, so it runs on Linux."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

import apsw

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def on_core(*cores: int) -> Iterator[None]:
    """What is started inside runs on these cores alone; this process goes back to where it was."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process, and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # ended just now: its parent has its time
    return sum(map(int, fields[11:15])) / _TICKS


def descendants(pid: int) -> list[int]:
    """A process and all that it started, as far as they are there."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):
                found += map(int, children.read_text("ascii").split())
    return found


def busy_seconds(core: int) -> float:
    """How long a core has worked for anybody, interrupts and other machines on the same host included."""
    for line in Path("/proc/stat").read_text("ascii").splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _waiting, irq, softirq, stolen = map(int, fields[:8])
            return (user + nice + system + irq + softirq + stolen) / _TICKS
    raise LookupError(f"/proc/stat knows no core {core}")


def resident_megabytes(pid: int) -> float:
    """What a process has in memory now."""
    return _megabytes(pid, "VmRSS:")


def peak_megabytes(pid: int) -> float:
    """The most that a process has had in memory."""
    return _megabytes(pid, "VmHWM:")


def _megabytes(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def described() -> str:
    """The class of this machine in a line."""
    cpuinfo = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")), "")
    shared = "" if len(CORES) > 1 else "; server and load share one core, so the ratios say little"
    load = os.getloadavg()[0]
    return (
        f"{len(CORES)} cores ({model or platform.machine()}), load average {load:.1f} before it began{shared}"
    )


def versions() -> str:
    """Of all that the figures depend on, in a line."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("sequence-relay", "aiohttp", "uvloop"))
    return f"Python {platform.python_version()}, {packages}, SQLite {apsw.sqlite_lib_version()}"
