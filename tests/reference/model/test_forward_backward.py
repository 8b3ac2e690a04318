"""Every stage, output, loss and gradient is the reference's bit for bit: head, attention, dtype."""

from functools import partial

import pytest
import torch

from parity import reference
from parity.core.probes import Mode, probes
from parity.model.side_by_side import Side, judge_side_by_side
from parity.ours import checkpoint as scratch
from tests.reference.assertions import assert_bit_equal
from tests.reference.sides import HEADS, TINY, batch_for, no_cache, pair, steps

DTYPES = [torch.float32, torch.float64, torch.bfloat16]
PROBES = [
    probe
    for probe in probes(TINY["vocab_size"], TINY["max_position_embeddings"], 2, seed=0)
    if probe.mode is Mode.EVALUATE and not probe.dtype
]


@pytest.mark.sample(9)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("head", HEADS)
def test_training_step_with_dropout(head, attention, dtype):
    models = [model.to(dtype) for model in pair(head, attention)]
    rows = assert_bit_equal(steps(models, {**batch_for(head), **no_cache(head)}, attention))
    assert {"embeddings.grad", "encoder.layer.1.attention.self.query.grad"} <= {*rows}
    assert sum(name.endswith(".weight.grad") for name in rows) > 20


@pytest.mark.sample(12)
@pytest.mark.parametrize("dtype", [*DTYPES, torch.float16], ids=str)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("head", HEADS)
def test_evaluation_shows_every_layer(head, attention, dtype):
    models = [model.to(dtype).eval() for model in pair(head, attention)]
    wanted = {"output_hidden_states": True, "output_attentions": attention == "eager"}
    inputs = {**batch_for(head), **no_cache(head), **wanted}
    rows = assert_bit_equal(steps(models, inputs, attention, backward=False))
    assert sum("hidden_states." in name for name in rows) == 3
    assert sum("attentions." in name for name in rows) == 2 * (attention == "eager")


def test_dropout_is_really_on_in_training():
    once, again = (pair("BertModel")[0] for _ in range(2))

    def later(model, batch):
        torch.rand(1)
        return scratch.forward(model, batch, "eager")

    sides = Side(once, partial(scratch.forward, attention="eager"), {}), Side(again, later, {})
    assert not any(row.bit_equal for row in judge_side_by_side(*sides, batch_for("BertModel")))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_inputs_embeds_and_position_ids(attention):
    generator = torch.Generator().manual_seed(0)
    embeds = torch.randn(2, 5, TINY["hidden_size"], generator=generator)
    inputs = {"inputs_embeds": embeds, "position_ids": torch.tensor([[4, 3, 30, 1, 0]])}
    rows = steps(pair("BertModel", attention), inputs, attention)
    unread = "embeddings.word_embeddings"
    assert_bit_equal(row for row in rows if row.name != unread)


@pytest.mark.sample(8)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_probes(probe, attention):
    assert_bit_equal(steps(pair("BertModel", attention), probe.batch, attention))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_a_mask_of_truth_values(attention):
    inputs = batch_for("BertModel")
    inputs["attention_mask"] = inputs["attention_mask"].bool()
    assert_bit_equal(steps(pair("BertModel", attention), inputs, attention))


ACTS = ["gelu", "gelu_10", "gelu_accurate", "gelu_fast", "gelu_new", "gelu_python"]
ACTS += ["gelu_python_tanh", "gelu_pytorch_tanh", "leaky_relu", "linear", "mish", "quick_gelu"]
ACTS += ["relu", "relu6", "sigmoid", "silu", "swish", "tanh"]


@pytest.mark.sample(6)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("hidden_act", ACTS)
def test_activations(hidden_act, dtype):
    models = [model.to(dtype) for model in pair("BertForMaskedLM", hidden_act=hidden_act)]
    assert_bit_equal(steps(models, batch_for("BertForMaskedLM")))


@pytest.mark.parametrize(
    ("config", "labels"),
    [
        ({"num_labels": 1}, torch.tensor([0.5, -1.0, 2.0])),
        ({"num_labels": 3, "problem_type": "regression"}, torch.randn(3, 3)),
        ({"num_labels": 1}, torch.tensor([[0.5], [-1.0], [2.0]])),
        ({"num_labels": 4}, torch.tensor([0, 3, 1])),
        ({"num_labels": 4}, torch.tensor([[0.0, 1, 1, 0]] * 3)),
        ({"num_labels": 2, "problem_type": "multi_label_classification"}, torch.ones(3, 2)),
    ],
    ids=["regression", "regressions", "a column", "classes", "multi-label", "multi-label by name"],
)
def test_sequence_classification_losses(config, labels):
    head = "BertForSequenceClassification"
    rows = assert_bit_equal(steps(pair(head, **config), {**batch_for(head), "labels": labels}))
    assert "loss" in rows


@pytest.mark.parametrize("config", [{"classifier_dropout": 0.5}, {"classifier_dropout": 0.0}])
@pytest.mark.parametrize(
    "head", ["BertForSequenceClassification", "BertForTokenClassification", "BertForMultipleChoice"]
)
def test_classifier_dropout(head, config):
    assert_bit_equal(steps(pair(head, **config), batch_for(head)))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_gradient_checkpointing_changes_no_number(attention):
    """Inside a checkpointed layer autograd sees no stages, so only what comes out is compared."""
    ours, theirs = pair("BertForMaskedLM", attention)
    ours.gradient_checkpointing_enable()
    forward = partial(scratch.forward, attention=attention)
    two = Side(ours, forward, {}), Side(theirs, reference.forward, {})
    torch.manual_seed(1)
    assert_bit_equal(judge_side_by_side(*two, batch_for("BertForMaskedLM"), backward=True))


def test_gradient_checkpointing_keeps_less():
    saved = {}
    for enabled in (False, True):
        ours, _ = pair("BertForMaskedLM", num_hidden_layers=6)
        ours.gradient_checkpointing_enable(enabled)
        total = 0

        def count(tensor):
            nonlocal total
            total += tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            ours(**batch_for("BertForMaskedLM"))
        saved[enabled] = total
    assert saved[True] < saved[False] / 2
