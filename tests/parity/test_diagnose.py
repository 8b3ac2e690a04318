"""A known mistake is named, whoever made it and however; an unknown one is not.

Slow: each case judges a model on several probes and tries mistakes, some seconds.
"""

import pytest

from parity.edits import Fault, Mistake
from parity.faulty import Faulty
from parity.verdict import Report
from tests.parity.mutants import mutant
from tests.parity.unlisted import UNLISTED

PROBES = ["sentence", "padded right", "padded left", "padded pairs", "positions"]
NORM = "nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)"
OUTPUT = "self.LayerNorm(self.dropout(self.dense(states)) + residual)"
JOIN = "context = context.transpose(1, 2).contiguous().flatten(2)"
SPLIT = "states.view(batch, seq, -1, self.head_dim).transpose(1, 2)"
LOOP = "for layer in self.layer:"

ATTENTION, EMBEDDINGS, FEED_FORWARD = "attention.py", "embeddings.py", "feed_forward.py"
MUTANTS = {
    "scale-missing": [(ATTENTION, " * query.size(-1) ** -0.5", "")],
    "scale-not-rooted": [(ATTENTION, "query.size(-1) ** -0.5", "query.size(-1) ** -1.0")],
    "softmax-over-queries": [(ATTENTION, "softmax(scores, dim=-1)", "softmax(scores, dim=-2)")],
    "mask-ignored": [(ATTENTION, "scores + mask  #", "scores + 0 * mask  #")],
    "mask-weak": [(ATTENTION, "scores + mask  #", "scores + mask.clamp(min=-7)  #")],
    "query-for-key": [
        (
            ATTENTION,
            "torch.matmul(query, key.transpose(2, 3))",
            "torch.matmul(key, query.transpose(2, 3))",
        )
    ],
    "heads-not-joined": [(ATTENTION, JOIN, "context = context.contiguous().view(states.shape)")],
    "heads-cut-by-view": [
        (ATTENTION, SPLIT, "states.view(batch, -1, seq, self.head_dim)"),
        (ATTENTION, JOIN, "context = context.contiguous().view(states.shape)"),
    ],
    "norm-eps-1e-5": [(FEED_FORWARD, NORM, "nn.LayerNorm(config.hidden_size)")],
    "norm-eps": [(FEED_FORWARD, "eps=config.layer_norm_eps", "eps=3e-4")],
    "gelu-tanh": [(FEED_FORWARD, "activation(config.hidden_act)", 'activation("gelu_new")')],
    "segments-ignored": [
        (
            EMBEDDINGS,
            "self.token_type_embeddings(token_type_ids)",
            "self.token_type_embeddings(0 * token_type_ids)",
        )
    ],
    "positions-ignored": [
        (
            EMBEDDINGS,
            "self.position_embeddings(position_ids)",
            "self.position_embeddings(torch.arange(seq)[None])",
        )
    ],
    "pooler-tanh-missing": [
        (
            "pooler.py",
            "torch.tanh(self.dense(hidden_states[:, 0]))",
            "self.dense(hidden_states[:, 0])",
        )
    ],
    "layer-skipped": [("encoder.py", LOOP, "for layer in self.layer[:-1]:")],
    "layers-shared": [("encoder.py", LOOP, "for layer in [self.layer[0]] * len(self.layer):")],
}


def names_of(diagnosis):
    return [mistake.fault.name for cause in diagnosis.causes for mistake in cause.mistakes]


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_in_somebodys_code_is_named(name, bench, tmp_path):
    _, diagnosis = bench.judge(mutant(tmp_path, *MUTANTS[name]), probes=PROBES)
    assert {*names_of(diagnosis)} == {name}
    assert diagnosis.unknown == {}
    assert all(cause.explained > 1 - 1e-6 for cause in diagnosis.causes)


def test_a_parameter_is_estimated(bench, tmp_path):
    _, diagnosis = bench.judge(mutant(tmp_path, *MUTANTS["norm-eps"]), probes=PROBES)
    values = [mistake.value for cause in diagnosis.causes for mistake in cause.mistakes]
    assert values == pytest.approx([3e-4] * 6, rel=1e-6)
    assert diagnosis.causes[0].mistakes[0].says == "LayerNorm's eps is 0.0003"


@pytest.mark.parametrize("name", UNLISTED)
def test_an_unlisted_mistake_is_unknown(name, bench):
    stage, wrong, known = UNLISTED[name]
    mistake = Mistake(Fault("unlisted", (stage,), wrong), (stage,))
    rows, diagnosis = bench.judge(Faulty([mistake]), probes=PROBES)
    assert Report(rows).first_divergence.name == stage
    assert names_of(diagnosis) == []
    assert [*diagnosis.unknown] == [stage]
    assert known in "; ".join(diagnosis.unknown[stage])
