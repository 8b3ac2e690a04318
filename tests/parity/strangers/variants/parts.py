"""A correct BERT of small parts that can be replaced: attention, norms, tables, the whole encoder.

`variant` registers a BERT with some parts replaced. Nothing that is registered is a mistake.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from parity.model.record import record
from parity.model.worker import probes_of

NAMES = ("last_hidden_state", "pooler_output", "prediction_logits", "seq_relationship_logits")
LAYER = "encoder.layer.{i}."
LINEARS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "up": "intermediate.dense",
    "down": "output.dense",
}
NORMS = {"n1": "attention.output.LayerNorm", "n2": "output.LayerNorm"}
STAGES = {
    "embeddings.word_embeddings": "embed.words",
    "embeddings.position_embeddings": "embed.places",
    "embeddings.token_type_embeddings": "embed.kinds",
    "embeddings.sum": "embed.norm:in",
    "embeddings.LayerNorm": "embed.norm",
    "embeddings": "embed",
    **{LAYER + theirs: f"layers.{{i}}.{ours}" for ours, theirs in (LINEARS | NORMS).items()},
    LAYER + "attention.self.scores": "layers.{i}:scores",
    LAYER + "attention.self.probabilities": "layers.{i}:probabilities",
    LAYER + "attention.self": "layers.{i}.o:in",
    LAYER + "attention.output.sum": "layers.{i}.n1:in",
    LAYER + "intermediate": "layers.{i}.down:in",
    LAYER + "output.sum": "layers.{i}.n2:in",
    "encoder.layer.{i}": "layers.{i}",
    "pooler.dense": "top.pool",
    "pooler": "top.seq:in",
    "cls.predictions.transform": "top.tn",
    "cls.seq_relationship": "top.seq",
}
SOFTMAX = ("self.scores", "self.probabilities")
QKV = ("self.query", "self.key", "self.value")
TABLES = ("word_embeddings", "position_embeddings", "token_type_embeddings")
FEED_FORWARD = ("intermediate.dense", "intermediate", "{i}.output.dense")
OUTSIDE = {name: place for name, place in STAGES.items() if "layer.{i}" not in name}
LAYERS = OUTSIDE | {"encoder.layer.{i}": "layers.{i}"}
OWN = {LAYER + f"attention.{name}": "layers.{i}." + name.partition(".")[2] for name in SOFTMAX}


def without(*ends):
    """The stages but for some."""
    return {name: place for name, place in STAGES.items() if not name.endswith(ends)}


@dataclass(frozen=True)
class Variant:
    """A correct BERT.

    Attributes:
        maker: an adapter's class.
        structural: whether its structure differs, and not only an operation.
        probes: on which it is judged; none means all.
    """

    maker: type
    structural: bool
    probes: tuple[str, ...] = ()


VARIANTS: dict[str, Variant] = {}


def linear(weight, bias):
    made = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    made.weight, made.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
    return made


def layer_norm(weight, bias, eps):
    made = nn.LayerNorm(len(weight), eps=eps, dtype=weight.dtype)
    made.weight, made.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
    return made


def table(weight, padding=None):
    return nn.Embedding.from_pretrained(weight.clone(), freeze=False, padding_idx=padding)


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).flatten(2)


def projected(layer, x):
    """Queries, keys and values by head."""
    return [split(each(x), layer.heads) for each in (layer.q, layer.k, layer.v)]


def least(x):
    return torch.finfo(x.dtype).min


def masked(scores, mask):
    return scores if mask is None else scores.masked_fill(~mask, least(scores))


def scored(q, k, mask=None):
    return masked(q @ k.mT / math.sqrt(q.shape[-1]), mask)


def attend(layer, x, mask):
    q, k, v = projected(layer, x)
    scores = layer.c.masked(q @ k.mT / math.sqrt(q.shape[-1]), mask)
    return join(layer.da(layer.c.softmax(scores)) @ v)


def visible(*names):
    """Layers have Identities of these names."""

    def added(layer, given):
        for name in names:
            setattr(layer, name, nn.Identity())

    return added


class Layer(nn.Module):
    def __init__(self, weights, i, c):
        super().__init__()

        def given(name):
            at = f"encoder.layer.{i}.{(LINEARS | NORMS)[name]}"
            return weights[f"{at}.weight"], weights[f"{at}.bias"]

        self.c, self.heads = c, c.heads
        for name in c.linears:
            setattr(self, name, c.linear(*given(name)))
        self.n1, self.n2 = c.norm(*given("n1"), c.eps), c.norm(*given("n2"), c.eps)
        self.da, self.d1, self.d2 = c.drop(c.pa), c.drop(c.p), c.drop(c.p)
        c.added(self, given)

    def first(self, x, mask):
        return self.n1(self.d1(self.o(self.c.attend(self, x, mask))) + x)

    def second(self, x):
        return self.n2(self.d2(self.down(self.c.act(self.up(x)))) + x)

    def forward(self, x, mask):
        return self.second(self.first(x, mask))


class Embed(nn.Module):
    def __init__(self, weights, c):
        super().__init__()
        self.c = c
        names = ("word", "position", "token_type")
        three = [weights[f"embeddings.{name}_embeddings.weight"] for name in names]
        self.words, self.places, self.kinds = table(three[0], 0), *map(table, three[1:])
        at = "embeddings.LayerNorm"
        self.norm = c.norm(weights[f"{at}.weight"], weights[f"{at}.bias"], c.eps)
        self.d0 = c.drop(c.p)

    def sum(self, ids, kinds, places):
        return self.words(ids) + self.kinds(kinds) + self.places(places)

    def forward(self, ids, kinds, places):
        return self.d0(self.norm(self.sum(ids, kinds, places)))


class Top(nn.Module):
    def __init__(self, weights, c):
        super().__init__()

        def given(name):
            return weights[f"{name}.weight"], weights[f"{name}.bias"]

        self.c = c
        self.pool = c.linear(*given("pooler.dense"))
        self.tr = c.linear(*given("cls.predictions.transform.dense"))
        self.tn = c.norm(*given("cls.predictions.transform.LayerNorm"), c.eps)
        self.bias = nn.Parameter(weights["cls.predictions.bias"].clone())
        self.seq = c.linear(*given("cls.seq_relationship"))

    def decode(self, x, words):
        return x @ words.T + self.bias

    def forward(self, x, words):
        pooled = self.c.tanh(self.pool(x[:, 0]))
        return x, pooled, self.decode(self.tn(self.c.act(self.tr(x))), words), self.seq(pooled)


class Model(nn.Module):
    def __init__(self, weights, c):
        super().__init__()
        self.c = c
        self.embed = c.embed(weights, c)
        self.layers = c.stack(c.layer(weights, i, c) for i in range(c.n))
        self.top = c.top(weights, c)

    def words(self):
        return self.embed.words.weight

    def inputs(self, ids, mask, kinds, places):
        kinds = torch.zeros_like(ids) if kinds is None else kinds
        places = torch.arange(ids.shape[1])[None] if places is None else places
        return ids, None if mask is None else mask[:, None, None, :].bool(), kinds, places

    def run(self, x, mask):
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def forward(self, ids, mask=None, kinds=None, places=None):
        ids, mask, kinds, places = self.inputs(ids, mask, kinds, places)
        return self.top(self.run(self.embed(ids, kinds, places), mask), self.words())


def parts(config, **replaced):
    """The parts, some of them replaced."""
    usual = {
        "heads": config["num_attention_heads"],
        "n": config["num_hidden_layers"],
        "width": config["hidden_size"],
        "eps": config["layer_norm_eps"],
        "p": config["hidden_dropout_prob"],
        "pa": config["attention_probs_dropout_prob"],
        "positions": config["max_position_embeddings"],
        "linears": tuple(LINEARS),
        "linear": linear,
        "norm": layer_norm,
        "act": F.gelu,
        "tanh": torch.tanh,
        "drop": nn.Dropout,
        "softmax": lambda scores: scores.softmax(-1),
        "masked": masked,
        "attend": attend,
        "added": lambda *_: None,
        "layer": Layer,
        "embed": Embed,
        "stack": nn.ModuleList,
        "top": Top,
    }
    return SimpleNamespace(**(usual | replaced))


def given(batch):
    """A batch's inputs in the order of the models' arguments."""
    names = ("attention_mask", "token_type_ids", "position_ids")
    return batch["input_ids"], *(batch.get(name) for name in names)


class Adapter:
    stages = STAGES
    unsupported = ()
    replaced: dict = {}  # noqa: RUF012
    model = Model

    def build(self, config, weights):
        return self.model(weights, parts(config, **self.replaced))

    def forward(self, model, batch):
        return dict(zip(NAMES, model(*given(batch)), strict=True))


def register(name, structural=True, probes=()):
    """Register an adapter's class."""

    def add(maker):
        assert name not in VARIANTS
        VARIANTS[name] = Variant(maker, structural, probes)
        return maker

    return add


def variant(
    name, structural=False, stages=STAGES, *, unsupported=(), model=Model, base=Adapter, **replaced
):
    """Register a BERT with some of its parts replaced."""
    own = {"stages": stages, "unsupported": unsupported, "model": model, "replaced": replaced}
    return register(name, structural)(type("Replaced", (base,), own))


def structural(name, stages=STAGES, **given):
    """Register a BERT of another structure."""
    return variant(name, True, stages, **given)


def recorded(checkpoint, place, stages, dtypes=()):
    """Record the reference on all probes: stages, and the outputs of the variants."""
    return record(checkpoint, probes_of(checkpoint, 0), {*stages, *NAMES}, place, dtypes)
