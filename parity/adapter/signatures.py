"""How somebody's model is called, and what of what it returns is what."""

import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from itertools import permutations, product
from typing import Any

import torch
from torch import Tensor, nn

_SYNONYMS = {
    "ids": "inputids ids tokens x inputs input tokenids src idx indices text seq words "
    "sequence inputtokens srctokens",
    "mask": "attentionmask mask paddingmask padmask keypaddingmask srckeypaddingmask "
    "attnmask padding inputmask srcmask",
    "segments": "tokentypeids segments segmentids segmentlabel types segment tokentypes seg "
    "typeids kinds segs segid segmentlabels tokentype",
    "positions": "positionids positions pos places posids position",
}
_VARIABLES = {name: variable for variable, names in _SYNONYMS.items() for name in names.split()}

INPUTS = {
    "ids": 'batch["input_ids"]',
    "mask": 'batch.get("attention_mask", torch.ones_like(ids))',
    "segments": 'batch.get("token_type_ids", torch.zeros_like(ids))',
    "positions": 'batch.get("position_ids", torch.arange(ids.shape[1])[None])',
}
"""The variables of an adapter's `forward`; what a batch leaves out has the value that it means."""

_MASKS = (
    "mask",
    "mask.bool()",
    "mask == 0",
    "mask[:, None, None, :]",
    "mask[:, None, None, :].bool()",
    "mask[:, None, None, :] == 0",
    "mask[:, None, :].bool()",
    "mask[:, None, :] == 0",
    "(1.0 - mask[:, None, None, :]) * -1e9",
    "mask.double()",
)

Call = tuple[str, ...]
"""The arguments as they are written in an adapter, of `INPUTS` or of `batch`."""


def calls(model: nn.Module) -> list[Call]:
    """Return the ways in which a model may be called, the likelier first."""
    parameters = [
        p
        for p in inspect.signature(model.forward).parameters.values()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    known: dict[str, str] = {}
    unknown = []
    for place, parameter in enumerate(parameters):
        variable = _VARIABLES.get(parameter.name.lower().replace("_", ""))
        if variable and variable not in known.values():
            known[parameter.name] = variable
        elif parameter.default is parameter.empty or place == 0:
            unknown.append(parameter.name)
    found: list[Call] = []
    free = [variable for variable in _SYNONYMS if variable not in known.values()]
    for variables in permutations(free, len(unknown)):
        taken = {**dict(zip(unknown, variables, strict=True)), **known}
        if "ids" in taken.values():
            found += product(
                *(
                    _arguments(p.name if place else "", taken[p.name])
                    for place, p in enumerate(parameters)
                    if p.name in taken
                )
            )
    return [*found, ("dict(batch)",)]


def _arguments(name: str, variable: str) -> list[str]:
    """How a parameter may be given; without a name by its place."""
    values = list(_MASKS) if variable == "mask" else [variable]
    if "pad" in name:
        values.sort(key=lambda value: "== 0" not in value)
    return [f"{name}={value}" if name else value for value in values]


def run(model: nn.Module, call: Call, batch: Mapping[str, Tensor]) -> Any:
    """Call a model as its adapter does."""
    names = {"model": model, "batch": batch, "torch": torch}
    for variable, source in INPUTS.items():
        names[variable] = eval(source, names)  # noqa: S307
    return eval(f"model({', '.join(call)})", names)  # noqa: S307


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
