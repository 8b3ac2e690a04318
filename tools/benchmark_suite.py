"""What `benchmark.py suite` measures: how long the tests take, and which of them take longest."""

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]


def run_suite(workers: str) -> tuple[float, float, dict[str, list[float]]]:
    """Run all tests.

    Returns:
        Seconds on the clock, seconds of all cores, and those of each test, by its name.
    """
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal"]
        command += [f"--junitxml={junit}"]
        start, before = time.perf_counter(), os.times()
        done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603
        wall, after = time.perf_counter() - start, os.times()
        if done.returncode:
            raise SystemExit(done.returncode)
        cases = ElementTree.parse(junit).iter("testcase")  # noqa: S314 - pytest's own
        tests = defaultdict(list)
        for case in cases:
            name = case.attrib["name"].partition("[")[0]
            tests[f"{case.attrib['classname']}.{name}"].append(float(case.attrib["time"]))
    cores = after.children_user + after.children_system
    return wall, cores - before.children_user - before.children_system, tests
