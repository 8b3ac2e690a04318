"""Classic mistakes of a whole model, in a plain BERT: weights that are not loaded, and pre-norm.

Slow: each case judges a model on all probes and looks for causes; two to ten seconds.
"""

import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.parity.strangers.plain.tutorial_bert import Norm, Tutorial

FEW = ("embeddings", "encoder.layer.{i}", "pooler.dense", "cls.predictions.transform")


def with_layers(forward):
    def change(model):
        for layer in model.layers:
            layer.forward = forward.__get__(layer)

    return change


def with_norm_after_last(model):
    def forward(input_ids, attention_mask=None, token_type_ids=None, position_ids=None):
        x = model.embed(input_ids, token_type_ids, position_ids)
        for layer in model.layers:
            x = layer(x, attention_mask)
        last = F.layer_norm(x, x.shape[-1:], eps=1e-5)
        pooled = torch.tanh(model.pool(last[:, 0]))
        return {
            "last_hidden_state": last,
            "pooler_output": pooled,
            "prediction_logits": model.head(last, model.embed.words.weight),
            "seq_relationship_logits": model.follows(pooled),
        }

    model.forward = forward


def pre_norm(layer, x, mask):
    x = x + layer.drop(layer.project(layer.attention(layer.norm1(x), mask)))
    return x + layer.drop(layer.down(layer.gelu(layer.up(layer.norm2(x)))))


def norm_once_more(layer, x, mask):
    x = layer.norm1(x + layer.drop(layer.project(layer.attention(x, mask))))
    wide = layer.gelu(layer.up(layer.norm1(x)))
    return layer.norm2(x + layer.drop(layer.down(wide)))


def drawn_again(*names):
    """Draw the weights of modules again, as BERT's are drawn."""

    def change(model):
        torch.manual_seed(0)
        for name, module in model.named_modules():
            if not name.startswith(names):
                continue
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
            if isinstance(module, Norm):
                nn.init.ones_(module.gain)
                nn.init.zeros_(module.shift)

    return change


def changed(*changes, few=False):
    class Changed(Tutorial):
        if few:
            stages = {name: Tutorial.stages[name] for name in FEW}

        def build(self, config, weights):
            model = super().build(config, weights)
            for change in changes:
                change(model)
            return model

    return Changed()


def in_order(order):
    """A model whose layer i has the weights of layer `order(layers)[i]`."""

    class InOrder(Tutorial):
        def build(self, config, weights):
            numbers = order(config["num_hidden_layers"])
            prefix = r"(?<=encoder\.layer\.)\d+"
            found = {
                re.sub(prefix, str(i), name): tensor
                for i, number in enumerate(numbers)
                for name, tensor in weights.items()
                if name.startswith(f"encoder.layer.{number}.")
            }
            return super().build(config, weights | found)

    return InOrder()


NOT_LOADED = {
    "queries, keys and values": ("layers.0.attention.qkv", {"weights-not-loaded"}),
    "the projection": ("layers.1.project", {"weights-not-loaded"}),
    "the second linear layer": ("layers.2.down", {"weights-not-loaded"}),
    "a whole layer": ("layers.1", {"weights-not-loaded", "norm-unloaded"}),
    "all layers": ("layers", {"weights-not-loaded", "norm-unloaded"}),
    "a norm": ("layers.1.norm2", {"norm-unloaded"}),
    "words": ("embed.words", {"weights-not-loaded"}),
    "positions": ("embed.positions", {"weights-not-loaded"}),
    "segments": ("embed.segments", {"weights-not-loaded"}),
    "embeddings": ("embed", {"weights-not-loaded", "norm-unloaded"}),
}


def names_of(diagnosis):
    return {each.mistake.id for cause in diagnosis.causes for each in cause.mistakes}


@pytest.mark.sample(2)
@pytest.mark.parametrize("case", NOT_LOADED)
def test_weights_that_are_not_loaded(case, workbench):
    module, expected = NOT_LOADED[case]
    _, diagnosis = workbench.judge(changed(drawn_again(module)))
    assert names_of(diagnosis) == expected
    if case != "all layers":  # whose widest matrices are fitted, but not to the last digit
        assert diagnosis.unknown == {}


@pytest.mark.slow
@pytest.mark.parametrize("part", ["project", "up", "down"])
def test_weights_as_torch_draws_them(part, workbench):
    def change(model):
        torch.manual_seed(0)
        getattr(model.layers[1], part).reset_parameters()

    _, diagnosis = workbench.judge(changed(change))
    assert names_of(diagnosis) == {"weights-not-loaded"}
    assert diagnosis.unknown == {}


@pytest.mark.sample(1)
@pytest.mark.parametrize("module", ["pool", "head.dense"])
def test_weights_that_too_few_rows_show_are_only_suspected(module, workbench):
    _, diagnosis = workbench.judge(changed(drawn_again(module)))
    assert diagnosis.causes == []
    ((facts,),) = diagnosis.unknown.values()
    assert facts.endswith("are its weights loaded?")


PRE_NORM, AFTER_LAST = with_layers(pre_norm), with_norm_after_last
NORMS = {
    "pre-norm": ([PRE_NORM], {"pre-norm"}),
    "pre-norm, with a last LayerNorm": ([PRE_NORM, AFTER_LAST], {"pre-norm", "norm-after-last"}),
    "a last LayerNorm": ([AFTER_LAST], {"norm-after-last"}),
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("case", NORMS)
def test_norms_in_other_places(case, few, workbench):
    changes, expected = NORMS[case]
    _, diagnosis = workbench.judge(changed(*changes, few=few))
    assert names_of(diagnosis) == expected
    assert diagnosis.unknown == {}


def test_a_norm_that_is_run_once_more(workbench):
    _, diagnosis = workbench.judge(changed(with_layers(norm_once_more)))
    (told,) = {each.description for cause in diagnosis.causes for each in cause.mistakes}
    assert told.endswith("attention.output.LayerNorm normalized once more by attention.output."
                         "LayerNorm")  # fmt: skip


ORDERS = {
    "as text": (lambda n: sorted(range(n), key=str), {"layers-as-text"}),
    "two exchanged": (
        lambda n: [0, 1, 2, 5, 4, 3, *range(6, n)],
        {"the layer has the weights of layer 5", "the layer has the weights of layer 3"},
    ),
    "one twice": (lambda n: [*range(6), 5, *range(7, n)], {"layers-one-off"}),
    "backwards": (lambda n: [*range(n)][::-1], {"layers-backwards"}),
    "from 1": (lambda n: [0, *range(n - 1)], {"layers-one-off"}),
    "the first everywhere": (lambda n: [0] * n, {"layers-shared"}),
    "every second": (lambda n: [i // 2 for i in range(n)], None),
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("case", ORDERS)
def test_layers_in_another_order(case, sized):
    order, expected = ORDERS[case]
    _, diagnosis = sized("12 layers").judge(in_order(order), probes=("sentence", "padded pairs"))
    made = [each for cause in diagnosis.causes for each in cause.mistakes]
    assert diagnosis.unknown == {}
    if expected is None:
        assert {each.mistake.together for each in made} == {True}
    else:
        assert expected in ({each.mistake.id for each in made}, {each.description for each in made})


def attention_of_heads(attention, x, _mask):
    """Without biases, divided by a float32 root, and with a dropout more; its mask is `mask`."""
    scores, values = [], []
    for part in zip(*(each.chunk(attention.heads) for each in attention.qkv.weight.chunk(3)),
                    strict=True):  # fmt: skip
        q, k, v = (x @ weight.T for weight in part)
        root = torch.tensor(attention.width**0.5, dtype=torch.float32)
        scores.append((q @ k.mT / root).masked_fill(~attention.mask[:, None], -torch.inf))
        values.append(v)
    shares = [attention.drop(each.softmax(-1)) for each in scores]
    mixed = [attention.drop(a @ b) for a, b in zip(shares, values, strict=True)]
    return torch.cat(mixed, -1)


def with_own_heads(model):
    for layer in model.layers:
        layer.attention.forward = attention_of_heads.__get__(layer.attention)
        gelu, drop = layer.gelu.forward, layer.drop
        layer.gelu.forward = lambda x, gelu=gelu, drop=drop: drop(gelu(x))

    def given(_, args, kwargs):
        for layer in model.layers:
            layer.attention.mask = (kwargs["input_ids"] if kwargs else args[0]) != 0

    model.register_forward_pre_hook(given, with_kwargs=True)


def test_three_mistakes_inside_one_attention(workbench):
    hidden = ("query", "key", "value", "scores", "probabilities")
    candidate = changed(with_own_heads)
    candidate.stages = {
        name: place for name, place in candidate.stages.items() if not name.endswith(hidden)
    }
    _, diagnosis = workbench.judge(candidate)
    assert {"bias-missing", "scale-root-rounded", "mask-from-ids"} <= names_of(diagnosis)
    assert not any(name.endswith("attention.self") for name in diagnosis.unknown)


@pytest.mark.parametrize("row", [1, -1])
def test_another_row_than_that_of_pad_does_not_learn(row, workbench):
    def change(model):
        words = model.embed.words
        words.padding_idx = row % words.num_embeddings

    rows, _ = workbench.judge(changed(change))
    wrong = {each.name for each in rows if not each.passed}
    assert wrong == {"embeddings.word_embeddings.weight"}
