"""From a user's module to an adapter's text and what was proved about it."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from parity.adapter.agreement import INFINITE, Agreement
from parity.adapter.instantiate import UnknownError, build, construction
from parity.adapter.pairing import Pairing, guesses
from parity.adapter.parameter_units import folded, module_units, reference_units
from parity.adapter.render import Adapter
from parity.adapter.search import AGREES, search
from parity.adapter.signatures import calls
from parity.adapter.stage_guess import staged
from parity.core.import_by_name import load_callable
from parity.core.probes import Probe
from parity.core.process import Send
from parity.core.recording import Recording
from parity.model.candidate import Batch, Candidate
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.files import read_weights
from scratch_bert.weights.names import canonical_weights

WORDS = "embeddings.word_embeddings.weight"


@dataclass
class Written:
    """What came of it.

    Attributes:
        text: the adapter.
        proved: whether its outputs agree.
        parts: largest differences by part of the model, as shares of the reference's magnitude.
        pairs: their parameter, the reference's weights, how.
        left: parameters that pair with nothing.
        missing: weights of the reference that pair with nothing.
        unseen: stages that are not where its parameters let one expect them.
        proof: what was proved, in words.
        notes: what a reader must know besides.
    """

    text: str
    proved: bool = False
    parts: dict[str, float] = field(default_factory=dict)
    pairs: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    proof: str = ""
    notes: list[str] = field(default_factory=list)


def send_adapter(
    send: Send, module: str, folder: str, checkpoint: str, recording: str, path: str
) -> None:
    """Send the fields of `Written`, from the process of the user's module."""
    place = module.rpartition(":")[0]
    if place.endswith(".py"):
        sys.path.insert(0, str(Path(place).resolve().parent))  # for what lies beside it
    theirs = Recording.read(Path(recording))
    send(asdict(write_adapter(module, Checkpoint(checkpoint, Path(folder)), theirs, Path(path))))


def write_adapter(module: str, checkpoint: Checkpoint, theirs: Recording, path: Path) -> Written:
    """Write an adapter's text; the file is the caller's business.

    Args:
        module: the user's, by name.
        checkpoint: with its weights.
        theirs: what the reference made of some probes, the first of which is the search's.
        path: where the adapter will lie.

    Raises:
        CandidateError: it is no module.
        Exception: whatever the user's own code raises.
    """
    probes = list(theirs.probes())
    made, name = load_callable(module), module.rpartition(":")[2]
    config, folder = checkpoint.values, checkpoint.folder
    constructed = construction(made, name, config)
    try:
        model = build(constructed, config)
    except UnknownError as error:
        proof = f"Nothing is proved: {error}. Fill in what is marked TODO."
        return Written(Adapter(module, constructed, proof).text(path), proof=proof)
    weights = {n: t for n, (_, t) in canonical_weights(read_weights(folder), folder).items()}
    sizes = config["num_hidden_layers"], config["num_attention_heads"]
    bench = Agreement(model, weights, sizes, probes[0], theirs)
    top, layer = _guesses(bench)
    ways = calls(bench.model)
    written = Written("")
    adapter = Adapter(module, constructed, "", call=ways[0])
    if not any(unit.weight == WORDS for option in top[0].options for unit in option.references):
        likeliest = Pairing((*top[0].options, *layer[0].options))
        _list_pairs(written, bench, likeliest, weights)
        adapter.pairs, adapter.todo = likeliest.pairs, _todo(written)
        adapter.proof = written.proof = (
            f"Nothing is proved: no parameter has the shape of {WORDS}, "
            f"{tuple(weights[WORDS].shape)} on {checkpoint.name}."
        )
        written.text = adapter.text(path)
        return written

    found = search(bench, top, layer, ways)
    _list_pairs(written, bench, found.guess, weights)
    measured = found.measured
    written.parts = {
        "embeddings": measured.embeddings,
        "layers": measured.layers,
        **measured.outputs,
    }
    if not bench.blocks:
        del written.parts["embeddings"], written.parts["layers"]
    adapter.pairs, adapter.call, adapter.outputs = found.guess.pairs, found.call, measured.places
    worst = prove(adapter.text(path), path, config, weights, probes, theirs)
    written.proved = worst <= AGREES
    places = staged(bench, found.guess, found.call, proved=written.proved)
    written.unseen = [f"{p.stage} is not what {p.source} makes" for p in places.unseen]
    adapter.stages, adapter.todo = places.seen, _todo(written)
    adapter.proof = written.proof = _sentence(checkpoint.name, probes, worst, written)
    written.text = adapter.text(path)
    return written


def _guesses(bench: Agreement) -> tuple[list[Pairing], list[Pairing]]:
    """About the parameters outside of layers, and about those inside."""
    layers, heads = bench.sizes
    shapes = {
        template: tuple(bench.model.get_parameter(names[0]).shape)
        for template, names in bench.templates.items()
    }
    units = module_units(bench.model, layers, heads)
    references = reference_units(bench.weights, layers)
    by_template = {
        template: bench.weights[names[0]]
        for template, names in folded(list(bench.weights), layers, 0).items()
    }
    top, layer = (
        guesses(
            [unit for unit in units if unit.in_layer is inside],
            [unit for unit in references if unit.in_layer is inside],
            shapes,
            by_template,
            heads,
        )
        for inside in (False, True)
    )
    return top, layer


def _todo(written: Written) -> list[str]:
    return [
        *(f"{line} pairs with nothing and keeps its first value" for line in written.left),
        *(f"the reference's {line} has no place here" for line in written.missing),
        *written.unseen,
    ]


def _list_pairs(
    written: Written, bench: Agreement, guess: Pairing, weights: Mapping[str, Tensor]
) -> None:
    pairs = guess.pairs
    written.pairs = [
        (pair.theirs, pair.references, pair.how.__name__.replace("_", " ")) for pair in pairs
    ]
    paired = {pair.theirs for pair in pairs}
    used = {name for pair in pairs for name in pair.references}
    inner = 4 * weights[WORDS].shape[1]
    four_times = False
    for template, names in bench.templates.items():
        if template not in paired:
            shape = tuple(bench.model.get_parameter(names[0]).shape)
            written.left.append(f"{template} {shape}")
            four_times = four_times or inner in shape
    for template, names in folded(list(weights), bench.sizes[0], 0).items():
        if template not in used:
            written.missing.append(f"{template} {tuple(weights[names[0]].shape)}")
    if four_times:
        written.notes.append(
            f"{inner} is 4 x the hidden size, which the checkpoint's inner size is not; where that "
            "cannot be given, --checkpoint builtin:minilm has one of 4 x 384."
        )


def prove(
    text: str,
    path: Path,
    config: dict[str, Any],
    weights: Mapping[str, Tensor],
    probes: list[Probe],
    theirs: Recording,
) -> float:
    """Run an adapter's text on all probes.

    Returns:
        The largest difference of an output, as a share of the reference's magnitude; infinite where
        there is none to compare.
    """
    module = ModuleType(path.stem)
    module.__file__ = str(path.resolve())
    exec(compile(text, str(path), "exec"), vars(module))  # noqa: S102
    candidate = Candidate(module.Adapter(), path.name)
    model: nn.Module = candidate.build(config, weights)
    worst = []
    for probe in probes:
        bench, batch = Agreement(model, weights, (0, 0), probe, theirs), Batch(probe.batch)
        with torch.no_grad():
            outputs = candidate.forward(bench.model, batch)
        if probe.inputs - batch.asked:  # it cannot be given these
            continue
        worst += [
            bench.difference(name, tensor)
            for name, tensor in outputs.items()
            if bench.shape(name) is not None
        ]
    return max(worst, default=INFINITE)


def _sentence(checkpoint: str, probes: list[Probe], worst: float, written: Written) -> str:
    names = ", ".join(probe.name for probe in probes)
    if written.proved:
        equal = "equal the reference's"
        by = f"differ from the reference's by at most {worst:.1e} of its largest magnitude"
        return (
            f"Proved on {checkpoint} in double precision ({names}): the outputs "
            f"{by if worst else equal}."
        )
    parts = ", ".join(f"{name} {value:.1e}" for name, value in written.parts.items())
    return (
        f"Not proved. On {checkpoint} in double precision ({names}) the outputs differ from the "
        f"reference's by {worst:.1e} of its largest magnitude. Each part alone, given the "
        f"reference's input: {parts}."
    )
