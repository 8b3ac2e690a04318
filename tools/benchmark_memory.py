"""What `benchmark.py memory` measures: how much more a process holds while a batch runs.

Run as a program it is one side, in a process of its own; Linux alone says how much that held.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch


def peak(folder: Path, side: str, attention: str, rows: int, length: int) -> float:
    """Megabytes that one side needs for a forward pass, beyond what it held before."""
    return in_a_process(__file__, folder, side, attention, rows, length)


def in_a_process(program: str, *arguments: object) -> float:
    """Run a program that prints a number; returns it.

    What it frees goes back at once: else the C library keeps some of it, and a peak is not what is
    needed but what that makes of it.
    """
    command = [sys.executable, program, *map(str, arguments)]
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "1000000"}  # bytes; glibc's name
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=True, env=environment
    )
    return float(json.loads(done.stdout.splitlines()[-1]))


def peak_of(run: Callable[[], object]) -> float:
    """Megabytes that this process held at most while something ran, beyond those before it."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins here
    before = _held("VmRSS")
    run()
    return _held("VmHWM") - before


def _held(field: str) -> float:
    """Megabytes, by the kernel's account of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(field))


def _run(folder: Path, side: str, attention: str, rows: int, length: int) -> float:
    ids = torch.randint(1000, 2000, (rows, length))
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if side == "ours":
        from parity.ours import checkpoint as scratch
        from scratch_bert.weights.checkpoints import Checkpoint

        kind, checkpoint = scratch.Architecture("BertModel", {}), Checkpoint.of(folder)
        model = scratch.load(kind, checkpoint, dtype=None, device="cpu")
        forward = partial(scratch.forward, model, attention=attention)
    else:
        from parity import reference

        model = reference.load("BertModel", folder, attention=attention)
        forward = partial(reference.forward, model)
    with torch.inference_mode():
        forward({name: tensor[:1, :8] for name, tensor in batch.items()})
        return peak_of(lambda: forward(batch))


if __name__ == "__main__":
    place, side, attention, *sizes = sys.argv[1:]
    print(json.dumps(_run(Path(place), side, attention, *map(int, sizes))))
