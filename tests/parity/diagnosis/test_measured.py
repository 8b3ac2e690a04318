"""Mistakes are named however they are written: lines that are no mistake of the catalogue.

Slow: each case changes a line of scratch_bert, judges it on all probes and looks for causes; one to
four seconds.
"""

import pytest

from tests.parity.strangers.mutants import mutant

ATTENTION, EMBEDDINGS, OUTPUT, POOLER = (
    "attention.py",
    "embeddings.py",
    "feed_forward.py",
    "pooler.py",
)
SPLIT = "states.view(batch, seq, hidden // self.head_dim, self.head_dim).transpose(1, 2)"
JOIN = "context.transpose(1, 2).contiguous().flatten(2)"
SOFTMAX = "probabilities = F.softmax(scores, dim=-1)  # (batch, heads, query, key)"
MASKED = "scores = scores + mask  # (batch, heads, query, key)"
FACTOR = "(1 if mask is None else mask == 0)"
MIXED = "torch.matmul(probabilities, value), probabilities"
SUM = "self.LayerNorm(self.dropout(self.dense(states)) + residual)"
POOLED = "torch.tanh(self.dense(hidden_states[:, 0]))"
POSITIONS = "self.position_embeddings(position_ids)"
WORDS = "self.word_embeddings(input_ids)"
SEGMENTS = "self.token_type_embeddings(token_type_ids)"
EPS = "eps=config.layer_norm_eps"
DROPPED = "self.dropout(self.dense(states))"


def norm(formula):
    """BertOutput with a LayerNorm of its own; x is the sum."""
    made = f"(lambda x: {formula} * self.LayerNorm.weight + self.LayerNorm.bias)"
    return [(OUTPUT, SUM, f"{made}({DROPPED} + residual)")]


def hidden(condition):
    """Scores that are also masked where a condition of (seq, seq) does not hold."""
    kept = f"(torch.ones_like(scores, dtype=torch.bool){condition})"
    return [(ATTENTION, SOFTMAX, f"scores = scores.masked_fill(~{kept}, -1e9)\n    {SOFTMAX}")]


def of_mask(mask):
    """Scores to which something else than the mask is added."""
    return [(ATTENTION, MASKED, f"scores = scores + {mask}")]


def at(position):
    last = "self.position_embeddings.num_embeddings - 1"
    return [
        (EMBEDDINGS, POSITIONS, f"self.position_embeddings(({position}).clamp(min=0, max={last}))")
    ]


HEADS = {
    "cut by view, joined as usual": (
        [(ATTENTION, SPLIT, "states.view(batch, hidden // self.head_dim, seq, self.head_dim)")],
        {"heads-cut-by-view"},
    ),
    "interleaved, joined as usual": (
        [(ATTENTION, SPLIT, "states.view(batch, seq, self.head_dim, -1).permute(0, 3, 1, 2)")],
        {"heads-interleaved"},
    ),
    "joined across": ([(ATTENTION, JOIN, "context.permute(0, 2, 3, 1).flatten(2)")],
                      {"heads-joined-across"}),
    "probabilities transposed": (
        [(ATTENTION, MIXED, "torch.matmul(probabilities.mT, value), probabilities")],
        {"probabilities-transposed"},
    ),
    "values for keys": (
        [(ATTENTION, "self.split_heads(self.key(states))", "self.split_heads(self.value(states))")],
        {"scores-of-other-parts"},
    ),
    "heads in the opposite order for values": (
        [(ATTENTION, MIXED, "torch.matmul(probabilities, value.flip(1)), probabilities")],
        {"heads-backwards"},
    ),
}  # fmt: skip
MASKS = {
    "after the softmax, which is seen": (
        [
            (ATTENTION, MASKED, "pass"),
            (ATTENTION, MIXED, f"torch.matmul({FACTOR} * probabilities, value), probabilities"),
        ],
        {"mask-after-seen-softmax"},
    ),
    "inverted": (of_mask("(mask == 0).to(scores) * -1e9"), {"mask-inverted"}),
    "inverted, filled": (
        [(ATTENTION, MASKED, "scores = scores.masked_fill(mask == 0, -1e9)")], {"mask-inverted"}),
    "0 and 1 added": (of_mask("(mask == 0).to(scores)"), {"mask-of-0-and-1"}),
    "of the first row": (of_mask("mask[:1]"), {"mask-of-first-row"}),
    "of the next row": (of_mask("mask.roll(-1, 0)"), {"mask-of-other-row"}),
    "of queries": (of_mask("mask.transpose(2, 3)"), {"mask-of-queries"}),
    "shifted": (of_mask("mask.roll(1, -1)"), {"mask-shifted"}),
    "from the end": (of_mask("mask.flip(-1)"), {"mask-backwards"}),
    "causal": (hidden(".tril()"), {"mask-causal"}),
    "strictly causal": (hidden(".tril(-1)"), {"mask-causal-strict"}),
    "the future alone": (hidden(".triu()"), {"mask-anticausal"}),
    "without the diagonal": (
        hidden(" & ~torch.eye(scores.shape[-1], dtype=torch.bool)"), {"mask-of-itself"}),
    "without [CLS]": (
        hidden(" & (torch.arange(scores.shape[-1]) > 0)"), {"mask-without-first"}),
}  # fmt: skip
AXES = {
    "softmax over heads": (
        [(ATTENTION, "softmax(scores, dim=-1)", "softmax(scores, dim=1)")], {"softmax-over-heads"}),
    "softmax over the batch": (
        [(ATTENTION, "softmax(scores, dim=-1)", "softmax(scores, dim=0)")], {"softmax-over-batch"}),
    "norm over the sequence": (
        norm("(x - x.mean(1, True)) / (x.var(1, keepdim=True, correction=0) + 1e-12).sqrt()"),
        {"norm-of-other-parts"}),
    "norm of the annotated transformer": (
        norm("(x - x.mean(-1, True)) / (x.std(-1, keepdim=True) + 1e-6)"), {"norm-of-other-parts"}),
    "variance with n - 1, eps of torch": (
        norm("(x - x.mean(-1, True)) / (x.var(-1, keepdim=True) + 1e-5).sqrt()"),
        {"norm-of-other-parts"}),
    "eps in all LayerNorms": (
        [(file, EPS, "eps=1e-5") for file in (OUTPUT, EMBEDDINGS, "heads.py")], {"norm-eps-1e-5"}),
    "eps in the head alone": ([("heads.py", EPS, "eps=1e-5")], {"norm-eps-1e-5"}),
}  # fmt: skip
SUMS = {
    "the residual alone": ([(OUTPUT, SUM, "self.LayerNorm(residual)")],
                           {"attention-not-added", "sum-of-other-terms"}),
    "the layer's output twice": (
        [(OUTPUT, SUM, f"self.LayerNorm(2 * {DROPPED} + residual)")], {"sum-of-other-terms"}),
    "half of the residual": (
        [(OUTPUT, SUM, f"self.LayerNorm({DROPPED} + residual / 2)")], {"sum-of-other-terms"}),
    "minus the residual": (
        [(OUTPUT, SUM, f"self.LayerNorm({DROPPED} - residual)")], {"sum-of-other-terms"}),
}  # fmt: skip
INPUTS = {
    "[CLS] of the row before": (
        [(POOLER, POOLED, "torch.tanh(self.dense(hidden_states[:, 0].roll(1, 0)))")],
        {"linear-of-other-parts"}),
    "[CLS] after roll(1)": (
        [(POOLER, POOLED, "torch.tanh(self.dense(hidden_states.roll(1)[:, 0]))")],
        {"linear-of-other-parts"}),
    "[CLS] with features shifted": (
        [(POOLER, POOLED, "torch.tanh(self.dense(hidden_states.roll(1, 2)[:, 0]))")],
        {"linear-of-other-parts"}),
    "the last token": (
        [(POOLER, POOLED, "torch.tanh(self.dense(hidden_states.roll(1, 1)[:, 0]))")],
        {"pooler-of-last"}),
    "positions from 2": (at("position_ids + 2"), {"positions-from-2"}),
    "positions from 3": (at("position_ids + 3"), {"positions-by-other-ids"}),
    "positions from -1": (at("position_ids - 1"), {"positions-by-other-ids"}),
    "segments from the end": (
        [(EMBEDDINGS, SEGMENTS, "self.token_type_embeddings(token_type_ids.flip(1))")],
        {"segments-by-other-ids"}),
    "words shifted": (
        [(EMBEDDINGS, WORDS, "self.word_embeddings(input_ids.roll(1, 1))")],
        {"words-by-other-ids"}),
}  # fmt: skip
DROPOUTS = {
    "missing in both halves": ([(OUTPUT, DROPPED, "self.dense(states)")], {"dropout-missing"}),
    "twice": ([(OUTPUT, DROPPED, "self.dropout(self.dropout(self.dense(states)))")],
              {"dropout-twice"}),
    "of the activation": (
        [(OUTPUT, "self.activation(self.dense(hidden_states))",
          "nn.functional.dropout(self.activation(self.dense(hidden_states)), 0.1, self.training)")],
        {"dropout-added"}),
}  # fmt: skip
CASES = HEADS | MASKS | AXES | SUMS | INPUTS | DROPOUTS


@pytest.mark.sample(4)
@pytest.mark.parametrize("case", CASES)
def test_a_changed_line_is_named(case, workbench, tmp_path):
    changes, expected = CASES[case]
    _, diagnosis = workbench.judge(mutant(tmp_path, *changes))
    named = {each.mistake.id for cause in diagnosis.causes for each in cause.mistakes}
    assert named == expected
    assert diagnosis.unknown == {}
