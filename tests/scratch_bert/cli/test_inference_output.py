"""The commands of inference: what they print, what they refuse, and what is there by then."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scratch_bert import (
    BertForNextSentencePrediction,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
)
from scratch_bert.cli.main import main
from scratch_bert.inference.tasks.question_answering import QuestionAnswering
from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings
from scratch_bert.inference.tasks.token_classification import TokenClassification
from scratch_bert.inference.text_classification import TextClassification
from tests.models import saved

ROOT = Path(__file__).parents[3]
KINDS = {
    "classify": BertForSequenceClassification,
    "tag": BertForTokenClassification,
    "answer": BertForQuestionAnswering,
    "next-sentence": BertForNextSentencePrediction,
}
TEXTS = ["a [b]cat[/]", "", "\x1b[31mthe cat sat", "東京 😀"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    labels = {"id2label": dict(enumerate(["O", "B-X", "I-X"]))}
    return {
        name: saved(kind, place / name, **labels if name == "tag" else {})
        for name, kind in KINDS.items()
    }


@pytest.fixture
def run(command_line, folders):
    def command(name, *arguments, stdin=b""):
        if name in folders and "--checkpoint" not in arguments:
            arguments = (*arguments, "--checkpoint", folders[name])
        code, out, err = command_line(main, name, *arguments, stdin=stdin)
        return code or 0, out, err

    return command


def rows(out):
    return [json.loads(line) for line in out.splitlines()]


def plain(result):
    return json.loads(json.dumps([[each._asdict() for each in row] for row in result]))


def test_classify(run, folders):
    classify = TextClassification(folders["classify"])
    code, out, err = run("classify", *TEXTS, "--top-k", 2)
    assert (code, err) == (0, "")
    assert rows(out) == plain(classify(TEXTS, top_k=2))
    lines = "".join(f"{text}\n" for text in TEXTS).encode()
    assert run("classify", "--top-k", 2, stdin=lines)[1] == out
    assert run("classify", "--top-k", 2, "--file", "-", stdin=lines)[1] == out
    pairs = [*TEXTS[1:], "b"]
    out = run("classify", *TEXTS, *(each for text in pairs for each in ("--pair", text)))[1]
    assert rows(out) == plain(classify(TEXTS, pairs))
    objects = [{"text": a, "text_pair": b} for a, b in zip(TEXTS, pairs, strict=True)]
    assert run("classify", "--pairs", stdin=_lines(objects))[1] == out
    long = b"the " * 100
    assert rows(run("classify", "--truncation", stdin=long)[1]) == plain(classify(["the " * 30]))


@pytest.mark.parametrize("aggregation", ["none", "simple", "first", "average", "max"])
def test_tag(aggregation, run, folders):
    _, out, _ = run("tag", *TEXTS, "--aggregation", aggregation)
    assert rows(out) == plain(TokenClassification(folders["tag"])(TEXTS, aggregation))
    assert any(rows(out))


def test_answer(run, folders):
    long = "the cat sat. " * 50
    _, out, _ = run("answer", "who?", long, "--top-k", 3, "--max-answer-length", 4)
    answer = QuestionAnswering(folders["answer"])
    assert rows(out) == [row[:3] for row in plain(answer(["who?"], [long], 20, 4))]
    lines = [{"question": "who?", "context": text, "id": 7} for text in (long, "", "a b")]
    _, out, _ = run("answer", "--null-threshold", "-1e9", stdin=_lines(lines))
    assert [row[0]["answer"] for row in rows(out)] == ["", "", ""]
    options = ["--max-length", 20, "--stride", 3]
    _, out, _ = run("answer", *options, stdin=_lines(lines))
    found = answer(["who?"] * 3, [each["context"] for each in lines], max_length=20, stride=3)
    assert rows(out) == [row[:1] for row in plain(found)]


def _lines(objects):
    return "".join(json.dumps(each) + "\n" for each in objects).encode()


def test_next_sentence(run):
    _, out, _ = run("next-sentence", "a cat", "sat")
    lines = [{"text": "a cat", "text_pair": "sat"}, {"text": "", "text_pair": ""}]
    code, told, _ = run("next-sentence", stdin=_lines(lines))
    assert (code, len(rows(told))) == (0, 2)
    assert rows(told)[0] == pytest.approx(rows(out)[0])
    assert rows(out)[0]["label"] in ("IsNext", "NotNext")
    assert run("next-sentence", "a", "b", "--checkpoint", "builtin:adversarial")[0] == 0


def test_embed(run):
    _, out, _ = run("embed", *TEXTS, "--checkpoint", "builtin:adversarial")
    assert rows(out) == SentenceEmbeddings("builtin:adversarial")(TEXTS).tolist()
    options = ["--checkpoint", "builtin:adversarial", "--pooling", "cls", "--no-normalize"]
    embed = SentenceEmbeddings("builtin:adversarial", "cls", normalize=False)
    assert rows(run("embed", *TEXTS, *options)[1]) == embed(TEXTS).tolist()


@pytest.mark.parametrize("command", [*KINDS, "embed", "fill-mask"])
def test_people_see_a_table(command, run, tmp_path):
    checkpoint = [] if command in KINDS else ["--checkpoint", "builtin:adversarial"]
    if command in ("answer", "next-sentence"):
        options = ["--format", "human", "--top-k", 20][: 4 if command == "answer" else 2]
        code, out, _ = run(command, TEXTS[2], "[/b] \x1b[31m", *checkpoint, *options)
        assert (code, "score" in out, "\x1b" in out) == (0, True, False)
        assert command == "next-sentence" or "[/b] \\x1b[31m" in out
        return
    (tmp_path / "lines").write_text("\n".join(f"{text} [MASK]" for text in TEXTS))
    options = ["--format", "human", *checkpoint]
    code, out, _ = run(command, "--file", tmp_path / "lines", *options)
    assert code == 0
    assert f"{tmp_path}/lines:1  a [b]cat[/] [MASK]\n" in out
    assert "\x1b" not in out
    assert f"{tmp_path}/lines:3  \\x1b[31mthe cat sat [MASK]\n" in out


@pytest.mark.parametrize(
    ("arguments", "stdin", "message", "printed"),
    [
        (["classify", "a", "--file", "b"], b"", "give TEXT or --file, not both", 0),
        (["classify", "a", "b", "--pair", "c"], b"", "give 2, one per TEXT", 0),
        (["classify", "\udcff"], b"", "is not UTF-8", 0),
        (["classify", "--file", "nowhere"], b"", "nowhere: cannot be read: No such file", 0),
        (["classify", "a", "--device", "cuda:9"], b"", "cuda:9: ", 0),
        (["classify", "a", "the " * 99], b"", "text 2: has 101 tokens, and the model takes 32", 0),
        (["classify"], b"a\nb\n" + b"the " * 99 + b"\n", "input, line 3: has 101 tokens", 2),
        (["classify"], b"a\nb\nc\n\xff\n", "standard input, line 4: not UTF-8", 3),
        (
            ["classify", "--pairs"],
            b'{"text": "a", "text_pair": "b"}\n[1]',
            "line 2: expected an",
            1,
        ),
        (["classify", "--pairs"], b'{"text": "a", "text_pair": "\\ud800"}', "line 1: expected", 0),
        (["answer"], b"what?", "line 1: is not JSON; expected an object with question and cont", 0),
        (["answer", "what?"], b"", "give QUESTION and CONTEXT", 0),
        (["answer", "why? " * 40, "a"], b"", "text 1: ", 0),
        (["next-sentence", "what?"], b"", "give TEXT and NEXT", 0),
        (["tag", "a", "--checkpoint", "builtin:minilm"], b"", "has no classifier.weight", 0),
        (["fill-mask", "a", "--checkpoint", "builtin:minilm"], b"", "has no cls.predictions", 0),
    ],
)
def test_usage(arguments, stdin, message, printed, run):
    """What came before a line that cannot be used has been printed."""
    code, out, err = run(*arguments, stdin=stdin)
    assert (code, len(out.splitlines())) == (4, printed)
    assert message in " ".join(err.split())


def started(folders, **options):
    program = "from scratch_bert.cli.main import main; main()"
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", program, "classify", "--checkpoint", str(folders["classify"])]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, **options)


@pytest.mark.slow
def test_who_types_sees_each_line_and_may_stop(folders):
    """Slow: a Python of its own. A line's result is there before the next one is; Ctrl-C ends."""
    with started(folders, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        for text in (b"a\n", "東京\n".encode()):
            running.stdin.write(text)
            running.stdin.flush()
            assert json.loads(running.stdout.readline())[0]["label"].startswith("LABEL_")
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
        assert running.stderr.read() == b""
        assert running.stdout.read() == b""


@pytest.mark.slow
def test_a_reader_who_leaves_is_no_error(folders, tmp_path):
    """Slow: a Python of its own, for `classify | head -1`."""
    (tmp_path / "lines").write_text("a cat\n" * 20_000)
    with (tmp_path / "lines").open("rb") as lines:
        running = started(folders, stdin=lines, stderr=subprocess.PIPE)
    assert running.stdout.readline()
    running.stdout.close()
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running.wait(1) == -signal.SIGPIPE
    assert running.stderr.read() == b""
    running.stderr.close()


def test_memory_does_not_grow_with_the_lines(folders, monkeypatch):
    """Lines come in windows: the task is never given more than a block's."""
    from scratch_bert.cli import inference_output

    read, write = os.pipe()
    given = []

    def task(lines):
        given.append(len(lines))
        return lines

    with os.fdopen(write, "wb") as out:
        out.write(b"ab\n" * 15_000)
    with os.fdopen(read, "rb") as lines:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(lines))
        rows = inference_output._of_files(task, None, str, inference_output.progress(False))
        assert sum(1 for _ in rows) == 15_000
    assert max(given) <= (1 << 16) // 3 + 1
