"""What the reference would compute had it made a mistake, where a candidate shows its stages."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from parity.core.mistake import Injection
from parity.core.probes import Mode, Probe
from parity.core.recording import Recording
from parity.core.stages import OUTPUTS, in_order
from parity.diagnosis.inject import making
from parity.model.expected import RecordedProbe
from parity.model.lanes import isolated
from parity.model.record import record_model
from parity.model.reference_under_test import reference_under_test
from scratch_bert.weights.checkpoints import Checkpoint


class Counterfactual(AbstractContextManager["Counterfactual"]):
    """The reference, which makes mistakes on demand.

    Args:
        checkpoint: with its weights.

    Attributes:
        checkpoint: the same.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self._config = checkpoint.values
        right = reference_under_test(checkpoint)
        self._right = right.forward
        self._subject = replace(right, forward=self._forward)
        named = self._subject.model(torch.float64).named_parameters()
        self._weights = [name.removeprefix("bert.") for name, _ in named]
        self._mistakes: Sequence[Injection] = ()
        self._made: dict[str, list[Any]] = {}  # by all layers, where they are right; by probe
        self._known: Sequence[Any] = ()  # made by those before the first mistake

    @property
    def stages(self) -> list[str]:
        """All that the reference has, in the order of computation; its weights come last."""
        return in_order([*self._subject.stages, *OUTPUTS, *self._weights])

    @property
    def layers(self) -> int:
        """How many it has."""
        return int(self._config["num_hidden_layers"])

    @property
    def heads(self) -> int:
        """Of its attention."""
        return int(self._config["num_attention_heads"])

    def run(
        self,
        recorded: RecordedProbe,
        mistakes: Sequence[Injection],
        shown: Collection[str],
        until: str = "",
    ) -> dict[str, Tensor]:
        """Make mistakes on a probe, in the isolated lane.

        Args:
            recorded: of the probe.
            mistakes: which, and where.
            shown: the stages and outputs that the candidate shows: after each of these both go on
                with the recorded numbers.
            until: after this stage nothing is computed.

        Returns:
            What comes out at each stage that the candidate shows.
        """
        self._mistakes = mistakes
        in_double = replace(recorded, dtype=torch.float64)
        if recorded.probe.mode is Mode.EVALUATE:
            first = [self._layer(stage) for mistake in mistakes for stage in mistake.stages]
            self._known = self._made_on(recorded.probe)[: min(first, default=0)]
        else:  # gradients go through all layers, and dropout is drawn in all
            self._known = ()
        return isolated(self._subject, in_double, shown, until=until)

    def record(
        self,
        mistakes: Sequence[Injection],
        chosen: Sequence[Probe],
        wanted: Collection[str],
        recording: Recording,
        dtypes: Collection[str] = (),
    ) -> Recording:
        """Make mistakes on probes, from the ids to the outputs, and keep what comes out.

        Args:
            mistakes: which, and where.
            chosen: the probes.
            wanted: stages and outputs.
            recording: an empty one, which is filled and returned.
            dtypes: smaller ones, in which the reference's own errors are measured as well.
        """
        self._mistakes, self._known = mistakes, ()
        return record_model(self._subject, chosen, wanted, recording, dtypes)

    def _forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        layers = self._modules(model)[: len(self._known)]
        with (
            _known(layers, self._known),
            making(self._mistakes, model, self._config, batch) as edited,
        ):
            return edited(self._right(model, batch))

    def _made_on(self, probe: Probe) -> list[Any]:
        """What each layer makes of a probe."""
        if probe.name not in self._made:
            model = self._subject.model(torch.float64)
            made: list[Any] = []
            handles = [
                layer.register_forward_hook(lambda *call: made.append(call[-1]))
                for layer in self._modules(model)
            ]
            with torch.no_grad():
                self._right(model, probe.batch)
            for handle in handles:
                handle.remove()
            self._made[probe.name] = made
        return self._made[probe.name]

    def _modules(self, model: nn.Module) -> list[nn.Module]:
        places = (self._subject.stages[f"encoder.layer.{i}"] for i in range(self.layers))
        return [model.get_submodule(place.module) for place in places]

    def _layer(self, stage: str) -> int:
        """The number of the layer that makes a stage; of the first that comes after it."""
        if stage.startswith("encoder.layer."):
            return int(stage.split(".")[2])
        return self.layers if stage in OUTPUTS or stage.startswith(("pooler", "cls.")) else 0

    def __exit__(self, *_: object) -> None:
        self._subject.__exit__()


@contextmanager
def _known(layers: Sequence[nn.Module], made: Sequence[Any]) -> Iterator[None]:
    """While inside, layers return what they have made before, whatever they are given."""
    for layer, each in zip(layers, made, strict=True):
        layer.forward = lambda *_, made=each, **__: made
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward  # that of its class is seen again
