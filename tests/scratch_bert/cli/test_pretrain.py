"""`scratch-bert pretrain`: stopped and gone on with, the same model; what it refuses."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from scratch_bert import BertForMaskedLM, BertForPreTraining
from scratch_bert.cli.main import main
from tests import forked
from tests.learner import stop_once

ROOT = Path(__file__).parents[3]
SMALL = shlex.split(
    "--layers 1 --hidden 64 --vocab-size 200 --batch-size 4 --seq-length 16 --warmup 1"
)
TEXT = "\n\n".join(f"It is {n}. Is it {n}? It was {n - 1}. Then {n}." for n in range(30))


@pytest.fixture
def run(tmp_path, command_line, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text(TEXT)

    def run_one(*arguments, steps=6, corpus=True):
        source = ["--corpus", "text.txt"] if corpus else []
        return command_line(main, "pretrain", *source, "--steps", steps, *SMALL, *arguments)

    return run_one


def weights(folder):
    return dict(BertForPreTraining.from_pretrained(folder / "model").named_parameters())


def curves(folder):
    return [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]


def test_what_is_there_afterwards(run, tmp_path):
    code, out, err = run("-o", "made", "--every", "4")
    made = tmp_path / "made"
    assert code == 0
    assert out.startswith("held out: perplexity ")
    assert "30 documents" in err
    assert {path.name for path in (made / "checkpoints").iterdir()} == {"step-4", "step-6"}
    assert [line["step"] for line in curves(made)] == [1, 2, 3, 4, 5, 6]
    told = json.loads((made / "evaluation.json").read_text())
    assert told["perplexity"] < 200
    assert told["unigram_perplexity"] < 60
    assert 0 <= told["words_right"] <= 1 >= told["pairs_right"] >= 0
    code, again, _ = run("-o", "made", "--every", "4")  # nothing is left to do
    assert (code, again) == (0, out)


@pytest.mark.parametrize("preset", ["huggingface", "original"])
def test_it_goes_on_where_it_was_stopped(preset, run, tmp_path, monkeypatch):
    options = ["--preset", preset, "--every", "2", "--dropout", "0.1"]
    assert run("-o", "whole", *options)[0] == 0
    stop_once(monkeypatch, 3)
    code, out, err = run("-o", "parts", *options)
    assert (code, out) == (130, "")
    assert "stopped at step 3; the same command goes on from there" in err
    torch.manual_seed(9)
    assert run("-o", "parts", *options)[0] == 0
    ours, theirs = (weights(tmp_path / name) for name in ("parts", "whole"))
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
    assert curves(tmp_path / "parts") == curves(tmp_path / "whole")


def test_a_line_of_a_step_that_is_taken_again_goes(run, tmp_path):
    run("-o", "made", "--every", "2")
    whole = curves(tmp_path / "made")
    for name in ("step-6", "step-4"):
        (tmp_path / "made" / "checkpoints" / name).rename(tmp_path / name)
    (tmp_path / "step-4").rename(tmp_path / "made" / "checkpoints" / "step-4")
    run("-o", "made", "--every", "2")
    assert curves(tmp_path / "made") == whole


@pytest.mark.slow
def test_ctrl_c_in_a_terminal(tmp_path):
    """In a process of its own, as a user ends it."""
    (tmp_path / "text.txt").write_text(TEXT)
    program = "from scratch_bert.cli.main import main; main()"
    options = ["--corpus", "text.txt", "-o", "made", "--steps", "100000", *SMALL]
    command = [sys.executable, "-c", program, "pretrain", *options]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "made" / "curves.jsonl").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on from there" in err
    (last,) = (tmp_path / "made" / "checkpoints").iterdir()
    assert last.name == f"step-{curves(tmp_path / 'made')[-1]['step']}"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--hidden", "100"], "100, expected a multiple of 64"),
        (["--corpus", "nowhere"], "nowhere: cannot be read: No such file"),
        (["--corpus", "bad.txt"], "bad.txt, line 1: not UTF-8"),
        (["--vocab", "none.txt"], "none.txt: there is no such file"),
        (["--vocab", "bare.txt"], "bare.txt: lacks [MASK]"),
        (["--steps", "0"], "--steps"),
        (["--device", "toaster"], "--device: toaster: "),
        (["--device", "cuda:99"], "--device: cuda:99: "),
        (["--corpus", "empty"], "empty: has no files in it"),
        (["--dataset", "rows"], "--dataset: give --corpus, with --whole-files or without, or"),
    ],
)
def test_usage(arguments, why, run, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    (tmp_path / "bare.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nit\n")
    (tmp_path / "empty").mkdir()
    code, out, err = run("-o", "made", *arguments)
    assert (code, out) == (4, "")
    assert why in " ".join(err.replace("│", " ").split())


def test_a_bad_file_is_left_out_and_counted(run, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    code, _, err = run("-o", "made", "--corpus", "bad.txt", "--on-error", "skip", steps=1)
    assert code == 0
    assert "left out: bad.txt, line 1: not UTF-8" in err
    assert "1 files left out" in " ".join(err.split())


@pytest.fixture
def rows(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "rows").mkdir()
    texts = [{"body": text} for text in (*TEXT.split("\n\n"), None, " ")]
    lines = [json.dumps(text) for text in texts]
    (tmp_path / "rows" / "train.jsonl").write_text("\n".join(lines))
    return ["--dataset", "rows", "--text-column", "body"]


@pytest.mark.parametrize("streaming", [[], ["--streaming"]])
def test_a_dataset(streaming, run, rows):
    skip = ["--on-error", "skip", *streaming]
    code, _, err = run("-o", "made", *rows, *skip, steps=1, corpus=False)
    assert code == 0
    said = " ".join(err.split())
    assert "left out: rows, row 31: its body is nothing" in said
    assert "30 documents, " in said
    assert "1 rows left out, 1 documents without a word left out" in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "rows, row 31: its body is nothing"),
        (["--text-column", "text"], "rows: has no column text, but body"),
        (["--dataset-split", "dev"], "rows: cannot be read: Unknown split"),
        (["--dataset-config", "none"], "BuilderConfig 'none' not found"),
        (["--whole-files"], "--dataset: give --corpus, with --whole-files or without, or"),
        (["-o", "rows/made"], "rows: what is made of it goes to rows/made/corpus; choose another"),
    ],
)
def test_a_dataset_that_cannot_be_used(arguments, why, run, rows):
    code, out, err = run("-o", "made", *rows, *arguments, corpus=False)
    assert (code, out) == (4, "")
    assert why in " ".join(err.replace("│", " ").split())


@pytest.mark.slow
def test_several_workers(run, tmp_path):
    for number in ("1", "2"):
        assert run("-o", number, "--workers", number, steps=1)[0] == 0
    ours, theirs = (
        {path.name: path.read_bytes() for path in (tmp_path / name / "corpus").iterdir()}
        for name in ("1", "2")
    )
    assert ours == theirs


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--learning-rate", "0.5"], "learning_rate was 0.001, and is 0.5 now"),
        (["--layers", "2"], "model.num_hidden_layers was 1, and is 2 now"),
        (["--seq-length", "17"], "has begun there, but seq_length was 16, and is 17 now"),
        (["--seed", "4"], "has begun there, but seed was 0, and is 4 now; choose another folder"),
    ],
)
def test_other_options_than_before(arguments, why, run):
    run("-o", "made", "--every", "1", "--learning-rate", "0.001", steps=2)
    options = [] if "0.5" in arguments else ["--learning-rate", "0.001"]
    code, _, err = run("-o", "made", "--every", "1", *options, *arguments, steps=2)
    assert code == 4
    assert why in " ".join(err.replace("│", " ").split())


def test_another_text_than_before(run, tmp_path):
    run("-o", "made", "--every", "1", steps=1)
    (tmp_path / "text.txt").write_text(TEXT + " More.")
    code, _, err = run("-o", "made", "--every", "1", steps=1)
    assert code == 4
    assert "the files are others, or have changed" in " ".join(err.replace("│", " ").split())


def test_an_output_that_is_no_folder(run, tmp_path):
    (tmp_path / "made").touch()
    code, _, err = run("-o", "made")
    assert code == 4
    assert "--output: made: cannot be written: File exists" in " ".join(
        err.replace("│", " ").split()
    )


def test_nothing_of_the_users_is_overwritten(run, tmp_path):
    """Where the corpus lies in what is made, or what is made in the corpus."""
    mine = tmp_path / "corpus"
    mine.mkdir()
    (mine / "vocab.txt").write_text("My text.\n\nAnd more.")
    for options in (["-o", ".", "--corpus", "corpus"], ["-o", "made", "--corpus", "."]):
        code, _, err = run(*options)
        assert code == 4
        assert "choose another folder" in " ".join(err.replace("│", " ").split())
    assert (mine / "vocab.txt").read_text() == "My text.\n\nAnd more."
    (mine / "vocab.txt").rename(mine / "notes.txt")
    assert run("-o", ".", steps=1)[0] == 0  # what is made may stand beside it
    assert (mine / "notes.txt").read_text() == "My text.\n\nAnd more."


def test_without_pyarrow(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name in [each for each in sys.modules if each.startswith("scratch_bert.pretraining.")]:
        monkeypatch.delitem(sys.modules, name)
    code, _, err = run("-o", "made")
    assert code == 4
    assert "pip install 'scratch-bert[pretraining]'" in " ".join(err.replace("│", " ").split())


def test_a_process_without_a_batch(run, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    code, _, err = run("-o", "made", "--accumulation", "2")
    assert code == 4
    assert "--accumulation: 2, expected 3" in " ".join(err.replace("│", " ").split())


def test_no_number(run):
    code, out, err = run("-o", "made", "--learning-rate", "1e30", "--warmup", "0", "--every", "1")
    assert (code, out) == (1, "")
    assert "the last good checkpoint is" in " ".join(err.split())


def test_curves_for_tensorboard(run, tmp_path):
    run("-o", "made", "--every", "2", "--tensorboard", steps=4)
    (tmp_path / "made" / "checkpoints" / "step-4").rename(
        tmp_path / "step-4"
    )  # step 3 on once more
    run("-o", "made", "--every", "2", "--tensorboard", steps=4)
    board = EventAccumulator(str(tmp_path / "made" / "tensorboard")).Reload()
    lines = curves(tmp_path / "made")
    for name in ("loss", "gradient_norm", "learning_rate", "held_out_perplexity"):
        there = [(line["step"], line[name]) for line in lines if name in line]
        found = [(event.step, event.value) for event in board.Scalars(name)]
        assert found == [(step, pytest.approx(value)) for step, value in there]
    assert [line["step"] for line in lines if "held_out_perplexity" in line] == [2, 4]


@pytest.mark.slow
def test_two_processes(run, tmp_path):
    """Started by torchrun: the time of three Pythons."""
    options = ["--every", "2", "--dropout", "0.1", "--accumulation", "2"]
    arguments = ["pretrain", "--corpus", "text.txt", "--steps", "6", *SMALL, *options, "-o"]
    program = [sys.executable, "-c", "from scratch_bert.cli.main import main; main()"]
    forked.run([*program, *arguments, "one"], cwd=tmp_path, check=True)  # in one thread, too
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [*command, "-m", "scratch_bert", *arguments, "two"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("held out: perplexity") == 1
    assert curves(tmp_path / "two") == curves(tmp_path / "one")
    ours, theirs = (weights(tmp_path / name) for name in ("two", "one"))
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="runs where there is a GPU")
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_nccl(parallel, run, tmp_path):
    """A GPU has one process only, which sums with itself; started by torchrun."""
    options = ["--every", "2", "--dropout", "0.1", "--device", "cuda", "--parallel", parallel]
    arguments = ["--corpus", "text.txt", "--steps", "6", *SMALL, *options, "-o"]
    starts = {"one": [], "joined": ["-m", "torch.distributed.run", "--nproc-per-node", "1"]}
    for output, how in starts.items():
        command = [sys.executable, *how, "-m", "scratch_bert", "pretrain", *arguments, output]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    ours, theirs = (weights(tmp_path / name) for name in starts)
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


def test_hidden_words_only_and_longer_ones_in_the_end(run, tmp_path):
    options = ["--mlm-only", "--long-length", "40", "--every", "5"]
    code, out, _ = run("-o", "made", *options, steps=10)
    assert code == 0
    assert "of words right" in out
    assert "pairs" not in out
    model = BertForMaskedLM.from_pretrained(tmp_path / "made" / "model")
    assert model.load_report.missing == ()
    tokens = [line["tokens"] for line in curves(tmp_path / "made")]
    assert max(tokens[:9]) <= 4 * 16 < tokens[9] <= 4 * 40
    code, _, err = run("-o", "made", *options[1:], steps=10)
    assert code == 4
    assert "model was 'BertForMaskedLM', and is 'BertForPreTraining' now" in " ".join(
        err.replace("│", " ").split()
    )
