"""Laws: each can be broken, is found broken, and what breaks it is small and can be run again."""

import re
import sys
from pathlib import Path

import pytest

from parity.core.compare import Status
from parity.model.laws import LAWS, laws_for
from parity.model.worker import search_laws
from scratch_bert import BertConfig
from tests import forked
from tests.models import cut
from tests.parity.rows import rows_of

BERTS = Path(__file__).parents[1] / "strangers" / "lawless_berts.py"
ALL = [law.name for law in LAWS]


@pytest.fixture(scope="module")
def of_one_layer(small, tmp_path_factory):
    """The small checkpoint's first layer, which is enough to hear of other tokens."""
    return str(cut(small, tmp_path_factory.mktemp("one"), layers=1))


@pytest.fixture
def search(of_one_layer):
    def search(name, *laws, dtype="float64"):
        request = {"candidate": f"{BERTS}:{name}", "checkpoint": of_one_layer, "seed": 0}
        return rows_of(search_laws, **request, dtype=dtype, laws=laws or ALL)

    return search


def broken(rows):
    return [row.name for row in rows if not row.passed]


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("name", "laws"),
    [
        ("HearsPadding", ["padding", "masked content"]),
        ("LikesCompany", ["company"]),
        ("ForgetsSegments", ["segments"]),
        ("ForgetsOrder", ["order"]),
        ("LooksBack", ["suffix"]),
        ("Wavers", ["determinism"]),
    ],
)
def test_who_breaks_a_law(name, laws, search):
    """Slow: what breaks a law is made small, in hundreds of runs, for each law that is broken."""
    rows = search(name, *laws, "company", "determinism")
    assert broken(rows) == laws
    assert all(row.reproduction for row in rows if row.name in laws)


def test_scratch_bert_keeps_them_in_single_precision(search):
    rows = search("ScratchBert", dtype="float32")
    assert [(row.name, row.status) for row in rows] == [(name, Status.MATCH) for name in ALL]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("HasNoSegments", "token_type_ids: the candidate does not look at it"),
        ("SaysSo", "token_type_ids: declared"),
    ],
)
def test_what_a_law_says_nothing_about(name, note, search):
    (row,) = search(name, "segments")
    assert (row.name, row.status, row.note) == ("token_type_ids", Status.UNSUPPORTED, note)


def test_what_is_kept_from_call_to_call(search):
    (row,) = search("KeepsItsFirstMask", "masked content")
    assert row.status is Status.VALUE
    assert row.note == (
        "what is masked changes no token, but one input gave two answers: "
        "something is kept from call to call"
    )


def test_outputs_that_no_law_is_about(search):
    rows = search("PoolsOnly", "order", "segments")
    assert {row.note for row in rows} == {"no output has a row for each token"}
    assert {row.status for row in rows} == {Status.UNSUPPORTED}


def test_a_small_model_has_fewer():
    one_segment = BertConfig(type_vocab_size=1)
    assert [law.name for law in laws_for(one_segment)] == [n for n in ALL if n != "segments"]
    assert laws_for(BertConfig(max_position_embeddings=3)) == []


def test_a_failure_is_small_and_can_be_run_again(search, tmp_path):
    (row,) = search("LooksBack", "suffix")
    script = tmp_path / "again.py"
    script.write_text(row.reproduction)
    assert "first = bert(input_ids=[[1, 1]])" in row.reproduction
    assert "second = bert(input_ids=[[1, 2]])" in row.reproduction
    done = forked.run([sys.executable, script])
    assert done.returncode == 0, done.stderr
    (number,) = re.findall(r"tensor\((\S+), dtype=torch.float64\)", done.stdout)
    assert float(number.rstrip(".")) == row.max_abs == 0
