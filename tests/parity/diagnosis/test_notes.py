"""Harmless differences become notes, and only where a harmless cause explains all of them.

Slow: each case judges a model on all probes and looks for causes; some seconds.
"""

import pytest

from parity.core.compare import Status
from parity.core.mistake import Injection
from parity.model.mistakes.catalogue import CATALOGUE
from parity.self_test.mutants import MutantModel
from tests.parity.strangers.mutants import mutant

ATTENTION, OUTPUT, EMBEDDINGS, POOLER = (
    "attention.py",
    "feed_forward.py",
    "embeddings.py",
    "pooler.py",
)
SCALED = "* query.size(-1) ** -0.5"
NORM = "self.LayerNorm(self.dropout(self.dense(states)) + residual)"
SUM = "self.dropout(self.dense(states)) + residual"
GELU = "self.activation(self.dense(hidden_states))"
ROUNDED = "__import__('torch').tensor(float({})).sqrt()"
SINGLE = (
    "nn.functional.layer_norm(({}).float(), residual.shape[-1:], {}.float(), {}.float(), 1e-12)"
)
WEIGHTS = ("self.LayerNorm.weight", "self.LayerNorm.bias")

HARMLESS = {
    "√head_dim in float32": (
        [(ATTENTION, SCALED, f"/ {ROUNDED.format('query.size(-1)')}")], {"scale-root-rounded"}),
    "1 / √head_dim in float32": (
        [(ATTENTION, SCALED, f"* (1 / {ROUNDED.format('query.size(-1)')})")], {"scale-rounded"}),
    "GELU's √2 in float32": (
        [(OUTPUT, GELU,
          "(lambda x: x * 0.5 * (1 + (x / __import__('torch').tensor(2.0).sqrt()).erf()))"
          "(self.dense(hidden_states))")],
        {"gelu-root-rounded"}),
    "LayerNorm in float32": (
        [(OUTPUT, NORM, f"{SINGLE.format(SUM, *WEIGHTS)}.to(residual)")], {"norm-in-float32"}),
    "[PAD] learns": (
        [(EMBEDDINGS, "config.vocab_size, width, config.pad_token_id", "config.vocab_size, width")],
        {"pad-row-learns"}),
    "two of them": (
        [(ATTENTION, SCALED, f"/ {ROUNDED.format('query.size(-1)')}"),
         (EMBEDDINGS, "config.vocab_size, width, config.pad_token_id", "config.vocab_size, width")],
        {"scale-root-rounded", "pad-row-learns"}),
}  # fmt: skip


def ids(causes):
    return {each.mistake.id for cause in causes for each in cause.mistakes}


def differing(rows):
    return [row for row in rows if not row.passed and row.lane != "padding"]


@pytest.mark.sample(2)
@pytest.mark.parametrize("case", HARMLESS)
def test_a_harmless_difference_is_a_note(case, workbench, tmp_path):
    changes, expected = HARMLESS[case]
    rows, diagnosis = workbench.judge(mutant(tmp_path, *changes))
    assert differing(rows) == []
    assert any(row.status is Status.NOTE for row in rows)
    assert (ids(diagnosis.harmless), diagnosis.causes, diagnosis.unknown) == (expected, [], {})


@pytest.mark.slow
def test_a_mistake_beside_a_harmless_difference(workbench, tmp_path):
    """The smallest mistake that is known, which shows at 5.5e-8, and a rounding of 1.6e-8."""
    changes = [
        (ATTENTION, SCALED, f"/ {ROUNDED.format('query.size(-1)')}"),
        (OUTPUT, "eps=config.layer_norm_eps", "eps=1e-6"),
    ]
    rows, diagnosis = workbench.judge(mutant(tmp_path, *changes))
    assert ids(diagnosis.causes) == {"norm-eps-1e-6"}
    assert ids(diagnosis.harmless) == {"scale-root-rounded"}
    wrong = {row.name for row in differing(rows) if row.lane == "isolated"}
    assert wrong
    assert all("LayerNorm" in name for name in wrong)


@pytest.mark.slow
def test_what_nothing_explains_is_no_note(workbench):
    """As small as a rounding, and made in one layer alone."""
    stage = "encoder.layer.1.attention.self.scores"
    known = Injection(CATALOGUE["scale"], (stage,), 12**-0.5 * (1 + 3e-8))
    rows, diagnosis = workbench.judge(MutantModel([known]))
    assert differing(rows)
    assert diagnosis.harmless == []


@pytest.mark.slow
def test_a_module_that_is_never_called_is_no_difference(workbench, tmp_path):
    """Its adapter names a stage at which nothing is seen; the outputs are HuggingFace's."""
    called = "nn.functional.linear(hidden_states[:, 0], self.dense.weight, self.dense.bias)"
    change = (POOLER, "self.dense(hidden_states[:, 0])", called)
    rows, diagnosis = workbench.judge(mutant(tmp_path, change))
    assert (differing(rows), diagnosis.unknown) == ([], {})


@pytest.mark.slow
def test_a_stage_in_another_form_is_no_difference(workbench):
    """Softmax does not see the key's bias: the key is another, and what follows is right."""
    stages = [f"encoder.layer.{i}.attention.self.key" for i in range(3)]
    missing = [Injection(CATALOGUE["key-bias-missing"], (stage,)) for stage in stages]
    rows, diagnosis = workbench.judge(MutantModel(missing))
    assert (differing(rows), diagnosis.unknown) == ([], {})
    notes = {row.note for row in rows if row.name in stages and row.status is Status.UNSUPPORTED}
    assert notes == {
        "the adapter shows another tensor here, or none; everything that follows is HuggingFace's"
    }
