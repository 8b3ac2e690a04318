"""Rows of a dataset: streamed, mapped or saved, the same; what is no text is named."""

import json
import sys

import datasets
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.datasets import Dataset

TEXTS = [f"It is {n}. Is it?" for n in range(250)]


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def rows(folder, rows, name="x.jsonl"):
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(folder)


@pytest.fixture
def parquets(folder):
    table = pa.table({"n": [*range(250)], "text": TEXTS})
    parquet.write_table(table, folder / "train.parquet")
    parquet.write_table(table.slice(0, 3), folder / "test.parquet")
    return str(folder)


@pytest.mark.parametrize("streaming", [False, True])
def test_parquet(streaming, parquets, tmp_path):
    dataset = Dataset(parquets, streaming=streaming)
    for _ in range(2):
        assert [text.text for text in dataset.texts(None)] == TEXTS
    assert {(text.source, text.read) for text in dataset.texts(None)} == {(parquets, 1)}
    assert dataset.size() == (None if streaming else 250)
    assert any((tmp_path / "cache").rglob("*.arrow")) != streaming  # where it is mapped from
    few = Dataset(parquets, split="test", streaming=streaming)
    assert [text.text for text in few.texts(None)] == TEXTS[:3]


def test_a_share(parquets):
    assert len([*Dataset(parquets, split="train[:10%]").texts(None)]) == 25


@pytest.mark.parametrize("streaming", [False, True])
def test_another_column_of_jsonl(streaming, folder):
    name = rows(folder, [{"id": 1, "body": "One."}, {"id": 2, "body": "Two."}])
    dataset = Dataset(name, column="body", streaming=streaming)
    assert [text.text for text in dataset.texts(None)] == ["One.", "Two."]
    with pytest.raises(CorpusError, match="data: has no column text, but id, body"):
        [*Dataset(name, streaming=streaming).texts(None)]


def test_saved_to_disk(parquets, tmp_path):
    whole = datasets.load_dataset(parquets, cache_dir=str(tmp_path / "cache"))
    whole.save_to_disk(str(tmp_path / "saved"))
    whole["test"].save_to_disk(str(tmp_path / "alone"))
    assert [text.text for text in Dataset(str(tmp_path / "saved")).texts(None)] == TEXTS
    alone = Dataset(str(tmp_path / "alone"))
    assert (alone.size(), len([*alone.texts(None)])) == (3, 3)
    with pytest.raises(CorpusError, match=r"saved: .*has no split dev, but train, test"):
        [*Dataset(str(tmp_path / "saved"), split="dev").texts(None)]


@pytest.mark.parametrize("streaming", [False, True])
def test_rows_that_are_no_text(streaming, folder):
    name = rows(folder, [{"text": "One."}, {"text": None}, {"text": "Two."}])
    dataset = Dataset(name, streaming=streaming)
    with pytest.raises(CorpusError, match="data, row 2: its text is nothing"):
        [*dataset.texts(None)]
    named = []
    assert [text.text for text in dataset.texts(named.append)] == ["One.", "Two."]
    assert named == [f"{name}, row 2: its text is nothing"]
    with pytest.raises(CorpusError, match="row 1: its n is a int, no text"):
        [*Dataset(rows(folder, [{"n": 1}]), column="n", streaming=streaming).texts(None)]


@pytest.mark.parametrize("streaming", [False, True])
def test_what_cannot_be_read(streaming, parquets, folder, tmp_path):
    def why(name, **options):
        with pytest.raises(CorpusError) as told:
            [*Dataset(name, streaming=streaming, **options).texts(None)]
        return str(told.value)

    nowhere = str(tmp_path / "nowhere")
    assert why(nowhere).startswith(f"{nowhere}: cannot be read: Couldn't find any data file")
    assert "cannot be read: Couldn't reach 'nobody/nothing' on the Hub" in why("nobody/nothing")
    assert "dev" in why(parquets, split="dev")
    assert "BuilderConfig 'none' not found" in why(parquets, config="none")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.jsonl").write_text('{"text": "a"}\n{"text" oops\n')
    assert "bad: cannot be read: JSON parse error" in why(str(tmp_path / "bad"))


def test_without_the_library(parquets, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(CorpusError, match=r"pip install 'scratch-bert\[pretraining\]'"):
        [*Dataset(parquets).texts(None)]
