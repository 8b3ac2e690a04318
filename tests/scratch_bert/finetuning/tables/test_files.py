"""Tables in every format give the same rows; what is wrong is named by row and column."""

import csv
import gzip
import json
from statistics import mean, stdev

import datasets
import pyarrow as pa
import pytest
from pyarrow import parquet

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.files import dataset_table, read_table
from scratch_bert.finetuning.tables.rows import read_examples
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.finetuning.tables.split import hold_out, read_split
from scratch_bert.finetuning.tasks.registry import TASKS
from scratch_bert.pretraining.corpus.datasets import Dataset

ROWS = [{"text": f'It is "{n}",\nthen.', "label": "odd" if n % 2 else "even"} for n in range(6)]


def written(folder, kind):
    place = folder / f"rows{kind}"
    if kind in (".csv", ".tsv"):
        with place.open("w", newline="") as file:
            table = csv.DictWriter(file, ROWS[0], delimiter="," if kind == ".csv" else "\t")
            table.writeheader()
            table.writerows(ROWS)
    elif kind == ".parquet":
        parquet.write_table(pa.Table.from_pylist(ROWS), place)
    else:
        lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
        place.write_bytes(gzip.compress(lines) if kind.endswith(".gz") else lines)
    return place


@pytest.mark.parametrize("kind", [".csv", ".tsv", ".jsonl", ".jsonl.gz", ".parquet"])
def test_formats(kind, tmp_path):
    table = read_table(written(tmp_path, kind))
    assert [dict(row.values) for row in table.rows] == ROWS
    assert table.columns in (None, ["text", "label"])


def test_a_dataset_with_class_labels(tmp_path):
    features = {
        "tokens": datasets.Sequence(datasets.Value("string")),
        "tags": datasets.Sequence(datasets.ClassLabel(names=["O", "B-PER"])),
    }
    rows = {"tokens": [["Anna", "sat"]], "tags": [[1, 0]]}
    made = datasets.Dataset.from_dict(rows, features=datasets.Features(features))
    made.save_to_disk(tmp_path / "made")
    (row,) = dataset_table(Dataset(str(tmp_path / "made"))).rows
    assert row.values == {"tokens": ["Anna", "sat"], "tags": ["B-PER", "O"]}


def test_conll_and_squad(tmp_path):
    conll = tmp_path / "x.conll"
    conll.write_text("-DOCSTART- O\n\nAnna NNP B-PER\nsat VBD O\n\n\nYes UH O\n")
    rows = [*read_table(conll).rows]
    assert [(row.place[-6:], row.values["tags"]) for row in rows] == [
        ("line 3", ["B-PER", "O"]),
        ("line 7", ["O"]),
    ]
    squad = tmp_path / "x.json"
    question = {"id": "q", "question": "Who?", "answers": [{"text": "Anna", "answer_start": 0}]}
    paragraph = {"context": "Anna sat.", "qas": [question]}
    squad.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    (row,) = read_table(squad).rows
    assert row.values == {**question, "context": "Anna sat."}


WRONG = [
    ("classify", "x.csv", "text,label\na,\n", "x.csv, row 1, column label: is empty"),
    ("classify", "x.csv", "text,label\na,b\n ,c\n", "x.csv, row 2, column text: is empty"),
    ("classify", "x.csv", "text,label\na\n", "x.csv, row 1: has 1 columns, expected 2"),
    ("classify", "x.csv", "body,label\na,b\n", "has no column text, but body, label; --column"),
    ("classify", "x.jsonl", '{"text": 3, "label": 1}\n', "column text: is of type int, no text"),
    ("classify", "x.jsonl", '{"text": "a", "label": -1}\n', "column label: is missing"),
    ("classify", "x.jsonl", '{"text": "a"}\n[]\n', "missing (and 1 more row cannot be used); --on"),
    ("classify", "x.jsonl", '{"text"\n', "x.jsonl, row 1: not JSON"),
    ("classify", "x.csv", "text,label\na,b\nc,b\n", "label: all rows have the label b"),
    ("classify", "x.txt", "a\n", "x.txt: is of no kind that can be read: .csv, .tsv, .jsonl"),
    ("classify", "x.parquet", "a\n", "x.parquet: cannot be read"),
    ("regress", "x.csv", "text,label\na,much\n", "column label: is 'much', expected a number"),
    ("tag", "x.conll", "Anna B-PER\nsat\n", "x.conll, line 1: line 2 has one column"),
    ("tag", "x.conll", "Anna PER\n", "line 1, column tags: 'PER' is no tag, expected O, B-"),
    ("tag", "x.csv", "tokens,tags\na b,O\n", "column tags: has 1 tags, expected 2, one a word"),
    ("answer", "x.json", "{}", "x.json: is not laid out as SQuAD's files are"),
    ("choose", "x.csv", "text,choices,label\na,b|c,2\n", "label: is '2', expected a number from 0"),
    ("choose", "x.csv", "text,choices,label\na,b,0\n", "column choices: has 1, expected two"),
]


@pytest.mark.parametrize(("task", "name", "content", "why"), WRONG, ids=[w[3][:40] for w in WRONG])
def test_what_is_wrong_is_named(task, name, content, why, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(CorpusError) as told:
        read_split(task, Source([tmp_path / name]), 0, print)
    assert why in str(told.value)


def test_a_span_outside_its_text(tmp_path):
    answers = {"text": ["Anna"], "answer_start": [1]}
    row = {"question": "Who?", "context": "Anna sat.", "answers": answers}
    (tmp_path / "x.jsonl").write_text(json.dumps(row))
    with pytest.raises(CorpusError, match="row 1, column answers: 'Anna' is not in the text at 1"):
        read_split("answer", Source([tmp_path / "x.jsonl"]), 0, print)


def test_an_unknown_label(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\na,yes\nb,no\n")
    (tmp_path / "b.csv").write_text("text,label\nc,yes\nd,perhaps\n")
    source = Source([tmp_path / "a.csv"], held_out=[tmp_path / "b.csv"])
    with pytest.raises(CorpusError, match=r"row 2, column label: 'perhaps' is none of .* no, yes"):
        read_split("classify", source, 0, print)
    told = []
    skipping = Source([tmp_path / "a.csv"], held_out=[tmp_path / "b.csv"], skips=True)
    split = read_split("classify", skipping, 0, told.append)
    assert (len(split.held_out), split.skipped, len(told)) == (1, 1, 1)
    assert "left out: " in told[0]


def test_what_is_held_out_is_not_learned():
    split = read_split("answer", Source(), 1, print)
    learned, held_out = ({item.context for item in items} for items in split[1:3])
    assert not learned & held_out
    assert read_split("answer", Source(), 1, print) == split
    assert read_split("answer", Source(), 2, print) != split


@pytest.mark.parametrize("name", TASKS)
def test_the_examples_are_all_right(name):
    split = read_split(name, Source(), 0, print)
    items = [*split.train, *split.held_out]
    assert len(items) >= 40
    assert len({item.key for item in items}) == (14 if name == "answer" else len(items))


def words_of(name):
    split = read_split(name, Source(), 0, print)
    items = [*split.train, *split.held_out]
    if name == "tag":
        return items, [len(item.tokens) for item in items]
    texts = {"classify": "text", "answer": "context"}
    return items, [len(getattr(item, texts[name]).split()) for item in items]


@pytest.mark.parametrize("name", ["classify", "tag", "answer"])
def test_the_examples_are_of_many_lengths(name):
    """As real texts of their kinds are, from a word or two on."""
    _, words = words_of(name)
    assert 0.5 < stdev(words) / mean(words) < 0.9


def test_a_reviews_length_does_not_tell_its_label():
    items, words = words_of("classify")
    good, bad = (
        sorted(n for item, n in zip(items, words, strict=True) if item.label == label)
        for label in ("positive", "negative")
    )
    assert len(good) == len(bad)
    assert abs(mean(good) - mean(bad)) < 1
    assert mean(abs(a - b) for a, b in zip(good, bad, strict=True)) < 1


def test_a_table_that_excel_wrote(tmp_path):
    """UTF-8 with a byte order mark, lines that end with CR LF."""
    (tmp_path / "x.csv").write_bytes("\ufefftext,label\r\nGut,ja\r\n".encode())
    table = read_table(tmp_path / "x.csv")
    assert table.columns == ["text", "label"]
    assert [row.values for row in table.rows] == [{"text": "Gut", "label": "ja"}]


def test_an_empty_table(tmp_path):
    (tmp_path / "x.csv").write_text("text,label\n")
    with pytest.raises(CorpusError, match="has no row that can be used"):
        read_examples([read_table(tmp_path / "x.csv")], [], lambda row: row, None)


def test_one_row_is_learned_from():
    items = [*read_split("classify", Source(), 0, print).train[:2]]
    learned, held_out = hold_out(items, 0.9, 0)
    assert (len(learned), len(held_out)) == (1, 1)
    with pytest.raises(CorpusError, match="have the same text, expected two"):
        hold_out(items[:1], 0.2, 0)
