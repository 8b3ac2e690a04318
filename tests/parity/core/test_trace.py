"""Every stage is seen, in order, without changing a bit."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch

from parity import reference
from parity.core.compare import bit_equal
from parity.core.errors import CandidateError
from parity.core.stages import Stage, reference_points
from parity.core.trace import tapped
from tests.models import TINY
from tests.reference.sides import batch_for, pair

LAYER = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.self.scores",
    "attention.self.probabilities",
    "attention.self",
    "attention.output.dense",
    "attention.output.sum",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "intermediate",
    "output.dense",
    "output.sum",
    "output.LayerNorm",
]


def trace(model, inputs, **options):
    points = reference_points(name for name, _ in model.named_modules())
    seen = []
    with torch.no_grad(), tapped(model, points, lambda name, t: seen.append((name, t.clone()))):
        model(**inputs, **options)
    return seen


def test_all_stages_in_the_order_of_computation():
    _, theirs = pair("BertForPreTraining")
    names = [name for name, _ in trace(theirs.eval(), batch_for("BertForPreTraining"))]
    expected = [
        "embeddings.word_embeddings",
        "embeddings.token_type_embeddings",
        "embeddings.position_embeddings",
        "embeddings.sum",
        "embeddings.LayerNorm",
        "embeddings",
    ]
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        expected += [f"{layer}.{stage}" for stage in LAYER] + [layer]
    expected += ["pooler.dense", "pooler", "cls.predictions.transform", "cls.predictions"]
    assert names == [*expected, "cls.seq_relationship"]


def test_scores_and_probabilities_are_what_they_say():
    _, theirs = pair("BertModel")
    inputs = batch_for("BertModel")
    seen = dict(trace(theirs.eval(), inputs))
    scores = seen["encoder.layer.0.attention.self.scores"]
    probabilities = seen["encoder.layer.0.attention.self.probabilities"]
    assert torch.equal(scores.softmax(-1), probabilities)
    assert (scores[1, :, :, -2:] < -1e30).all()  # padding is masked already
    with torch.no_grad():
        attentions = theirs(**inputs, output_attentions=True).attentions
    assert torch.equal(attentions[0], probabilities)


def test_sdpa_has_no_scores():
    _, theirs = pair("BertModel", "sdpa")
    names = dict(trace(theirs.eval(), batch_for("BertModel")))
    assert "encoder.layer.0.attention.self" in names
    assert not [name for name in names if "scores" in name or "probabilities" in name]


def test_sums_are_what_the_layer_norms_get():
    ours, _ = pair("BertModel")
    seen = dict(trace(ours.eval(), batch_for("BertModel"), attention="eager"))
    norm = ours.encoder.layer[0].output.LayerNorm
    assert torch.equal(
        norm(seen["encoder.layer.0.output.sum"]), seen["encoder.layer.0.output.LayerNorm"]
    )


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_watching_changes_nothing_and_leaves_nothing(attention):
    ours, _ = pair("BertForMaskedLM")
    inputs = batch_for("BertForMaskedLM")
    bare = ours.eval()(**inputs, attention=attention).logits
    assert trace(ours, inputs, attention=attention)
    assert torch.equal(bare, ours(**inputs, attention=attention).logits)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in ours.modules())


def backward(attention="eager", visit_gradient=None, dtype=torch.float32):
    """Train a step with dropout; the parameters' gradients, and the stages' in the order seen."""
    ours, _ = pair("BertForMaskedLM")
    ours.to(dtype)
    points = reference_points(name for name, _ in ours.named_modules())
    names = [name for name, point in points.items() if point.side in ("in", "out")]
    stages = points if attention == "eager" else {name: points[name] for name in names}
    torch.manual_seed(1)
    with tapped(ours, stages if visit_gradient else {}, lambda *_: None, visit_gradient):
        output = ours(**batch_for("BertForMaskedLM"), attention=attention)
    output.loss.backward()
    return {name: p.grad for name, p in ours.named_parameters()}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_watching_gradients_changes_none(attention, dtype):
    seen = []
    bare = backward(attention, dtype=dtype)
    watched = backward(attention, lambda name, _: seen.append(name), dtype)
    for name, gradient in bare.items():
        assert bit_equal(watched[name], gradient), name
    assert seen[0] == "cls.predictions"
    assert seen.index("encoder.layer.1") < seen.index("encoder.layer.0.attention.self.query")
    assert len(seen) == 6 + 2 * (15 if attention == "eager" else 13) + 2


def test_a_gradient_that_is_put_goes_on_from_there():
    def put(name, gradient):
        return torch.zeros_like(gradient) if name == "encoder.layer.0" else None

    bare, changed = backward(), backward(visit_gradient=put)
    below = "bert.encoder.layer.0.output.dense.weight"
    assert changed[below].abs().max() == 0
    assert bare[below].abs().max() > 0
    above = "bert.encoder.layer.1.attention.self.query.weight"
    assert bit_equal(changed[above], bare[above])


def test_hooks_go_when_the_model_raises():
    ours, _ = pair("BertModel")
    with pytest.raises(ValueError, match="input_ids"):
        trace(ours, {})
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in ours.modules())


def test_points_follow_the_model():
    model = reference.build("BertForTokenClassification", TINY)
    points = reference_points(name for name, _ in model.named_modules())
    assert points["embeddings.sum"] == Stage("bert.embeddings.LayerNorm", "in")
    assert points["classifier"] == Stage("classifier")
    assert "pooler" not in points
    cross = {**TINY, "is_decoder": True, "add_cross_attention": True}
    model = reference.build("BertModel", cross)
    points = reference_points(name for name, _ in model.named_modules())
    assert points["encoder.layer.1.crossattention.self.scores"] == Stage(
        "encoder.layer.1.crossattention.self", "scores"
    )


class Fused(torch.nn.Module):
    """One norm twice, a fused linear, an argument by keyword, a tuple."""

    def __init__(self):
        super().__init__()
        self.qkv = torch.nn.Linear(2, 6)
        self.norm = torch.nn.LayerNorm(2)
        self.again = self.norm
        self.pair = Pair()

    def forward(self, x):
        q, k, v = self.qkv(input=x).split(2, dim=-1)
        return self.pair(self.again(self.norm(q) + k) + v)[0]


class Pair(torch.nn.Module):
    def forward(self, x):
        return x * 2, None


STAGES = {
    "input": Stage("qkv", "in"),
    "query": Stage("qkv", take=lambda x: x[..., :2]),
    "value": Stage("qkv", take=lambda x: x[..., 4:]),
    "copied": Stage("qkv", take=lambda x: x[..., 2:4].contiguous()),
    "first norm": Stage("norm"),
    "second norm": Stage("again"),
    "doubled": Stage.parse("pair"),
}


def run(model, x, put=None):
    seen = {}

    def visit(name, tensor):
        assert name not in seen
        seen[name] = tensor.clone()
        return (put or {}).get(name)

    with torch.no_grad(), tapped(model, STAGES, visit):
        return seen, model(x)


def test_parts_shared_modules_and_tuples():
    torch.manual_seed(0)
    model, x = Fused(), torch.randn(3, 2)
    seen, output = run(model, x)
    with torch.no_grad():
        q, k, v = model.qkv(x).split(2, dim=-1)
        first = model.norm(q)
        second = model.norm(first + k)
    expected = [x, q, v, k, first, second, (second + v) * 2]
    assert list(seen) == list(STAGES)
    for name, tensor in zip(STAGES, expected, strict=True):
        assert torch.equal(seen[name], tensor), name
    assert torch.equal(output, expected[-1])


@pytest.mark.parametrize("name", STAGES)
def test_the_model_goes_on_with_what_is_put_in_its_place(name):
    torch.manual_seed(0)
    model, x = Fused(), torch.randn(3, 2)
    bare, before = run(model, x)
    other = torch.ones_like(bare[name])
    seen, output = run(model, x, {name: other})
    place = list(STAGES).index(name)
    for earlier in list(STAGES)[: place + 1]:
        assert torch.equal(seen[earlier], bare[earlier])
    if name == "copied":  # it is no view of what the module made: nothing can be put there
        assert torch.equal(output, before)
    else:
        assert not torch.equal(output, before)
    if name == "doubled":
        assert torch.equal(output, other)


@dataclass(frozen=True)
class Made:
    steps: int
    hidden: torch.Tensor


class Named(NamedTuple):
    hidden: torch.Tensor
    steps: int


class Returns(torch.nn.Module):
    def __init__(self, make):
        super().__init__()
        self.make = make
        self.weight = torch.nn.Parameter(torch.ones(2))

    def forward(self, x):
        return self.make(self.weight)


@pytest.mark.parametrize(
    "make",
    [
        lambda w: {"steps": 1, "hidden": w},
        lambda w: OrderedDict(hidden=w, steps=1),
        lambda w: Made(1, w),
        lambda w: Named(w, 1),
        lambda w: (None, w, 1),
        lambda w: [w, 1],
    ],
)
def test_the_first_tensor_stands_for_what_a_module_returns(make):
    """A weight is returned, which is not written to: the collection gets a tensor of its own."""
    model, seen = torch.nn.Sequential(Returns(make)), []

    def visit(name, tensor):
        seen.append(tensor)
        return torch.zeros(2)

    with torch.no_grad(), tapped(model, {"made": Stage("0")}, visit):
        output = model(torch.ones(1))
    assert seen[0] is model[0].weight
    assert repr(output) == repr(make(torch.zeros(2)))
    assert torch.equal(model[0].weight, torch.ones(2))


@pytest.mark.parametrize("value", [{}, {"steps": 1}, (), "text", None])
def test_what_a_module_returns_without_a_tensor(value):
    model = torch.nn.Sequential(Returns(lambda w: value))
    message = f"returns a {type(value).__name__} in which there is no tensor"
    with tapped(model, {"made": Stage("0")}, print), pytest.raises(CandidateError, match=message):
        model(torch.ones(1))


def test_a_weight_that_is_not_there_yet():
    model = torch.nn.Sequential(torch.nn.LazyLinear(2))
    with torch.no_grad(), tapped(model, {"made": Stage("0")}, lambda *_: torch.zeros(3, 2)):
        output = model(torch.ones(3, 4))
    assert torch.equal(output, torch.zeros(3, 2))


def test_a_weight_that_comes_late_is_not_written_to():
    """The weight is made in the first call, after the hooks were set."""

    class Late(torch.nn.Module):
        def forward(self, x):
            self.weight = torch.nn.Parameter(torch.ones(2))
            return self.weight

    model = torch.nn.Sequential(Late())
    with torch.no_grad(), tapped(model, {"made": Stage("0")}, lambda *_: torch.zeros(2)):
        assert torch.equal(model(torch.ones(1)), torch.zeros(2))
    assert torch.equal(model[0].weight, torch.ones(2))


@pytest.mark.parametrize("stages", [{}, {"norm": Stage("1")}])
def test_torchs_fused_kernel_is_left_on_where_no_softmax_is_looked_for(stages, monkeypatch):
    layer = torch.nn.TransformerEncoderLayer(4, 2, 8, activation="gelu", batch_first=True)
    model = torch.nn.Sequential(layer, torch.nn.LayerNorm(4)).eval()
    calls = []
    kernel = torch._transformer_encoder_layer_fwd
    monkeypatch.setattr(
        torch,
        "_transformer_encoder_layer_fwd",
        lambda *arguments: calls.append(1) or kernel(*arguments),
    )
    with torch.no_grad(), tapped(model, stages, lambda *_: None):
        model(torch.ones(1, 3, 4))
    assert calls == [1]
    with torch.no_grad(), tapped(model, {"norm": Stage("0.norm1")}, lambda *_: None):
        model(torch.ones(1, 3, 4))
    assert calls == [1]


def test_scores_and_probabilities_can_be_put_too():
    ours, _ = pair("BertModel")
    inputs = batch_for("BertModel")
    name = "encoder.layer.0.attention.self"
    stages = {f"{name}.{side}": Stage(name, side) for side in ("scores", "probabilities")}
    shown = {}

    def visit(stage, tensor):
        shown[stage] = tensor.clone()
        return torch.zeros_like(tensor) if stage.endswith("scores") else None

    with torch.no_grad(), tapped(ours.eval(), stages, visit):
        ours(**inputs, attention="eager")
    assert (shown[f"{name}.scores"] != 0).any()
    probabilities = shown[f"{name}.probabilities"]
    assert torch.equal(probabilities, torch.full_like(probabilities, 1 / probabilities.shape[-1]))


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("blocks.0.q", Stage("blocks.0.q")),
        ("blocks.0.norm:in", Stage("blocks.0.norm", "in")),
        ("attn:scores", Stage("attn", "scores")),
    ],
)
def test_a_stage_in_a_word(text, stage):
    assert Stage.parse(text) == stage


def test_a_side_that_is_none():
    with pytest.raises(ValueError, match="'blocks:left': the side is 'left', expected in"):
        Stage.parse("blocks:left")
