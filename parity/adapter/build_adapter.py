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
from parity.adapter.parameter_units import folded_parameters, module_units, reference_units
from parity.adapter.render import Adapter
from parity.adapter.search import AGREES, search
from parity.adapter.signatures import calls
from parity.adapter.stage_guess import staged
from parity.core.import_by_name import load_callable
from parity.core.process import Send
from parity.core.recording import Recording
from parity.model.candidate import Batch, Candidate
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.files import read_weights
from scratch_bert.weights.names import canonical_weights

WORDS = "embeddings.word_embeddings.weight"


@dataclass
class WrittenAdapter:
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
    """Send the fields of `WrittenAdapter`, from the process of the user's module."""
    place = module.rpartition(":")[0]
    if place.endswith(".py"):
        sys.path.insert(0, str(Path(place).resolve().parent))  # for what lies beside it
    theirs = Recording.read(Path(recording))
    send(asdict(write_adapter(module, Checkpoint(checkpoint, Path(folder)), theirs, Path(path))))


def write_adapter(
    module: str, checkpoint: Checkpoint, theirs: Recording, path: Path
) -> WrittenAdapter:
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
    made, name = load_callable(module), module.rpartition(":")[2]
    config, folder = checkpoint.values, checkpoint.folder
    constructed = construction(made, name, config)
    adapter = Adapter(module, constructed)
    try:
        model = build(constructed, config)
    except UnknownError as error:
        proof = f"Nothing is proved: {error}. Fill in what is marked TODO."
        return WrittenAdapter(adapter.text(path, proof), proof=proof)
    weights = {n: t for n, (_, t) in canonical_weights(read_weights(folder), folder).items()}
    layers, heads = sizes = config["num_hidden_layers"], config["num_attention_heads"]
    agreement = Agreement(model, weights, sizes, next(theirs.probes()), theirs)
    top, layer = (
        guesses(
            [unit for unit in module_units(model, *sizes) if ("{i}" in unit.name) is inside],
            [unit for unit in reference_units(weights, layers) if ("{i}" in unit.name) is inside],
            heads,
        )
        for inside in (False, True)
    )
    ways = calls(model)
    guess = Pairing((*top[0].options, *layer[0].options))
    if not any(WORDS in pair.references for pair in guess.pairs):
        written = _listed(agreement, guess)
        adapter.pairs, adapter.call = guess.pairs, ways[0]
        written.proof = (
            f"Nothing is proved: no parameter has the shape of {WORDS}, "
            f"{tuple(weights[WORDS].shape)} on {checkpoint.name}."
        )
    else:
        guess, adapter.call, measured = search(agreement, top, layer, ways)
        written = _listed(agreement, guess)
        if agreement.blocks:
            written.parts = {"embeddings": measured.embeddings, "layers": measured.layers}
        written.parts |= measured.outputs
        adapter.pairs, adapter.outputs = guess.pairs, measured.places
        worst = prove(adapter.text(path), path, config, weights, theirs)
        written.proved = worst <= AGREES
        adapter.stages, unseen = staged(agreement, guess, adapter.call, proved=written.proved)
        written.unseen = [f"{place.stage} is not what {place.source} makes" for place in unseen]
        written.proof = _sentence(checkpoint.name, theirs.names(), worst, written)
    todo = (
        *(f"{line} pairs with nothing and keeps its first value" for line in written.left),
        *(f"the reference's {line} has no place here" for line in written.missing),
        *written.unseen,
    )
    written.text = adapter.text(path, written.proof, todo)
    return written


def _listed(agreement: Agreement, guess: Pairing) -> WrittenAdapter:
    """What a guess pairs, and what it leaves."""
    written, pairs = WrittenAdapter(""), guess.pairs
    written.pairs = [
        (pair.theirs, pair.references, pair.how.__name__.replace("_", " ")) for pair in pairs
    ]
    paired = {pair.theirs for pair in pairs}
    used = {name for pair in pairs for name in pair.references}
    ours = folded_parameters(dict(agreement.model.named_parameters()), *agreement.sizes)
    left = [each for each in ours if each.name not in paired]
    theirs = folded_parameters(agreement.weights, agreement.sizes[0], 0)
    written.left = [f"{name} {shape}" for name, shape in left]
    written.missing = [f"{name} {shape}" for name, shape in theirs if name not in used]
    inner = 4 * agreement.weights[WORDS].shape[1]
    if any(inner in each.shape for each in left):
        written.notes.append(
            f"{inner} is 4 x the hidden size, which the checkpoint's inner size is not; where that "
            "cannot be given, --checkpoint builtin:minilm has one of 4 x 384."
        )
    return written


def prove(
    text: str, path: Path, config: dict[str, Any], weights: Mapping[str, Tensor], theirs: Recording
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
    for probe in theirs.probes():
        agreement, batch = Agreement(model, weights, (0, 0), probe, theirs), Batch(probe.batch)
        with torch.no_grad():
            outputs = candidate.forward(agreement.model, batch)
        if probe.inputs - batch.accessed:  # it cannot be given these
            continue
        worst += [
            agreement.difference(name, tensor)
            for name, tensor in outputs.items()
            if agreement.shape(name) is not None
        ]
    return max(worst, default=INFINITE)


def _sentence(checkpoint: str, probes: list[str], worst: float, written: WrittenAdapter) -> str:
    on = f"{checkpoint} in double precision ({', '.join(probes)})"
    by = f"{worst:.1e} of its largest magnitude"
    if written.proved:
        found = f"differ from the reference's by at most {by}" if worst else "equal the reference's"
        return f"Proved on {on}: the outputs {found}."
    parts = ", ".join(f"{name} {value:.1e}" for name, value in written.parts.items())
    return (
        f"Not proved. On {on} the outputs differ from the reference's by {by}. "
        f"Each part alone, given the reference's input: {parts}."
    )
