"""This machine: its cores, and what a process has used of it. Reads /proc, so it runs on Linux."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
_TICKS = os.sysconf("SC_CLK_TCK")


def pinned(command: list[str], core: int) -> list[str]:
    """The command on one core, where taskset is installed."""
    return ["taskset", "-c", str(core), *command] if shutil.which("taskset") else command


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def described() -> str:
    """The class of this machine in a line."""
    cpuinfo = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")), "")
    shared = "" if len(CORES) > 1 else "; server and load share one core, so the ratios say little"
    load = os.getloadavg()[0]
    return (
        f"{len(CORES)} cores ({model or platform.machine()}), Python {platform.python_version()}, "
        f"load average {load:.1f} before it began{shared}"
    )
