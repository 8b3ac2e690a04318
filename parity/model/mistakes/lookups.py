"""Position and segment mistakes."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from parity.core.mistake import Make, Mistake
from parity.core.scene import Scene

_WORDS = "embeddings.word_embeddings"
_SEGMENTS = "embeddings.token_type_embeddings"
_POSITIONS = "embeddings.position_embeddings"
_SECOND = "tokens of segment 1"


def _segment_ids(scene: Scene) -> Tensor:
    ids = scene.batch["input_ids"]
    return scene.batch.get("token_type_ids", torch.zeros_like(ids))


def _position_ids(scene: Scene) -> Tensor:
    ids = scene.batch["input_ids"]
    return scene.batch.get("position_ids", torch.arange(ids.shape[1])[None])


def _looked_up(scene: Scene, ids: Tensor) -> Tensor:
    """Look up; an id beyond the table is taken for its last, so that any batch can be tried."""
    table = scene.parameter(f"{scene.stage}.weight")
    return table[ids.clamp(0, len(table) - 1)]


def _segments(change: Make) -> Make:
    return lambda scene: _looked_up(scene, change(scene)).expand_as(scene.right)


def _positions(change: Make) -> Make:
    return lambda scene: _looked_up(scene, change(scene))


def _in_order(scene: Scene) -> Tensor:
    return torch.arange(scene.batch["input_ids"].shape[1])[None]


def _counted(kept: Tensor) -> Tensor:
    """Count what is kept, from 1 on; what is not has 0."""
    return kept.long().cumsum(1) * kept


def _of_roberta(scene: Scene) -> Tensor:
    pad = scene.config.get("pad_token_id") or 0
    return _counted(scene.batch["input_ids"] != pad) + pad


def _sinusoids(scene: Scene) -> Tensor:
    width, places = scene.right.shape[-1], _position_ids(scene).to(scene.right)
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width)).to(places)
    angles = places[..., None] * rates
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(-2)[..., :width]


def _table_of(name: str) -> Make:
    def other(scene: Scene) -> Tensor:
        ids = (_position_ids if scene.stage == _POSITIONS else _segment_ids)(scene)
        return _looked_up(replace(scene, stage=name), ids).expand_as(scene.right)

    return other


MISTAKES = (
    Mistake(
        "segments-ignored",
        (_SEGMENTS,),
        _segments(lambda s: torch.zeros_like(_segment_ids(s))),
        description="every token is in segment 0, whatever token_type_ids says",
        fix="look up token_type_ids; zeros are for the call without them",
        detected_by=_SECOND,
        seen="models whose forward makes its own zeros",
    ),
    Mistake(
        "segments-swapped",
        (_SEGMENTS,),
        _segments(lambda s: 1 - _segment_ids(s)),
        description="the two rows of the segment table have changed places",
        fix="segment A is row 0, segment B is row 1",
    ),
    Mistake(
        "segments-from-1",
        (_SEGMENTS,),
        _segments(lambda s: _segment_ids(s) + 1),
        description="segment ids are counted from 1",
        fix="the checkpoint's table has two rows, 0 and 1; subtract one",
        seen="BERT-pytorch, whose segment table has a row for padding",
    ),
    Mistake(
        "segments-one-late",
        (_SEGMENTS,),
        _segments(lambda s: _segment_ids(s).roll(1, 1)),
        description="each token has the segment of the one before it",
        fix="the second segment begins right after the first [SEP]",
        detected_by=_SECOND,
    ),
    Mistake(
        "positions-from-1",
        (_POSITIONS,),
        _positions(lambda s: _position_ids(s) + 1),
        description="positions are counted from 1",
        fix="BERT's first token has position 0",
    ),
    Mistake(
        "positions-from-2",
        (_POSITIONS,),
        _positions(lambda s: _position_ids(s) + 2),
        description="positions are counted from 2",
        fix="that is RoBERTa's and BART's offset; BERT's first token has position 0",
        seen="code shared with RoBERTa",
    ),
    Mistake(
        "positions-of-roberta",
        (_POSITIONS,),
        _positions(_of_roberta),
        description="positions count the tokens that are not [PAD], from 1 on, as RoBERTa's do",
        fix="BERT's positions are 0, 1, 2, … whatever the tokens are",
        seen="code shared with RoBERTa",
    ),
    Mistake(
        "positions-of-attended",
        (_POSITIONS,),
        _positions(lambda s: (s.mask.long().cumsum(1) - 1).clamp(min=0)),
        description="positions count the attended tokens alone",
        fix="BERT's positions are 0, 1, 2, … wherever the padding is",
        detected_by="padding on the left, or holes in the mask",
        seen="decoders, where HuggingFace does it",
    ),
    Mistake(
        "positions-ignored",
        (_POSITIONS,),
        _positions(_in_order),
        description="positions are 0, 1, 2, … though position_ids says otherwise",
        fix="look up position_ids where they are given",
        detected_by="position_ids",
    ),
    Mistake(
        "positions-backwards",
        (_POSITIONS,),
        _positions(lambda s: s.batch["input_ids"].shape[1] - 1 - _in_order(s)),
        description="positions are counted from the end",
        fix="torch.arange(seq)",
    ),
    Mistake(
        "positions-all-0",
        (_POSITIONS,),
        _positions(lambda s: _position_ids(s) * 0),
        description="every token has position 0",
        fix="one position for each token: torch.arange(seq), not torch.zeros(seq)",
    ),
    Mistake(
        "positions-sinusoidal",
        (_POSITIONS,),
        _sinusoids,
        description="positions are sines and cosines, as in the first Transformer",
        fix="BERT learned its positions: look them up in position_embeddings",
        seen="BERT-pytorch",
    ),
    Mistake(
        "positions-from-words",
        (_POSITIONS,),
        _table_of(_WORDS),
        description="positions are looked up among the words",
        fix="position_embeddings has a table of its own",
    ),
    Mistake(
        "segments-from-positions",
        (_SEGMENTS,),
        _table_of(_POSITIONS),
        description="segments are looked up among the positions",
        fix="token_type_embeddings has a table of its own",
    ),
)
