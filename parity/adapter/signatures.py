"""How somebody's model is called, and what of what it returns is what."""

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

import torch
from torch import Tensor, nn

_SYNONYMS = {
    "input_ids": "inputids ids tokens x inputs input tokenids src idx indices text seq words "
    "sequence inputtokens src_tokens",
    "attention_mask": "attentionmask mask paddingmask padmask keypaddingmask srckeypaddingmask "
    "attnmask padding inputmask srcmask",
    "token_type_ids": "tokentypeids segments segmentids segmentlabel types segment tokentypes seg "
    "typeids kinds segs segid segmentlabels tokentype",
    "position_ids": "positionids positions pos places posids position",
}
_ROLES = {name: role for role, names in _SYNONYMS.items() for name in names.split()}
VARIABLES = {
    "input_ids": "ids",
    "attention_mask": "mask",
    "token_type_ids": "segments",
    "position_ids": "positions",
}
DEFAULTS = {
    "attention_mask": "torch.ones_like(ids)",
    "token_type_ids": "torch.zeros_like(ids)",
    "position_ids": "torch.arange(ids.shape[1])[None]",
}


@dataclass(frozen=True)
class Convention:
    """How a mask is written.

    Attributes:
        source: as in an adapter, from `mask`, which has 1 for tokens.
        of: the same of a mask.
    """

    source: str
    of: Callable[[Tensor], Tensor]


_PLAIN = Convention("{}", lambda x: x)
_MASKS = (
    _PLAIN,
    Convention("{}.bool()", lambda x: x.bool()),
    Convention("{} == 0", lambda x: x == 0),
    Convention("{}[:, None, None, :]", lambda x: x[:, None, None, :]),
    Convention("{}[:, None, None, :].bool()", lambda x: x[:, None, None, :].bool()),
    Convention("{}[:, None, None, :] == 0", lambda x: x[:, None, None, :] == 0),
    Convention("{}[:, None, :].bool()", lambda x: x[:, None, :].bool()),
    Convention("{}[:, None, :] == 0", lambda x: x[:, None, :] == 0),
    Convention("(1.0 - {}[:, None, None, :]) * -1e9", lambda x: (1.0 - x[:, None, None, :]) * -1e9),
    Convention("{}.double()", lambda x: x.double()),
)


@dataclass(frozen=True)
class Argument:
    """What is given for a parameter of `forward`.

    Attributes:
        name: the parameter's; "" is the first, given by its place.
        role: HuggingFace's name, or "batch" for all of them together.
        convention: how it is written.
    """

    name: str
    role: str
    convention: Convention = _PLAIN

    @property
    def source(self) -> str:
        """As written in an adapter."""
        value = self.convention.source.format(VARIABLES.get(self.role, "dict(batch)"))
        return f"{self.name}={value}" if self.name else value


Call = tuple[Argument, ...]


def calls(model: nn.Module) -> list[Call]:
    """Return the ways in which a model may be called, the likelier first."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    parameters = [
        p
        for p in inspect.signature(model.forward).parameters.values()
        if p.kind in named or p.kind is p.KEYWORD_ONLY
    ]
    known: dict[str, str] = {}
    unknown = []
    for place, parameter in enumerate(parameters):
        role = _ROLES.get(parameter.name.lower().replace("_", ""))
        if role and role not in known.values():
            known[parameter.name] = role
        elif parameter.default is parameter.empty or place == 0:
            unknown.append(parameter.name)
    found = []
    first = parameters[0].name if parameters else ""
    free = [role for role in _SYNONYMS if role not in known.values()]
    for roles in permutations(free, len(unknown)):
        taken = {**dict(zip(unknown, roles, strict=True)), **known}
        if "input_ids" not in taken.values():
            continue
        order = [p.name for p in parameters if p.name in taken]
        choices = [_arguments("" if name == first else name, taken[name]) for name in order]
        found += list(product(*choices))
    return [*found, (Argument("", "batch"),)]


def _arguments(name: str, role: str) -> list[Argument]:
    if role != "attention_mask":
        return [Argument(name, role)]
    masks: Sequence[Convention] = _MASKS
    if "pad" in name:
        masks = sorted(_MASKS, key=lambda each: "== 0" not in each.source)
    return [Argument(name, role, convention) for convention in masks]


def filled(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return all inputs, those that a batch leaves out with what that means."""
    ids = batch["input_ids"]
    return {
        "attention_mask": torch.ones_like(ids),
        "token_type_ids": torch.zeros_like(ids),
        "position_ids": torch.arange(ids.shape[1])[None],
        **batch,
    }


def run(model: nn.Module, call: Call, batch: Mapping[str, Tensor]) -> Any:
    """Call a model."""
    inputs: dict[str, Any] = {**filled(batch), "batch": dict(batch)}
    values = [(a.name, a.convention.of(inputs[a.role])) for a in call]
    return model(*(value for name, value in values if not name), **{n: v for n, v in values if n})


def leaves(output: Any, at: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of what a model returned, and how they are reached.

    >>> [at for at, _ in leaves((torch.ones(1), {"x": [torch.ones(1)]}))]
    ['[0]', '[1]["x"][0]']
    """
    if isinstance(output, Tensor):
        yield at, output
    elif isinstance(output, Mapping):
        for name, value in output.items():
            yield from leaves(value, f'{at}["{name}"]')
    elif hasattr(output, "_fields"):
        for name in output._fields:
            yield from leaves(getattr(output, name), f"{at}.{name}")
    elif isinstance(output, (tuple, list)):
        for place, value in enumerate(output):
            yield from leaves(value, f"{at}[{place}]")
    elif dataclasses.is_dataclass(output):
        for field in dataclasses.fields(output):
            yield from leaves(getattr(output, field.name), f"{at}.{field.name}")
