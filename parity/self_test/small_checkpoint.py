"""The checkpoint that is made to show mistakes, cut so small that hundreds of them can be tried."""

import json
from pathlib import Path

from safetensors.torch import save_file

from scratch_bert.weights.builtin import ADVERSARIAL
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.files import read_weights

_WORDS, _POSITIONS = 199, 80
_CUT = {
    "bert.embeddings.word_embeddings.weight": _WORDS,
    "bert.embeddings.position_embeddings.weight": _POSITIONS,
    "cls.predictions.bias": _WORDS,
}


def small_checkpoint(into: Path) -> Path:
    """Write it into an empty folder: as builtin:adversarial, with 199 words and 80 positions."""
    whole = Checkpoint.of(ADVERSARIAL)
    config = whole.values | {"vocab_size": _WORDS, "max_position_embeddings": _POSITIONS}
    (into / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = {
        name: tensor[: _CUT.get(name)].contiguous()
        for name, tensor in read_weights(whole.folder).items()
    }
    save_file(weights, into / "model.safetensors")
    return into
