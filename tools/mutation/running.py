"""Judges mutants, each in a process that is forked from one in which everything is loaded."""

import json
import os
import random
import resource
import select
import signal
import time
import traceback
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from hashlib import sha256
from pathlib import Path

import torch

from mutation import held_out_inputs as inputs
from mutation import held_out_models as held_out
from mutation.judging import judge, tokenizer_pairs
from mutation.loading import load, warm
from mutation.operators import Mutant
from mutation.results import (
    ALL_MODES,
    DRAWN,
    Place,
    Result,
    eps_of,
    judged,
    key,
    lacking,
    original,
    original_draws,
)
from mutation.targets import JUDGED, SEEDS, TARGETS, Target
from parity.core.probes import Mode

SECONDS, MEMORY = 45, 6 << 30
QUICK_SECONDS = {"model": 20, "tokenizer": 4, "pretraining": 6}
"""Some mutants of tokenizers and trainings never end; the others take up to two seconds."""
QUICK_SHARES = {"model": 0.12, "tokenizer": 0.2}
"""At most so much of a quick sample is of the kinds that take long to judge."""


def population(names: Sequence[str]) -> list[tuple[Target, Mutant]]:
    """All mutants of some targets."""
    return [(TARGETS[name], mutant) for name in names for mutant in TARGETS[name].mutants()]


def sample(
    everything: Sequence[tuple[Target, Mutant]], seed: str, number: int
) -> list[tuple[Target, Mutant]]:
    """Draw mutants: from each file and operator in turn, in an order that the seed gives.

    Args:
        everything: all mutants.
        seed: "A", "B" or "C", whose mutants are none of those that were judged before; or "CI",
            whose are any.
        number: how many.
    """
    judged = JUDGED.read_text(encoding="utf-8").split() if seed == "C" else ()
    choose = random.Random(SEEDS.get(seed, 3))  # noqa: S311
    strata: dict[tuple[str, str, str], list[tuple[Target, Mutant]]] = defaultdict(list)
    for target, mutant in everything:
        if digest(target.name, mutant) not in judged:
            file = mutant.id.split(":")[0]
            strata[target.name, file, mutant.operator].append((target, mutant))
    for group in strata.values():
        choose.shuffle(group)
    places = [
        ((place + choose.random()) / len(group), each)
        for group in strata.values()
        for place, each in enumerate(group)
    ]
    places.sort(key=lambda each: each[0])
    return [each for _, each in places[:number]]


def digest(target: str, mutant: Mutant) -> str:
    """Tell a mutant by its change, wherever the line stands now."""
    change = f"{target}: {mutant.before} -> {mutant.after}"
    return sha256(change.encode()).hexdigest()[:12]


def quick_sample(
    everything: Sequence[tuple[Target, Mutant]], number: int
) -> list[tuple[Target, Mutant]]:
    """Draw mutants as `sample` does, fewer of those that take long to judge."""
    left = {kind: int(share * number) for kind, share in QUICK_SHARES.items()}
    chosen: list[tuple[Target, Mutant]] = []
    for target, mutant in sample(everything, "CI", len(everything)):
        if len(chosen) < number and left.get(target.kind, 1) > 0:
            chosen.append((target, mutant))
            left[target.kind] = left.get(target.kind, number) - 1
    return chosen


def warm_up(place: Place, targets: Sequence[Target]) -> None:
    """Load and run everything once, so that each fork has it; each target must be right.

    Raises:
        RuntimeError: a target that is not changed is not right.
    """
    for target in targets:
        if target.kind == "tokenizer":
            tokenizer_pairs(place.tokenizers)
        warm(target)
        maker = load(target, "", "")
        found = judge(target, maker, place.workbench, place.tokenizers)
        if found.verdict != "parity":
            raise RuntimeError(f"{target.name} is not right as it stands: {found}")
        if place.is_quick:
            continue  # a fork makes what it needs
        if target.kind in DRAWN:
            original_draws(target)
        if target.kind == "model":
            for each in inputs.places(place.folder / "held out", eps_of(target)):
                mine = original(target, each)
                right = held_out.reference(each, ())
                right.only = held_out.outputs_of(mine)
                lacks = {Mode.BACKWARD, Mode.TRAIN if "dropout" in lacking(maker) else ""}
                modes = [mode for mode in ALL_MODES if mode not in lacks]
                seen = {n: made for n, made in mine.items() if n.split()[0] not in lacks}
                if differs := held_out.same(seen, held_out.portrait(right, modes)):
                    raise RuntimeError(f"{target.name} is not right on {each}: {differs}")


def in_a_fork(place: Place, target: Target, mutant: Mutant) -> Result:
    """Judge a mutant in a process of its own, within limits of time and memory."""
    begin, (read, write) = time.perf_counter(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        seconds = QUICK_SECONDS.get(target.kind, 12) if place.is_quick else SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):  # noqa: PTH123
            warnings.simplefilter("ignore")  # a mutant's, which pytest would turn into errors
            try:
                made = judged(place, target, mutant)
            except BaseException:
                made = {"id": key(target, mutant), "failed": traceback.format_exc()}
        data = json.dumps(made).encode()
        while data:
            data = data[os.write(write, data) :]
        os._exit(0)
    os.close(write)
    text = _read(read, child)
    os.waitpid(child, 0)
    if text:
        made = json.loads(text)
    else:
        made = {"id": key(target, mutant), "verdict": "too slow", "killed": True, "located": True}
        made |= {"before": mutant.before, "after": mutant.after, "target": target.name}
    return {**made, "seconds": round(time.perf_counter() - begin, 2)}


def _read(pipe: int, child: int) -> bytes:
    """Read all that a process writes, and end it where that takes too long."""
    text, end = b"", time.monotonic() + 2 * SECONDS
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
        part = os.read(pipe, 1 << 16) if ready else b""
        text += part
        if not ready:
            os.kill(child, signal.SIGKILL)
        if not part:
            os.close(pipe)
            return text


def run(place: Place, chosen: Sequence[tuple[Target, Mutant]], results: Path) -> Iterator[Result]:
    """Judge mutants that have no result yet; add each to a file, one a line."""
    done = {each["id"] for each in read(results) if "failed" not in each}
    left = [each for each in chosen if key(*each) not in done]
    torch.set_num_threads(1)
    warm_up(place, list({target.name: target for target, _ in left}.values()))
    with results.open("a", encoding="utf-8") as file:
        for target, mutant in left:
            result = in_a_fork(place, target, mutant)
            file.write(json.dumps(result) + "\n")
            file.flush()
            yield result


def read(results: Path) -> list[Result]:
    """Read the results that are there."""
    if not results.exists():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
