"""Anybody's tokenizer as the judge sees it.

A candidate is `path/to/file.py:NAME` or `package.module:NAME`; NAME is a class with

    def build(self, folder: Path): ...    # from vocab.txt, tokenizer_config.json, tokenizer.json
    unsupported: Collection[str] = ()     # of FEATURES

What is built is called as HuggingFace's tokenizer is, or has no more than `encode(text)`, which
returns ids with [CLS] and [SEP].
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parity.core.errors import CandidateError
from parity.core.import_by_name import load_maker

FEATURES = {
    "offsets": "return_offsets_mapping",
    "calls": "HuggingFace's call with its options",
    "pairs": "text_pair",
    "words": "is_split_into_words",
    "overflow": "return_overflowing_tokens and stride",
    "maps": "char_to_token and its kin",
    "tensors": "return_tensors",
    "added tokens": "tokens of tokenizer.json besides BERT's own",
    "decode": "decode and convert_ids_to_tokens",
    "files": "save_pretrained, and unusual vocab.txt files",
}
Rows = tuple[list[list[int]], list[list[tuple[int, int]]] | None]


class TokenizerCandidate:
    """A candidate's class, and what its tokenizers cannot do.

    Args:
        maker: an object with `build`.
        name: what to call it in reports, and how to give it again.
    """

    def __init__(self, maker: Any, name: str) -> None:
        self.name = name
        self._maker = maker
        self.unsupported = set(getattr(maker, "unsupported", ()))
        if unknown := self.unsupported - FEATURES.keys():
            allowed = ", ".join(FEATURES)
            raise CandidateError(f"{name}: unsupported names {unknown}, expected some of {allowed}")

    def build(self, folder: Path) -> Any:
        """Build a tokenizer; one without a call is asked for ids alone from now on.

        Raises:
            CandidateError: what the candidate built is no tokenizer.
            Exception: whatever the candidate's `build` raises.
        """
        made = self._maker.build(folder)
        if not callable(made):
            if not hasattr(made, "encode"):
                raise CandidateError(
                    f"{self.name}: built a {type(made).__name__}, expected a call or encode"
                )
            self.unsupported |= FEATURES.keys()
        return made

    def ids_and_offsets(self, made: Any, texts: Sequence[str]) -> Rows:
        """Encode texts with [CLS] and [SEP]; offsets are None where it has none."""
        if "calls" in self.unsupported and not callable(made):
            return [list(map(int, made.encode(text))) for text in texts], None
        if "offsets" in self.unsupported:
            return _of_each(made(texts)["input_ids"], texts), None
        # Two calls: with offsets a tokenizer may come to its ids by another way.
        offsets = made(texts, return_offsets_mapping=True)["offset_mapping"]
        return _of_each(made(texts)["input_ids"], texts), _of_each(offsets, texts)


def _of_each(rows: list[Any], texts: Sequence[str]) -> list[Any]:
    if len(rows) != len(texts):
        raise ValueError(f"a list of {len(texts)} texts came back as {len(rows)} rows")
    return rows


def load_candidate(name: str) -> TokenizerCandidate:
    """Find a candidate by `path/to/file.py:NAME` or `package.module:NAME`.

    Raises:
        CandidateError: there is no such file, module or class, or it has no `build`.
    """
    return TokenizerCandidate(load_maker(name), name)
