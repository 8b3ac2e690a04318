"""`scratch-bert finetune`: what it makes, stopped and gone on with; what it refuses."""

import json
import shlex
import sys

import pytest
import torch

from scratch_bert import BertForSequenceClassification, BertModel
from scratch_bert.cli.main import main
from scratch_bert.finetuning.sequence_classification import LabeledText
from scratch_bert.finetuning.tasks.registry import TASKS
from tests.learner import cut, parameters, stop_once, write_learner

ALL = {"model", "metrics.json", "predictions.jsonl", "curves.jsonl", "curves.png"}
ALL |= {"rows.json", "checkpoints"}


@pytest.fixture(scope="module")
def learner(once):
    return once("learner for commands", write_learner)


@pytest.fixture
def run(tmp_path, command_line, monkeypatch, learner):
    monkeypatch.chdir(tmp_path)

    def run_one(task, *arguments, data=True, epochs=2):
        source = ["--data", str(cut(task, 11, tmp_path))] if data and task in TASKS else []
        if source and task in ("multi-label", "regress"):
            source += ["--column", f"label={TASKS[task].columns['label']}"]
        few = shlex.split(f"--batch-size 4 --epochs {epochs} --max-length 64 --learning-rate 1e-3")
        options = ["--checkpoint", learner, *source, *few]
        return command_line(main, "finetune", task, *options, *arguments)

    return run_one


def flat(text):
    return " ".join(text.replace("│", " ").split())


def curves(folder):
    return [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]


@pytest.mark.sample(1)
@pytest.mark.parametrize("task", TASKS)
def test_what_is_there_afterwards(task, run, tmp_path):
    code, out, err = run(task, "-o", "made")
    made = tmp_path / "made"
    assert code == 0, err
    confusion = {"confusion.png"} if task in ("classify", "tag") else set()
    assert {path.name for path in made.iterdir()} == ALL | confusion
    for picture in made.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")
    metrics = json.loads((made / "metrics.json").read_text())
    who = ["majority", "frozen, cls", "frozen, mean", "fine-tuned"]
    whose = {"classify": who, "answer": who[3:]}.get(task, [who[0], who[3]])
    assert [name for name in metrics if name not in ("rows", "loss")] == whose
    assert all(f"{each} " in out for each in whose)
    predictions = (made / "predictions.jsonl").read_text().splitlines()
    assert len(predictions) == metrics["rows"]
    assert "predicted" in json.loads(predictions[0])
    labels = json.loads((made / "model" / "config.json").read_text())["id2label"]
    expected = {
        "classify": ["negative", "positive"],
        "tag": ["B-LOC", "B-ORG", "B-PER", "I-ORG", "I-PER", "O"],
        "regress": ["stars"],
    }
    assert [*labels.values()] == expected.get(task, [*labels.values()])
    again = run(task, "-o", "made")  # nothing is left to do
    assert again[:2] == (0, out)


def test_it_goes_on_where_it_was_stopped(run, tmp_path, monkeypatch):
    assert run("classify", "-o", "whole")[0] == 0
    stop_once(monkeypatch, 3)
    code, out, err = run("classify", "-o", "parts")
    assert (code, out) == (130, "")
    assert "stopped at step 3; the same command goes on from there" in flat(err)
    torch.manual_seed(9)
    assert run("classify", "-o", "parts")[0] == 0
    ours, theirs = (
        parameters(BertForSequenceClassification.from_pretrained(tmp_path / name / "model"))
        for name in ("parts", "whole")
    )
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
    assert curves(tmp_path / "parts") == curves(tmp_path / "whole")


@pytest.mark.slow
def test_the_best_is_kept_and_waiting_ends(run, tmp_path):
    code, out, _ = run("classify", "-o", "made", "--patience", "2", epochs=30)
    lines = curves(tmp_path / "made")
    found = [line["held_out_accuracy"] for line in lines if "held_out_accuracy" in line]
    best = found.index(max(found))
    assert (code, len(found)) == (0, best + 3)
    metrics = json.loads((tmp_path / "made" / "metrics.json").read_text())
    assert metrics["fine-tuned"]["accuracy"] == found[best]
    losses = [line["held_out_loss"] for line in lines if "held_out_loss" in line]
    assert metrics["loss"] == pytest.approx(losses[best])
    assert losses[best] != pytest.approx(losses[-1])
    assert run("classify", "-o", "made", "--patience", "2", epochs=30)[:2] == (0, out)
    assert curves(tmp_path / "made") == lines


def test_options_of_training(run, tmp_path, learner):
    (tmp_path / "rows.tsv").write_text("body\tstars\nit is good\t5\nit is bad\t1\n\t1\nso\t5\n")
    options = "--data rows.tsv --column text=body --column label=stars --on-error skip --freeze 0"
    options += " --balanced --layer-decay 0.9 --accumulation 2 --bf16 --weight-decay 0.01"
    code, _, err = run("classify", "-o", "made", *options.split(), data=False)
    assert code == 0, err
    assert "left out: rows.tsv, row 3, column body: is empty" in flat(err)
    assert "2 rows to learn from, 1 held out, 1 left out; labels: 1, 5" in flat(err)
    ours = parameters(BertForSequenceClassification.from_pretrained(tmp_path / "made" / "model"))
    body = parameters(BertModel.from_pretrained(learner))
    before = {f"bert.{name}": tensor for name, tensor in body.items()}
    frozen = [name for name in before if torch.equal(ours[name], before[name])]
    assert frozen == [name for name in ours if "embeddings." in name]


@pytest.mark.parametrize(
    ("task", "arguments", "why"),
    [
        ("paint", [], "'paint' is not one of"),
        ("classify", ["--data", "none.csv"], "none.csv: cannot be read: No such file"),
        ("classify", ["--column", "color=x"], "--column: color=x, expected ROLE=NAME, where"),
        ("tag", ["--column", "pair=x"], "where ROLE is tokens, tags"),
        ("classify", ["--column", "label=x"], "has no column x, but text, label, stars, topics"),
        ("classify", ["--dataset", "x"], "--dataset: give --data or --dataset"),
        ("answer", ["--balanced"], "--balanced: answer has no classes to weigh"),
        ("classify", ["--labels", "a,b"], "'positive' is none of the labels a, b (and 10 more"),
        ("classify", ["--max-length", "200"], "takes 128 tokens, and max_length is 200"),
        ("classify", ["--freeze", "3"], "has 2 layers, not 3"),
        ("answer", ["--stride", "60"], "q5: has 7 tokens; beside it and a stride of 60 no text"),
        ("classify", ["--checkpoint", "builtin:no"], "builtin:no: not built in"),
        ("classify", ["--device", "toaster"], "--device: toaster: "),
    ],
)
def test_usage(task, arguments, why, run, tmp_path):
    code, out, err = run(task, "-o", "made", *arguments)
    assert (code, out) == (4, "")
    assert why in flat(err)
    assert not (tmp_path / "made" / "model").exists()


def test_what_is_held_out_should_not_be_known(run, tmp_path):
    (tmp_path / "few.csv").write_text("text,label\na,b\nc,d\n")
    (tmp_path / "some.csv").write_text("text,label\nc,d\ne,b\n")
    files = ["--data", "few.csv", "--held-out", "some.csv"]
    _, _, err = run("classify", "-o", "made", *files, epochs=1)
    assert "1 of the rows held out are among those to learn from" in flat(err)


def test_other_rows_than_before(run, tmp_path):
    run("classify", "-o", "made", epochs=1)
    try:  # the same rows, in a class of another name
        LabeledText.__name__ = "Renamed"
        assert run("classify", "-o", "made", epochs=1)[0] == 0
    finally:
        LabeledText.__name__ = "LabeledText"
    (tmp_path / "other.csv").write_text("text,label\na,b\nc,d\n")
    code, _, err = run("classify", "-o", "made", "--data", "other.csv", epochs=1)
    assert code == 4
    assert "training has begun there, but there were other rows; choose another" in flat(err)
    code, _, err = run("classify", "-o", "made", "--attention", "sdpa", epochs=1)
    assert "attention was 'packed', and is 'sdpa' now" in flat(err)
    code, _, err = run("classify", "-o", "made")
    assert (code, "steps was 3, and is 6 now" in flat(err)) == (4, True)


def test_no_number(run):
    code, out, err = run("classify", "-o", "made", "--learning-rate", "1e30")
    assert (code, out) == (1, "")
    assert "begin anew with a lower learning rate" in flat(err)


def test_without_scikit_learn(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    begun = ("scratch_bert.finetuning.", "sklearn.")
    for name in [each for each in sys.modules if each.startswith(begun)]:
        monkeypatch.delitem(sys.modules, name)
    code, _, err = run("classify", "-o", "made", data=False)
    assert code == 4
    assert "pip install 'scratch-bert[finetuning]'" in flat(err)
