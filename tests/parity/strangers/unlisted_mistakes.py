"""Mistakes that the catalogue does not know, so that the judge must say that it does not."""

import torch

from parity.core.mistake import Mistake
from parity.model.mistakes.attention_mask import masked

LAYER = "encoder.layer.1"


def _head_0_times(scene):
    scores = scene.right.clone()
    scores[:, 0] *= 1.1
    return masked(scores, scene.keys)


def _heads_exchanged(scene):
    split = scene.right.unflatten(-1, (scene.config["num_attention_heads"], -1))
    return split[:, :, [1, 0, 2, 3]].flatten(2)


def _later(scene):
    moved = scene.right.clone()
    moved[:, 5:] += moved[:, 5:].sin()
    return moved


def _of_second(scene):
    return scene.right + 0.5 * scene.segments[..., None] * scene.right.flip(-1)


def _noise(scene):
    return scene.right + torch.rand_like(scene.right)


def _mistake(stage, wrong):
    return Mistake("unlisted", (stage,), wrong)


# Where it is made, what is made, and what is said about it.
UNLISTED = {
    "a shift": (f"{LAYER}.intermediate", lambda s: s.right + 0.25, "the reference's plus 0.25"),
    "a scale": (f"{LAYER}.attention.self.value", lambda s: s.right * 1.1, "times 1.1"),
    "one head": (f"{LAYER}.attention.self.scores", _head_0_times, "only in heads 0, counted"),
    "heads exchanged": (
        f"{LAYER}.attention.self",
        _heads_exchanged,
        "its heads have changed places: 1 in the place of 0, 0 in the place of 1",
    ),
    "a vector for all": (
        f"{LAYER}.output.dense",
        lambda s: s.right + torch.arange(48).to(s.right),
        "the same vector is added to every token",
    ),
    "a factor for each feature": (
        f"{LAYER}.output.LayerNorm",
        lambda s: s.right * (1 + torch.arange(48).to(s.right) / 48),
        "each feature has a factor, the same for every token",
    ),
    "features reversed": (
        f"{LAYER}.attention.self.query",
        lambda s: s.right.flip(-1),
        "its numbers are the reference's in other places",
    ),
    "nothing": (f"{LAYER}.attention.output.dense", lambda s: s.right * 0, "its numbers are all 0"),
    "late positions": (
        "embeddings.sum",
        _later,
        "only at positions 5, 6, 7, 8, 9, 10, 11, counted",
    ),
    "segment 1": ("embeddings.sum", _of_second, "right on sentence, padded right"),
    "not a number": (
        f"{LAYER}.intermediate.dense",
        lambda s: s.right.sqrt(),
        "numbers are infinite or NaN",
    ),
    "noise": (f"{LAYER}.output.sum", _noise, ""),
    "a third power": (f"{LAYER}.intermediate", lambda s: s.right + s.right**3 / 100, ""),
    "a pooler's sine": ("pooler", lambda s: s.input.sin(), ""),
    "words turned": ("cls.predictions", lambda s: s.right.roll(1, -1), ""),
}
