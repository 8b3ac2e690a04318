"""How everything is timed here: sides take turns, so that a machine that slows down slows all."""

import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from parity.core.environment import environment
from scratch_bert.files import replace

Side = Callable[[], object]


def alternate(
    sides: Mapping[str, Side],
    runs: int,
    before: Mapping[str, Side] | None = None,
    device: str = "cpu",
) -> dict[str, list[float]]:
    """Run the sides in turn, once uncounted and then `runs` times; seconds of each.

    What a side needs `before` it runs is not in its time.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for run in range(runs + 1):
        for name, side in sides.items():
            if before and name in before:
                before[name]()
            gc.collect()  # so that no side pays for what the other left
            taken = _on_gpu(side) if device.startswith("cuda") else _on_cpu(side)
            if run:
                seconds[name].append(taken)
    return seconds


def _on_cpu(side: Side) -> float:
    start = time.perf_counter()
    side()
    return time.perf_counter() - start


def _on_gpu(side: Side) -> float:
    """Between two events of its own queue."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    side()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1000


def medians(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    """Each side's."""
    return {side: statistics.median(times) for side, times in seconds.items()}


def spread(times: list[float]) -> str:
    """Median, least and most, in milliseconds."""
    return (
        f"{1e3 * statistics.median(times):.1f} ({1e3 * min(times):.1f} to {1e3 * max(times):.1f})"
    )


def write(title: str, results: list[dict[str, Any]], output: Path | None) -> None:
    """Print what the results depend on, and write both where asked."""
    facts = environment()
    print(", ".join(f"{name} {fact}" for name, fact in facts.items()))
    if output is not None:
        text = json.dumps({"benchmark": title, "results": results, "environment": facts}, indent=2)
        replace(output, lambda place: place.write_text(text + "\n", encoding="utf-8"))
