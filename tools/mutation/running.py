"""Judges mutants, each in a process that is forked from one in which everything is loaded."""

import json
import os
import random
import resource
import select
import signal
import time
import traceback
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from mutation import held_out_models as held_out
from mutation.held_out_suites import suite_elsewhere, tokenizer_elsewhere
from mutation.judging import Judgement, is_located, judge, kind_of, tokenizer_pairs
from mutation.loading import load, warm
from mutation.operators import Mutant
from mutation.targets import SAMPLE_OF_A, SEEDS, TARGETS, Target
from parity.core.probes import Mode
from parity.self_test.workbench import Workbench, prepare

SECONDS, MEMORY = 45, 6 << 30
_ALL_MODES = (Mode.EVALUATE, Mode.TRAIN, Mode.BACKWARD, Mode.REFUSE)
Result = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where everything is that a mutant is judged with.

    Attributes:
        folder: with the small checkpoint, what the reference makes of it, and more.
    """

    folder: Path

    @classmethod
    def prepared(cls, folder: Path) -> "Place":
        """Fill the folder, unless it was."""
        for name, fill in (("bench", prepare), ("held out", held_out.write_checkpoints)):
            if not (folder / name).is_dir():
                begun = folder / f"{name}, begun"
                begun.mkdir(parents=True)
                fill(begun)
                begun.rename(folder / name)
        return cls(folder)

    @property
    def workbench(self) -> Workbench:
        """Judges models."""
        return _workbench(self.folder / "bench")

    @property
    def tokenizers(self) -> Path:
        """Of the tokenizers' files."""
        return self.folder / "tokenizers"


_workbench = cache(Workbench)


def population(names: Sequence[str]) -> list[tuple[Target, Mutant]]:
    """All mutants of some targets."""
    return [(TARGETS[name], mutant) for name in names for mutant in TARGETS[name].mutants()]


def sample(
    everything: Sequence[tuple[Target, Mutant]], seed: str, number: int
) -> list[tuple[Target, Mutant]]:
    """Draw mutants: from each file and operator in turn, in an order that the seed gives.

    Args:
        everything: all mutants.
        seed: "A", or "B", whose mutants are none of A's; or "CI", whose are any.
        number: how many.
    """
    taken: set[str] = set()
    if seed == "B":
        taken = {key(*each) for each in sample(everything, "A", SAMPLE_OF_A)}
    choose = random.Random(SEEDS.get(seed, 3))  # noqa: S311
    strata: dict[tuple[str, str, str], list[tuple[Target, Mutant]]] = defaultdict(list)
    for target, mutant in everything:
        if key(target, mutant) not in taken:
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


def key(target: Target, mutant: Mutant) -> str:
    """The name of a result."""
    return f"{target.name}/{mutant.id}"


def judged(place: Place, target: Target, mutant: Mutant) -> Result:
    """Judge a mutant, in this process, which is changed by it."""
    file, declared = mutant.id.split(":")[0], target.stages(mutant)
    result: Result = {
        "id": key(target, mutant),
        "target": target.name,
        "function": mutant.function,
        "before": mutant.before,
        "after": mutant.after,
        "declared": declared,
    }
    source = mutant.source
    try:
        maker = load(target, file, source)
    except Exception as error:
        found = Judgement().crashed(error)
    else:
        found = judge(target, maker, place.workbench, place.tokenizers)
    killed = found.verdict != "parity"
    result |= {
        "verdict": found.verdict,
        "killed": killed,
        "first": found.first,
        "wrong": list(dict.fromkeys(map(kind_of, found.wrong))),
        "located": killed and is_located(found, declared, mutant.lines, file),
        "causes": found.causes,
        "unknown": found.unknown,
        "named": bool(found.causes) and not found.unknown,
        "notes": found.notes,
        "error": found.error,
    }
    if not killed:
        result["elsewhere"] = _survivor(place, target, maker)
        result["equivalent"] = not result["elsewhere"]
    elif result["named"]:
        result["named wrongly"] = _named_wrongly(place, target, maker, found)
    return result


def _survivor(place: Place, target: Target, maker: Any) -> str:
    """Where a mutant is not what it was made of, on held-out inputs; "" if nowhere."""
    if target.kind == "model":
        kind = _eps(target)
        for each in held_out.places(place.folder / "held out", kind):
            mine = held_out.portrait(held_out.candidate(maker, each), _ALL_MODES)
            if differs := held_out.same(mine, original(target, each)):
                return differs
        return ""
    if target.kind == "tokenizer":
        return "" if tokenizer_elsewhere(place.tokenizers, maker, [])[0] else "other texts"
    there = suite_elsewhere(target, maker)
    return "" if there.verdict == "parity" else f"{there.verdict} {there.first} {there.error}"


def _eps(target: Target) -> str:
    return "fixed" if target.name == "public" else "own"


_originals: dict[tuple[str, Path], held_out.Portrait] = {}


def original(target: Target, checkpoint: Path) -> held_out.Portrait:
    """What a target makes, unchanged; it is remembered where it was asked for before the fork."""
    if (target.name, checkpoint) not in _originals:
        unchanged = held_out.candidate(load(target, "", ""), checkpoint)
        _originals[target.name, checkpoint] = held_out.portrait(unchanged, _ALL_MODES)
    return _originals[target.name, checkpoint]


def _named_wrongly(place: Place, target: Target, maker: Any, found: Judgement) -> str:
    """Where a mutant is not the reference with the named causes, on held-out inputs."""
    if target.kind == "tokenizer":
        causes = [each[0] for each in found.causes]
        return "" if tokenizer_elsewhere(place.tokenizers, maker, causes)[1] else "other texts"
    if target.kind != "model":
        there = suite_elsewhere(target, maker)
        names = [{each[0] for each in side.causes} for side in (found, there)]
        if names[0] & names[1]:
            return ""
        return f"there {there.verdict} at {there.first}: {sorted(names[1])} {there.error}"
    modes = [Mode.EVALUATE, *(each.mistake.mode for each in found.made)]
    modes = [each for each in dict.fromkeys(modes) if each in _ALL_MODES]
    for checkpoint in held_out.places(place.folder / "held out", _eps(target)):
        right = held_out.reference(checkpoint, ())
        layers = int(right.config["num_hidden_layers"])
        names = [*right.tested.stages, *held_out.OUTPUTS, *_weights(right)]
        moved = held_out.elsewhere(found.made, names, layers, place.workbench.layers)
        if moved is None:
            continue
        right.mistakes = moved
        mine = held_out.portrait(held_out.candidate(maker, checkpoint), modes)
        right.only = held_out.outputs_of(mine)
        if differs := held_out.same(mine, held_out.portrait(right, modes)):
            return f"{checkpoint.name}, {differs}"
    return ""


def _weights(subject: held_out.Subject) -> list[str]:
    model = subject.tested.model(torch.float64)
    return [name.removeprefix("bert.") for name, _ in model.named_parameters()]


def _lacking(maker: Any) -> Collection[str]:
    return getattr(maker, "unsupported", ())


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
        if target.kind == "model":
            for each in held_out.places(place.folder / "held out", _eps(target)):
                mine = original(target, each)
                right = held_out.reference(each, ())
                right.only = held_out.outputs_of(mine)
                lacks = {Mode.BACKWARD, Mode.TRAIN if "dropout" in _lacking(maker) else ""}
                modes = [mode for mode in _ALL_MODES if mode not in lacks]
                seen = {n: made for n, made in mine.items() if n.split()[0] not in lacks}
                if differs := held_out.same(seen, held_out.portrait(right, modes)):
                    raise RuntimeError(f"{target.name} is not right on {each}: {differs}")


def in_a_fork(place: Place, target: Target, mutant: Mutant) -> Result:
    """Judge a mutant in a process of its own, within limits of time and memory."""
    begin, (read, write) = time.perf_counter(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):  # noqa: PTH123
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
    done = {each["id"] for each in read(results)}
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
