"""From texts to examples: what is held out, what is made again and what is not."""

import signal
import sys
from dataclasses import replace
from itertools import chain

import pytest
import torch
from rich.console import Console

from scratch_bert.errors import CheckpointError, CorpusError
from scratch_bert.pretraining.corpus import build as preparation_steps
from scratch_bert.pretraining.corpus import preparation
from scratch_bert.pretraining.corpus.build import HELD_OUT, TIMES
from scratch_bert.pretraining.corpus.preparation import prepare
from scratch_bert.pretraining.corpus.shards import StoredStretches
from scratch_bert.pretraining.corpus.source import Corpus
from scratch_bert.tokenization.files.vocabulary import SPECIAL
from tests import forked

LENGTH = 24


@pytest.fixture
def corpus(tmp_path):
    """Forty-one documents whose words are their own."""
    text = "\n\n".join(f"x{n} x{n}. Y{n} x{n} x{n}. Z{n} x{n}." for n in range(100, 141))
    (tmp_path / "text.txt").write_text(text)
    return Corpus([tmp_path / "text.txt"], vocab_size=700, seq_length=LENGTH)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_held_out_is_not_learned_from(corpus, tmp_path):
    made = prepare(tmp_path / "made", corpus)
    assert (made.documents, made.left_out, HELD_OUT) == (41, 0, 20)
    words = made.tokenizer.get_vocab()
    seen = []
    for examples in (made.examples, made.held_out):
        numbers = [*range(len(examples))]
        batches = (examples.batch(numbers, epoch) for epoch in range(3))
        seen.append({*chain(*(batch["input_ids"].flatten().tolist() for batch in batches))})
    learned, held_out = seen
    ours, others = {words["x119"], words["x139"]}, {words["x118"], words["x140"]}
    assert ours <= held_out
    assert others <= learned
    counts = made.learned.counts(len(words))
    assert [counts[i] for i in (*ours, *others)] == [0, 0, 5, 5]


def test_examples_of_another_length(corpus, tmp_path):
    folder = tmp_path / "made"
    assert prepare(folder, corpus).long is None
    made = prepare(folder, corpus, long_length=9)  # which may be shorter
    assert len(made.examples) < len(made.long)
    batch = made.long.batch([*range(len(made.long))], 0)
    assert batch["input_ids"].shape[1] == 9
    assert {"stretches-9.arrow", f"stretches-{LENGTH}.arrow"} < {*files(folder)}


def test_it_is_made_once(corpus, tmp_path):
    folder = tmp_path / "made"
    before = prepare(folder, corpus).examples.batch([0, 1], 0)
    times = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    after = prepare(folder, corpus).examples.batch([0, 1], 0)
    assert times == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert all(torch.equal(before[name], after[name]) for name in before)
    corpus.paths[0].write_text("Another one.\n\nAnd this.")
    assert prepare(folder, corpus).documents == 2
    assert len(StoredStretches(folder / f"stretches-{LENGTH}.arrow")) == TIMES


def test_a_file_that_changes_while_it_is_read_is_read_again(corpus, tmp_path, monkeypatch):
    write = preparation.write_documents

    def changed(*arguments):
        corpus.paths[0].write_text("Another one.\n\nAnd this.")
        return write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "write_documents", changed)
        prepare(tmp_path / "made", corpus)
    again, anew = (prepare(tmp_path / name, corpus) for name in ("made", "anew"))
    assert again.tokenizer.get_vocab() == anew.tokenizer.get_vocab()


STAGES = ("count", "learn_vocabulary", "write_documents", "divided", "write_stretches")


@pytest.mark.parametrize("stage", STAGES)
def test_stopped_anywhere_it_ends_the_same(stage, corpus, tmp_path, monkeypatch):
    prepare(tmp_path / "whole", corpus)
    (tmp_path / "made").mkdir()
    stop = getattr(preparation, stage)

    def stopped(*arguments):
        stop(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(preparation, stage, stopped)
        with pytest.raises(KeyboardInterrupt):
            prepare(tmp_path / "made", corpus)
    prepare(tmp_path / "made", corpus)
    assert files(tmp_path / "made") == files(tmp_path / "whole")


def test_back_to_what_it_was_after_another_was_stopped(corpus, tmp_path, monkeypatch):
    folder = tmp_path / "made"
    prepare(folder, corpus)
    before = files(folder)

    def stopped(place):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "divided", stopped)
        with pytest.raises(KeyboardInterrupt):
            prepare(folder, replace(corpus, whole_files=True))
    prepare(folder, corpus)
    assert files(folder) == before


def test_killed_while_it_writes_it_leaves_nothing(corpus, tmp_path):
    """In a process of its own, which ends when it has opened the file of documents."""
    program = f"""
import os
from pathlib import Path
from scratch_bert.pretraining.corpus import shards
from scratch_bert.pretraining.corpus.preparation import prepare
from scratch_bert.pretraining.corpus.source import Corpus
shards.pa.ipc.new_file = lambda *_: os.kill(os.getpid(), 9)
prepare(Path("made"), Corpus([Path("text.txt")], vocab_size=700, seq_length={LENGTH}))
"""
    killed = forked.run([sys.executable, "-c", program], cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert any(name.startswith(".documents.arrow.") for name in files(tmp_path / "made"))
    made, whole = (prepare(tmp_path / name, corpus) for name in ("made", "whole"))
    assert made.documents == whole.documents == 41
    assert files(tmp_path / "made") == files(tmp_path / "whole")


@pytest.mark.slow
def test_as_many_processes_as_you_like(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(preparation_steps, "CHUNK", 200)
    for processes in (1, 2):
        prepare(tmp_path / str(processes), corpus, workers=processes)
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_a_vocabulary_of_ones_own(corpus, tmp_path):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text(
        "\n".join([*SPECIAL, "x", "y", "z", ".", *(f"##{d}" for d in range(10))]) + "\n"
    )
    made = prepare(tmp_path / "made", Corpus(corpus.paths, vocab=vocab))
    assert len(made.tokenizer) == 19
    with pytest.raises(CheckpointError, match="there is no such file"):
        prepare(tmp_path / "made", Corpus(corpus.paths, vocab=tmp_path / "none"))


@pytest.mark.parametrize("learns", [True, False])
def test_files_left_out_are_named_once(learns, corpus, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("\n".join(SPECIAL) + "\n")
    named = []
    paths = [*corpus.paths, tmp_path / "bad.txt"]
    both = Corpus(paths, vocab=None if learns else vocab)
    assert prepare(tmp_path / "made", both, named.append).documents == 41
    assert [str(tmp_path / "bad.txt") in each for each in named] == [True]
    with pytest.raises(CorpusError, match="not UTF-8"):
        prepare(tmp_path / "other", both)


def test_documents_without_a_word_are_counted(corpus, tmp_path):
    path = corpus.paths[0]
    path.write_text(path.read_text() + "\n\n\u200b\n\n\u200b\u200b\n")
    assert prepare(tmp_path / "made", corpus).left_out == 2
    assert prepare(tmp_path / "made", corpus).left_out == 2  # as it was written down


def test_only_what_it_made_is_replaced(corpus, tmp_path):
    folder = tmp_path / "made"
    prepare(folder, corpus)
    (folder / "mine.arrow").write_text("mine")
    corpus.paths[0].write_text("Another one.\n\nAnd this.")
    prepare(folder, corpus)
    assert (folder / "mine.arrow").read_text() == "mine"


def test_progress_is_shown(corpus, tmp_path):
    with open(tmp_path / "screen", "w") as file:  # noqa: PTH123
        console = Console(file=file, force_terminal=True, width=150)
        prepare(tmp_path / "made", corpus, console=console)
    shown = (tmp_path / "screen").read_text()
    for what in ("counting words", "cutting into pieces", f"stretches of {LENGTH} tokens"):
        assert what in shown
