"""`build-examples --recipe huggingface`: run_mlm's rows of a thousand lines, and the collator.

run_mlm.py is no part of the transformers package: its `group_texts` is written down here again.
"""

import json
from itertools import chain

import pytest
import torch
from transformers import BertTokenizerFast

from scratch_bert.cli.main import main
from scratch_bert.pretraining.corpus.texts import builtin_texts, sentences
from tests.reference.pretraining.collating import collator

TIMES, LENGTH, SEED = 2, 32, 5


@pytest.fixture
def lines(tmp_path):
    """More than a thousand, empty ones among them."""
    lines = [line for text in builtin_texts() for line in (*sentences(text.text), "")][:1300]
    (tmp_path / "corpus.txt").write_text("\n".join(lines) + "\n")
    return lines


@pytest.mark.slow
@pytest.mark.parametrize("whole_word", [False, True])
def test_the_same_examples(whole_word, lines, folder, tmp_path, capsys):
    options = f"--seq-length {LENGTH} --dupe-factor {TIMES} --seed {SEED} --output -".split()
    files = ["--corpus", str(tmp_path / "corpus.txt"), "--vocab", str(folder / "vocab.txt")]
    more = ["--whole-word"] if whole_word else []
    with pytest.raises(SystemExit):
        main(["build-examples", "--recipe", "huggingface", *files, *options, *more])
    ours = json.loads(capsys.readouterr().out)

    tokenizer = BertTokenizerFast.from_pretrained(folder)
    asked = {"return_special_tokens_mask": True, "return_offsets_mapping": True}
    features = []
    for first in (0, 1000):
        made = tokenizer(lines[first : first + 1000], **asked)
        rows = {name: list(chain.from_iterable(made[name])) for name in made}
        for start in range(0, len(rows["input_ids"]) // LENGTH * LENGTH, LENGTH):
            part = {name: torch.tensor(row[start : start + LENGTH]) for name, row in rows.items()}
            features.append(part)
    theirs, collate = [], collator(tokenizer, seed=SEED, whole_word_mask=whole_word)
    for _ in range(TIMES):
        batch = collate([dict(feature) for feature in features])
        for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True):
            at = (labels != -100).nonzero().flatten()
            theirs.append([ids.tolist(), [0] * LENGTH, at.tolist(), labels[at].tolist(), 0])
    assert len(ours) > 100
    assert ours == theirs


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_no_text(text, tmp_path, folder, capsys):
    (tmp_path / "corpus.txt").write_text(text)
    files = ["--corpus", str(tmp_path / "corpus.txt"), "--vocab", str(folder / "vocab.txt")]
    for recipe in ("huggingface", "original"):
        with pytest.raises(SystemExit) as ended:
            main(["build-examples", "--recipe", recipe, *files, "-o", "-"])
        assert ended.value.code == 4
        assert "has no text in it" in " ".join(capsys.readouterr().err.replace("│", " ").split())
