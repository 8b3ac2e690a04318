"""What is recorded of a mutant: the judge's verdict, and how it does on held-out inputs."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from mutation import held_out_inputs as inputs
from mutation import held_out_models as held_out
from mutation.held_out_draws import differing, draws, learned
from mutation.held_out_suites import suite_elsewhere, tokenizer_elsewhere
from mutation.judging import Judgement, be_quick, is_located, judge, kind_of
from mutation.loading import load
from mutation.operators import Mutant
from mutation.targets import Target
from parity.core.probes import Mode
from parity.core.stages import OUTPUTS
from parity.self_test.workbench import Workbench, prepare

ALL_MODES = (Mode.EVALUATE, Mode.TRAIN, Mode.BACKWARD, Mode.REFUSE)
DRAWN = {"pretraining": draws, "finetuning": learned}
Result = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where everything is that a mutant is judged with.

    Attributes:
        folder: with the small checkpoint, what the reference makes of it, and more.
        is_quick: whether fewer texts are read, and no two causes are tried at once.
    """

    folder: Path
    is_quick: bool = False

    @classmethod
    def prepared(cls, folder: Path, *, is_quick: bool = False) -> "Place":
        """Fill the folder, unless it was."""
        for name, fill in (("bench", prepare), ("held out", inputs.write_checkpoints)):
            if not (folder / name).is_dir():
                begun = folder / f"{name}, begun"
                begun.mkdir(parents=True)
                fill(begun)
                begun.rename(folder / name)
        return cls(folder, is_quick)

    @property
    def workbench(self) -> Workbench:
        """Judges models."""
        return _workbench(self.folder / "bench")

    @property
    def tokenizers(self) -> Path:
        """Of the tokenizers' files."""
        return self.folder / "tokenizers"


_workbench = cache(Workbench)


def key(target: Target, mutant: Mutant) -> str:
    """The name of a result."""
    return f"{target.name}/{mutant.id}"


def judged(place: Place, target: Target, mutant: Mutant) -> Result:
    """Judge a mutant, in this process, which is changed by it."""
    if place.is_quick:
        be_quick()
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
        "located": killed and is_located(found, declared, mutant),
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
        kind = eps_of(target)
        for each in inputs.places(place.folder / "held out", kind):
            mine = held_out.portrait(held_out.candidate(maker, each), ALL_MODES)
            if differs := held_out.same(mine, original(target, each)):
                return differs
        return ""
    if target.kind == "tokenizer":
        return "" if tokenizer_elsewhere(place.tokenizers, maker, [])[0] else "other texts"
    if target.kind in DRAWN:
        try:
            mine = DRAWN[target.kind](maker)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        if differs := differing(mine, original_draws(target)):
            return f"{differs} is drawn or learned otherwise"
    there = suite_elsewhere(target, maker)
    return "" if there.verdict == "parity" else f"{there.verdict} {there.first} {there.error}"


def eps_of(target: Target) -> str:
    return "fixed" if target.name == "public" else "own"


_originals: dict[tuple[str, Path], held_out.Portrait] = {}


def original(target: Target, checkpoint: Path) -> held_out.Portrait:
    """What a target makes, unchanged; it is remembered where it was asked for before the fork."""
    if (target.name, checkpoint) not in _originals:
        unchanged = held_out.candidate(load(target, "", ""), checkpoint)
        _originals[target.name, checkpoint] = held_out.portrait(unchanged, ALL_MODES)
    return _originals[target.name, checkpoint]


_draws: dict[str, dict[str, Any]] = {}


def original_draws(target: Target) -> dict[str, Any]:
    """Return what an unchanged training draws and learns; it is remembered, as above."""
    if target.name not in _draws:
        _draws[target.name] = DRAWN[target.kind](load(target, "", ""))
    return _draws[target.name]


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
    modes = [each for each in dict.fromkeys(modes) if each in ALL_MODES]
    for checkpoint in inputs.places(place.folder / "held out", eps_of(target)):
        right = held_out.reference(checkpoint, ())
        layers = int(right.config["num_hidden_layers"])
        names = [*right.tested.stages, *OUTPUTS, *_weights(right)]
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


def lacking(maker: Any) -> Collection[str]:
    return getattr(maker, "unsupported", ())
