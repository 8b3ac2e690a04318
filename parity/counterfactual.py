"""What the reference would compute had it made a mistake, where a candidate shows its stages."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from parity.checks.isolated import isolated
from parity.edits import Mistake, making
from parity.reference_subject import reference_subject
from parity.stages import OUTPUTS
from parity.witness import Witness


class Counterfactual(AbstractContextManager["Counterfactual"]):
    """The reference, which makes mistakes on demand.

    Args:
        folder: the checkpoint.
        shown: the stages and outputs that the candidate shows: after each of these both go on with
            the reference's own numbers.
    """

    def __init__(self, folder: Path, shown: Collection[str]) -> None:
        self._config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._right = reference_subject(folder)
        self._subject = replace(self._right, forward=self._forward)
        named = self._right.model(torch.float64).named_parameters()
        self._weights = [name.removeprefix("bert.") for name, _ in named]
        self.shown = shown
        self._mistakes: Sequence[Mistake] = ()

    @property
    def stages(self) -> list[str]:
        """All that the reference has, in the order of computation; its weights come last."""
        return [*self._subject.stages, *OUTPUTS, *self._weights]

    @property
    def layers(self) -> int:
        """How many it has."""
        return int(self._config["num_hidden_layers"])

    @property
    def heads(self) -> int:
        """Of its attention."""
        return int(self._config["num_attention_heads"])

    def run(
        self, witness: Witness, mistakes: Sequence[Mistake], until: str = ""
    ) -> dict[str, Tensor]:
        """Make mistakes on a probe, in the isolated lane.

        Args:
            witness: of the probe.
            mistakes: which, and where.
            until: after this stage nothing is computed.

        Returns:
            What comes out at each stage that the candidate shows.
        """
        self._mistakes = mistakes
        in_double = replace(witness, dtype=torch.float64)
        return isolated(self._subject, in_double, self.shown, until=until)

    def _forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        with making(self._mistakes, model, self._config, batch) as edited:
            return edited(self._right.forward(model, batch))

    def __exit__(self, *_: object) -> None:
        self._subject.__exit__()
