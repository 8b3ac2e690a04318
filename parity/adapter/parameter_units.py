"""The parameters of both sides, layers folded into one, a weight and its bias together.

`{i}` stands for a layer's number in a name, `{h}` for a head's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

_TIED = "embeddings.word_embeddings"  # is the decoder of the masked words, too
_NUMBER = re.compile(r"\d+")
_BIAS = re.compile(r"bias|beta|shift|^b(?=_|[^aeiou]|$)|_b$|b_?\d*$")
_ROLE = re.compile(
    r"weights?|bias|gamma|beta|gain|shift|scale|kernel|_[wbg]$|^[wb]_?(?=[a-z0-9]{0,3}$)|^[wb]_"
)


class Parameter(NamedTuple):
    """One of them, and its shape in one layer, and in one head."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Unit:
    """A weight and the bias beside it.

    Attributes:
        name: of both, for the reference its stage.
        weight: its parameter; None where there is only a bias.
        bias: likewise.
        kind: the class of the module they belong to, with theirs.
    """

    name: str
    weight: Parameter | None
    bias: Parameter | None
    kind: type = nn.Module

    @property
    def sides(self) -> tuple[Parameter | None, Parameter | None]:
        """The weight and the bias, in the order of a `parity.adapter.layouts.Layout`."""
        return self.weight, self.bias


def folded(names: Sequence[str], layers: int, heads: int) -> dict[str, list[str]]:
    """Fold the names that differ in a layer's number, or in a head's, into one with `{i}`, `{h}`.

    >>> folded(["a.0.w", "a.1.w", "b"], layers=2, heads=4)
    {'a.{i}.w': ['a.0.w', 'a.1.w'], 'b': ['b']}
    """
    found = {name: [name] for name in names}
    for sign, count in (("{i}", layers), ("{h}", heads)):
        wanted = {str(n) for n in range(count)}
        groups: dict[str, dict[str, list[str]]] = {}
        for name in found:
            for number in _NUMBER.finditer(name):
                pattern = name[: number.start()] + sign + name[number.end() :]
                groups.setdefault(pattern, {})[number.group()] = [name]
        taken: dict[str, str] = {}  # the outermost number counts
        for pattern, group in groups.items():
            if group.keys() == wanted and not any(n in taken for (n,) in group.values()):
                taken |= {n: pattern for (n,) in group.values()}
        merged: dict[str, list[str]] = {}
        for name, members in found.items():
            merged.setdefault(taken.get(name, name), []).extend(members)
        found = merged
    return found


def folded_parameters(named: Mapping[str, Tensor], layers: int, heads: int) -> list[Parameter]:
    """Return parameters with their names folded, in the order in which they are defined."""
    names = folded(list(named), layers, heads)
    return [Parameter(name, tuple(named[first].shape)) for name, (first, *_) in names.items()]


def reference_units(weights: Mapping[str, Tensor], layers: int) -> list[Unit]:
    """Return the reference's units, by their names in the file."""
    found = {each.name: each for each in folded_parameters(weights, layers, 0)}
    return [
        Unit(
            parent,
            found.get(f"{parent if parent != 'cls.predictions' else _TIED}.weight"),
            found.get(f"{parent}.bias"),
        )
        for parent in dict.fromkeys(name.rpartition(".")[0] for name in found)
    ]


def module_units(model: nn.Module, layers: int, heads: int) -> list[Unit]:
    """Return a model's units, in the order in which they are defined."""
    parameters = folded_parameters(dict(model.named_parameters()), layers, heads)
    parents: dict[str, list[Parameter]] = {}
    for parameter in parameters:
        parents.setdefault(parameter.name.rpartition(".")[0], []).append(parameter)
    units = []
    for parent, members in parents.items():
        owner = model.get_submodule(parent.replace("{i}", "0").replace("{h}", "0"))
        units += [Unit(*found, kind=type(owner)) for found in _paired(parent, members)]
    return sorted(units, key=lambda unit: parameters.index(next(filter(None, unit.sides))))


_Pair = tuple[str, Parameter | None, Parameter | None]


def _paired(parent: str, members: list[Parameter]) -> list[_Pair]:
    """Say which vector belongs to which matrix, or gain, of one module."""
    deep = any(len(each.shape) == 3 for each in members)  # then a matrix is a bias for each head
    matrices = [each for each in members if len(each.shape) > (2 if deep else 1)]
    vectors = [each for each in members if each not in matrices]
    whole = parent or members[0].name
    fits = all(vector.shape[-1] in each.shape for each in matrices for vector in vectors)
    if len(matrices) == 1 and len(vectors) <= 1 and fits:
        return [(whole, matrices[0], vectors[0] if vectors else None)]
    if not matrices and len(vectors) == 2:
        gain, shift = reversed(vectors) if _is_shift(vectors[0]) else vectors
        return [(whole, gain, shift)]
    if not matrices and len(vectors) == 1:
        bias = vectors[0].name.endswith("bias")
        return [(whole, None, vectors[0]) if bias else (whole, vectors[0], None)]
    return _by_stem(members, matrices, vectors)


def _by_stem(
    members: list[Parameter], matrices: list[Parameter], free: list[Parameter]
) -> list[_Pair]:
    pairs: list[_Pair] = []
    for matrix in matrices:
        following = members[members.index(matrix) + 1 :][:1]
        alike = [vector for vector in free if _stem(vector) == _stem(matrix)]
        near = [v for v in free if v in following and v.shape[0] in matrix.shape]
        bias = next(iter(alike or near), None)
        free = [vector for vector in free if vector != bias]
        pairs.append((matrix.name, matrix, bias))
    while free:
        first, *free = free
        alike = [vector for vector in free if _stem(vector) == _stem(first)] or free[:1]
        second = next((v for v in alike if v.shape == first.shape), None)
        free = [vector for vector in free if vector != second]
        gain, shift = (second, first) if second and _is_shift(first) else (first, second)
        pairs.append((gain.name, gain, shift))
    return pairs


def _is_shift(parameter: Parameter) -> bool:
    return _BIAS.search(parameter.name.rpartition(".")[2].lower()) is not None


def _stem(parameter: Parameter) -> str:
    return _ROLE.sub("", parameter.name.rpartition(".")[2].lower()).strip("_")
