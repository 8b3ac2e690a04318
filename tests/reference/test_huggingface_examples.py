"""`build-examples --recipe huggingface` is run_mlm's grouping and HuggingFace's collator."""

import json
import warnings
from itertools import chain

import pytest
import torch
from transformers import BertTokenizer, DataCollatorForLanguageModeling

from scratch_bert.cli import main
from scratch_bert.pretraining.texts import builtin_texts, sentences

TIMES, LENGTH, SEED = 2, 32, 5


@pytest.fixture
def lines(tmp_path):
    lines = [line for text in list(builtin_texts())[:3] for line in (*sentences(text.text), "")]
    (tmp_path / "corpus.txt").write_text("\n".join(lines))
    return lines


@pytest.mark.parametrize("whole_word", [False, True])
def test_the_same_examples(whole_word, lines, folder, tmp_path, capsys):
    options = f"--seq-length {LENGTH} --dupe-factor {TIMES} --seed {SEED} --output -".split()
    files = ["--corpus", str(tmp_path / "corpus.txt"), "--vocab", str(folder / "vocab.txt")]
    more = ["--whole-word"] if whole_word else []
    with pytest.raises(SystemExit):
        main(["build-examples", "--recipe", "huggingface", *files, *options, *more])
    ours = json.loads(capsys.readouterr().out)

    tokenizer = BertTokenizer.from_pretrained(folder)
    asked = {"return_special_tokens_mask": True, "return_offsets_mapping": True}
    made = tokenizer([line for line in lines if line], **asked)
    rows = {name: list(chain.from_iterable(made[name])) for name in made}
    starts = range(0, len(rows["input_ids"]) // LENGTH * LENGTH, LENGTH)
    features = [
        {name: torch.tensor(row[start : start + LENGTH]) for name, row in rows.items()}
        for start in starts
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of what whole words exclude
        collator = DataCollatorForLanguageModeling(tokenizer, seed=SEED, whole_word_mask=whole_word)
    theirs = []
    for _ in range(TIMES):
        batch = collator([dict(feature) for feature in features])
        for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True):
            at = (labels != -100).nonzero().flatten()
            theirs.append([ids.tolist(), [0] * LENGTH, at.tolist(), labels[at].tolist(), 0])
    assert len(ours) > 100
    assert ours == theirs
