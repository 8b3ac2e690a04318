"""Anybody's BERT as the judge sees it.

A candidate is a class with

    def build(self, config: dict, weights: Mapping[str, Tensor]) -> torch.nn.Module: ...
    def forward(self, model, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]: ...
    stages: Mapping[str, str | Stage] = {}
    unsupported: Collection[str] = ()

of which a model in HuggingFace's layout needs only `build`. `weights` have HuggingFace's current
names, without `bert.` in front. In `stages` `{i}` stands for a layer's number.
"""

import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from parity.core.errors import CandidateError
from parity.core.stages import OUTPUTS, Stage, reference_points, stage_names

INPUTS = {
    "attention_mask": "1 for tokens, 0 for padding",
    "token_type_ids": "segments",
    "position_ids": "positions other than 0, 1, 2, …",
}
FEATURES = {
    **INPUTS,
    "float64": "computing in double precision",
    "float32": "computing in single precision",
    "bfloat16": "computing in bfloat16",
    "float16": "computing in half precision",
    "dropout": "a training mode in which dropout drops",
    "gradients": "a backward pass",
}


class Batch(Mapping[str, Tensor]):
    """A batch that remembers what a candidate did to it.

    Args:
        tensors: input_ids and, where a probe has them, the others; given out as copies.

    Attributes:
        accessed: the tensors that it looked for.
        changed: those whose numbers it changed.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._given: dict[str, Tensor] = {}
        self.accessed: set[str] = set()
        self.changed: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        self.accessed.add(name)
        if name not in self._given:
            self._given[name] = self._tensors[name].clone()
        return self._given[name]

    def renew(self) -> None:
        """Look at what was given out, and give out new copies from now on."""
        for name, tensor in self._given.items():
            if not torch.equal(tensor, self._tensors[name]):
                self.changed.add(name)
        self._given.clear()

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)


class Candidate:
    """A candidate's class.

    Args:
        maker: an object with `build` and, where it has them, the rest.
        name: what it is called in messages.

    Attributes:
        unsupported: what it says that it cannot do.
        names_stages: whether it says where its stages are.
    """

    def __init__(self, maker: Any, name: str) -> None:
        self.name = name
        self._maker = maker
        self.names_stages = bool(getattr(maker, "stages", {}))
        self.unsupported = frozenset(getattr(maker, "unsupported", ()))
        if unknown := self.unsupported - FEATURES.keys() - {*OUTPUTS}:
            allowed = ", ".join((*FEATURES, *OUTPUTS))
            raise CandidateError(
                f"{name}: unsupported names {', '.join(sorted(unknown))}, "
                f"expected some of {allowed}"
            )

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build a fresh model, for evaluation."""
        model = self._maker.build(config, weights)
        if not isinstance(model, nn.Module):
            kind = type(model).__name__
            raise CandidateError(f"{self.name}: build returned a {kind}, expected a torch Module")
        with suppress(NotImplementedError):  # an exported module has no mode
            model.eval()
        return model

    def forward(self, model: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run a batch.

        Returns:
            The outputs by HuggingFace's names.
        """
        batch = tensors if isinstance(tensors, Batch) else Batch(tensors)
        if hasattr(self._maker, "forward"):
            output = self._maker.forward(model, batch)
        else:
            output = model(**{name: batch[name] for name in self._taken(model, batch)})
        batch.renew()
        return named_outputs(output)

    def _taken(self, model: nn.Module, batch: Mapping[str, Tensor]) -> list[str]:
        parameters = inspect.signature(model.forward).parameters
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return list(batch)
        needed = [n for n, p in parameters.items() if n in INPUTS and p.default is p.empty]
        return [*(name for name in batch if name in parameters), *needed]

    def stages(self, model: nn.Module, layers: int) -> dict[str, Stage]:
        """Return where a model makes which of the reference's stages.

        Args:
            model: what `build` returned.
            layers: how many of them it has.

        Raises:
            CandidateError: there is no such stage, or its module is not there.
        """
        given: Mapping[str, str | Stage] = getattr(self._maker, "stages", {})
        if not given:
            return reference_points(name for name, _ in model.named_modules(remove_duplicate=False))
        known = stage_names(["{i}", *range(layers)])
        found = {}
        for name, place in given.items():
            if name not in known:
                like = get_close_matches(name, known, n=1)
                hint = f", did you mean {like[0]}?" if like else ""
                raise CandidateError(f"{self.name}: there is no stage {name}{hint}")
            stage = Stage.parse(place) if isinstance(place, str) else place
            for i in range(layers if "{i}" in name else 1):
                path = stage.module.replace("{i}", str(i))
                try:
                    model.get_submodule(path)
                except AttributeError as error:
                    raise CandidateError(f"{self.name}: stage {name}: {error}") from None
                found[name.replace("{i}", str(i))] = dataclasses.replace(stage, module=path)
        return found


def named_outputs(output: Any) -> dict[str, Tensor]:
    """Give what a model returned HuggingFace's names.

    A tensor is the last hidden state; of a tuple the first is, and the second the pooler's output
    where it has no sequence; mappings, dataclasses and named tuples say their names themselves.

    Raises:
        CandidateError: it is none of these.
    """
    if isinstance(output, Tensor):
        output = {"last_hidden_state": output}
    elif isinstance(output, Mapping):
        output = dict(output)
    elif dataclasses.is_dataclass(output) and not isinstance(output, type):
        output = {part.name: getattr(output, part.name) for part in dataclasses.fields(output)}
    elif hasattr(output, "_asdict"):
        output = output._asdict()
    elif isinstance(output, (tuple, list)) and output:
        pooled = [x for x in output[1:2] if isinstance(x, Tensor) and x.dim() == 2]
        output = dict(zip(("last_hidden_state", "pooler_output"), (output[0], *pooled)))  # noqa: B905
    else:
        kind = type(output).__name__
        raise CandidateError(f"forward returned a {kind}, expected a mapping of names to tensors")
    return {name: value for name, value in output.items() if isinstance(value, torch.Tensor)}
