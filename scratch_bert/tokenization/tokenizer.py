"""Step four: special tokens around the ids, one length for a batch, and back to text."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, Self

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.vocabulary import SPECIAL, find_vocabulary, inverse
from scratch_bert.tokenization.wordpiece import wordpiece

_SPLIT_SPECIAL = re.compile("(" + "|".join(map(re.escape, SPECIAL)) + ")")


class BertTokenizer:
    """Text → ids and back (paper: section 3, "Input/Output Representations"; HF `BertTokenizer`).

    Args:
        vocabulary: piece → id; must have the five special tokens.
        normalizer: what is done to text first.
        max_length: longest sequence its checkpoint takes.
    """

    def __init__(
        self,
        vocabulary: dict[str, int],
        normalizer: Normalizer | None = None,
        max_length: int = 512,
    ) -> None:
        self.vocabulary = vocabulary
        self.normalizer = normalizer or Normalizer()
        self.max_length = max_length
        self._pieces = inverse(vocabulary)
        self.pad, self.unk, self.cls, self.sep, self.mask = (vocabulary[t] for t in SPECIAL)

    @classmethod
    def from_pretrained(cls, name: str | Path) -> Self:
        """Load from a checkpoint's vocab.txt or tokenizer.json, and tokenizer_config.json.

        Raises:
            CheckpointError: the checkpoint or a file of it is absent or damaged.
        """
        from scratch_bert.checkpoints import resolve

        folder = resolve(name)
        path = folder / "tokenizer_config.json"
        try:
            values = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        except ValueError as error:
            raise CheckpointError(f"{path}: not a JSON file: {error}") from None
        normalizer = Normalizer(
            lowercase=values.get("do_lower_case", True),
            strip_accents=values.get("strip_accents"),
            split_cjk=values.get("tokenize_chinese_chars", True),
        )
        # HF writes 1e30 where a tokenizer has no limit.
        limit = min(int(values.get("model_max_length", 512)), 10**9)
        return cls(find_vocabulary(folder), normalizer, limit)

    def tokenize(self, text: str) -> list[str]:
        """Return the pieces, without [CLS] and [SEP]; special tokens in the text stay whole.

        >>> words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able"]
        >>> BertTokenizer({word: i for i, word in enumerate(words)}).tokenize("Unaffable [MASK] x")
        ['un', '##aff', '##able', '[MASK]', '[UNK]']
        """
        tokens: list[str] = []
        for part in _SPLIT_SPECIAL.split(text):
            if part in SPECIAL:
                tokens.append(part)
                continue
            for word in self.normalizer.words(part):
                tokens.extend(wordpiece(word, self.vocabulary) or ["[UNK]"])
        return tokens

    def encode(
        self, text: str, pair: str | None = None, max_length: int | None = None
    ) -> tuple[list[int], list[int]]:
        """Return ids and segments of [CLS] text [SEP], and of pair [SEP] where there is one.

        Where they are longer than `max_length`, the longer of the two is shortened from its end.
        """
        first = [self.vocabulary[token] for token in self.tokenize(text)]
        second = None if pair is None else [self.vocabulary[token] for token in self.tokenize(pair)]
        if max_length is not None:
            first, second = _shorten(first, second, max_length)
        ids = [self.cls, *first, self.sep]
        segments = [0] * len(ids)
        if second is not None:
            ids += [*second, self.sep]
            segments += [1] * (len(second) + 1)
        return ids, segments

    def __call__(
        self,
        texts: str | Sequence[str],
        pairs: str | Sequence[str] | None = None,
        *,
        truncation: bool | None = None,
        max_length: int | None = None,
        padding_side: Literal["left", "right"] = "right",
    ) -> dict[str, list[list[int]]]:
        """Encode a batch and pad it to its longest sequence.

        Args:
            texts: one text, or several.
            pairs: second sentences, as many.
            truncation: whether to shorten; None means where there is a `max_length`.
            max_length: in tokens, [CLS] and [SEP] included; None means the checkpoint's own.
            padding_side: where the shorter ones are filled up.

        Returns:
            `input_ids`, `token_type_ids` and `attention_mask`, each (batch, seq).

        Raises:
            ValueError: texts and pairs differ in number, or are no texts; `max_length` has no room
                for [CLS] and [SEP]; `padding_side` is another.
        """
        texts = [texts] if isinstance(texts, str) else texts
        seconds: Sequence[str | None] = [None] * len(texts)
        if pairs is not None:
            seconds = [pairs] if isinstance(pairs, str) else pairs
        if len(seconds) != len(texts):
            raise ValueError(f"there are {len(texts)} texts but {len(seconds)} pairs")
        for text in (*texts, *(second for second in seconds if second is not None)):
            if not isinstance(text, str):
                kind = type(text).__name__
                raise ValueError(f"{text!r} is a {kind}, expected a text; second texts go in pairs")
        special = 2 if pairs is None else 3
        if max_length is not None and max_length < special:
            raise ValueError(f"max_length is {max_length}, expected at least {special}")
        if padding_side not in ("left", "right"):
            raise ValueError(f"padding_side is {padding_side!r}, expected 'left' or 'right'")
        shortened = max_length is not None if truncation is None else truncation
        limit = (max_length or self.max_length) if shortened else None
        rows = [self.encode(a, b, limit) for a, b in zip(texts, seconds, strict=True)]
        longest = max((len(ids) for ids, _ in rows), default=0)

        def pad(row: list[int], filler: int) -> list[int]:
            padding = [filler] * (longest - len(row))
            return row + padding if padding_side == "right" else padding + row

        return {
            "input_ids": [pad(ids, self.pad) for ids, _ in rows],
            "token_type_ids": [pad(segments, 0) for _, segments in rows],
            "attention_mask": [pad([1] * len(ids), 0) for ids, _ in rows],
        }

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """Return the pieces of ids (HF `convert_ids_to_tokens`)."""
        return [self._pieces[int(i)] for i in ids]

    def decode(self, ids: Iterable[int], skip_special_tokens: bool = False) -> str:
        """Join pieces to text; lost case and accents stay lost (HF also drops some spaces)."""
        tokens = [t for t in self.tokens(ids) if not (skip_special_tokens and t in SPECIAL)]
        return " ".join(tokens).replace(" ##", "")


def _shorten(
    first: list[int], second: list[int] | None, max_length: int
) -> tuple[list[int], list[int] | None]:
    if second is None:
        return first[: max(0, max_length - 2)], None
    room = max(0, max_length - 3)
    if len(first) + len(second) <= room:
        return first, second
    half = room // 2
    shorter = min(len(first), len(second))
    if shorter > half:  # both shrink; the shorter gets the smaller half
        keep = (half, room - half) if len(first) <= len(second) else (room - half, half)
    else:
        keep = (shorter, room - shorter) if len(first) <= len(second) else (room - shorter, shorter)
    return first[: keep[0]], second[: keep[1]]
