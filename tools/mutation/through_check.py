"""Mutants judged by `parity check`, whose verdicts must be those of the judge in this process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from mutation.results import Place
from mutation.targets import ROOT, TARGETS

_FILE = """import sys

sys.path[:0] = [{tools!r}, {root!r}]
from mutation.through_check import candidate

Mutant = type(candidate({name!r}, {file!r}, {source!r}, {folder!r}))
"""
_REFUSED = 4


def candidate(name: str, file: str, source: str, folder: str) -> Any:
    """Make a mutant's candidate; the folder is that of the target's files."""
    from dataclasses import replace

    from mutation.loading import load

    return load(replace(TARGETS[name], root=Path(folder)), file, source)


def verdict(place: Place, target: Any, mutant: Any) -> str:
    """Return the verdict of the command on the small checkpoint."""
    given = {"tools": str(ROOT / "tools"), "root": str(ROOT), "name": target.name}
    given |= {"file": mutant.id.split(":")[0], "source": mutant.source, "folder": str(target.root)}
    written = place.folder / "mutant.py"
    written.write_text(_FILE.format(**given), encoding="utf-8")
    checkpoint = place.folder / "bench" / "checkpoint"
    called = "from parity.cli.main import main; main()"
    command = [sys.executable, "-W", "ignore", "-c", called, "check"]
    command += [f"{written}:Mutant", "--checkpoint", str(checkpoint), "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        return str(json.loads(done.stdout)["verdict"])
    except (ValueError, KeyError):
        return "refused" if done.returncode == _REFUSED else f"exit {done.returncode}"
