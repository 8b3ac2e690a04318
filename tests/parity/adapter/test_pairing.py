"""Units, forms and guesses, without a model that computes."""

import pytest
import torch
from torch import nn

from parity.adapter import layouts
from parity.adapter.pairing import guesses, likeness
from parity.adapter.parameter_units import Parameter, Unit, folded, module_units
from parity.adapter.signatures import calls, leaves

HEADS, WIDTH = 4, 12


def test_layers_and_heads_are_folded():
    names = [f"l.{i}.h.{h}.w" for i in range(2) for h in range(3)]
    assert list(folded([*names, "l.0.ff.0.w", "l.1.ff.0.w", "x.7"], 2, 3)) == [
        "l.{i}.h.{h}.w",
        "l.{i}.ff.0.w",
        "x.7",
    ]
    assert list(folded(["a.0.w", "a.1.w", "a.2.w"], 2, 4)) == ["a.0.w", "a.1.w", "a.2.w"]
    same = [f"block{i}.head{h}" for i in range(2) for h in range(2)]
    assert list(folded(same, 2, 2)) == ["block{i}.head{h}"]


class Bare(nn.Module):
    """Parameters beside each other: paired by name, or by what follows."""

    def __init__(self):
        super().__init__()
        self.b_q, self.W_q = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(2, 3))
        self.W_k, self.b_k = nn.Parameter(torch.ones(2, 3)), nn.Parameter(torch.ones(3))
        self.p1, self.p2 = nn.Parameter(torch.ones(5, 4)), nn.Parameter(torch.ones(4))
        self.ln_shift, self.ln_gain = nn.Parameter(torch.ones(7)), nn.Parameter(torch.ones(7))


def test_a_weight_and_its_bias():
    units = module_units(Bare(), 2, 3)
    assert {tuple(each and each.name for each in unit.sides) for unit in units} == {
        ("W_q", "b_q"),
        ("W_k", "b_k"),
        ("p1", "p2"),
        ("ln_gain", "ln_shift"),
    }


def qkv(rows=WIDTH):
    return [torch.randn(rows, WIDTH) for _ in range(3)]


@pytest.mark.parametrize(
    ("how", "use"),
    [
        (layouts.stacked, lambda w, x: (x @ w.T).chunk(3, -1)),
        (layouts.stacked_transposed, lambda w, x: (x @ w).chunk(3, -1)),
        (layouts.piled, lambda w, x: [x @ part.T for part in w]),
        (layouts.piled_transposed, lambda w, x: [x @ part for part in w]),
        (
            layouts.interleaved,
            lambda w, x: [
                part.flatten(-2) for part in (x @ w.T).unflatten(-1, (HEADS, -1)).chunk(3, -1)
            ],
        ),
        (
            layouts.interleaved_transposed,
            lambda w, x: [
                part.flatten(-2) for part in (x @ w).unflatten(-1, (HEADS, -1)).chunk(3, -1)
            ],
        ),
        (layouts.alternating, lambda w, x: (x @ w.T).unflatten(-1, (-1, 3)).unbind(-1)),
        (
            layouts.stacked_by_head,
            lambda w, x: [
                torch.cat(parts, -1)
                for parts in zip(*((x @ head.T).chunk(3, -1) for head in w), strict=True)
            ],
        ),
    ],
)
def test_fused_forms(how, use):
    """What a model makes of a fused weight is what the parts make of their input."""
    parts, x = qkv(), torch.randn(2, 5, WIDTH)
    for ours, part in zip(use(how(parts, HEADS), x), parts, strict=True):
        torch.testing.assert_close(ours, x @ part.T)


@pytest.mark.parametrize(
    ("how", "equation"),
    [
        (layouts.as_is, "ow,bsw->bso"),
        (layouts.transposed, "wo,bsw->bso"),
        (layouts.by_head, "ndw,bsw->bsnd"),
        (layouts.by_head_transposed, "nwd,bsw->bsnd"),
        (layouts.heads_last, "wnd,bsw->bsnd"),
        (layouts.input_by_head, "ndo,bsnd->bso"),
        (layouts.input_heads_last, "ond,bsnd->bso"),
    ],
)
def test_single_forms(how, equation):
    (weight, *_), x = qkv(), torch.randn(2, 5, WIDTH)
    given = x.unflatten(-1, (HEADS, -1)) if "bsnd->" in equation else x
    made = torch.einsum(equation, how([weight], HEADS), given)
    torch.testing.assert_close(made.flatten(2), x @ weight.T)


def test_a_form_must_fit_weight_and_bias():
    parts = [unit(name, (WIDTH, WIDTH), (WIDTH,)) for name in "qkv"]
    fused, narrow = (unit("", (3 * WIDTH, WIDTH), (rows,)) for rows in (3 * WIDTH, WIDTH))
    found = layouts.fitting(fused, parts, HEADS)
    assert [layout[0].__name__ for layout in found] == ["stacked", "interleaved", "alternating"]
    assert not [*layouts.fitting(narrow, parts, HEADS)]
    bare = Unit("q", parts[0].weight, None)
    assert not [*layouts.fitting(parts[0], [bare], HEADS)]


def unit(name, *shapes):
    sides = zip((f"{name}.weight", f"{name}.bias"), shapes, strict=True)
    return Unit(name, *(Parameter(*side) for side in sides))


def test_the_likelier_guess_comes_first():
    layer = "encoder.layer.{i}.attention.self"
    references = [unit(f"{layer}.{part}", (3, 3), (3,)) for part in ("key", "query", "value")]

    def first(*names):
        found = guesses([unit(f"{{i}}.{name}", (3, 3), (3,)) for name in names], references, 1)
        assert len({guess.options for guess in found}) == len(found)
        return [option.references[0].name.rpartition(".")[2] for option in found[0].options], found

    order, found = first("x1", "x2", "x3")
    assert order == ["query", "key", "value"]
    whole = [guess for guess in found if len(guess.options) == 3]
    assert len(whole) == 6 * 8  # orders, and each as it is or transposed
    assert first("to_v", "to_q", "to_k")[0] == ["value", "query", "key"]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("blocks.{i}.attn.wq", "attention.self.query"),
        ("l{i}.k_proj", "attention.self.key"),
        ("h.{i}.attn.to_v", "attention.self.value"),
        ("h.{i}.attn.queryLayer", "attention.self.query"),
        ("h.{i}.attn.out_proj", "attention.output.dense"),
        ("h.{i}.ln_1", "attention.output.LayerNorm"),
        ("h.{i}.attention_norm", "attention.output.LayerNorm"),
        ("h.{i}.norm2", "output.LayerNorm"),
        ("h.{i}.ffn.layer_norm", "output.LayerNorm"),
    ],
)
def test_names(path, part):
    parts = (
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
    )
    norms = ("attention.output.LayerNorm", "output.LayerNorm")
    alike = parts if part in parts else norms
    found = {each: likeness(path, f"encoder.layer.{{i}}.{each}") for each in alike}
    assert max(found, key=lambda each: found[each]) == part, found
    assert sorted(found.values())[-2] < found[part]


class Called(nn.Module):
    def forward(self, src, seg_ids, key_padding_mask=None, odd=3):
        pass


class Strange(nn.Module):
    def forward(self, p, q):
        pass


def test_how_a_model_may_be_called():
    first, *_, last = calls(Called())
    assert first == ("ids", "seg_ids=segments", "key_padding_mask=mask == 0")
    assert last == ("dict(batch)",)
    *found, _ = calls(Strange())
    assert ("ids", "q=mask") in found
    assert ("segments", "q=ids") in found
    assert all({"ids", "q=ids"}.intersection(call) for call in found)


def test_what_is_returned():
    x, y = torch.ones(1), torch.zeros(1)
    assert [at for at, _ in leaves({"a": (x, [y]), "b": None})] == ['["a"][0]', '["a"][1][0]']
