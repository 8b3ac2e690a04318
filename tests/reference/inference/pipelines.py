"""Tiny models with heads, as files both sides load, and texts of all kinds."""

import json
from functools import cache
from pathlib import Path

import torch
import transformers
from hypothesis import strategies as st

from parity import reference
from scratch_bert.pretraining.corpus.texts import builtin_texts, sentences
from scratch_bert.tokenization import BertTokenizer
from tests.models import TINY, adversarial_, some_words

SHARED = Path(__file__).parents[4] / "shared" / "data"
POSITIONS = 64

PIECES = [
    *("the ", "Paris", " ", "\t", "\u3000", ".", "[", "]", "≠", "東", "京", "1", "unaffable", "-"),
    *(
        "é",
        "e\u0301",
        "\u0f71\u0f72",
        "각",
        "😀",
        "👩‍👩‍👧",
        "ﷺ",
        "\u200b",
        "\x00",
        "n't",
        "##ing",
        "New York ",
    ),
    *("New York ", "[MASK]", "[SEP]", "[CLS]", "[UNK]", "[PAD]", "antidisestablishmentarianism"),
    *("ss", "ß", "İ"),
]
WRITTEN = [
    "",
    " ",
    "a",
    "the the the the",
    "Angela Merkel visited New York City, didn't she?",
    "internationalization of micro-soft's supercalifragilistic products",
    "東京は日本の首都です。",
    "naïve café \u2013 l\u2019œuvre",
    "e\u0301\u0327 a\u0300\u0316x",
    "new so\u0301n one ti\u0302me state wa\u0300r in fi\u0301rst a\u0308ge",
    "😀😀 ok 👩‍👩‍👧",
    "مرحبا بالعالم",
    "[SEP] in a [PAD] text [CLS] [UNK] [MASK]",
    "\x00\ufffd\u200b",
    "qqqqqqqqq zzzzzzzzzz xyzzy",
]
drawn = st.lists(st.sampled_from(PIECES), max_size=16).map("".join) | st.text(max_size=20)


@cache
def texts():
    """Written and real ones, none too long; those of the shared folder where it is there."""
    found = [s for each in builtin_texts() for s in sentences(each.text)][::90]
    if (SHARED / "udhr.jsonl").is_file():
        lines = (SHARED / "udhr.jsonl").read_text("utf-8").splitlines()
        found += [json.loads(line)["paragraphs"][1] for line in lines]
    if (SHARED / "sample_text.txt").is_file():
        found += (SHARED / "sample_text.txt").read_text("utf-8").splitlines()
    tokenizer = BertTokenizer(some_words())
    return WRITTEN + [text for text in found if len(tokenizer(text)["input_ids"]) <= POSITIONS]


def saved(kind, place, *, seed=0, change=lambda model: None, tokenizer_json=False, **config):
    """Write a tiny model of a kind with its tokenizer, as vocab.txt or as tokenizer.json."""
    tokenizer = BertTokenizer(some_words())
    settings = TINY | {"vocab_size": len(tokenizer), "max_position_embeddings": POSITIONS}
    model = getattr(transformers, kind)(transformers.BertConfig(**settings, **config))
    adversarial_(model, seed)
    with torch.no_grad():  # else all tokens and texts are much alike to the head
        model.base_model.embeddings.word_embeddings.weight *= 5
        for name, parameter in model.named_parameters():
            if name.endswith("output.dense.weight") or name == "classifier.bias":
                parameter *= 0.3
        change(model)
    with reference.quiet():
        model.save_pretrained(place)
    tokenizer.model_max_length = POSITIONS
    tokenizer.save_pretrained(place)
    if not tokenizer_json:
        (place / "tokenizer.json").unlink()
    return place


def check_rows(given, ours, theirs):
    """Both say the same of each text, in the same order; the first that differs is told."""
    for text, mine, yours in zip(given, _rows(ours), _rows(theirs), strict=True):
        assert mine == yours, text


def _rows(side):
    return [[each if isinstance(each, dict) else each._asdict() for each in row] for row in side]
