"""Other ways to run a model: checkpointing, batches that are changed, compilers, threads."""

import math
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

from tests.parity.strangers.variants.parts import (
    LAYERS,
    NAMES,
    OUTSIDE,
    SOFTMAX,
    Adapter,
    Layer,
    Model,
    given,
    join,
    register,
    split,
    structural,
    without,
)


def checkpointed_layers(reentrant):
    class Checkpointed(Model):
        def run(self, x, mask):
            for layer in self.layers:
                if torch.is_grad_enabled():
                    x = checkpoint(layer, x, mask, use_reentrant=reentrant)
                else:
                    x = layer(x, mask)
            return x

    return Checkpointed


def checkpointed_halves(reentrant):
    class Halves(Layer):
        def forward(self, x, mask):
            x = checkpoint(self.first, x, mask, use_reentrant=reentrant)
            return checkpoint(self.second, x, use_reentrant=reentrant)

    return Halves


class CheckpointedInTwo(Model):
    def run(self, x, mask):
        layers = [lambda y, layer=layer: layer(y, mask) for layer in self.layers]
        return checkpoint_sequential(layers, 2, x, use_reentrant=False)


for reentrant in (False, True):
    word = "reentrant" if reentrant else "not reentrant"
    layers, halves = checkpointed_layers(reentrant), checkpointed_halves(reentrant)
    structural(f"checkpointed layers, {word}", model=layers)
    structural(f"checkpointed layers, {word}, layers named", LAYERS, model=layers)
    structural(f"checkpointed halves, {word}", layer=halves)
structural("checkpoint_sequential", model=CheckpointedInTwo)


class Hidden(nn.Module):
    """None of its modules has a name that HuggingFace knows."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, *inputs):
        return self.inner(*inputs)


class NothingNamed(Adapter):
    stages: dict = {}  # noqa: RUF012

    def build(self, config, weights):
        return Hidden(super().build(config, weights))

    def forward(self, model, batch):
        return dict(zip(NAMES, self.run(model.inner, *given(batch)), strict=True))


def runs(name, *, named=False, unsupported=()):
    """Register a function of a model and its inputs."""

    def add(run):
        def forward(self, model, batch):
            return dict(zip(NAMES, run(model, *given(batch)), strict=True))

        own = {"run": staticmethod(run), "unsupported": unsupported}
        base = Adapter if named else NothingNamed
        register(name)(type("Run", (base,), own | ({"forward": forward} if named else {})))
        return run

    return add


def some(tensor, rows, n):
    return tensor[rows] if tensor is not None and len(tensor) == n else tensor


def in_pieces(model, inputs, pieces):
    n = len(inputs[0])
    made = [model(*(some(each, rows, n) for each in inputs)) for rows in pieces]
    return [torch.cat(each) for each in zip(*made, strict=True)]


def rows_alone(model, *inputs):
    return in_pieces(model, inputs, [slice(r, r + 1) for r in range(len(inputs[0]))])


def halves_of_the_batch(model, *inputs):
    middle = len(inputs[0]) // 2
    return in_pieces(model, inputs, [slice(middle), slice(middle, None)][not middle :])


def rows_from_the_last(model, *inputs):
    n = len(inputs[0])
    pieces = [slice(r, r + 1) for r in reversed(range(n))]
    return [torch.flip(each, (0,)) for each in in_pieces(model, inputs, pieces)]


runs("each row alone")(rows_alone)
runs("each row alone, stages named", named=True)(rows_alone)
runs("rows from the last, stages named", named=True)(rows_from_the_last)
runs("the batch in halves")(halves_of_the_batch)
runs("the batch in halves, stages named", named=True)(halves_of_the_batch)


def filled_in(ids, mask, kinds, places):
    """All inputs, each of the ids' shape."""
    mask = torch.ones_like(ids) if mask is None else mask
    kinds = torch.zeros_like(ids) if kinds is None else kinds
    places = torch.arange(ids.shape[1])[None] if places is None else places
    return ids, mask, kinds, places.expand_as(ids)


@runs("the batch sorted by length")
def by_length(model, *inputs):
    inputs = filled_in(*inputs)
    order = inputs[1].sum(1).argsort(descending=True)
    return [made[order.argsort()] for made in model(*(each[order] for each in inputs))]


@runs("the sequence from its end")
def turned(model, *inputs):
    x, _, words, _ = model(*(each.flip(1) for each in filled_in(*inputs)))
    x, words = x.flip(1), words.flip(1)
    pooled = torch.tanh(model.top.pool(x[:, 0]))
    return x, pooled, words, model.top.seq(pooled)


@runs("columns without a token cut off")
def trimmed(model, *inputs):
    inputs = filled_in(*inputs)
    kept = inputs[1].bool().any(0)
    kept[0] = True
    x, pooled, words, pair = model(*(each[:, kept] for each in inputs))
    columns = kept.nonzero()[:, 0]

    def full(made):
        empty = made.new_zeros(len(made), len(kept), made.shape[-1])
        return empty.index_copy(1, columns, made)

    return full(x), pooled, full(words), pair


@runs("padding to a multiple of eight")
def padded(model, *inputs):
    inputs, n = filled_in(*inputs), inputs[0].shape[1]
    more = max(0, min(-n % 8, model.c.positions - n))
    x, pooled, words, pair = model(*(F.pad(each, (0, more)) for each in inputs))
    return x[:, :n], pooled, words[:, :n], pair


@runs("equal rows computed once", unsupported=("dropout",))
def unique_rows(model, *inputs):
    rows, back = torch.stack(filled_in(*inputs), 1).unique(dim=0, return_inverse=True)
    return [made[back] for made in model(*rows.unbind(1))]


@runs("the batch twice, half of it dropped")
def doubled(model, *inputs):
    made = model(*(torch.cat([each, each]) for each in filled_in(*inputs)))
    return [each[: len(inputs[0])] for each in made]


@runs("a first run with other ids, stages named", named=True)
def warmed_up(model, ids, *inputs):
    with torch.no_grad():
        model(ids.flip(0), *inputs)
    return model(ids, *inputs)


def vmapped(model, *inputs):
    def one(*row):
        return tuple(made[0] for made in model(*(each[None] for each in row)))

    return torch.vmap(one, randomness="different")(*filled_in(*inputs))


def functional_call(model, *inputs):
    return torch.func.functional_call(model, dict(model.named_parameters()), inputs)


def in_a_thread(model, *inputs):
    graded = torch.is_grad_enabled()

    def run():
        with torch.set_grad_enabled(graded):
            return model(*inputs)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


for named in (False, True):
    word = ", stages named" if named else ""
    runs(f"vmap over the rows{word}", named=named, unsupported=("dropout",))(vmapped)
    runs(f"functional_call{word}", named=named)(functional_call)
    runs(f"in another thread{word}", named=named)(in_a_thread)


@runs("saved tensors packed and unpacked")
def offloaded(model, *inputs):
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x.detach().clone(), lambda x: x):
        return model(*inputs)


@runs("all tokens in one row, a block-diagonal mask", unsupported=("dropout",))
def block_diagonal(model, *inputs):
    ids, mask, kinds, places = filled_in(*inputs)
    kept = mask.bool()
    x = model.embed(*(each[kept][None] for each in (ids, kinds, places)))
    row = torch.arange(len(ids))[:, None].expand_as(ids)[kept]
    x = model.run(x, (row[:, None] == row)[None, None])
    empty = x.new_zeros(*ids.shape, x.shape[-1])
    return model.top(empty.masked_scatter(kept[..., None], x), model.words())


class NestedLayers(Model):
    """Feed-forward halves see a nested tensor of the tokens alone."""

    layout = torch.strided

    def run(self, x, mask):
        kept = x.new_ones(x.shape[:2]).bool() if mask is None else mask[:, 0, 0]
        for layer in self.layers:
            x = layer.first(x, mask)
            rows = [row[some] for row, some in zip(x, kept, strict=True)]
            made = layer.nested(torch.nested.as_nested_tensor(rows, layout=self.layout))
            tokens = torch.cat(list(made.unbind()))
            x = torch.zeros_like(x).masked_scatter(kept[..., None], tokens)
        return x


class NestedLayer(Layer):
    def __init__(self, weights, i, c):
        super().__init__(weights, i, c)
        self.nested = Half(self)


class Half(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = [layer]

    def forward(self, x):
        layer = self.layer[0]
        made = [layer.second(row[None])[0] for row in x.unbind()]
        return torch.nested.as_nested_tensor(made, layout=x.layout)


NESTED = OUTSIDE | {"encoder.layer.{i}": "layers.{i}.nested"}
structural("nested tensors in a stage", NESTED, model=NestedLayers, layer=NestedLayer)
structural(
    "jagged tensors in a stage",
    NESTED,
    model=type("Jagged", (NestedLayers,), {"layout": torch.jagged}),
    layer=NestedLayer,
)


class Scriptable(nn.Module):
    def __init__(self, layer: Layer):
        super().__init__()
        for name in ("q", "k", "v", "o", "up", "down", "n1", "n2", "da", "d1", "d2"):
            setattr(self, name, getattr(layer, name))
        self.heads: int = layer.heads

    def split(self, x: Tensor) -> Tensor:
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        s = q @ k.transpose(-1, -2) / math.sqrt(q.size(-1))
        p = self.da(s.masked_fill(mask.logical_not(), -float("inf")).softmax(-1))
        x = self.n1(self.d1(self.o((p @ v).transpose(1, 2).flatten(2))) + x)
        return self.n2(self.d2(self.down(F.gelu(self.up(x)))) + x)


class Traceable(Scriptable):
    def forward(self, x, mask):
        q, k, v = (split(each(x), self.heads) for each in (self.q, self.k, self.v))
        s = q @ k.transpose(-1, -2) / (self.q.out_features // self.heads) ** 0.5
        x = self.n1(self.d1(self.o(join(self.da(s.masked_fill(~mask, -1e30).softmax(-1)) @ v))) + x)
        return self.n2(self.d2(self.down(F.gelu(self.up(x)))) + x)


def of_graphs(make):
    class Graphs(Model):
        def __init__(self, weights, c):
            super().__init__(weights, c)
            self.layers = nn.ModuleList(make(layer) for layer in self.layers)

        def run(self, x, mask):
            mask = torch.ones(1, 1, 1, x.shape[1]).bool() if mask is None else mask
            for layer in self.layers:
                x = layer(x, mask)
            return x

    return Graphs


scripted = of_graphs(lambda layer: torch.jit.script(Scriptable(layer)))
traced = of_graphs(lambda layer: torch.fx.symbolic_trace(Traceable(layer)))
structural("torch.jit.script, layers named", LAYERS, model=scripted)
structural("torch.jit.script, stages in the layers named", without(*SOFTMAX), model=scripted)
structural("torch.jit.script, the softmax named", model=scripted)
structural("torch.fx", model=traced, unsupported=("float16",))


EXAMPLE = (torch.ones(2, 7, dtype=torch.long), *torch.zeros(2, 2, 7, dtype=torch.long))
PLACES = torch.arange(7)[None].expand(2, -1).clone()


def example():
    ids, mask, kinds = EXAMPLE
    return ids, mask + 1, kinds, PLACES


class Filled(Adapter):
    """The compiled model has all inputs, each of the ids' shape."""

    stages: dict = {}  # noqa: RUF012
    unsupported = ("bfloat16", "float16")

    def forward(self, model, batch):
        return dict(zip(NAMES, model(*filled_in(*given(batch))), strict=True))


@register("torch.jit.trace")
class Traced(Filled):
    def build(self, config, weights):
        return torch.jit.trace(super().build(config, weights).eval(), example(), check_trace=False)


@register("torch.jit.trace, stages named")
class TracedAndNamed(Traced):
    stages = without()


@register("torch.export")
class Exported(Filled):
    """Has no mode, and no hook of a module in it is called."""

    def build(self, config, weights):
        rows = torch.export.Dim("rows", min=1, max=64)
        tokens = torch.export.Dim("tokens", min=2, max=config["max_position_embeddings"])
        model, shape = super().build(config, weights).double().eval(), {0: rows, 1: tokens}
        shapes = (shape,) * 4
        return torch.export.export(model, example(), dynamic_shapes=shapes).module()

    def forward(self, model, batch):
        ids = batch["input_ids"]
        if ids.shape[1] > 1:
            return super().forward(model, batch)
        inputs = (F.pad(each, (0, 1)) for each in filled_in(*given(batch)))
        made = model(*inputs)  # it is exported for at least two tokens
        cut = [each[:, :1] if each.dim() == 3 else each for each in made]
        return dict(zip(NAMES, cut, strict=True))


@register("torch.compile", probes=("pair", "gradients"))
class Compiled(NothingNamed):
    unsupported = ("dropout", "bfloat16", "float16")

    def build(self, config, weights):
        model = super().build(config, weights)
        model.compiled = torch.compile(model.inner, backend="eager", dynamic=True)
        return model

    def forward(self, model, batch):
        return dict(zip(NAMES, model.compiled(*given(batch)), strict=True))
