"""Both sides' tokenizers as plain values, and small folders to load them from."""

import json
import shutil

import transformers

from scratch_bert.tokenization.files.vocabulary import SPECIAL

WORDS = [*SPECIAL, "un", "##aff", "a", "b", "new", "york", "É", "e"]
FLAGS = ("lstrip", "rstrip", "single_word", "normalized", "special")


def flags(token):
    return (token.content, *(getattr(token, flag) for flag in FLAGS))


def as_ours(theirs):
    """HF's tokenizer as the settings it amounts to, added tokens as tuples."""
    normalizer = json.loads(theirs.backend_tokenizer.to_str())["normalizer"]
    added = {i: flags(token) for i, token in theirs.added_tokens_decoder.items()}
    return {
        "vocabulary": theirs.backend_tokenizer.get_vocab(with_added_tokens=False),
        "lowercase": normalizer["lowercase"],
        "strip_accents": normalizer["strip_accents"],
        "split_cjk": normalizer["handle_chinese_chars"],
        "roles": theirs.special_tokens_map,
        "extra_special_tokens": tuple(theirs.extra_special_tokens),
        "added_tokens": added,
        "model_max_length": theirs.model_max_length,
        "padding_side": theirs.padding_side,
        "truncation_side": theirs.truncation_side,
        "clean_up_tokenization_spaces": bool(theirs.clean_up_tokenization_spaces),
        "split_special_tokens": theirs.split_special_tokens,
        "model_input_names": tuple(theirs.model_input_names),
    }


def as_values(settings):
    values = {name: value for name, value in vars(settings).items() if not name.endswith("_token")}
    del values["model_specific_special_tokens"]
    values["roles"] = settings.special_tokens_map
    values["added_tokens"] = {i: flags(token) for i, token in settings.added_tokens.items()}
    return values


def load(folder):
    return transformers.AutoTokenizer.from_pretrained(folder)


def make(folder, words=WORDS, **files):
    """A folder with vocab.txt and `name={...}` as name.json."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if words:
        (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    for name, values in {"config": {"model_type": "bert"}, **files}.items():
        (folder / f"{name}.json").write_text(json.dumps(values))
    return folder
