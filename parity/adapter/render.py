"""An adapter's text, as one would write it by hand."""

import ast
import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from pathlib import Path

from parity.adapter.instantiate import ConstructorCall as Construction
from parity.adapter.layouts import as_is, source
from parity.adapter.pairing import ParameterPair
from parity.adapter.signatures import INPUTS, Call
from parity.adapter.stage_guess import StageGuess
from parity.core.stages import stage_names

WIDTH = 88

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


@dataclass
class Adapter:
    """What an adapter says.

    Attributes:
        module: as the user named it.
        construction: how the module is made.
        proof: what was proved, in a sentence or two.
        pairs: parameter by parameter.
        call: how the model is called.
        outputs: HuggingFace's names → how they are reached in what it returns.
        stages: where they are made.
        todo: what is left to do, a line each.
    """

    module: str
    construction: Construction
    proof: str
    pairs: Sequence[ParameterPair] = ()
    call: Call = ("ids",)
    outputs: dict[str, str] = field(default_factory=dict)
    stages: Sequence[StageGuess] = ()
    todo: Sequence[str] = ()

    def text(self, path: Path) -> str:
        """Write it.

        Args:
            path: where it will lie, from which the user's file is found.
        """
        functions = dict.fromkeys(pair.how for pair in self.pairs if pair.how is not as_is)
        code = [source(function) for function in functions]
        tables, body = self._tables(), self._class()
        imports = self._imports(path, "".join((*code, tables, body)))
        head = f"{self._opening()}\n{imports}"
        if code:
            return "\n\n".join((head, *code, tables, body))
        return "\n\n".join((f"{head}\n{tables}", body))

    def _opening(self) -> str:
        name = self.construction.name
        place = Path(self.module.rpartition(":")[0]).name
        title = f'"""{name} of {place} beside HuggingFace\'s BERT, for `parity check`.'
        return "\n".join((title, "", textwrap.fill(self.proof, WIDTH), '"""', ""))

    def _imports(self, path: Path, code: str) -> str:
        place = self.module.rpartition(":")[0]
        is_file = place.endswith(".py")
        theirs = self._their_imports(Path(place).stem if is_file else place)
        standard = ["import importlib"] if "importlib." in theirs else []
        standard += ["import sys", "from pathlib import Path"] if is_file else []
        if "SimpleNamespace(" in code:
            standard.append("from types import SimpleNamespace")
        others = ["import torch"] if "torch." in code else []
        others += ["from torch import Tensor"] if "Tensor" in code else []
        own = ["from parity.core.stages import Stage"] if "Stage(" in code else []
        groups = ["\n".join(group) for group in (standard, others, own) if group]
        if is_file:
            folder = Path(os.path.relpath(Path(place).resolve().parent, path.resolve().parent))
            below = "" if folder == Path() else f' / "{folder.as_posix()}"'
            here = f"Path(__file__).parent{below}"
            insert = f"sys.path.insert(0, str({here}))"
            if len(insert) > WIDTH:
                insert = f"sys.path.insert(\n    0, str({here})\n)"
            groups.append(f"{insert}\n{theirs}")
        else:
            groups.append(theirs)
        return "\n\n".join(groups) + "\n"

    def _their_imports(self, module: str) -> str:
        names: dict[str, list[str]] = {}
        for call in self.construction.calls():
            home = call.target.__module__
            if call is self.construction or home == f"candidate_{module}":  # as it was loaded here
                home = module
            if home not in ("types", "builtins"):
                renamed = f" as {call.local_name}" if call.local_name != call.name else ""
                names.setdefault(home, []).append(f"{call.name}{renamed}")
        return "\n".join(_import(home, sorted(found)) for home, found in names.items())

    def _tables(self) -> str:
        names = [pair for pair in self.pairs if pair.how is as_is]
        made = [pair for pair in self.pairs if pair.how is not as_is]
        parts = [f"# TODO: {line}" for line in self.todo]
        if parts:
            parts.append("")
        if names or not made:
            parts.append(
                "# This model's parameter: the reference's weight; {i} is a layer's number."
            )
            parts.append("NAMES = {")
            parts += [f'    "{pair.theirs}": "{pair.references[0]}",' for pair in names]
            parts += [] if names else ["    # TODO: fill in"]
            parts += ["}", ""]
        if made:
            parts.append("# This model's parameter: how it is made, of which of the weights.")
            parts.append("MADE = {")
            for pair in made:
                parts += [f'    "{pair.theirs}": (', f"        {pair.how.__name__},"]
                parts += [f'        "{reference}",' for reference in pair.references]
                parts.append("    ),")
            parts += ["}", ""]
        return "\n".join((*parts, self._parameters(names, made)))

    def _parameters(self, names: Sequence[ParameterPair], made: Sequence[ParameterPair]) -> str:
        by_head = any("{h}" in pair.theirs for pair in made)
        return "".join(
            (
                f"\ndef parameters({self._counts}):\n",
                '    """This model\'s parameters, made of the reference\'s weights."""\n',
                "    made = {}\n",
                "    for i in range(layers):  # a name without {i} is the same in each turn\n",
                _NAMES if names or not made else "",
                (_BY_HEAD if by_head else _MADE) if made else "",
                "    return made\n",
            )
        )

    @property
    def _counts(self) -> str:
        """The arguments of `parameters`."""
        made = any(pair.how is not as_is for pair in self.pairs)
        return "weights, layers, heads" if made else "weights, layers"

    def _class(self) -> str:
        lines = [
            "class Adapter:",
            f'    """{self.construction.name}, as the judge calls it."""',
            "",
        ]
        if self.stages:
            order = stage_names(["{i}"])
            places = sorted(self.stages, key=lambda place: order.index(place.stage))
            lines += ["    stages = {", *(_stage(place) for place in places), "    }", ""]
        lines += [
            "    def build(self, config, weights):",
            f"        model = {self.construction.source('        ')}",
            *self._counted(),
            f"        made = parameters({self._counts})",
            "        model.load_state_dict({**model.state_dict(), **made})",
            "        return model",
            "",
            "    def forward(self, model, batch):",
            *self._inputs(),
            *self._returned(),
        ]
        return "\n".join((*lines, ""))

    def _counted(self) -> list[str]:
        lines = ['        layers = config["num_hidden_layers"]']
        if self._counts.endswith("heads"):
            lines.append('        heads = config["num_attention_heads"]')
        return lines

    def _inputs(self) -> list[str]:
        call = ast.walk(ast.parse(f"model({', '.join(self.call)})"))
        used = {node.id for node in call if isinstance(node, ast.Name)}
        return [f"        {name} = {source}" for name, source in INPUTS.items() if name in used]

    def _returned(self) -> list[str]:
        call = f"        output = model({', '.join(self.call)})"
        lines = [call]
        if len(call) > WIDTH:
            lines = ["        output = model("]
            lines += [f"            {argument}," for argument in self.call]
            lines.append("        )")
        if not self.outputs:
            return [*lines, "        return output"]
        lines.append("        return {")
        lines += [f'            "{name}": output{at},' for name, at in self.outputs.items()]
        return [*lines, "        }"]


def _import(home: str, names: Sequence[str]) -> str:
    if all(part.isidentifier() and not iskeyword(part) for part in home.split(".")):
        return f"from {home} import {', '.join(names)}"
    lines = []
    for found in names:  # of a file whose name Python's own statement cannot say
        name, _, local = found.partition(" as ")
        lines.append(f'{local or name} = importlib.import_module("{home}").{name}')
    return "\n".join(lines)


def _stage(place: StageGuess) -> str:
    if place.take == "x":
        return f'        "{place.stage}": "{place.source}",'
    side = f'            side="{place.side}",\n' if place.side != "out" else ""
    return (
        f'        "{place.stage}": Stage(\n            "{place.module}",\n{side}'
        f"            take=lambda x: {place.take},\n        ),"
    )
