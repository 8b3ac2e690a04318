"""Position and segment mistakes."""

import math

import torch
from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from scratch_bert.model.embeddings import BertEmbeddings

_WORDS = "embeddings.word_embeddings"
_SEGMENTS = "embeddings.token_type_embeddings"
_POSITIONS = "embeddings.position_embeddings"

MISTAKES: list[Mistake] = []
SEGMENTS = StageMistakes(MISTAKES, BertEmbeddings.forward, _SEGMENTS)
POSITIONS = StageMistakes(MISTAKES, BertEmbeddings.forward, _POSITIONS)

_SECOND = "tokens of segment 1"


def _position_ids(scene: Scene) -> Tensor:
    return scene.batch.get("position_ids", _in_order(scene))


def _in_order(scene: Scene) -> Tensor:
    return torch.arange(scene.ids.shape[1])[None]


def _looked_up(scene: Scene, ids: Tensor, stage: str = "") -> Tensor:
    """Look up ids in a table; an id beyond it takes the last row, so that any batch works."""
    table = scene.parameter(f"{stage or scene.stage}.weight")
    return table[ids.clamp(0, len(table) - 1)]


@SEGMENTS(
    "segments-ignored",
    "look up token_type_ids; zeros are for the call without them",
    _SECOND,
    seen="models whose forward makes its own zeros",
)
def segments_are_ignored(scene: Scene) -> Tensor:
    """Every token is in segment 0, whatever token_type_ids says."""
    return _looked_up(scene, torch.zeros_like(scene.segments))


@SEGMENTS("segments-swapped", "segment A is row 0, segment B is row 1")
def segments_are_swapped(scene: Scene) -> Tensor:
    """The two rows of the segment table are swapped."""
    return _looked_up(scene, 1 - scene.segments)


@SEGMENTS(
    "segments-from-1",
    "the checkpoint's table has two rows, 0 and 1; subtract one",
    seen="BERT-pytorch, whose segment table has a row for padding",
)
def segments_begin_at_1(scene: Scene) -> Tensor:
    """Segment ids are counted from 1."""
    return _looked_up(scene, scene.segments + 1)


@SEGMENTS("segments-one-late", "the second segment begins right after the first [SEP]", _SECOND)
def segments_are_one_late(scene: Scene) -> Tensor:
    """Each token has the segment of the one before it."""
    return _looked_up(scene, scene.segments.roll(1, 1))


@POSITIONS("positions-from-1", "BERT's first token has position 0")
def positions_begin_at_1(scene: Scene) -> Tensor:
    """Positions are counted from 1."""
    return _looked_up(scene, _position_ids(scene) + 1)


@POSITIONS(
    "positions-from-2",
    "that is RoBERTa's and BART's offset; BERT's first token has position 0",
    seen="code shared with RoBERTa",
)
def positions_begin_at_2(scene: Scene) -> Tensor:
    """Positions are counted from 2."""
    return _looked_up(scene, _position_ids(scene) + 2)


@POSITIONS(
    "positions-of-roberta",
    "BERT's positions are 0, 1, 2, … whatever the tokens are",
    seen="code shared with RoBERTa",
)
def positions_are_of_roberta(scene: Scene) -> Tensor:
    """Positions count the tokens that are not [PAD], from 1 on, as RoBERTa's do."""
    kept = scene.ids != scene.pad
    return _looked_up(scene, kept.long().cumsum(1) * kept + scene.pad)


@POSITIONS(
    "positions-of-attended",
    "BERT's positions are 0, 1, 2, … wherever the padding is",
    "padding on the left, or holes in the mask",
    seen="decoders, where HuggingFace does it",
)
def positions_count_attended_tokens(scene: Scene) -> Tensor:
    """Positions count the attended tokens alone."""
    return _looked_up(scene, (scene.mask.long().cumsum(1) - 1).clamp(min=0))


@POSITIONS("positions-ignored", "look up position_ids where they are given", "position_ids")
def position_ids_are_ignored(scene: Scene) -> Tensor:
    """Positions are 0, 1, 2, … though position_ids says otherwise."""
    return _looked_up(scene, _in_order(scene))


@POSITIONS("positions-backwards", "torch.arange(seq)")
def positions_are_backwards(scene: Scene) -> Tensor:
    """Positions are counted from the end."""
    return _looked_up(scene, _in_order(scene).flip(1))


@POSITIONS(
    "positions-all-0", "one position for each token: torch.arange(seq), not torch.zeros(seq)"
)
def positions_are_all_0(scene: Scene) -> Tensor:
    """Every token has position 0."""
    return _looked_up(scene, _position_ids(scene) * 0)


@POSITIONS(
    "positions-sinusoidal",
    "BERT learned its positions: look them up in position_embeddings",
    seen="BERT-pytorch",
)
def positions_are_sinusoidal(scene: Scene) -> Tensor:
    """Positions are sines and cosines, as in the first Transformer."""
    width, places = scene.right.shape[-1], _position_ids(scene).to(scene.right)
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width)).to(places)
    angles = places[..., None] * rates
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(-2)[..., :width]


@POSITIONS("positions-from-words", "position_embeddings has a table of its own")
def positions_are_words(scene: Scene) -> Tensor:
    """Positions are looked up among the words."""
    return _looked_up(scene, _position_ids(scene), _WORDS)


@SEGMENTS("segments-from-positions", "token_type_embeddings has a table of its own")
def segments_are_positions(scene: Scene) -> Tensor:
    """Segments are looked up among the positions."""
    return _looked_up(scene, scene.segments, _POSITIONS)
