"""Search for what breaks a law, shrink it, and write it down so that it can be run again."""

from random import Random
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import Flaky, NoSuchExample
from torch import Tensor

from parity.core.compare import Comparison, Status
from parity.core.probes import Scope
from parity.core.stages import OUTPUTS
from parity.core.tolerance import FLOAT64, LAW_ROUNDING
from parity.model.candidate import Batch
from parity.model.laws import Law, LawCase, Lists, Must, Tokens
from parity.model.model_under_test import ModelUnderTest
from scratch_bert import BertConfig

EXAMPLES = 15
_SETTINGS = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],  # to explain takes as long, and `find` says nothing
    suppress_health_check=list(HealthCheck),
)


def judge_law(
    law: Law, tested: ModelUnderTest, sizes: BertConfig, seed: int, load: str
) -> Comparison:
    """Search for two batches that break a law.

    Args:
        law: which.
        tested: the candidate.
        sizes: the model's.
        seed: of the search.
        load: Python that loads the candidate, for the reproduction.

    Raises:
        Exception: whatever the candidate's own code raises.
    """
    labels: dict[str, Any] = {"probe": law.name, "lane": "law", "scope": str(Scope.ROBUSTNESS)}
    runner = _Runner(tested)

    def unsupported(why: str) -> Comparison:
        return Comparison(law.needs, Status.UNSUPPORTED, note=f"{law.needs}: {why}", **labels)

    if law.needs in tested.unsupported:
        return unsupported("declared")
    if law.must is Must.DIFFER and tested.dtype in (torch.bfloat16, torch.float16):
        note = "in this dtype a difference may be rounded away"
        return Comparison(law.name, Status.UNSUPPORTED, note=note, **labels)
    note = f"{law.statement}, but one input gave two answers: something is kept from call to call"
    kept = Comparison(law.name, Status.VALUE, note=note, **labels)
    case = None
    try:
        case = find(
            law.cases(sizes),
            lambda drawn: _is_broken(law, *_differ(law, runner, drawn)),
            settings=_SETTINGS,
            random=Random(seed),  # noqa: S311
        )
    except Flaky:
        return kept
    except _NoTokensError:
        note = "no output has a row for each token"
        return Comparison(law.name, Status.UNSUPPORTED, note=note, **labels)
    except NoSuchExample:
        pass
    if law.needs and law.needs not in runner.accessed:
        return unsupported("the candidate does not look at it")
    if case is None:
        return Comparison(law.name, Status.MATCH, note=law.statement, **labels)
    tested.model(tested.dtype, fresh=True)  # which knows nothing of the calls before
    difference, allowed = _differ(law, runner, case)
    if not _is_broken(law, difference, allowed):
        return kept
    return Comparison(
        law.name,
        Status.VALUE,
        max_abs=difference,
        allowed=allowed,
        note=f"{law.statement}, but the outputs, which must {law.must}, differ by {difference:.1e}",
        reproduction=_write(law, case, load, runner.output, difference),
        **labels,
    )


class _NoTokensError(Exception):
    """The candidate has no output with a row for each token."""


class _Runner:
    """Runs batches that are given as lists.

    Attributes:
        accessed: the inputs that the candidate looked at.
        output: which of its outputs is looked at.
        dtype: what it computes in.
    """

    def __init__(self, tested: ModelUnderTest) -> None:
        self._tested = tested
        self.dtype = tested.dtype
        self.accessed: set[str] = set()
        self.output = ""

    def __call__(self, lists: Lists) -> Tensor:
        batch = Batch({name: torch.tensor(rows) for name, rows in lists.items()})
        with torch.no_grad():
            outputs = self._tested.forward(self._tested.model(self._tested.dtype), batch)
        self.accessed |= batch.accessed
        rows = (*batch["input_ids"].shape,)
        of_tokens = [n for n in OUTPUTS if n in outputs and outputs[n].shape[:2] == rows]
        if not of_tokens:
            raise _NoTokensError
        self.output = of_tokens[0]
        return outputs[self.output].clone()


def _is_broken(law: Law, difference: float, allowed: float) -> bool:
    return difference <= allowed if law.must is Must.DIFFER else not difference <= allowed


def _differ(law: Law, runner: _Runner, case: LawCase) -> tuple[float, float]:
    """Return by how much the outputs differ, and how much of that is rounding."""
    first, second = runner(case.first), runner(case.second)
    here, there = first[_index(case.first_tokens)], second[_index(case.second_tokens)]
    if law.must is Must.REPEAT:
        return float((here - there).abs().max()), 0.0
    steps = max(torch.finfo(dtype).eps for dtype in (here.dtype, runner.dtype))
    share = FLOAT64 if steps == torch.finfo(torch.float64).eps else LAW_ROUNDING * steps
    return float((here - there).abs().max()), share * float(here.abs().max())


def _index(tokens: Tokens) -> tuple[list[int], list[int]]:
    return [row for row, _ in tokens], [place for _, place in tokens]


def _write(law: Law, case: LawCase, load: str, output: str, difference: float) -> str:
    def call(lists: Lists) -> str:
        arguments = ", ".join(f"{name}={rows}" for name, rows in lists.items())
        return f'bert({arguments})["{output}"]'

    first, second = ([*_index(each)] for each in (case.first_tokens, case.second_tokens))
    return "\n".join(
        (
            f"# {law.statement}: the two must {law.must}",
            "import parity",
            "",
            f"bert = {load}",
            f"first = {call(case.first)}",
            f"second = {call(case.second)}",
            f"difference = first{first} - second{second}",
            f"print(difference.abs().max())  # {difference:.1e}",
        )
    )
