"""How a module is made: by keywords, by a config of some kind, or not at all."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from torch import nn

from parity.adapter.config_names import setting
from parity.adapter.instantiate import UnknownError, build, construction
from parity.core.errors import CandidateError

CONFIG = {
    "vocab_size": 30,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 20,
    "max_position_embeddings": 16,
    "hidden_dropout_prob": 0.3,
}


class Kept(nn.Module):
    """Keeps what it was given."""

    def __init__(self, **given):
        super().__init__()
        self.given = given


class Keywords(Kept):
    def __init__(self, vocab, d_model, n_heads=2, *, eps=1e-5, activation="relu", drop=0.5, x=7):
        super().__init__(vocab=vocab, d=d_model, n=n_heads, eps=eps, act=activation, drop=drop, x=x)


class Callable(Kept):
    def __init__(self, dim, act=nn.GELU, bias=True, drop=False):
        super().__init__(dim=dim, act=act, bias=bias)


@dataclass
class Inner:
    depth: int
    width: int = 3


class ByDataclass(Kept):
    def __init__(self, inner: Inner, pooling: bool = True):
        super().__init__(inner=inner, pooling=pooling)


class Numbers(NamedTuple):
    head_dim: int
    mlp_ratio: float


class ByNamedTuple(Kept):
    def __init__(self, numbers: "Numbers"):
        super().__init__(numbers=numbers)


class ByKeys(Kept):
    def __init__(self, cfg, n_layers):
        super().__init__(dim=cfg["emb_dim"], heads=cfg.get("n_heads", 1), odd=cfg.get("odd", 5))


class ByAttributes(Kept):
    def __init__(self, config):
        super().__init__(dim=config.n_embd, odd=getattr(config, "odd", 5), config=config)


class ByWhat(Kept):
    def __init__(self, config):
        super().__init__(dim=config.flavour)


class Unread(Kept):
    def __init__(self, config: "NobodyKnows"):
        super().__init__(dim=config.hidden_size)


def factory(hidden_dim, num_layers):
    return Kept(hidden=hidden_dim, layers=num_layers)


def made(what):
    call = construction(what, what.__name__, CONFIG)
    return call, build(call, CONFIG).given


def test_keywords():
    call, given = made(Keywords)
    assert given == {
        "vocab": 30,
        "d": 8,
        "n": 4,  # its own default is another BERT's
        "eps": 1e-12,
        "act": "gelu",
        "drop": 0.3,
        "x": 7,
    }
    assert call.source().splitlines() == [
        "Keywords(",
        '    vocab=config["vocab_size"],',
        '    d_model=config["hidden_size"],',
        '    n_heads=config["num_attention_heads"],',
        '    eps=config.get("layer_norm_eps", 1e-12),',
        '    activation=config.get("hidden_act", "gelu"),',
        '    drop=config.get("hidden_dropout_prob", 0.1),',
        ")",
    ]


def test_defaults_that_are_left():
    assert made(Callable)[1] == {"dim": 8, "act": nn.GELU, "bias": True}


def test_a_config_of_ones_own():
    call, given = made(ByDataclass)
    assert given == {"inner": Inner(depth=2, width=8), "pooling": True}
    assert [each.name for each in call.calls()] == ["ByDataclass", "Inner"]
    assert made(ByNamedTuple)[1] == {"numbers": Numbers(head_dim=2, mlp_ratio=2.5)}


def test_a_config_that_is_asked():
    call, given = made(ByKeys)
    assert given == {"dim": 8, "heads": 4, "odd": 5}
    assert '"emb_dim": config["hidden_size"],' in call.source()
    call, given = made(ByAttributes)
    assert given == {"dim": 8, "odd": 5, "config": SimpleNamespace(n_embd=8)}
    assert 'n_embd=config["hidden_size"],' in call.source()
    assert made(Unread)[1] == {"dim": 8}


def test_a_function():
    assert made(factory)[1] == {"hidden": 8, "layers": 2}


def test_what_nobody_knows():
    with pytest.raises(CandidateError, match="ByWhat asks its config for flavour"):
        made(ByWhat)

    def needs(flavour):
        return Kept(x=flavour + 1)

    call = construction(needs, "needs", CONFIG)
    assert call.unknown == ["needs(flavour)"]
    with pytest.raises(UnknownError, match=r"value of needs\(flavour\), and None raises TypeError"):
        build(call, CONFIG)
    with pytest.raises(CandidateError, match="no signature found for builtin type"):
        construction(dict, "dict", CONFIG)


@pytest.mark.parametrize(
    ("names", "source"),
    [
        ("hidden_size d_model dim embed_dim n_embd width", 'config["hidden_size"]'),
        ("num_hidden_layers n_layers num_layers depth", 'config["num_hidden_layers"]'),
        ("num_attention_heads n_heads num_heads heads", 'config["num_attention_heads"]'),
        ("intermediate_size d_ff ffn_dim mlp_dim", 'config["intermediate_size"]'),
        ("vocab_size n_vocab num_tokens", 'config["vocab_size"]'),
        (
            "max_position_embeddings max_len max_seq_len context_length",
            'config["max_position_embeddings"]',
        ),
        ("type_vocab_size n_segments", 'config.get("type_vocab_size", 2)'),
        ("layer_norm_eps eps", 'config.get("layer_norm_eps", 1e-12)'),
        ("dropout", 'config.get("hidden_dropout_prob", 0.1)'),
    ],
)
def test_synonyms(names, source):
    for name in names.split():
        assert setting(name) == source
    assert setting("flavour") is None
