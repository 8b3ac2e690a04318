"""What `benchmark.py tokenize` measures: corpora, both sides, and how their times are shown."""

import json
import os
import random
import re
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from pydoc_data.topics import topics
from string import ascii_lowercase
from typing import Any

from rich.console import Console
from rich.table import Table

from scratch_bert.tokenization import BertTokenizer, TokenizerSettings

os.environ["RAYON_NUM_THREADS"] = "2"  # read when the reference first starts its threads

UDHR = Path(__file__).parents[2] / "shared" / "data" / "udhr.jsonl"
SIZE = 250_000  # bytes of the sentences, about

IDS = {"return_token_type_ids": False, "return_attention_mask": False}

# Output of ours → what it is measured against, with one thread where no other number is named.
AGAINST = {
    "ids": (
        "encode_batch",
        "encode_batch, ids",
        "encode_batch_fast, ids",
        "encode_batch, ids, 2 threads",
        "transformers, ids",
    ),
    "all": (
        "encode_batch",
        "encode_batch, all",
        "encode_batch, all, 2 threads",
        "transformers, all",
    ),
}


def corpora() -> dict[str, list[str]]:
    """Name → texts; the multilingual one only where its file is."""
    paragraphs = [p for text in topics.values() for p in text.split("\n\n") if p.strip()]
    draw = random.Random(0)  # noqa: S311
    words = [
        "".join(draw.choices(ascii_lowercase, k=draw.randrange(10, 40))) for _ in range(10_000)
    ]
    sentences = [s for p in paragraphs for s in re.split(r"(?<=[.:;?!])\s+", p) if s]
    found = {
        "English": list(topics.values()),
        "short sentences": sentences[:: max(1, size(sentences) // SIZE)],
        "random words": [" ".join(words[i : i + 20]) for i in range(0, len(words), 20)],
    }
    if UDHR.exists():
        lines = UDHR.read_text(encoding="utf-8").splitlines()
        found["multilingual"] = ["\n".join(json.loads(line)["paragraphs"]) for line in lines]
    return found


def size(texts: Sequence[str]) -> int:
    """Bytes of texts in UTF-8."""
    return sum(len(text.encode()) for text in texts)


class Sides:
    """What is timed on a batch of texts; the names say what each delivers.

    "all" is ids, offsets, word ids, types and mask, as lists. Cold is a tokenizer that has seen no
    text; the reference remembers none, so it has but one temperature.

    Args:
        texts: the batch.
        settings: ours.
        theirs: transformers' tokenizer.
    """

    def __init__(self, texts: Sequence[str], settings: TokenizerSettings, theirs: Any) -> None:
        self._texts = texts
        self._settings = settings
        self._theirs = theirs
        self._warm, self._cold = BertTokenizer(settings), BertTokenizer(settings)
        self.timed: dict[str, Callable[[], object]] = {
            "ours, ids, cold": lambda: self._our_ids(self._cold),
            "ours, ids, warm": lambda: self._our_ids(self._warm),
            "ours, all, cold": lambda: self._our_lists(self._cold),
            "ours, all, warm": lambda: self._our_lists(self._warm),
            "encode_batch": self._encode_batch,
            "encode_batch, ids": lambda: [row.ids for row in self._encode_batch()],
            "encode_batch_fast, ids": lambda: [row.ids for row in self._encode_batch(fast=True)],
            "encode_batch, ids, 2 threads": lambda: [
                row.ids for row in self._encode_batch(parallel=True)
            ],
            "encode_batch, all": lambda: _lists(self._encode_batch()),
            "encode_batch, all, 2 threads": lambda: _lists(self._encode_batch(parallel=True)),
            "transformers, ids": lambda: self._their_call(**IDS)["input_ids"],
            "transformers, all": self._their_lists,
        }
        self.before = dict.fromkeys(("ours, ids, cold", "ours, all, cold"), self._cool)

    def _cool(self) -> None:
        self._cold = BertTokenizer(self._settings)

    def _our_ids(self, tokenizer: BertTokenizer) -> object:
        return tokenizer(self._texts, **IDS)["input_ids"]

    def _our_lists(self, tokenizer: BertTokenizer) -> object:
        batch = tokenizer(self._texts, return_offsets_mapping=True)
        return batch, [row.word_ids for row in batch.encodings]

    def _encode_batch(self, parallel: bool = False, fast: bool = False) -> Any:
        os.environ["TOKENIZERS_PARALLELISM"] = str(parallel).lower()  # read at every call
        backend = self._theirs.backend_tokenizer
        return (backend.encode_batch_fast if fast else backend.encode_batch)(self._texts)

    def _their_call(self, **options: bool) -> Any:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        return self._theirs(self._texts, verbose=False, **options)

    def _their_lists(self) -> object:
        batch = self._their_call(return_offsets_mapping=True)
        return batch, [batch.word_ids(i) for i in range(len(self._texts))]


def _lists(rows: Any) -> object:
    return [(row.ids, row.offsets, row.word_ids, row.type_ids, row.attention_mask) for row in rows]


def show_tokenize(measured: dict[str, dict[str, list[float]]], sizes: dict[str, int]) -> list[Any]:
    """Print a line for each corpus, output and opponent; returns them for JSON.

    Args:
        measured: corpus → side → seconds.
        sizes: corpus → bytes.
    """
    table = Table("corpus", "output", "theirs", title="tokenize")
    for title in ("ours cold", "warm", "theirs MB/s", "ratio cold", "warm"):
        table.add_column(title, justify="right")
    results = []
    for corpus, seconds in measured.items():
        medians = {side: statistics.median(times) for side, times in seconds.items()}
        speeds = {side: sizes[corpus] / 1e6 / median for side, median in medians.items()}
        ratios = {}
        for output, opponents in AGAINST.items():
            cold, warm = (f"ours, {output}, {state}" for state in ("cold", "warm"))
            for opponent in opponents:
                pair = [medians[ours] / medians[opponent] for ours in (cold, warm)]
                ratios[f"{output} / {opponent}"] = dict(zip(("cold", "warm"), pair, strict=True))
                numbers = [f"{speeds[side]:.2f}" for side in (cold, warm, opponent)]
                table.add_row(corpus, output, opponent, *numbers, *(f"{r:.2f}" for r in pair))
        table.add_section()
        results.append(
            {
                "corpus": corpus,
                "bytes": sizes[corpus],
                "seconds": seconds,
                "medians": medians,
                "ratios": ratios,
            }
        )
    Console(width=120).print(table)
    return results
