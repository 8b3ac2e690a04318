"""What a candidate is asked without a look at the reference: the same again, and too much."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from parity.compare import Comparison, Status, compare
from parity.stages import OUTPUTS
from parity.subject import Subject
from parity.tolerance import BIT_FOR_BIT
from parity.witness import Witness


def judge_repetition(
    subject: Subject, batch: Mapping[str, Tensor], witness: Witness
) -> Iterator[Comparison]:
    """In evaluation a second run gives the same bits as the first."""
    model, name = subject.model(witness.dtype), witness.probe.name
    with torch.no_grad():
        first = {key: tensor.clone() for key, tensor in subject.forward(model, batch).items()}
        second = subject.forward(model, batch)
    for output in (each for each in OUTPUTS if each in first):
        yield compare(output, second[output], first[output], BIT_FOR_BIT, probe=name)


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
