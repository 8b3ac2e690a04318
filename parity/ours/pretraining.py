"""scratch_bert's pretraining as the first candidate."""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, default_collate

import scratch_bert
from parity.ours.model import ScratchBert
from parity.suite.training_runs import Batch, State
from scratch_bert.pretraining.masking import generator_draws, hide
from scratch_bert.pretraining.objective import Pretraining, count_labels
from scratch_bert.pretraining.pairs import Pair, sentence_pairs
from scratch_bert.training.loop import Done, Training
from scratch_bert.training.run.checkpoints import run
from scratch_bert.training.run.settings import Settings
from scratch_bert.training.shuffle import steps_of_epoch
from scratch_bert.weights.config_file import config_from_values

_SHORT = 0.1  # short_seq_prob, the original's
_OBJECTIVE = Pretraining("eager")  # for the reference's bits


class _Given(Training):
    """Takes the steps that it is given, in no order of its own.

    Args:
        model: is trained where it is.
        steps: the batches of each.
        settings: how.
    """

    def __init__(
        self, model: nn.Module, steps: Sequence[Sequence[Batch]], settings: Settings
    ) -> None:
        self._ends = [0, *accumulate(map(len, steps))]
        super().__init__(
            model, _Batches([each for step in steps for each in step]), _OBJECTIVE, settings
        )

    def __iter__(self) -> Iterator[Done]:
        """Take the steps that are left."""
        (phase,) = self.phases
        while self.step < self.settings.steps:
            begin, end = self._ends[self.step : self.step + 2]
            numbers = [[number] for number in range(begin, end)]
            yield self.take_step(phase.examples, numbers, epoch=0)


class _Batches:
    """Batches as examples, each of which is one."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def batch(self, indices: Sequence[int], epoch: int) -> Batch:  # noqa: ARG002
        return self._batches[indices[0]]


class DatasetExamples:
    """A data set as examples."""

    def __init__(self, dataset: Dataset[State]) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)  # type: ignore[arg-type]

    def batch(self, indices: Sequence[int], epoch: int) -> Batch:  # noqa: ARG002
        return default_collate([self._dataset[index] for index in indices])


class ScratchTraining:
    """What scratch_bert has for each question.

    Attributes:
        settings: the class of a training's.
    """

    settings: type[Settings] = Settings

    def initial(self, config: dict[str, Any], seed: int) -> dict[str, Tensor]:
        """Draw fresh weights."""
        torch.manual_seed(seed)
        return dict(scratch_bert.BertForPreTraining(config_from_values(config)).state_dict())

    def mask(
        self,
        input_ids: Tensor,
        special_tokens_mask: Tensor,
        vocab_size: int,
        mask_token_id: int,
        seed: int,
    ) -> dict[str, Tensor]:
        """Hide words, with the draws of HF's collator."""
        generator = torch.Generator().manual_seed(seed)
        draws = generator_draws(special_tokens_mask.bool(), vocab_size, generator)
        read, labels = hide(input_ids, draws, mask_token_id)
        return {"input_ids": read, "labels": labels}

    def pairs(self, documents: list[list[list[int]]], seq_length: int, seed: int) -> Iterator[Pair]:
        """Cut documents into pairs, with the original's draws."""
        rng = Random(seed)  # noqa: S311
        for place in range(len(documents)):
            yield from sentence_pairs(documents, place, seq_length - 3, _SHORT, rng)

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build BertForPreTraining around the weights."""
        return ScratchBert().build(
            config, {name.removeprefix("bert."): tensor for name, tensor in weights.items()}
        )

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return a batch's loss, as a step of its own."""
        return _OBJECTIVE.loss(model, batch, count_labels([batch]))

    def train(
        self,
        model: nn.Module,
        steps: Sequence[Sequence[Batch]],
        settings: Mapping[str, Any],
        folder: Path | None = None,
    ) -> Iterator[Done]:
        """Train, in each of several processes where there are some; each step is kept."""
        torch.manual_seed(settings["seed"])
        together = int(os.environ.get("WORLD_SIZE", "1")) > 1
        if together:
            torch.distributed.init_process_group()
        own = self.settings(batch_size=1, fused=False, seed_each_batch=together, **settings)
        training = _Given(model, steps, own)
        yield from training if folder is None else run(training, folder, every=1)

    def run(
        self, model: nn.Module, dataset: Dataset[State], settings: Mapping[str, Any]
    ) -> Iterator[Done]:
        """Train for whole epochs."""
        torch.manual_seed(settings["seed"])
        given, examples = dict(settings), DatasetExamples(dataset)
        epochs = given.pop("epochs")
        of_epoch = steps_of_epoch(len(examples), given["batch_size"], accumulation=1)
        own = Settings(steps=epochs * of_epoch, fused=False, **given)
        yield from Training(model, examples, _OBJECTIVE, own)
