"""The order of examples over whole epochs, as it goes wrong."""

from collections.abc import Callable, Sequence

import torch

from parity.suite.mistake import instead
from parity.suite.training_runs import Batch

Order = Callable[[int, int, int], list[int]]


def _permuted(examples: int, seed: int) -> list[int]:
    return torch.randperm(examples, generator=torch.Generator().manual_seed(seed)).tolist()


def epoch_order(examples: int, seed: int, epoch: int) -> list[int]:
    """Shuffle the numbers of examples as HF's Trainer does."""
    return _permuted(examples, seed + epoch)


def epoch_steps(
    columns: Batch,
    epochs: int,
    batch_size: int,
    seed: int,
    accumulation: int = 1,
    *,
    order: Order = epoch_order,
    drops_last: bool = False,
    drops_rest: bool = False,
    carries_rest: bool = False,
) -> list[Sequence[Batch]]:
    """Deal examples out into steps of one or more batches.

    Args:
        columns: tensors whose first dimension counts the examples.
        epochs: how often each example is seen.
        batch_size: examples of a batch.
        seed: of the order.
        accumulation: batches of a step, but for an epoch's last.
        order: of the examples, given their number, the seed and the epoch.
        drops_last: whether a batch that is not full is left out.
        drops_rest: whether batches of an epoch that are too few for a step are left out.
        carries_rest: whether they make a step with the next epoch's.
    """
    examples, found = len(columns["input_ids"]), list[list[Batch]]()
    end = examples - examples % batch_size if drops_last else examples
    for epoch in range(epochs):
        numbers, batches = order(examples, seed, epoch), list[Batch]()
        for start in range(0, end, batch_size):
            chosen = numbers[start : start + batch_size]
            batches.append({name: column[chosen] for name, column in columns.items()})
        found.append(batches)
    if carries_rest:
        found = [[batch for batches in found for batch in batches]]
    return [
        batches[start : start + accumulation]
        for batches in found
        for start in range(0, len(batches), accumulation)
        if not drops_rest or start + accumulation <= len(batches)
    ]


def _one_generator(examples: int, seed: int, epoch: int) -> list[int]:
    """Draw from one generator, epoch after epoch, as a plain DataLoader does."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randperm(examples, generator=generator).tolist() for _ in range(epoch + 1)][-1]


_EPOCHS = "two epochs beside HuggingFace's Trainer"
_ORDER = "torch.randperm(examples, generator=torch.Generator().manual_seed(seed + epoch))"

MISTAKES = (
    instead(
        "run",
        "run-not-shuffled",
        "examples are seen in the order of the data set",
        _ORDER,
        detected_by=_EPOCHS,
        order=lambda examples, _seed, _epoch: [*range(examples)],
    ),
    instead(
        "run",
        "run-same-order",
        "every epoch has the order of the first",
        _ORDER,
        detected_by=_EPOCHS,
        order=lambda examples, seed, _: _permuted(examples, seed),
    ),
    instead(
        "run",
        "run-one-generator",
        "one generator shuffles all epochs, one after the other",
        _ORDER,
        detected_by=_EPOCHS,
        seen="DataLoader(shuffle=True, generator=…)",
        order=_one_generator,
    ),
    instead(
        "run",
        "run-epochs-from-1",
        "epochs are counted from 1 where the order is drawn",
        _ORDER,
        detected_by=_EPOCHS,
        order=lambda examples, seed, epoch: _permuted(examples, seed + epoch + 1),
    ),
    instead(
        "run",
        "run-drops-last",
        "an epoch's last batch is left out, since it is not full",
        "drop_last=False, as the Trainer's dataloader_drop_last",
        detected_by=_EPOCHS,
        drops_last=True,
    ),
)
