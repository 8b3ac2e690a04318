"""tokenizer.json, in the tokenizers library's own schema, of which BERT is one shape."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.files.settings import Side, TokenizerSettings

_STEPS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")


def tokenizer_values(settings: TokenizerSettings) -> dict[str, Any]:
    """Everything that belongs into tokenizer.json; special tokens are taken to have their ids."""
    ids = {token.content: i for i, token in settings.added_tokens.items()}
    cls, sep = settings.cls_token, settings.sep_token
    first = [_special(cls), {"Sequence": {"id": "A", "type_id": 0}}, _special(sep)]
    second = [{"Sequence": {"id": "B", "type_id": 1}}, _special(sep, type_id=1)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": i,
                "content": token.content,
                "single_word": token.single_word,
                "lstrip": token.lstrip,
                "rstrip": token.rstrip,
                "normalized": token.normalized,
                "special": token.special,
            }
            for i, token in sorted(settings.added_tokens.items())
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": settings.split_cjk,
            "strip_accents": settings.strip_accents,
            "lowercase": settings.lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": first,
            "pair": first + second,
            "special_tokens": {
                token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in (cls, sep)
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": settings.unk_token,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": dict(sorted(settings.vocabulary.items(), key=lambda entry: entry[1])),
        },
    }


def _special(token: str, type_id: int = 0) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": type_id}}


def normalizer_flags(values: Mapping[str, Any], path: Path) -> tuple[bool, bool | None, bool]:
    """Take lowercase, strip_accents and split_cjk out of tokenizer.json's own normalizer."""
    normalizer = values.get("normalizer")
    if not isinstance(normalizer, dict):
        raise CheckpointError(f"{path}: normalizer is {normalizer!r}, expected a BertNormalizer")
    names = ("lowercase", "strip_accents", "handle_chinese_chars")
    lowercase, strip_accents, split_cjk = (normalizer.get(name) for name in names)
    if (
        not isinstance(lowercase, bool)
        or not isinstance(strip_accents, bool | None)
        or not isinstance(split_cjk, bool)
    ):
        raise CheckpointError(f"{path}: normalizer has {normalizer}, expected each true or false")
    return lowercase, strip_accents, split_cjk


def check_is_bert(values: Mapping[str, Any], settings: TokenizerSettings, path: Path) -> None:
    """Make sure that tokenizer.json's own steps are what BERT does with these settings.

    Raises:
        CheckpointError: a step is another.
    """
    expected = tokenizer_values(settings)
    post_processor = expected["post_processor"]["special_tokens"]
    older = {"type": "BertProcessing"} | {
        name: [token, post_processor[token]["ids"][0]]
        for name, token in (("sep", settings.sep_token), ("cls", settings.cls_token))
    }
    for step in _STEPS:
        found = values.get(step)
        if found != expected[step] and (step != "post_processor" or found != older):
            raise CheckpointError(f"{path}: {step} is {found!r}, expected {expected[step]!r}")
    for name, value in expected["model"].items():
        found = values["model"].get(name)
        if found != value and (name, found) != ("type", None):
            raise CheckpointError(f"{path}: model has {name} {found!r}, expected {value!r}")


def direction(values: Mapping[str, Any], name: str, path: Path) -> Side:
    """Return the direction of tokenizer.json's `truncation` or `padding`, which has no other use.

    >>> direction({"padding": {"direction": "Left"}}, "padding", Path("tokenizer.json"))
    'left'
    """
    entry = values.get(name)
    if entry is None:
        return "right"
    direction = entry.get("direction", "Right") if isinstance(entry, dict) else None
    if direction not in ("Left", "Right"):
        raise CheckpointError(f"{path}: {name} is {entry!r}, expected a direction Left or Right")
    return "left" if direction == "Left" else "right"
