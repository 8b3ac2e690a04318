"""What a candidate is asked without a look at the reference: the same again, and too much."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from parity.core.compare import Comparison, Status, compare
from parity.core.stages import OUTPUTS
from parity.core.tolerance import BIT_FOR_BIT
from parity.model.expected import Witness
from parity.model.model_under_test import Subject


def judge_repetition(
    subject: Subject, batch: Mapping[str, Tensor], witness: Witness
) -> Iterator[Comparison]:
    """In evaluation a second run gives the same bits as the first, whatever was run before."""
    other = {name: rows.flip(0) for name, rows in witness.probe.batch.items()}

    def run(*batches: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
        """Run them on a model that has seen nothing else."""
        model = subject.model(witness.dtype, fresh=True)
        with torch.no_grad():
            made = [subject.forward(model, each) for each in batches]
        return [{key: tensor.clone() for key, tensor in outputs.items()} for outputs in made]

    first, second, after = run(batch, batch, other)
    (alone,) = run(other)
    for output in (each for each in OUTPUTS if each in first):
        for ours, theirs, what in (
            (second, first, "a second run gives other numbers"),
            (after, alone, "another batch before it gives other numbers: something is kept"),
        ):
            row = compare(
                output, ours[output], theirs[output], BIT_FOR_BIT, probe=witness.probe.name
            )
            yield row if row.passed else replace(row, note=what)


def judge_refusal(
    subject: Subject, batch: Mapping[str, Tensor], witness: Witness
) -> Iterator[Comparison]:
    """A token raises no error, more tokens than there are positions do."""
    model, tokens = subject.model(witness.dtype), batch["input_ids"].shape[1]
    with torch.no_grad():
        subject.forward(model, {name: rows[:, :1] for name, rows in witness.probe.batch.items()})
    try:
        with torch.no_grad():
            subject.forward(model, batch)
    except Exception:
        yield Comparison("error", Status.MATCH, bit_equal=True, probe=witness.probe.name)
        return
    note = f"{tokens} tokens are one more than there are positions, but no error was raised"
    yield witness.row("error", Status.VALUE, note)
