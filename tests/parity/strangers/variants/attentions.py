"""Attention in other ways: masks, softmaxes, loops over heads, chunks, fused functions."""

import math
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch.nn.attention.flex_attention import flex_attention

from parity import Stage
from tests.parity.strangers.variants.parts import (
    LAYER,
    OWN,
    QKV,
    SOFTMAX,
    STAGES,
    join,
    least,
    masked,
    projected,
    scored,
    structural,
    variant,
    visible,
    without,
)

HIDDEN = without(*SOFTMAX)


def filled(value):
    return lambda s, mask: s if mask is None else s.masked_fill(~mask, value)


def added(s, mask):
    return s if mask is None else s + (1 - mask.to(s.dtype)) * -1e4


variant("a mask of minus infinity", masked=filled(-torch.inf))
variant("a mask of -10000 that is added", masked=added)
variant("a mask by where", masked=lambda s, m: s if m is None else torch.where(m, s, least(s)))
variant("a mask as a logarithm", masked=lambda s, m: s if m is None else s + m.to(s.dtype).log())
variant(
    "a mask of ones where there is none",
    masked=lambda s, m: masked(s, torch.ones_like(s[:1, :1, :1]).bool() if m is None else m),
)


def by_hand(scores):
    made = (scores - scores.amax(-1, keepdim=True)).exp()
    return made / made.sum(-1, keepdim=True)


class OwnBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores):
        made = torch.softmax(scores, -1)
        ctx.save_for_backward(made)
        return made

    @staticmethod
    def backward(ctx, gradient):
        (made,) = ctx.saved_tensors
        return made * (gradient - (gradient * made).sum(-1, keepdim=True))


class OwnBackwardWithGraph(torch.autograd.Function):
    """Keeps a graph of its own for the way back."""

    @staticmethod
    def forward(ctx, scores):
        with torch.enable_grad():
            ctx.scores = scores.detach().requires_grad_()
            ctx.made = torch.softmax(ctx.scores, -1)
        return ctx.made.detach()

    @staticmethod
    def backward(ctx, gradient):
        return torch.autograd.grad(ctx.made, ctx.scores, gradient)[0]


variant("softmax by hand", stages=HIDDEN, softmax=by_hand)
variant("softmax as exp of log_softmax", stages=HIDDEN, softmax=lambda s: s.log_softmax(-1).exp())
variant("torch.softmax with dim=3", softmax=lambda s: torch.softmax(s, dim=3))
variant("softmin", stages=HIDDEN, softmax=lambda s: F.softmin(-s, -1))
variant("softmax of float64", softmax=lambda s: s.double().softmax(-1).to(s.dtype))
variant(
    "softmax in halves of the heads",
    softmax=lambda s: torch.cat([half.softmax(-1) for half in s.chunk(2, 1)], 1),
)
variant(
    "softmax row by row of the batch", softmax=lambda s: torch.stack([row.softmax(-1) for row in s])
)
variant(
    "softmax query by query, from the last",
    softmax=lambda s: torch.stack([q.softmax(-1) for q in reversed(s.unbind(2))], 2).flip(2),
)
variant(
    "softmax number of rows unknown",
    softmax=lambda s: s.flatten(0, 2).softmax(-1).view_as(s),
    stages=HIDDEN,
)
structural("softmax with a backward of its own", softmax=OwnBackward.apply)
structural("softmax with a graph of its own", softmax=OwnBackwardWithGraph.apply)
structural(
    "attention's probabilities also computed for show",
    softmax=lambda s: (s.detach().softmax(-1), s.softmax(-1))[1],
)
structural(
    "a softmax that is only for show",
    attend=lambda layer, x, m: (
        scored(*(each.detach() for each in projected(layer, x)[:2]), m).softmax(-1),
        sdpa("bool")(layer, x, m),
    )[1],
)


def exponentials(layer, x, mask):
    q, k, v = projected(layer, x)
    s = layer.scores(scored(q, k))
    kept = torch.ones_like(s) if mask is None else mask.to(s.dtype)
    e = (s - s.masked_fill(kept == 0, least(s)).amax(-1, keepdim=True)).clamp(max=80).exp() * kept
    return join(layer.da(layer.probabilities(e / e.sum(-1, keepdim=True))) @ v)


def masked_afterwards(layer, x, mask):
    q, k, v = projected(layer, x)
    s = scored(q, k)
    p = (s - masked(s, mask).logsumexp(-1, keepdim=True)).clamp(max=50).exp()
    return join(layer.da(p if mask is None else p * mask) @ v)


SEEN = {"stages": STAGES | OWN, "added": visible("scores", "probabilities")}
structural("exponentials times the mask", attend=exponentials, **SEEN)
structural("probabilities by logsumexp, masked afterwards", HIDDEN, attend=masked_afterwards)


def sdpa(kind):
    def fused(layer, x, mask):
        q, k, v = projected(layer, x)
        if kind == "float" and mask is not None:
            mask = torch.zeros_like(mask, dtype=q.dtype).masked_fill(~mask, -torch.inf)
        if kind == "wide" and mask is not None:
            mask = mask.expand(-1, layer.heads, x.shape[1], -1)
        dropped = layer.c.pa if layer.training else 0.0
        return join(F.scaled_dot_product_attention(q, k, v, mask, dropout_p=dropped))

    return fused


for kind in ("bool", "float", "wide"):
    structural(f"sdpa with a {kind} mask", HIDDEN, attend=sdpa(kind))


def at_the_softmax(take):
    return {
        LAYER + "attention." + name: Stage("layers.{i}", name.partition(".")[2], take)
        for name in SOFTMAX
    }


def batched(layer, x, mask):
    b, n, _ = x.shape
    q, k, v = (each.flatten(0, 1) for each in projected(layer, x))
    bias = x.new_zeros(b, 1, 1, n)
    if mask is not None:
        bias = bias.masked_fill(~mask, least(x))
    bias = bias.expand(b, layer.heads, n, n).flatten(0, 1)
    p = torch.baddbmm(bias, q, k.mT, alpha=1 / math.sqrt(q.shape[-1])).softmax(-1)
    return join((layer.da(p.unflatten(0, (b, -1))).flatten(0, 1) @ v).unflatten(0, (b, -1)))


structural(
    "baddbmm of (batch * heads)",
    STAGES | at_the_softmax(lambda x: x.unflatten(0, (-1, 4))),
    attend=batched,
)


def scaled(by):
    def attention(layer, x, mask):
        q, k, v = projected(layer, x)
        q, k = by(q, k, q.shape[-1])
        return join(layer.da(masked(torch.einsum("bhqd,bhkd->bhqk", q, k), mask).softmax(-1)) @ v)

    return attention


variant("the query scaled first", attend=scaled(lambda q, k, d: (q * d**-0.5, k)))
variant("both scaled by a fourth root", attend=scaled(lambda q, k, d: (q * d**-0.25, k * d**-0.25)))
structural("the query scaled in place", attend=scaled(lambda q, k, d: (q.mul_(d**-0.5), k)))


def in_place(layer, x, mask):
    q, k, v = projected(layer, x)
    s = q @ k.mT
    s /= math.sqrt(q.shape[-1])
    if mask is not None:
        s += torch.zeros_like(mask, dtype=s.dtype).masked_fill(~mask, least(s))
    return join(layer.da(s.softmax(-1)) @ v)


def keys_by_queries(layer, x, mask):
    q, k, v = projected(layer, x)
    s = k @ q.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        s = s.masked_fill(~mask.mT, -torch.inf)
    return join(layer.da(F.softmax(s, dim=-2).mT) @ v)


def heads_last(layer, x, mask):
    q, k, v = (each(x).unflatten(-1, (layer.heads, -1)) for each in (layer.q, layer.k, layer.v))
    s = torch.einsum("bqhd,bkhd->bqkh", q, k) / math.sqrt(q.shape[-1])
    if mask is not None:
        s = s.masked_fill(~mask.movedim(1, -1), -torch.inf)
    return torch.einsum("bqkh,bkhd->bqhd", layer.da(F.softmax(s, 2)), v).flatten(2)


variant("scores scaled and masked in place", attend=in_place)
structural(
    "scores as (keys, queries)", STAGES | at_the_softmax(lambda x: x.mT), attend=keys_by_queries
)
structural(
    "scores as (batch, queries, keys, heads)",
    STAGES | at_the_softmax(lambda x: x.movedim(-1, 1)),
    attend=heads_last,
)


def head_by_head(order=lambda heads: range(heads), rows=lambda x: [slice(None)]):
    """The softmax sees one head at a time, perhaps of some rows alone."""

    def attention(layer, x, mask):
        q, k, v = projected(layer, x)
        p = x.new_zeros(*q.shape[:3], k.shape[2])
        for r in rows(x):
            for h in order(layer.heads):
                m = None if mask is None else mask[r][..., 0, :, :]
                p[r, h] = scored(q[r, h], k[r, h], m).softmax(-1)
        return join(layer.da(p) @ v)

    return attention


def with_own_rows(layer, x, mask):
    """Each head computes with its rows of the weights."""
    made, size = [], layer.c.width // layer.heads
    for rows in (slice(at, at + size) for at in range(0, layer.c.width, size)):
        three = (layer.q, layer.k, layer.v)
        q, k, v = (F.linear(x, each.weight[rows], each.bias[rows]) for each in three)
        p = scored(q, k, None if mask is None else mask[:, 0]).softmax(-1)
        made.append(F.dropout(p, layer.c.pa, layer.training) @ v)
    return torch.cat(made, -1)


def in_threads(layer, x, mask):
    q, k, v = projected(layer, x)
    graded = torch.is_grad_enabled()

    def one(h):
        with torch.set_grad_enabled(graded):
            return scored(q[:, h], k[:, h], None if mask is None else mask[:, 0]).softmax(-1)

    with ThreadPoolExecutor(2) as pool:
        return join(layer.da(torch.stack(list(pool.map(one, range(layer.heads))), 1)) @ v)


def each_row(x):
    return range(len(x))


structural("heads in a loop", attend=head_by_head())
structural("heads in a loop from the last", attend=head_by_head(lambda n: reversed(range(n))))
structural("heads and rows in a loop", attend=head_by_head(rows=each_row))
structural("heads with their rows of the weights", without(*SOFTMAX, *QKV), attend=with_own_rows)
structural("heads in threads", attend=in_threads)


def query_chunks(size, *, inside=False):
    def attention(layer, x, mask):
        q, k, v = projected(layer, x)
        p = [scored(chunk, k, mask).softmax(-1) for chunk in q.split(size, 2)]
        if inside:
            return join(torch.cat([layer.da(each) @ v for each in p], 2))
        return join(layer.da(torch.cat(p, 2)) @ v)

    return attention


structural("queries in chunks of five", attend=query_chunks(5))
structural("queries in chunks of one", attend=query_chunks(1))
structural("queries in chunks, dropout inside", attend=query_chunks(5, inside=True))


def online(normalized):
    """Keys in chunks; each chunk's sums are corrected by the next one's maximum."""

    def attention(layer, x, mask):
        q, k, v = projected(layer, x)
        tops, parts, made = [], [], []
        for at in range(0, k.shape[2], 5):
            s = scored(q, k[:, :, at : at + 5])
            s = s if mask is None else s.masked_fill(~mask[..., at : at + 5], -1e30)
            tops.append(s.logsumexp(-1, keepdim=True))
            parts.append(normalized(s))
            made.append(layer.da(parts[-1]) @ v[:, :, at : at + 5])
        shares = torch.cat(tops, -1).log_softmax(-1).exp().split(1, -1)
        return join(sum(each * share for each, share in zip(made, shares, strict=True)))

    return attention


LOW = ("float16",)  # -1e30 is infinite there
structural("keys in chunks", attend=online(lambda s: s.softmax(-1)), unsupported=LOW)
structural(
    "keys in chunks, no softmax to see",
    attend=online(lambda s: s.log_softmax(-1).exp()),
    unsupported=LOW,
)


def flex(layer, x, mask):
    q, k, v = projected(layer, x)
    allowed = torch.ones(*x.shape[:2]).bool() if mask is None else mask[:, 0, 0]

    def modified(score, row, _head, _query, key):
        return torch.where(allowed[row, key], score, -torch.inf)

    return join(flex_attention(q, k, v, score_mod=modified))


def gathered_keys(layer, x, mask):
    """Each row has only the keys that it may see."""
    q, k, v = projected(layer, x)
    made = []
    for b in range(len(x)):
        some = slice(None) if mask is None else mask[b, 0, 0]
        p = scored(q[b], k[b][:, some]).softmax(-1)
        made.append(F.dropout(p, layer.c.pa, layer.training) @ v[b][:, some])
    return join(torch.stack(made))


NO_BACKWARD = ("dropout", "gradients")
structural("flex_attention", HIDDEN, attend=flex, unsupported=NO_BACKWARD)
structural("keys gathered row by row", HIDDEN, attend=gathered_keys)
structural("keys gathered row by row, the softmax named", attend=gathered_keys)


class WholeBackward(torch.autograd.Function):
    """Attention with a backward by hand."""

    @staticmethod
    def forward(ctx, q, k, v, mask, kept):
        p = scored(q, k, mask).softmax(-1)
        ctx.save_for_backward(q, k, v, p, kept)
        return (p * kept) @ v

    @staticmethod
    def backward(ctx, g):
        q, k, v, p, kept = ctx.saved_tensors
        of_p = (g @ v.mT) * kept
        of_s = p * (of_p - (of_p * p).sum(-1, keepdim=True)) / math.sqrt(q.shape[-1])
        return of_s @ k, of_s.mT @ q, (p * kept).mT @ g, None, None


def whole_backward(layer, x, mask):
    q, k, v = projected(layer, x)
    kept = layer.da(x.new_ones(len(x), layer.heads, x.shape[1], x.shape[1]))
    return join(WholeBackward.apply(q, k, v, mask, kept))


structural("attention with a backward of its own", attend=whole_backward)
