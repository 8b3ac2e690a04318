"""What is made in parts is compared; what cannot be looked at is no mistake, and hides none."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from parity import Stage
from parity.core.compare import Status
from parity.core.probes import Scope
from parity.core.recording import Recording
from parity.model.candidate import Candidate
from parity.model.model_under_test import candidate_under_test
from parity.model.parts import _places
from parity.model.run_probe import judge_probe
from scratch_bert.weights.checkpoints import Checkpoint
from tests.parity.strangers.variants.attentions import (
    OwnBackward,
    head_by_head,
    online,
    query_chunks,
)
from tests.parity.strangers.variants.more_weights import PaddedHeads, SparseTables
from tests.parity.strangers.variants.parts import (
    LAYER,
    STAGES,
    Adapter,
    Embed,
    Model,
    attend,
    join,
    projected,
    scored,
)
from tests.parity.strangers.variants.runs import checkpointed_layers
from tests.parity.strangers.variants.structures import Chunked
from tests.parity.strangers.variants.weights import (
    HalfFrozen,
    LinearBackward,
    WithBackward,
    weight_norm,
)

SOME = ("padded right", "padded left", "gradients")


@pytest.fixture
def rows_of(workbench):
    checkpoint = Checkpoint.of(workbench.folder / "checkpoint")
    theirs = Recording.read(workbench.folder / "with heads")

    def rows_of(stages=STAGES, probes=SOME, model=Model, **replaced):
        own = {"stages": stages, "model": model, "replaced": replaced}
        judged = Candidate(type("Judged", (Adapter,), own)(), "judged")
        with candidate_under_test(judged, checkpoint, torch.float64) as tested:
            chosen = [probe for probe in theirs.probes() if probe.name in probes]
            rows = [row for probe in chosen for row in judge_probe(tested, probe, theirs)]
        return [row for row in rows if row.lane != "padding"]

    return rows_of


def wrong(rows, lane):
    return list(dict.fromkeys(row.name for row in rows if row.lane == lane and not row.passed))


def test_a_part_has_less_of_some_axes_or_lacks_them():
    assert [*_places((1, 2), (2, 2))] == [(slice(0, 1), slice(0, 2)), (slice(1, 2), slice(0, 2))]
    assert len([*_places((4,), (2, 3, 4))]) == 6
    assert [*_places((5,), (2, 3, 4))] == []


@pytest.mark.parametrize("made", [head_by_head(), query_chunks(5)])
def test_scores_made_in_parts_are_compared(made, rows_of):
    rows = [row for row in rows_of(attend=made) if row.name.endswith(("scores", "probabilities"))]
    assert {row.status for row in rows} == {Status.MATCH}
    assert len(rows) == 2 * 3 * len(SOME) * 2  # stages, layers, probes, lanes


def test_a_mistake_in_a_part_is_found_where_it_is_made(rows_of):
    """A GELU that is nearly the right one; its linear is called with parts of the sequence."""

    class Approximate(Chunked):
        def second(self, x):
            parts = [self.up(each) for each in x.split(6, 1)]
            parts = [self.down(F.gelu(each, approximate="tanh")) for each in parts]
            return self.n2(self.d2(torch.cat(parts, 1)) + x)

    found = wrong(rows_of(layer=Approximate, probes=SOME[:1]), "isolated")
    assert found == [f"encoder.layer.{i}.intermediate" for i in range(3)]


def test_a_mistake_after_the_parts_is_found(rows_of):
    """The scores are far off: the first heads have no scale. The stage behind them says so."""

    def unscaled(layer, x, mask):
        q, k, v = projected(layer, x)
        p = [scored(q[:, h] * 2, k[:, h], mask[:, 0]).softmax(-1) for h in range(layer.heads)]
        return join(torch.stack(p, 1) @ v)

    rows = rows_of(attend=unscaled, probes=SOME[:1])
    assert wrong(rows, "propagated")[0] == "encoder.layer.0.attention.self"
    assert wrong(rows, "isolated") == [f"encoder.layer.{i}.attention.self" for i in range(3)]


def test_a_shape_of_a_module_that_runs_once_is_wrong(rows_of):
    name = LAYER + "intermediate.dense"
    stages = STAGES | {name: Stage("layers.{i}.up", take=lambda x: x[:, :-1])}
    rows = [row for row in rows_of(stages, SOME[:1]) if not row.passed]
    assert {(row.name, row.status) for row in rows} == {
        (f"encoder.layer.{i}.intermediate.dense", Status.SHAPE) for i in range(3)
    }


SEEN_AS_IT_IS = {
    "a softmax with a backward of its own": {"softmax": OwnBackward.apply},
    "the same, where weights are not seen": {"softmax": OwnBackward.apply, "linear": HalfFrozen},
    "reentrant checkpointing": {"model": checkpointed_layers(True)},
    "parts of the keys": {"attend": online(lambda scores: scores.softmax(-1))},
    "parts that are added": {"layer": PaddedHeads},
    "the last head first": {"attend": head_by_head(lambda heads: reversed(range(heads)))},
}


@pytest.mark.parametrize("name", SEEN_AS_IT_IS)
def test_no_stage_of_a_correct_bert_is_wrong(name, rows_of):
    """Before anybody explains what is wrong."""
    assert [row for row in rows_of(**SEEN_AS_IT_IS[name]) if not row.passed] == []


def backward_wrong(rows):
    return wrong([row for row in rows if row.scope == Scope.GRADIENTS], "gradient")


def test_what_is_computed_without_gradients_is_found(rows_of):
    def without(layer, x, mask):
        q, k, v = projected(layer, x)
        with torch.no_grad():
            p = layer.c.softmax(scored(q, k, mask))
        return join(layer.da(p) @ v)

    found = backward_wrong(rows_of(attend=without))
    assert "encoder.layer.2.attention.self.probabilities" in found
    assert "encoder.layer.1" in found


@pytest.mark.parametrize("replaced", [{"softmax": OwnBackward.apply}, {}])
def test_what_is_detached_beside_a_stage_without_graph_is_found(replaced, rows_of):
    """The result of attention is detached."""
    model = Model if replaced else checkpointed_layers(True)

    def detached(layer, x, mask):
        return attend(layer, x, mask).detach() + x * 0

    assert backward_wrong(rows_of(attend=detached, model=model, **replaced)) != []


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


class DoubledWeight(WithBackward):
    def forward(self, x):
        return LinearBackward.apply(x, Doubled.apply(self.weight), self.bias)


def doubled_weight_norm(weight, bias):
    made = weight_norm(weight, bias)
    made.parametrizations.weight.original1.register_hook(lambda gradient: 2 * gradient)
    return made


@pytest.mark.parametrize("linear", [DoubledWeight, doubled_weight_norm])
def test_a_weights_gradient_that_is_wrong_is_found(linear, rows_of):
    found = backward_wrong(rows_of(linear=linear))
    assert "encoder.layer.0.attention.self.query.weight" in found
    assert all(name.endswith(".weight") for name in found)


def test_a_decoder_that_does_not_learn_is_found(rows_of):
    class Frozen(Model):
        def words(self):
            return self.table.to(self.embed.words.weight.dtype)

        def __init__(self, weights, c):
            super().__init__(weights, c)
            self.register_buffer("table", self.embed.words.weight.detach().clone())

    assert backward_wrong(rows_of(model=Frozen)) == ["embeddings.word_embeddings.weight"]


def test_a_sparse_gradient_is_compared(rows_of):
    rows = rows_of(embed=SparseTables)
    found = {row.status for row in rows if row.name.endswith("embeddings.weight")}
    assert found == {Status.MATCH}


@pytest.mark.filterwarnings("ignore")  # of torch.jit.script
def test_a_script_module_takes_no_hooks(rows_of):
    class Scripted(Embed):
        def __init__(self, weights, c):
            super().__init__(weights, c)
            self.words = torch.jit.script(nn.Embedding.from_pretrained(self.words.weight.data))

    class Untied(Model):
        def words(self):
            return self.embed.words.weight

    rows = rows_of(embed=Scripted, model=Untied, probes=SOME[:1])
    (row,) = {row.note for row in rows if row.name == "embeddings.word_embeddings"}
    assert row == "a ScriptModule takes no hooks"
    assert all(row.passed for row in rows)
