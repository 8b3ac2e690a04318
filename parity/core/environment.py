"""What a result depends on besides the code: versions, machine, threads, and the command."""

import os
import platform
import shlex
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from parity.reference import VERSIONS


def environment() -> dict[str, str | int]:
    """Return it for a report."""
    return {
        "scratch_bert": _version("scratch-bert"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        **VERSIONS,
        "platform": platform.platform(terse=True),
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Name the processor; /proc/cpuinfo knows it better than platform does, where it exists."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def rerun(lines: Sequence[str] = ("-",)) -> str:
    """Return the command that was given, to be given again; lines of stdin stand in place of -."""
    called = sys.argv[0] if Path(sys.argv[0]).name == "parity" else "parity"
    given = [text for each in sys.argv[1:] for text in (lines if each == "-" else [each])]
    return shlex.join([called, *given])
