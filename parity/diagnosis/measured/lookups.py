"""Embedding lookups taken apart: which rows of which table each token reads."""

from collections.abc import Callable

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene
from parity.diagnosis.measured.parts import Found, Measured, mistake

_TABLES = ("word", "position", "token_type")
_NAMES = {"word": "words", "position": "positions", "token_type": "segments"}
_OFFSETS = range(-3, 6)

Ids = Callable[[Scene], Tensor]


def _places(scene: Scene) -> Tensor:
    return torch.arange(scene.ids.shape[1])[None]


def _given_places(scene: Scene) -> Tensor:
    return scene.batch.get("position_ids", _places(scene))


_RULES: dict[str, Ids] = {
    "position_ids": _given_places,
    "0, 1, 2, … whatever position_ids says": _places,
    "the number of attended tokens so far": lambda s: s.mask.long().cumsum(1),
    "the number of ids other than 0 so far": lambda s: (s.ids != s.pad).long().cumsum(1),
    "the same, and 0 at id 0": lambda s: (s.ids != s.pad).long().cumsum(1) * (s.ids != s.pad),
    "the same of attended tokens, and 0 at padding": lambda s: s.mask.long().cumsum(1) * s.mask,
    "positions from the end of the row": lambda s: _places(s).flip(1),
    "the row's number in the batch": lambda s: torch.arange(len(s.ids))[:, None].expand_as(s.ids),
    "0": lambda s: torch.zeros_like(s.ids),
    "token_type_ids": lambda s: s.segments,
    "1 - token_type_ids": lambda s: 1 - s.segments,
    "attention_mask": lambda s: s.mask.long(),
    "1 - attention_mask": lambda s: 1 - s.mask.long(),
    "input_ids": lambda s: s.ids,
    "input_ids, shifted by one token": lambda s: s.ids.roll(1, 1),
    "input_ids, shifted back by one token": lambda s: s.ids.roll(-1, 1),
    "input_ids of the next row": lambda s: s.ids.roll(-1, 0),
    "token_type_ids, shifted by one token": lambda s: s.segments.roll(1, 1),
    "token_type_ids, shifted back by one token": lambda s: s.segments.roll(-1, 1),
    "token_type_ids from the end of the row": lambda s: s.segments.flip(1),
    "whether the position is odd": lambda s: _places(s) % 2,
}


_OWN = {"word": "input_ids", "position": "position_ids", "token_type": "token_type_ids"}


def own_ids(scene: Scene) -> Tensor:
    """(batch, seq), the ids by which BERT reads the table of a stage; of positions (1, seq)."""
    table = scene.stage.removeprefix("embeddings.").removesuffix("_embeddings")
    return _RULES[_OWN[table]](scene)


def lookups(measured: Measured) -> Found:
    """Rows of a table, chosen by another rule."""
    scene = measured.scene
    for table in _TABLES:
        rows = len(scene.parameters[f"embeddings.{table}_embeddings.weight"])
        for told in _RULES:
            for offset in _OFFSETS:
                made = _read(scene, table, told, offset, rows)
                if made.shape[0] == 1 and made.shape[1:] == measured.ours.shape[1:]:
                    made = made.expand_as(measured.ours)
                if measured.equals(made):
                    yield _lookup(scene.stage, table, told, offset)


def _read(scene: Scene, table: str, rule: str, offset: int, rows: int) -> Tensor:
    ids = (_RULES[rule](scene) + offset).clamp(0, rows - 1)
    return scene.parameters[f"embeddings.{table}_embeddings.weight"][ids]


def _lookup(stage: str, table: str, rule: str, offset: int) -> Mistake:
    def wrong(scene: Scene) -> Tensor:
        rows = len(scene.parameters[f"embeddings.{table}_embeddings.weight"])
        made = _read(scene, table, rule, offset, rows)
        return made.expand_as(scene.right) if made.shape[0] == 1 else made

    more = f" {'+' if offset > 0 else '-'} {abs(offset)}" if offset else ""
    own = stage.removeprefix("embeddings.").removesuffix("_embeddings")
    told = f"{_NAMES[own]} are looked up by {rule}{more}"
    told += "" if table == own else f", in the table of {_NAMES[table]}"
    name = f"{_NAMES[own]}-by-other-ids"
    return mistake(
        name,
        told,
        "words: input_ids; segments: token_type_ids; positions: 0, 1, 2, …",
        [stage],
        wrong,
    )
