"""The parameters of both sides, layers folded into one, a weight and its bias together.

`{i}` stands for a layer's number in a name, `{h}` for a head's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

_NUMBER = re.compile(r"\d+")
_BIAS = re.compile(r"bias|beta|shift|^b(?=_|[^aeiou]|$)|_b$|b_?\d*$")
_ROLE = re.compile(
    r"weights?|bias|gamma|beta|gain|shift|scale|kernel|_[wbg]$|^[wb]_?(?=[a-z0-9]{0,3}$)|^[wb]_"
)


@dataclass(frozen=True)
class Unit:
    """A weight and the bias beside it.

    Attributes:
        name: of both, for the reference its stage.
        weight: its parameter's name; None where there is only a bias.
        bias: likewise.
        kind: the class of the module they belong to, with theirs.
    """

    name: str
    weight: str | None
    bias: str | None
    kind: type = nn.Module

    @property
    def in_layer(self) -> bool:
        """Whether every layer has one."""
        return "{i}" in self.name

    @property
    def by_head(self) -> bool:
        """Whether every head has one."""
        return "{h}" in self.name


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


def reference_units(weights: Mapping[str, Tensor], layers: int) -> list[Unit]:
    """Return the reference's units, by their names in the file."""
    names = list(folded(list(weights), layers, 0))
    parents = dict.fromkeys(name.rpartition(".")[0] for name in names)
    units = []
    for parent in parents:
        weight, bias = f"{parent}.weight", f"{parent}.bias"
        if parent == "cls.predictions":
            weight = "embeddings.word_embeddings.weight"  # tied
        units.append(
            Unit(parent, weight if weight in names else None, bias if bias in names else None)
        )
    return units


def module_units(model: nn.Module, layers: int, heads: int) -> list[Unit]:
    """Return a model's units, in the order in which they are defined."""
    shapes = {name: tuple(p.shape) for name, p in model.named_parameters()}
    templates = folded(list(shapes), layers, heads)
    parents: dict[str, list[str]] = {}
    for template in templates:
        parents.setdefault(template.rpartition(".")[0], []).append(template)
    units = []
    for parent, members in parents.items():
        first = templates[members[0]][0]
        owner = type(model.get_submodule(first.rpartition(".")[0]))
        sizes = {name: shapes[templates[name][0]] for name in members}
        units += [Unit(*names, kind=owner) for names in _paired(parent, members, sizes)]
    order = list(templates)
    return sorted(units, key=lambda unit: order.index(unit.weight or unit.bias or ""))


def _paired(
    parent: str, members: list[str], sizes: Mapping[str, tuple[int, ...]]
) -> list[tuple[str, str | None, str | None]]:
    """Say which vector belongs to which matrix, or gain, of one module."""
    matrices = [name for name in members if len(sizes[name]) > 1 and not _is_bias(name, sizes)]
    vectors = [name for name in members if name not in matrices]
    whole = parent or members[0]
    fits = all(sizes[vector][-1] in sizes[name] for name in matrices for vector in vectors)
    if len(matrices) == 1 and len(vectors) <= 1 and fits:
        return [(whole, matrices[0], vectors[0] if vectors else None)]
    if not matrices and len(vectors) == 2:
        gain, shift = reversed(vectors) if _is_shift(vectors[0]) else vectors
        return [(whole, gain, shift)]
    if not matrices and len(vectors) == 1:
        bias = vectors[0].endswith("bias")
        return [(whole, None if bias else vectors[0], vectors[0] if bias else None)]
    return _by_stem(members, matrices, vectors, sizes)


def _by_stem(
    members: list[str],
    matrices: list[str],
    vectors: list[str],
    sizes: Mapping[str, tuple[int, ...]],
) -> list[tuple[str, str | None, str | None]]:
    free, pairs = list(vectors), []
    for matrix in matrices:
        following = members[members.index(matrix) + 1 :][:1]
        alike = [vector for vector in free if _stem(vector) == _stem(matrix)]
        near = [v for v in free if v in following and sizes[v][0] in sizes[matrix]]
        bias = next(iter(alike or near), None)
        free = [vector for vector in free if vector != bias]
        pairs.append((matrix, matrix, bias))
    while free:
        first, *free = free
        alike = [vector for vector in free if _stem(vector) == _stem(first)] or free[:1]
        second = next((v for v in alike if sizes[v] == sizes[first]), None)
        free = [vector for vector in free if vector != second]
        gain, shift = (second, first) if second and _is_shift(first) else (first, second)
        pairs.append((gain, gain, shift))
    return pairs  # type: ignore[return-value]


def _is_bias(name: str, sizes: Mapping[str, tuple[int, ...]]) -> bool:
    """A matrix that is a bias all the same, as one for each head is."""
    return len(sizes[name]) == 2 and any(len(size) == 3 for size in sizes.values())


def _is_shift(name: str) -> bool:
    return _BIAS.search(name.rpartition(".")[2].lower()) is not None


def _stem(name: str) -> str:
    return _ROLE.sub("", name.rpartition(".")[2].lower()).strip("_")
