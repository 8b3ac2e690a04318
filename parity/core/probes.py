"""Inputs that show what a BERT does: fixed batches of random ids, each made to reveal something."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor


class Mode(StrEnum):
    """What is done with a batch."""

    EVALUATE = "evaluate"
    REFUSE = "refuse"  # an error is the right answer
    REPEAT = "repeat"  # twice, which must change nothing
    TRAIN = "train"  # with dropout, both sides with the same masks
    BACKWARD = "backward"


class Scope(StrEnum):
    """What a verdict is about; each scope has a verdict of its own."""

    EVALUATION = "evaluation"
    GRADIENTS = "gradients"
    TRAINING = "training"  # dropout
    LOW_PRECISION = "low-precision"
    ROBUSTNESS = "robustness"  # determinism, refused inputs, laws

    @property
    def label(self) -> str:
        """In a sentence."""
        return self.replace("-", " ")


_SCOPES = {
    Mode.EVALUATE: Scope.EVALUATION,
    Mode.REFUSE: Scope.ROBUSTNESS,
    Mode.REPEAT: Scope.ROBUSTNESS,
    Mode.TRAIN: Scope.TRAINING,
    Mode.BACKWARD: Scope.GRADIENTS,
}


@dataclass(frozen=True)
class Probe:
    """A batch and what it is for.

    Attributes:
        name: as in reports and after `--probe`.
        batch: input_ids and whatever else the models are given.
        mode: what is done with it.
        dtype: "bfloat16" or "float16"; else the models compute in double precision, or in single
            where a candidate cannot.
    """

    name: str
    batch: Mapping[str, Tensor]
    mode: Mode = Mode.EVALUATE
    dtype: str = ""

    @property
    def scope(self) -> Scope:
        """Which verdict the probe decides."""
        return Scope.LOW_PRECISION if self.dtype else _SCOPES[self.mode]

    @property
    def inputs(self) -> set[str]:
        """What of the batch says something: a mask of ones, for example, is as good as none."""
        seq = self.batch["input_ids"].shape[1]
        nothing = {
            "attention_mask": torch.ones(seq),
            "token_type_ids": torch.zeros(seq),
            "position_ids": torch.arange(seq),
        }
        return {
            name
            for name in self.batch.keys() & nothing.keys()
            if not bool((self.batch[name] == nothing[name]).all())
        }


def probes(vocab_size: int, positions: int, segments: int, seed: int = 0) -> list[Probe]:
    """Make the probes for a model's sizes.

    Args:
        vocab_size: ids are below it.
        positions: tokens of the longest sequence the model reads.
        segments: kinds of segment ids; below 2 nothing is given segments.
        seed: of the ids.
    """
    draw = torch.Generator().manual_seed(seed)

    def ids(*shape: int) -> Tensor:
        return torch.randint(1, vocab_size, shape, generator=draw)

    def rows(*lengths: int, left: bool = False) -> Tensor:
        """A mask of rows of these lengths, padded to the longest."""
        place = torch.arange(max(lengths))
        mask = place < torch.tensor(lengths)[:, None]
        return (mask.flip(1) if left else mask).long()

    def padded(mask: Tensor) -> dict[str, Tensor]:
        return {"input_ids": ids(*mask.shape) * mask, "attention_mask": mask}

    def with_0(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Put [PAD]'s id where it is attended; its embedding has no gradient, there neither."""
        batch["input_ids"][0, short // 3] = 0
        return batch

    def with_ends(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Put the second id and the last there, too, whose embeddings have gradients."""
        batch["input_ids"][0, [0, -1]] = torch.tensor([1, vocab_size - 1])
        return batch

    def pairs(mask: Tensor, second: int) -> dict[str, Tensor]:
        types = (torch.arange(mask.shape[1]) >= second).long() * mask
        return {**padded(mask), "token_type_ids": types}

    short = min(12, positions)
    one, three = torch.ones(1, short, dtype=torch.long), (short, short // 2, 1)
    holes = torch.ones(2, short, dtype=torch.long)
    holes[0, 2::3] = holes[1, short // 2] = 0
    zero = with_0(padded(one))
    backwards = torch.arange(short).flip(0)[None] + min(3, positions - short)
    made = [
        Probe("sentence", {**padded(one), "token_type_ids": torch.zeros_like(one)}),
        Probe("padded right", padded(rows(*three))),
        Probe("padded left", padded(rows(*three, left=True))),
        Probe("pair", pairs(one, short // 2)),
        Probe("padded pairs", pairs(rows(short, short - 2), short // 2)),
        Probe("longest", padded(torch.ones(1, positions, dtype=torch.long))),
        Probe("one token", padded(torch.ones(1, 1, dtype=torch.long))),
        Probe("too long", padded(torch.ones(1, positions + 1, dtype=torch.long)), Mode.REFUSE),
        Probe("id 0 attended", zero),
        Probe("holes in the mask", padded(holes)),
        Probe("no mask", {"input_ids": ids(8, short)}),
        Probe("no segments", padded(one)),
        Probe("positions", {**padded(one), "position_ids": backwards}),
        Probe("twice", padded(rows(*three)), Mode.REPEAT),
        Probe("dropout", padded(rows(short, short - 2)), Mode.TRAIN),
        Probe("gradients", with_0(with_ends(padded(rows(*three)))), Mode.BACKWARD),
        Probe("gradients of pairs", pairs(rows(short, short - 2), short // 2), Mode.BACKWARD),
        Probe("bfloat16", padded(rows(*three)), dtype="bfloat16"),
        Probe("float16", padded(rows(*three)), dtype="float16"),
    ]
    if segments < 2:
        made = [probe for probe in made if "pair" not in probe.name]
    return made
