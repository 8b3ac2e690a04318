"""An adapter's text, as one would write it by hand."""

import ast
import inspect
import os
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from pathlib import Path

from parity.adapter.instantiate import ConstructorCall as Construction
from parity.adapter.layouts import as_is
from parity.adapter.pairing import ParameterPair
from parity.adapter.signatures import INPUTS, Call
from parity.adapter.stage_guess import StageGuess
from parity.core.stages import stage_names

WIDTH = 88

_OPENING = '''"""{name} of {place} beside HuggingFace's BERT, for `parity check`.

{proof}
"""
'''
_NAMES = """        for name, reference in NAMES.items():
            made[name.format(i=i)] = weights[reference.format(i=i)]
"""
_MADE = """        for name, (how, *references) in MADE.items():
            parts = [weights[reference.format(i=i)] for reference in references]
            made[name.format(i=i)] = how(parts, heads)
"""
_BY_HEAD = """        for name, (how, *references) in MADE.items():
            parts = [weights[reference.format(i=i)] for reference in references]
            whole = how(parts, heads)
            if "{h}" in name:  # a parameter for each head
                made |= {name.format(i=i, h=h): whole[h] for h in range(heads)}
            else:
                made[name.format(i=i)] = whole
"""
_PARAMETERS = '''
def parameters({counts}):
    """This model's parameters, made of the reference's weights."""
    made = {{}}
    for i in range(layers):  # a name without {{i}} is the same in each turn
{loops}    return made
'''
_CLASS = '''class Adapter:
    """{name}, as the judge calls it."""

{stages}    def build(self, config, weights):
        model = {construction}
        layers = config["num_hidden_layers"]
{heads}        made = parameters({counts})
        model.load_state_dict({{**model.state_dict(), **made}})
        return model

    def forward(self, model, batch):
{forward}
'''


@dataclass
class Adapter:
    """What an adapter says.

    Attributes:
        module: as the user named it.
        construction: how the module is made.
        pairs: parameter by parameter.
        call: how the model is called.
        outputs: HuggingFace's names → how they are reached in what it returns.
        stages: where they are made.
    """

    module: str
    construction: Construction
    pairs: Sequence[ParameterPair] = ()
    call: Call = ("ids",)
    outputs: dict[str, str] = field(default_factory=dict)
    stages: Sequence[StageGuess] = ()

    def text(self, path: Path, proof: str = "", todo: Sequence[str] = ()) -> str:
        """Write it.

        Args:
            path: where it will lie, from which the user's file is found.
            proof: what was proved, in a sentence or two.
            todo: what is left to do, a line each.
        """
        functions = dict.fromkeys(pair.how for pair in self.pairs if pair.how is not as_is)
        code = [inspect.getsource(function) for function in functions]
        counts = "weights, layers, heads" if code else "weights, layers"
        tables, body = self._tables(todo, counts), self._class(counts)
        opening = _OPENING.format(
            name=self.construction.name,
            place=Path(self.module.rpartition(":")[0]).name,
            proof=textwrap.fill(proof, WIDTH),
        )
        head = f"{opening}\n{self._imports(path, ''.join((*code, tables, body)))}"
        if code:
            return "\n\n".join((head, *code, tables, body))
        return "\n\n".join((f"{head}\n{tables}", body))

    def _imports(self, path: Path, code: str) -> str:
        place = self.module.rpartition(":")[0]
        is_file = place.endswith(".py")
        theirs = self._their_imports(Path(place).stem if is_file else place)
        if is_file:
            folder = Path(os.path.relpath(Path(place).resolve().parent, path.resolve().parent))
            below = "" if folder == Path() else f' / "{folder.as_posix()}"'
            here = f"str(Path(__file__).parent{below})"
            insert = f"sys.path.insert(0, {here})"
            if len(insert) > WIDTH:
                insert = f"sys.path.insert(\n    0, {here}\n)"
            theirs = f"{insert}\n{theirs}"
        standard = ["import importlib"] if "importlib." in theirs else []
        standard += ["import sys", "from pathlib import Path"] if is_file else []
        standard += ["from types import SimpleNamespace"] if "SimpleNamespace(" in code else []
        others = ["import torch"] if "torch." in code else []
        others += ["from torch import Tensor"] if "Tensor" in code else []
        own = ["from parity.core.stages import Stage"] if "Stage(" in code else []
        groups = (standard, others, own, [theirs])
        return "\n\n".join("\n".join(group) for group in groups if group) + "\n"

    def _their_imports(self, module: str) -> str:
        names: dict[str, dict[str, str]] = {}
        for call in self.construction.calls():
            home = call.target.__module__
            if call is self.construction or home == f"candidate_{module}":  # as it was loaded here
                home = module
            if home not in ("types", "builtins"):
                names.setdefault(home, {})[call.name] = call.local_name
        lines = []
        for home, found in names.items():
            pairs = sorted(found.items())
            if all(part.isidentifier() and not iskeyword(part) for part in home.split(".")):
                renamed = (n if n == local else f"{n} as {local}" for n, local in pairs)
                lines.append(f"from {home} import {', '.join(renamed)}")
            else:  # a file whose name Python's own statement cannot say
                imported = f'importlib.import_module("{home}")'
                lines += [f"{local} = {imported}.{name}" for name, local in pairs]
        return "\n".join(lines)

    def _tables(self, todo: Sequence[str], counts: str) -> str:
        names = [pair for pair in self.pairs if pair.how is as_is]
        made = [pair for pair in self.pairs if pair.how is not as_is]
        lines = [f"# TODO: {line}" for line in todo] + ([""] if todo else [])
        if names or not made:
            lines += [
                "# This model's parameter: the reference's weight; {i} is a layer's number.",
                "NAMES = {",
                *(f'    "{pair.theirs}": "{pair.references[0]}",' for pair in names),
                *([] if names else ["    # TODO: fill in"]),
                "}",
                "",
            ]
        if made:
            lines += ["# This model's parameter: how it is made, of which of the weights."]
            lines += ["MADE = {", *map(_made, made), "}", ""]
        loops = _NAMES if names or not made else ""
        if made:
            loops += _BY_HEAD if any("{h}" in pair.theirs for pair in made) else _MADE
        parameters = _PARAMETERS.format(counts=counts, loops=loops)
        return "\n".join((*lines, parameters))

    def _class(self, counts: str) -> str:
        order = stage_names(["{i}"])
        stages = [_stage(p) for p in sorted(self.stages, key=lambda p: order.index(p.stage))]
        if stages:
            stages = ["    stages = {", *stages, "    }", "", ""]
        return _CLASS.format(
            name=self.construction.name,
            stages="\n".join(stages),
            construction=self.construction.source("        "),
            heads='        heads = config["num_attention_heads"]\n' if "heads" in counts else "",
            counts=counts,
            forward="\n".join(f"        {line}" for line in self._forward()),
        )

    def _forward(self) -> Iterator[str]:
        call = f"output = model({', '.join(self.call)})"
        used = {node.id for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Name)}
        yield from (f"{name} = {source}" for name, source in INPUTS.items() if name in used)
        if len(call) + 8 > WIDTH:
            yield from ("output = model(", *(f"    {argument}," for argument in self.call), ")")
        else:
            yield call
        if self.outputs:
            outputs = (f'    "{name}": output{at},' for name, at in self.outputs.items())
            yield from ("return {", *outputs, "}")
        else:
            yield "return output"


def _stage(place: StageGuess) -> str:
    if place.takes[0] == "x":
        return f'        "{place.stage}": "{place.source}",'
    side = f'            side="{place.side}",\n' if place.side != "out" else ""
    return (
        f'        "{place.stage}": Stage(\n            "{place.module}",\n{side}'
        f"            take=lambda x: {place.takes[0]},\n        ),"
    )


def _made(pair: ParameterPair) -> str:
    parts = pair.how.__name__, *(f'"{name}"' for name in pair.references)
    return f'    "{pair.theirs}": (\n' + "".join(f"        {part},\n" for part in parts) + "    ),"
