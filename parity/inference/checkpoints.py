"""The checkpoints that inference is judged on: small, with words of many pieces, made to show."""

import atexit
import json
import shutil
import string
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import nn

from parity import reference

LONGEST = 40  # tokens, as tokenizer_config.json says; the model has more positions
POSITIONS = 56
_HIDDEN = 32
OF_A_SENTENCE = 12  # tokens that count where a text becomes a vector

_WORDS = """
[PAD] [UNK] [CLS] [SEP] [MASK] the a an of is was in to and not who where what it he she paris
london new york angela merkel john smith berlin france capital city visited lives loves saw plays
un ##aff ##able play ##ing ##ed ##s ##ly love inter ##nation ##al micro ##soft wood ##en ##pecker
東 京
"""
_SINGLE = [*string.ascii_lowercase, *string.digits]
WORDS = list(
    dict.fromkeys([*_WORDS.split(), *_SINGLE, *(f"##{c}" for c in _SINGLE), *".,?!'-()[]#\""])
)

_CLASSES = "sports zoo art music law food cars home trade war love news"
CLASSES = _CLASSES.split()
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC"]
TIED = (2, 9)  # classes of one score


class InferenceTask(NamedTuple):
    """What a model is used for.

    Attributes:
        method: of a candidate that does it.
        architecture: the class of the model, HF's and scratch_bert's.
    """

    method: str
    architecture: str


TASKS = {
    "fill-mask": InferenceTask("fill_mask", "BertForMaskedLM"),
    "classify": InferenceTask("classify", "BertForSequenceClassification"),
    "tag": InferenceTask("tag", "BertForTokenClassification"),
    "answer": InferenceTask("answer", "BertForQuestionAnswering"),
    "next": InferenceTask("next_sentence", "BertForNextSentencePrediction"),
    "embed": InferenceTask("embed", "BertModel"),
}


class InferenceCheckpoint(NamedTuple):
    """A checkpoint.

    Attributes:
        task: of TASKS.
        seed: of its weights; of sixty that were tried, one whose answers are unlike each other.
        config: what is not BERT's default.
        pooling: of a sentence's vector.
        normalize: whether it is made one of length 1.
    """

    task: str
    seed: int
    config: Mapping[str, Any] = MappingProxyType({})
    pooling: str = ""
    normalize: bool = False


MADE = {
    "words": InferenceCheckpoint("fill-mask", 50),
    "classes": InferenceCheckpoint("classify", 32, {"id2label": dict(enumerate(CLASSES))}),
    "several at once": InferenceCheckpoint(
        "classify", 1, {"num_labels": 3, "problem_type": "multi_label_classification"}
    ),
    "one label": InferenceCheckpoint("classify", 2, {"num_labels": 1}),
    "numbers": InferenceCheckpoint("classify", 3, {"num_labels": 2, "problem_type": "regression"}),
    "tags": InferenceCheckpoint("tag", 35, {"id2label": dict(enumerate(TAGS))}),
    "questions": InferenceCheckpoint("answer", 28),
    "pairs": InferenceCheckpoint("next", 3),
    "mean": InferenceCheckpoint("embed", 0, pooling="mean"),
    "mean of length 1": InferenceCheckpoint("embed", 1, pooling="mean", normalize=True),
    "cls": InferenceCheckpoint("embed", 2, pooling="cls"),
}


@cache
def folder_of(name: str) -> Path:
    """Write the checkpoint of this name, once; it is there until this process ends."""
    made, folder = MADE[name], _place() / name.replace(" ", "-")
    config = {
        "vocab_size": len(WORDS),
        "hidden_size": _HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 40,
        "max_position_embeddings": POSITIONS,
        **made.config,
    }
    model: Any = reference.build(TASKS[made.task].architecture, config)
    _draw(model, made.seed)
    with reference.quiet():
        model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    _write(
        folder / "tokenizer_config.json",
        {
            "clean_up_tokenization_spaces": False,
            "do_lower_case": True,
            "model_max_length": LONGEST,
            "tokenizer_class": "BertTokenizer",
        },
    )
    if made.pooling:
        _write_sentence_files(folder, made)
    return folder


@cache
def _place() -> Path:
    place = Path(tempfile.mkdtemp(prefix="parity."))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


@torch.no_grad()
def _draw(model: Any, seed: int) -> None:
    """Draw weights in which mistakes show: large ones, and words that are unlike each other."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        numbers = 0.3 * torch.randn(parameter.shape, generator=generator)
        if name.endswith("LayerNorm.weight"):
            numbers += 1
        elif name.endswith("word_embeddings.weight"):
            numbers *= 5
        parameter.copy_(numbers)
    if hasattr(model, "cls") and hasattr(model.cls, "predictions"):
        model.cls.predictions.transform.LayerNorm.weight *= 0.2  # else one word has it all
        model.cls.predictions.bias[:5] += 1.5  # special tokens are likely, too
    if hasattr(model, "classifier"):
        model.classifier.weight *= 2
        model.classifier.bias *= 0.3
        if model.config.num_labels == len(CLASSES):
            _tie(model.classifier)


def _tie(classifier: nn.Linear) -> None:
    """Give two classes one score, whatever the order of additions: it depends on one number."""
    for i in TIED:
        classifier.weight[i] = 0.0
        classifier.weight[i, 0] = 0.5
        classifier.bias[i] = 0.25


def _write_sentence_files(folder: Path, made: InferenceCheckpoint) -> None:
    """Write what sentence-transformers reads besides."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling"}
    if made.normalize:
        kinds["2_Normalize"] = "Normalize"
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds.items())
    ]
    _write(folder / "modules.json", modules)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": OF_A_SENTENCE})
    for path in filter(None, kinds):
        (folder / path).mkdir()
    _write(
        folder / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": _HIDDEN,
            "pooling_mode_cls_token": made.pooling == "cls",
            "pooling_mode_mean_tokens": made.pooling == "mean",
        },
    )


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
