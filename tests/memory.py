"""How much memory a process has used; for programs that tests start."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STATUS = Path("/proc/self/status")


def peak() -> int:
    """The most bytes this process has held.

    Not ru_maxrss: a process inherits that from the one that started it.
    """
    return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", STATUS.read_text())[1])


def measure(program: str) -> float:
    """Run a program that ends by printing one number."""
    if not STATUS.exists():
        pytest.skip("only Linux tells a process's peak memory in /proc")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)
