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
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from scratch_bert import files
from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.files import added_tokens, tokenizer_json
from scratch_bert.tokenization.files.added_tokens import Declaration
from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.files.tokenizer_config import (
    DECODER,
    SPECIAL_TOKENS_MAP,
    TOKENIZER_CONFIG,
    TokenizerConfig,
    config_values,
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


def read_settings(folder: Path) -> TokenizerSettings:
    """Read what a checkpoint's files say about its tokenizer.

    Raises:
        CheckpointError: a file is missing or damaged, or files contradict each other where HF
            would silently use something else.
    """
    config = TokenizerConfig(folder)
    json_values = files.read_object(folder / TOKENIZER_JSON)
    is_backend = _is_backend(folder, config)
    vocabulary, path = _vocabulary(folder, json_values, is_backend)
    json_values = json_values or {}

    roles = config.roles(has_defaults=not is_backend)
    specific, extra = config.specific(), config.extra()
    contents = {role: found.token.content for role, found in roles.items()}
    _check_special_tokens(config, contents, vocabulary, path)

    # First the tokens to which a file gives an id, so that the others get the ids after them.
    named = [*roles.values(), *specific.values()]
    tokens = added_tokens.in_tokenizer_json(json_values, folder) if is_backend else []
    tokens += _tokens_with_ids(config, json_values, folder, named)
    tokens += _missing_from(tokens, [*named, *extra])

    if is_backend:
        flags = tokenizer_json.normalizer_flags(json_values, path)
    else:
        flags = config.normalizer_flags()
    lowercase, strip_accents, split_cjk = flags
    settings = TokenizerSettings(
        vocabulary=vocabulary,
        lowercase=lowercase,
        strip_accents=strip_accents,
        split_cjk=split_cjk,
        **contents,
        extra_special_tokens=tuple(found.token.content for found in extra),
        model_specific_special_tokens={n: found.token.content for n, found in specific.items()},
        added_tokens=added_tokens.with_ids(vocabulary, tokens, path),
        model_max_length=config.max_length(),
        padding_side=config.side(
            "padding_side", tokenizer_json.direction(json_values, "padding", path)
        ),
        truncation_side=config.side(
            "truncation_side", tokenizer_json.direction(json_values, "truncation", path)
        ),
        clean_up_tokenization_spaces=config.flag_or_none("clean_up_tokenization_spaces") or False,
        split_special_tokens=config.flag("split_special_tokens", False),
        model_input_names=config.names(
            "model_input_names",
            ("input_ids", "attention_mask") if is_backend else TokenizerSettings.model_input_names,
        ),
    )
    if is_backend:
        tokenizer_json.check_is_bert(json_values, settings, path)
    return settings


def _is_backend(folder: Path, config: TokenizerConfig) -> bool:
    """Whether all of tokenizer.json counts."""
    name, path = config.values.get("tokenizer_class"), config.path
    if name is None:
        path = folder / "config.json"
        name = (files.read_object(path) or {}).get("tokenizer_class")
    if name is not None and (not isinstance(name, str) or name not in _BERT | _BACKEND):
        raise CheckpointError(f"{path}: tokenizer_class is {name!r}, expected 'BertTokenizer'")
    return name in _BACKEND


def _vocabulary(
    folder: Path, json_values: dict[str, Any] | None, is_backend: bool
) -> tuple[dict[str, int], Path]:
    """Return the vocabulary, and the file that it is from."""
    path = folder / TOKENIZER_JSON
    if json_values is not None:
        return vocabulary_in(json_values, path), path
    if is_backend:
        raise CheckpointError(f"{path}: there is no such file; its tokenizer_class needs it")
    path = folder / VOCAB_TXT
    return read_vocabulary(path), path


def _check_special_tokens(
    config: TokenizerConfig, tokens: Mapping[str, str], vocabulary: Container[str], path: Path
) -> None:
    """Refuse special tokens that HF could not use."""
    if tokens["unk_token"] not in vocabulary:
        raise CheckpointError(
            f"{path}: lacks {tokens['unk_token']!r}, the unk_token; is it a BERT vocabulary?"
        )
    for role in ("cls_token", "sep_token"):
        token = tokens[role]
        if any(c.isspace() or c == ":" for c in token) or token.startswith("$"):
            raise CheckpointError(
                f"{config.where(role)} is {token!r}; HF's templates cannot hold white space, "
                "a colon or a leading $"
            )


def _tokens_with_ids(
    config: TokenizerConfig, json_values: dict[str, Any], folder: Path, named: list[Declaration]
) -> list[Declaration]:
    """Return the tokens to which the files give an id."""
    roles = {declaration.token.content for declaration in named}
    if DECODER in config.values:
        return added_tokens.in_config(config.values[DECODER], config.path, roles)
    found = added_tokens.in_added_tokens_json(folder, config.given_tokens(), roles)
    found += added_tokens.in_tokenizer_json(json_values, folder, roles)
    return sorted(found, key=added_tokens.by_id)


def _missing_from(known: list[Declaration], found: list[Declaration]) -> list[Declaration]:
    """Return the tokens whose text is not among the known ones, each once."""
    texts = {declaration.token.content for declaration in known}
    new: dict[AddedToken, Declaration] = {}
    for declaration in found:
        if declaration.token.content not in texts:
            new.setdefault(declaration.token, declaration)
    return [*new.values()]


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
    added_tokens.check_ids(settings)
    others = settings.model_specific_special_tokens
    roles = {role: t for role, t in settings.special_tokens_map.items() if role not in others}
    contents = {
        TOKENIZER_JSON: _json(tokenizer_json.tokenizer_values(settings)),
        TOKENIZER_CONFIG: _json(config_values(settings) | roles),
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
