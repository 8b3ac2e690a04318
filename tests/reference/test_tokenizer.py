"""Ids and segments are the reference's on real text."""

import json
import random
from pathlib import Path

import pytest
import transformers

from scratch_bert.builtin_checkpoints import minilm
from scratch_bert.tokenization import BertTokenizer

SAMPLES = [
    "The capital of France is Paris.",
    "Naïve café: ÅNGSTRÖM's 100€ + ½, “quoted” — e\u0301lan…",
    "東京タワー 한국어 русский ελληνικός العربية हिन्दी ไทย",
    "don't [MASK] me [SEP] [mask] x_y http://a.b/c?d=e 😀👨‍👩‍👧",
    "tab\tnewline\nzero\u200bwidth\u00adsoft \u0000nul",
    "a" * 100 + " " + "a" * 101,
    "",
]
DECLARATION = Path(__file__).parents[3] / "shared" / "data" / "udhr.jsonl"


def texts():
    """The samples, and a paragraph in each of some 500 languages where that file is at hand."""
    found = list(SAMPLES)
    if DECLARATION.is_file():
        for line in DECLARATION.read_text(encoding="utf-8").splitlines():
            paragraphs = [v for v in json.loads(line).values() if isinstance(v, list)]
            found += paragraphs[0][:2]
    return found


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def sides(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "vocab.txt").write_bytes((minilm() / "vocab.txt").read_bytes())
    config = {"do_lower_case": request.param, "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    theirs = transformers.BertTokenizer.from_pretrained(folder)
    return BertTokenizer.from_pretrained(folder), theirs


def test_single_texts(sides):
    ours, theirs = sides
    for text in texts():
        assert ours(text)["input_ids"][0] == theirs(text)["input_ids"], repr(text)


def test_truncated_padded_pairs(sides):
    ours, theirs = sides
    choose = random.Random(0)
    found = [text for text in texts() if text]
    for _ in range(200):
        firsts, seconds = ([choose.choice(found)[:90] for _ in range(3)] for _ in range(2))
        # An empty second text is the next step's: the reference drops it alone and keeps it in a
        # batch. Texts of white space alone are as good as empty and stay in.
        limit, side = choose.randint(5, 40), choose.choice(["left", "right"])
        options = {"truncation": True, "max_length": limit, "padding_side": side}
        expected = theirs(firsts, seconds, padding=True, **options)
        assert ours(firsts, seconds, **options) == dict(expected), (firsts, seconds, options)
