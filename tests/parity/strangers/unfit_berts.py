"""Plain BERTs with something wrong: a mistake, an argument nobody can fill, a crash."""

import torch
from torch import nn

from tests.parity.strangers.plain_berts import Attn, Tutorial, attend, split


class Extra(Tutorial):
    """A parameter that nothing pairs with and nothing uses, and no pooler."""

    def __init__(self, n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments):
        super().__init__(n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments)
        del self.pooling
        self.temperature = nn.Parameter(torch.ones(7))

    def forward(self, tokens, segments, mask):
        x = self.token_emb(tokens) + self.segment_emb(segments) + self.pos_emb[:, : tokens.shape[1]]
        x = self.emb_ln(x)
        for block in self.blocks:
            x = block(x, mask.bool())
        return x


class WrongEps(Tutorial):
    """The first layer's first LayerNorm has an epsilon of 1e-3."""

    def __init__(self, n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments):
        super().__init__(n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments)
        self.blocks[0].ln1.eps = 1e-3


class UnscaledAttn(Attn):
    def forward(self, x, mask):
        q, k, v = (split(part(x), self.n_heads) for part in (self.wq, self.wk, self.wv))
        return self.wo(attend(q, k, v, ~mask[:, None, None, :], scale=1.0))


class WrongScale(Tutorial):
    """The scores of no layer are scaled."""

    def __init__(self, n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments):
        super().__init__(n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments)
        for block in self.blocks:
            block.attn = UnscaledAttn(d_model, n_heads)


class NeedsMore(Tutorial):
    """A setting nobody knows."""

    def __init__(self, n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments, flavour):
        super().__init__(n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments)


class Crashes(Tutorial):
    def __init__(self, n_vocab):
        raise RuntimeError("no more memory for a toy")


class CrashesInForward(Tutorial):
    def forward(self, tokens, segments, mask):
        raise RuntimeError("the attention is broken")


class Loops(Tutorial):
    def forward(self, tokens, segments, mask):
        return max(iter(int, 1))  # never the 1 that would end it


class NeedsFlavour(Tutorial):
    """A setting nobody knows, and None is none."""

    def __init__(self, n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments, flavour):
        super().__init__(n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments)
        self.strength = 2 * flavour


class FourTimes(Tutorial):
    """Its inner size is always 4 x the hidden size."""

    def __init__(self, n_vocab, d_model, n_layers, n_heads, max_len, n_segments):
        super().__init__(n_vocab, d_model, n_layers, n_heads, 4 * d_model, max_len, n_segments)


class OwnSizes(Tutorial):
    """It cannot be told how large it is to be."""

    def __init__(self):
        super().__init__(100, 16, 2, 2, 64, 64, 2)


class NoModule:
    pass
