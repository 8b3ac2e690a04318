"""A checkpoint's tokenizer files ↔ TokenizerSettings, as HF's BertTokenizer takes them.

Which entry comes from where, found in transformers 5.23:

vocabulary           tokenizer.json, where there is one; else vocab.txt
do_lower_case, strip_accents, tokenize_chinese_chars
                     tokenizer_config.json; tokenizer.json's own normalizer is not looked at
special tokens       tokenizer_config.json; if that has no added_tokens_decoder then
                     special_tokens_map.json before it
added tokens         tokenizer_config.json's added_tokens_decoder; where it has none,
                     added_tokens.json and tokenizer.json's added_tokens, whose flags count
sides                tokenizer_config.json, else the directions of tokenizer.json's truncation and
                     padding; the rest of these two is not used
post-processor, decoder, unk_token and limits of tokenizer.json's model
                     not used: they are BERT's

That holds where tokenizer_config.json (or where it says nothing, config.json) has a
`tokenizer_class` that is BERT's, or none. TokenizersBackend, which was PreTrainedTokenizerFast,
takes the whole of tokenizer.json instead, its normalizer too; such a file is accepted where its
steps are BERT's. This choice is AutoTokenizer's for a BERT folder. HF gives added tokens new ids
where theirs do not follow the vocabulary, and makes a vocabulary up where there is none; here
these are errors.
"""

import json
from pathlib import Path
from typing import Any

from scratch_bert import files
from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.files import added_tokens as declared
from scratch_bert.tokenization.files import tokenizer_json
from scratch_bert.tokenization.files.settings import TokenizerSettings
from scratch_bert.tokenization.files.tokenizer_config import (
    DECODER,
    EXTRA,
    SPECIAL_TOKENS_MAP,
    SPECIFIC,
    TOKENIZER_CONFIG,
    TokenizerConfig,
)
from scratch_bert.tokenization.files.vocabulary import (
    TOKENIZER_JSON,
    VOCAB_TXT,
    read_vocabulary,
    vocabulary_in,
    vocabulary_text,
)
from scratch_bert.tokenization.interface.add_tokens import with_special_tokens

# All of these are BertTokenizer in transformers 5, under models' names that were once their own.
_BERT_CLASSES = ("Bert", "Electra", "LayoutLM", "Lxmert", "MobileBert", "SqueezeBert")
_BERT = {f"{name}Tokenizer{fast}" for name in _BERT_CLASSES for fast in ("", "Fast")}
_BACKEND = {"TokenizersBackend", "PreTrainedTokenizerFast", "PreTrainedTokenizer", "PythonBackend"}

_DEFAULTS = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


def read_settings(folder: Path) -> TokenizerSettings:
    """Read what a checkpoint's files say about its tokenizer.

    Raises:
        CheckpointError: a file is absent or damaged, or files contradict each other where HF
            would go on with something else than they say.
    """
    config = TokenizerConfig(folder)
    path = folder / TOKENIZER_JSON
    values = files.read_object(path)
    backend = _is_backend(folder, config)
    if values is None:
        if backend:
            raise CheckpointError(f"{path}: there is no such file; its tokenizer_class needs it")
        path = folder / VOCAB_TXT
    vocabulary = read_vocabulary(path) if values is None else vocabulary_in(values, path)
    values = values or {}

    roles = config.roles({} if backend else _DEFAULTS)
    for role in _DEFAULTS:
        if role not in roles:
            raise CheckpointError(f"{config.where(role)} is not given, expected a token's text")
    names = {role: found.token.content for role, found in roles.items()}
    specific, extra = config.specific(), config.extra()
    if names["unk_token"] not in vocabulary:
        raise CheckpointError(
            f"{path}: lacks {names['unk_token']!r}, the unk_token; is it a BERT vocabulary?"
        )
    for role in ("cls_token", "sep_token"):
        if any(c.isspace() or c == ":" for c in names[role]) or names[role].startswith("$"):
            raise CheckpointError(
                f"{config.where(role)} is {names[role]!r}; HF's templates cannot hold white space, "
                "a colon or a leading $"
            )

    tokens = declared.in_tokenizer_json(values, folder) if backend else []
    tokens += _by_id(config, values, folder, [*roles.values(), *specific.values()])
    there = {found.token.content for found in tokens}
    seen = set()
    for found in (*roles.values(), *specific.values(), *extra):
        if found.token.content not in there and found.token not in seen:
            tokens.append(found)
            seen.add(found.token)
    if backend:
        lowercase, strip_accents, split_cjk = tokenizer_json.normalizer_flags(values, path)
    else:
        lowercase = config.flag("do_lower_case", True)
        strip_accents = config.flag_or_none("strip_accents")
        split_cjk = config.flag("tokenize_chinese_chars", True)
    settings = TokenizerSettings(
        vocabulary=vocabulary,
        lowercase=lowercase,
        strip_accents=strip_accents,
        split_cjk=split_cjk,
        **names,
        extra_special_tokens=tuple(found.token.content for found in extra),
        model_specific_special_tokens={n: found.token.content for n, found in specific.items()},
        added_tokens=declared.place(vocabulary, tokens, path),
        model_max_length=config.max_length(),
        padding_side=config.side("padding_side", tokenizer_json.side(values, "padding", path)),
        truncation_side=config.side(
            "truncation_side", tokenizer_json.side(values, "truncation", path)
        ),
        clean_up_tokenization_spaces=config.flag_or_none("clean_up_tokenization_spaces") or False,
        split_special_tokens=config.flag("split_special_tokens", False),
        model_input_names=config.names(
            "model_input_names",
            ("input_ids", "attention_mask") if backend else TokenizerSettings.model_input_names,
        ),
    )
    if backend:
        tokenizer_json.check_is_bert(values, settings, path)
    return settings


def _is_backend(folder: Path, config: TokenizerConfig) -> bool:
    name, path = config.values.get("tokenizer_class"), config.path
    if name is None:
        path = folder / "config.json"
        name = (files.read_object(path) or {}).get("tokenizer_class")
    if name is not None and (not isinstance(name, str) or name not in _BERT | _BACKEND):
        raise CheckpointError(f"{path}: tokenizer_class is {name!r}, expected 'BertTokenizer'")
    return name in _BACKEND


def _by_id(
    config: TokenizerConfig, values: dict[str, Any], folder: Path, named: list[declared.Declaration]
) -> list[declared.Declaration]:
    """Return the tokens to which the files give an id."""
    roles = {declaration.token.content for declaration in named}
    if DECODER in config.values:
        return declared.in_config(config.values[DECODER], config.path, roles)
    found = declared.in_added_tokens_json(folder, config.given_tokens(), roles)
    found += declared.in_tokenizer_json(values, folder, roles)
    return sorted(found, key=lambda declaration: declaration.id or 0)


def write_settings(settings: TokenizerSettings, folder: Path) -> list[Path]:
    """Write tokenizer.json, tokenizer_config.json, special_tokens_map.json and vocab.txt.

    HF loads the same tokenizer from them. vocab.txt is left out, and an older one removed, where
    its lines cannot hold the vocabulary. Each file is written whole or not at all.

    Returns:
        The files written.

    Raises:
        CheckpointError: an added token's id is not the next one, so HF would give it another.
    """
    settings = with_special_tokens(settings)
    declared.check_ids(settings)
    roles = settings.special_tokens_map
    config: dict[str, Any] = {
        "clean_up_tokenization_spaces": settings.clean_up_tokenization_spaces,
        "do_lower_case": settings.lowercase,
        "model_input_names": list(settings.model_input_names),
        "model_max_length": settings.model_max_length,
        "padding_side": settings.padding_side,
        "split_special_tokens": settings.split_special_tokens,
        "strip_accents": settings.strip_accents,
        "tokenize_chinese_chars": settings.split_cjk,
        "tokenizer_class": "BertTokenizer",
        "truncation_side": settings.truncation_side,
    }
    if settings.extra_special_tokens:
        config[EXTRA] = list(settings.extra_special_tokens)
    if settings.model_specific_special_tokens:
        config[SPECIFIC] = dict(settings.model_specific_special_tokens)
    for role in settings.model_specific_special_tokens:
        del roles[role]
    contents = {
        TOKENIZER_JSON: _json(tokenizer_json.tokenizer_values(settings)),
        TOKENIZER_CONFIG: _json(config | roles),
        SPECIAL_TOKENS_MAP: _json(roles),
        VOCAB_TXT: vocabulary_text(settings.vocabulary),
    }
    written = []
    for name, text in contents.items():
        if text is None:
            (folder / name).unlink(missing_ok=True)
            continue
        files.write_text(folder / name, text)
        written.append(folder / name)
    return written


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"
