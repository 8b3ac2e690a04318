"""Models on what the judge did not see: other weights, sizes, heads, layers, lengths and inputs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mutation.held_out_inputs import POSITIONS, batches
from mutation.judging import kind_of
from parity.core.dropout import AlignedDropout
from parity.core.mistake import Injection
from parity.core.probes import Mode, Probe
from parity.core.stages import OUTPUTS
from parity.diagnosis.inject import making
from parity.model.candidate import Batch, Candidate
from parity.model.model_under_test import ModelUnderTest, candidate_under_test
from parity.model.reference_under_test import reference_under_test
from scratch_bert.weights.checkpoints import Checkpoint

EQUAL = 1e-8  # as a share of the largest number
Portrait = dict[str, dict[str, Tensor] | str]


@dataclass
class Subject:
    """A model that is run: a candidate's, or the reference's with mistakes.

    Attributes:
        tested: how it is made and run.
        config: of its checkpoint.
        mistakes: that it makes while it runs.
        only: the outputs that are looked at.
    """

    tested: ModelUnderTest
    config: Mapping[str, Any]
    mistakes: Sequence[Injection] = ()
    only: Collection[str] = OUTPUTS

    def forward(self, model: Any, batch: Batch, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run a batch; `tensors` are what it is made of."""
        with making(self.mistakes, model, self.config, tensors) as edited:
            return edited(dict(self.tested.forward(model, batch)))


def candidate(maker: Any, place: Path) -> Subject:
    """Build a candidate on a checkpoint."""
    checkpoint = Checkpoint.of(place)
    known = Candidate(maker, "mutant")
    return Subject(candidate_under_test(known, checkpoint, torch.float64), checkpoint.values)


def reference(place: Path, mistakes: Sequence[Injection]) -> Subject:
    """Build the reference on a checkpoint, with mistakes."""
    checkpoint = Checkpoint.of(place)
    return Subject(reference_under_test(checkpoint), checkpoint.values, mistakes)


def portrait(subject: Subject, modes: Sequence[Mode]) -> Portrait:
    """Return all that a model makes of the batches, in some modes.

    An error counts by its name. A batch that the model does not read whole is left out.
    """
    found: Portrait = {}
    for mode in modes:
        for name, batch in batches().items():
            if mode is Mode.EVALUATE or name in ("segments", "zero"):
                try:
                    made = _run(subject, batch, mode)
                except Exception as error:
                    made = {"error": type(error).__name__}
                if made is not None:
                    found[f"{mode} {name}"] = made.get("error", made)
    if Mode.REFUSE in modes:
        for length in (1, POSITIONS + 1):
            long = {"input_ids": torch.ones(1, length, dtype=torch.long)}
            try:
                _run(subject, long, Mode.EVALUATE)
                found[f"{length} tokens"] = "no error"
            except Exception:
                found[f"{length} tokens"] = "an error"
    return found


def _run(subject: Subject, tensors: dict[str, Tensor], mode: Mode) -> Any:
    tested, batch = subject.tested, Batch(tensors)
    model = tested.model(torch.float64, training=mode is Mode.TRAIN, fresh=mode is Mode.TRAIN)
    tokens = tensors.get("attention_mask", torch.ones_like(tensors["input_ids"])).bool()
    for parameter in model.parameters() if mode is Mode.BACKWARD else ():
        parameter.requires_grad_(parameter.is_floating_point())
    with torch.set_grad_enabled(mode is Mode.BACKWARD), AlignedDropout(5):
        outputs = subject.forward(model, batch, tensors)
        outputs = {name: outputs[name] for name in subject.only if name in outputs}
        if mode is Mode.BACKWARD:
            return _gradients(tested, model, outputs, tokens)
    if Probe("", tensors).inputs - batch.accessed:
        return None
    return {
        name: tensor.detach()[tokens] if tensor.dim() == 3 else tensor.detach().clone()
        for name, tensor in outputs.items()
    }


def _gradients(
    tested: ModelUnderTest, model: Any, outputs: dict[str, Tensor], tokens: Tensor
) -> dict[str, Tensor]:
    """The weights' gradients of a sum of all that belongs to tokens, weighted at random."""
    begin = [outputs[name] for name in ("prediction_logits", "seq_relationship_logits")
             if name in outputs] or [outputs["last_hidden_state"]]  # fmt: skip
    draw, found = torch.Generator().manual_seed(3), dict[str, Tensor]()
    seeds = []
    for each in begin:
        seed = torch.randn(each.shape, generator=draw, dtype=torch.float64)
        seeds.append(seed * tokens[..., None] if each.dim() == 3 else seed)
    with tested.gradients(model, lambda name, tensor: found.update({name: tensor.clone()})):
        torch.autograd.backward(begin, seeds)
    return found


def outputs_of(made: Portrait) -> list[str]:
    """Return the names of the outputs in a portrait."""
    return [*next((each for each in made.values() if not isinstance(each, str)), {})]


def same(ours: Portrait, theirs: Portrait) -> str:
    """Return the first place where two portraits differ; "" where they do not.

    What only the second one has is nothing: a reference returns more.
    """
    for name, mine in ours.items():
        right = theirs.get(name)
        if isinstance(mine, str) or isinstance(right, str) or right is None:
            if mine != right:
                return f"{name}: {mine if isinstance(mine, str) else right}"
            continue
        for output, tensor in mine.items():
            other = right.get(output)
            if other is None or other.shape != tensor.shape:
                return f"{name}: {output} has no counterpart"
            # A key's bias has a gradient of rounding alone; its weight's says how large that is.
            beside = right.get(output.removesuffix(".bias") + ".weight", other)
            allowed = EQUAL * float(torch.cat([other.flatten(), beside.flatten()]).abs().max())
            if not bool(((tensor - other).abs() <= allowed).all()):
                return f"{name}: {output}"
    return ""


def elsewhere(
    made: Sequence[Injection], names: Sequence[str], layers: int, judged: int
) -> list[Injection] | None:
    """Make the same mistakes in another model; None where they belong to single layers of many.

    Args:
        made: in the judged checkpoint.
        names: the other model's stages.
        layers: how many it has.
        judged: how many the judged one had.
    """
    found = list[Injection]()
    for (mistake, value), group in _grouped(made).items():
        stages = {stage for each in group for stage in each.stages}
        numbers = {int(s.split(".")[2]) for s in stages if s.startswith("encoder.layer.")}
        if numbers and layers != judged and numbers != {*range(judged)} and mistake.layers is None:
            return None
        kinds = {kind_of(stage) for stage in stages}
        for place in mistake.places(names, layers):
            in_them = layers == judged and numbers
            right = all(
                kind_of(s) in kinds
                and (not in_them or "{i}" not in kind_of(s) or int(s.split(".")[2]) in numbers)
                for s in place
            )
            if right:
                found.append(Injection(mistake, place, value))
    return found


def _grouped(made: Sequence[Injection]) -> dict[Any, list[Injection]]:
    groups: dict[Any, list[Injection]] = {}
    for each in made:
        groups.setdefault((each.mistake, each.value), []).append(each)
    return groups
