"""What every BERT class can do: start from a seed, load, save."""

import dataclasses
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import nn

from scratch_bert.config import BertConfig
from scratch_bert.model.interface.checkpointed import Checkpointed
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.initialization import WithoutNumbers
from scratch_bert.weights.load import LoadReport, load_weights, save_weights


class BertPreTrainedModel(nn.Module):
    """Base of `BertModel` and of every model with a head (HF `BertPreTrainedModel`).

    Attributes:
        config: the numbers it was built from.
        tied: parameters that are one and the same, copy → original.
        load_report: how the weights came in; None for a model that was not loaded.
    """

    TIED: ClassVar[dict[str, str]] = {}

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.tied = dict(self.TIED) if config.tie_word_embeddings else {}
        self.load_report: LoadReport | None = None

    def tie_weights(self) -> None:
        """Make each tied copy the same object as its original."""
        for copy, original in self.tied.items():
            module, _, name = copy.rpartition(".")
            setattr(self.get_submodule(module), name, self.get_parameter(original))

    def gradient_checkpointing_enable(self, enabled: bool = True) -> None:
        """Trade time for memory in training (see `Checkpointed`)."""
        for module in self.modules():
            if isinstance(module, Checkpointed):
                module.gradient_checkpointing = enabled

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path | Checkpoint,
        *,
        dtype: torch.dtype | str | None = None,
        strict: bool = True,
        **overrides: Any,
    ) -> Self:
        """Load a checkpoint, in evaluation mode, without a second copy of its weights.

        Weights of a head the checkpoint does not have are drawn afresh, with a warning; they are
        the first numbers drawn, so a seed set before the call decides them. The full account is in
        the model's `load_report`.

        Args:
            name: a folder, a hub id, a built-in checkpoint such as "builtin:minilm", or a
                checkpoint that is found already.
            dtype: of the loaded weights; None takes config.json's, else the file's.
            strict: False lets encoder weights be missing or misshapen; those are drawn afresh too.
            overrides: entries of `BertConfig` to replace, such as `num_labels=3`, or further
                arguments of the class, such as `add_pooling_layer=False`.

        Raises:
            CheckpointError: the checkpoint is absent or damaged, an encoder weight is missing, or
                a weight has another shape than the configuration says.
        """
        checkpoint = Checkpoint.of(name)
        config = checkpoint.config
        if overrides.get("num_labels", config.num_labels) != config.num_labels:
            overrides.setdefault("id2label", None)
        entries = {n: overrides.pop(n) for n in list(overrides) if n in config.__dict__}
        with WithoutNumbers():
            model = cls(dataclasses.replace(config, **entries), **overrides)
        report = load_weights(model, model.config, model.tied, checkpoint.folder, dtype, strict)
        model.load_report = report
        for copy in report.untied:
            del model.tied[copy]
        model.tie_weights()
        return model.eval()

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json and model.safetensors, which HF loads to the same model.

        Each file is written beside its place and then moved there, so that an interrupted call
        leaves the old one whole.

        Raises:
            CheckpointError: there is a file of the folder's name.
        """
        save_weights(self, self.config, self.tied, Path(folder))
