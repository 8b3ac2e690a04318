"""Outputs, losses and gradients are the reference's bit for bit: every head, attention, dtype."""

import pytest
import torch

from tests.reference.assertions import assert_bit_equal, assert_same_gradients
from tests.reference.sides import HEADS, TINY, batch_for, no_cache, pair, scalar, tensors

DTYPES = [torch.float32, torch.float64, torch.bfloat16]


def run(model, inputs, seed=1, **options):
    torch.manual_seed(seed)  # dropout draws from here
    return tensors(model(**inputs, **options))


def run_eager(model, inputs, seed=1):
    return run(model, inputs, seed, attention="eager")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("head", HEADS)
def test_training_step_with_dropout(head, attention, dtype):
    ours, theirs = pair(head, attention)
    ours, theirs = ours.to(dtype), theirs.to(dtype)
    inputs = batch_for(head)
    ours_out = run(ours, inputs, attention=attention, **no_cache(head))
    theirs_out = run(theirs, inputs, **no_cache(head))
    assert_bit_equal(ours_out, theirs_out)
    scalar(ours_out).backward()
    scalar(theirs_out).backward()
    assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("dtype", [*DTYPES, torch.float16], ids=str)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("head", HEADS)
def test_evaluation_shows_every_layer(head, attention, dtype):
    ours, theirs = pair(head, attention)
    ours, theirs = ours.to(dtype).eval(), theirs.to(dtype).eval()
    inputs = batch_for(head)
    wanted = {"output_hidden_states": True, "output_attentions": attention == "eager"}
    with torch.no_grad():
        ours_out = run(ours, inputs, attention=attention, **no_cache(head), **wanted)
        theirs_out = run(theirs, inputs, **no_cache(head), **wanted)
    assert_bit_equal(ours_out, theirs_out)
    assert sum("hidden_states." in name for name in ours_out) == 3


def test_dropout_is_really_on_in_training():
    ours, _ = pair("BertModel")
    inputs = batch_for("BertModel")
    once, again = run(ours, inputs, seed=1), run(ours, inputs, seed=2)
    assert not torch.equal(once["last_hidden_state"], again["last_hidden_state"])


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_inputs_embeds_and_position_ids(attention):
    ours, theirs = pair("BertModel", attention)
    generator = torch.Generator().manual_seed(0)
    embeds = torch.randn(2, 5, TINY["hidden_size"], generator=generator)
    inputs = {"inputs_embeds": embeds, "position_ids": torch.tensor([[4, 3, 30, 1, 0]])}
    assert_bit_equal(run(ours, inputs, attention=attention), run(theirs, inputs))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize(
    "mask",
    [None, "ones", "left", "right", "holes", "bool"],
)
def test_masks(mask, attention):
    ours, theirs = pair("BertModel", attention)
    inputs = {"input_ids": torch.arange(16).view(2, 8) % 97}
    if mask is not None:
        rows = torch.ones(2, 8, dtype=torch.long)
        rows[0, {"ones": [], "left": [0, 1], "right": [6, 7]}.get(mask, [2, 5])] = 0
        inputs["attention_mask"] = rows.bool() if mask == "bool" else rows
    assert_bit_equal(run(ours, inputs, attention=attention), run(theirs, inputs))


ACTS = ["gelu", "gelu_10", "gelu_accurate", "gelu_fast", "gelu_new", "gelu_python"]
ACTS += ["gelu_python_tanh", "gelu_pytorch_tanh", "leaky_relu", "linear", "mish", "quick_gelu"]
ACTS += ["relu", "relu6", "sigmoid", "silu", "swish", "tanh"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("hidden_act", ACTS)
def test_activations(hidden_act, dtype):
    ours, theirs = pair("BertForMaskedLM", hidden_act=hidden_act)
    ours, theirs = ours.to(dtype), theirs.to(dtype)
    inputs = batch_for("BertForMaskedLM")
    ours_out, theirs_out = run_eager(ours, inputs), run(theirs, inputs)
    assert_bit_equal(ours_out, theirs_out)
    scalar(ours_out).backward()
    scalar(theirs_out).backward()
    assert_same_gradients(ours, theirs)


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
    ours, theirs = pair("BertForSequenceClassification", **config)
    inputs = {**batch_for("BertForSequenceClassification"), "labels": labels}
    ours_out, theirs_out = run_eager(ours, inputs), run(theirs, inputs)
    assert_bit_equal(ours_out, theirs_out)
    scalar(ours_out).backward()
    scalar(theirs_out).backward()
    assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("config", [{"classifier_dropout": 0.5}, {"classifier_dropout": 0.0}])
@pytest.mark.parametrize(
    "head",
    ["BertForSequenceClassification", "BertForTokenClassification", "BertForMultipleChoice"],
)
def test_classifier_dropout(head, config):
    ours, theirs = pair(head, **config)
    inputs = batch_for(head)
    assert_bit_equal(run_eager(ours, inputs), run(theirs, inputs))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_gradient_checkpointing_changes_no_number(attention):
    ours, theirs = pair("BertForMaskedLM", attention)
    ours.gradient_checkpointing_enable()
    inputs = batch_for("BertForMaskedLM")
    ours_out, theirs_out = run(ours, inputs, attention=attention), run(theirs, inputs)
    assert_bit_equal(ours_out, theirs_out)
    scalar(ours_out).backward()
    scalar(theirs_out).backward()
    assert_same_gradients(ours, theirs)


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
            run(ours, batch_for("BertForMaskedLM"))
        saved[enabled] = total
    assert saved[True] < saved[False] / 2
