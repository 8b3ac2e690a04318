"""Which keys a query attends to: the masks that implementations use by mistake."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from parity.core.scene import Scene

ADD = "add a very negative number to the scores where attention_mask is 0, before the softmax"

_BOTH = "BERT looks both ways: no triangle in the mask"
_IDS = "use attention_mask; without one every token is attended, an id 0 too"
_PLACES = "mask[i] is of ids[i], in the same row"


@dataclass(frozen=True)
class Mask:
    """A rule for which keys are attended to.

    Attributes:
        id: the known mistake that it is.
        description: what was done.
        fix: what to do instead.
        keeps: returns (batch, 1, query or 1, key), True where a query attends to a key.
        also: whether attention_mask hides padding besides.
        unless: "full": it hides nothing where nothing is padded; "absent": where no mask is given.
    """

    id: str
    description: str
    fix: str
    keeps: Callable[[Scene], Tensor]
    also: bool = False
    unless: str = ""

    def hidden(self, scene: Scene) -> Tensor:
        """(batch, 1, query or 1, key), True for what this rule hides."""
        kept = self.keeps(scene)
        is_full = self.unless == "full" and bool(scene.mask.all())
        is_absent = self.unless == "absent" and "attention_mask" not in scene.batch
        return kept & False if is_full or is_absent else ~kept

    def kept(self, scene: Scene) -> Tensor:
        """(batch, 1, query or 1, key), True for what is attended to in the end."""
        kept = ~self.hidden(scene)
        return kept & scene.keys if self.also else kept


def _square(scene: Scene) -> Tensor:
    seq = scene.ids.shape[1]
    return torch.ones(seq, seq, dtype=torch.bool)[None, None]


def _of_ids(scene: Scene) -> Tensor:
    return (scene.ids != scene.pad)[:, None, None]


def _same_segment(scene: Scene) -> Tensor:
    return scene.segments[:, None, :, None] == scene.segments[:, None, None]


def _from_second(scene: Scene) -> Tensor:
    return (torch.arange(scene.ids.shape[1]) > 0)[None, None, None]


_FROM_THE_MASK = (
    Mask("mask-inverted", "the mask is inverted: tokens attend to padding alone",
         "1 is a token, 0 is padding", lambda s: ~s.keys),
    Mask("mask-of-first-row", "all rows of the batch have the first one's mask",
         "keep the batch's dimension: (batch, 1, 1, seq)", lambda s: s.keys[:1]),
    Mask("mask-of-other-row", "each row of the batch has the next one's mask", _PLACES,
         lambda s: s.keys.roll(-1, 0)),
    Mask("mask-of-other-row", "each row of the batch has the mask of the one before", _PLACES,
         lambda s: s.keys.roll(1, 0)),
    Mask("mask-of-queries", "the mask hides queries, not keys",
         "the mask's shape is (batch, 1, 1, seq): keys come last",
         lambda s: s.mask[:, None, :, None]),
    Mask("mask-shifted", "the mask is shifted by one token to the right", _PLACES,
         lambda s: s.keys.roll(1, -1)),
    Mask("mask-shifted", "the mask is shifted by one token to the left", _PLACES,
         lambda s: s.keys.roll(-1, -1)),
    Mask("mask-backwards", "the mask is read from the end of the row", _PLACES,
         lambda s: s.keys.flip(-1)),
)  # fmt: skip
_OTHERS = (
    Mask("mask-from-ids", "the mask is made from ids that are not 0", _IDS, _of_ids),
    Mask("mask-causal", "tokens attend only to earlier tokens, as in a decoder", _BOTH,
         lambda s: _square(s).tril()),
    Mask("mask-anticausal", "tokens attend only to later tokens", _BOTH,
         lambda s: _square(s).triu()),
    Mask("mask-causal-strict", "tokens attend only to earlier tokens, not to themselves", _BOTH,
         lambda s: _square(s).tril(-1)),
    Mask("mask-anticausal-strict", "tokens attend only to later tokens, not to themselves", _BOTH,
         lambda s: _square(s).triu(1)),
    Mask("mask-of-itself", "no token attends to itself", "BERT masks no diagonal",
         lambda s: ~torch.eye(s.ids.shape[1], dtype=torch.bool)[None, None]),
    Mask("mask-of-segments", "tokens attend only to their own segment",
         "segments are told apart by their embeddings; attention goes across", _same_segment),
    Mask("mask-from-segments", "token_type_ids is used as the attention mask",
         "pass the tensors by name: attention_mask and token_type_ids have one shape",
         lambda s: s.segments.bool()[:, None, None]),
    Mask("mask-without-first", "the first token, [CLS], is masked", "mask padding alone",
         _from_second),
)  # fmt: skip
OWN = Mask("", "", "", lambda s: s.keys)
NONE = Mask(
    "mask-ignored",
    "the attention mask is ignored: tokens attend to padding",
    ADD,
    lambda s: torch.ones_like(s.keys),
)
MASKS = (
    *(replace(mask, unless=when) for mask in _FROM_THE_MASK for when in ("", "full", "absent")),
    *(replace(mask, also=flag) for mask in _OTHERS for flag in (True, False)),
)
"""In the order in which they are tried; several may have one name."""
