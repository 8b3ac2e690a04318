"""What both tokenizers are built from: a vocabulary that shows mistakes, and settings."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity import reference
from parity.tokenizer.adversarial_texts import SPECIAL_TOKENS


@dataclass(frozen=True)
class Configuration:
    """What tokenizer_config.json says, and which tokens are added."""

    name: str
    do_lower_case: bool = True
    strip_accents: bool | None = None
    tokenize_chinese_chars: bool = True
    added_tokens: tuple[Mapping[str, Any], ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        """Those that HuggingFace's files hold."""
        names = ("do_lower_case", "strip_accents", "tokenize_chinese_chars")
        return {name: getattr(self, name) for name in names}

    @property
    def strips_accents(self) -> bool:
        """Whether accents are stripped: None means as case is lowered."""
        return self.do_lower_case if self.strip_accents is None else self.strip_accents


ADDED_TOKENS: tuple[Mapping[str, Any], ...] = (
    {"content": "<left>", "lstrip": True},
    {"content": "<right>", "rstrip": True, "normalized": False},
    {"content": "Ünder", "normalized": True},
    {"content": "Exact", "normalized": False},
    {"content": "solo", "single_word": True},
    {"content": "two words", "single_word": True, "normalized": False},
    {"content": "[E1]", "special": True, "normalized": False},
    {"content": "[E1][E2]", "special": True, "normalized": False, "lstrip": True, "rstrip": True},
    {"content": "東京", "normalized": True},
)

CONFIGURATIONS = (
    Configuration("uncased"),
    Configuration("cased", do_lower_case=False),
    Configuration("uncased, accents kept", strip_accents=False),
    Configuration("uncased, no CJK padding", tokenize_chinese_chars=False),
)
MORE_CONFIGURATIONS = (
    *CONFIGURATIONS,
    Configuration("cased, accents stripped", do_lower_case=False, strip_accents=True),
    Configuration("uncased, added tokens", added_tokens=ADDED_TOKENS),
    Configuration("cased, added tokens", do_lower_case=False, added_tokens=ADDED_TOKENS),
)


def with_characters(vocabulary: Iterable[str], characters: Iterable[str]) -> list[str]:
    """Add characters, what becomes of them, and ## before each, to a vocabulary.

    A word with a character that no piece has is [UNK] whatever was done to that character; this
    makes what was done show.
    """
    became = set(characters)
    for strips in (False, True):
        for lowers in (False, True):
            steps = {"strip_accents": strips, "lowercase": lowers}
            became.update(reference.normalize(" ".join(characters), clean_text=True, **steps))
    single = sorted(c for c in became if not c.isspace() and c != "\ufeff")
    pieces = (*SPECIAL_TOKENS, *vocabulary, *single, *(f"##{c}" for c in single))
    return list(dict.fromkeys(pieces))


def write_folder(folder: Path, vocabulary: Sequence[str], configuration: Configuration) -> Path:
    """Write vocab.txt, tokenizer_config.json and tokenizer.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_bytes("".join(f"{word}\n" for word in vocabulary).encode())
    settings = {**configuration.settings, "model_max_length": 512}
    (folder / "tokenizer.json").unlink(missing_ok=True)  # or it would be read
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    reference.save_tokenizer(folder, configuration.added_tokens)
    return folder
