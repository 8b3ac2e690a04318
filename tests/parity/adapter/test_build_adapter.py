"""An adapter is found for whatever layout, runs as it is, and says what was not proved."""

import json
import re
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch

from parity.adapter import build_adapter
from parity.adapter.request import probes_for
from parity.core.errors import CandidateError
from parity.model.record import record
from parity.model.worker import probes_of
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.files import read_weights
from scratch_bert.weights.names import canonical_weights
from tests.judging import failed, judged

STRANGERS = Path(__file__).parents[1] / "strangers"
UNFIT = "unfit_berts.py"
PLAIN = ["Plain", "Tutorial", "Fused", "Torchy", "Transposed", "PerHead", "Meaningless"]
ODD = [
    "interleaved",
    "keys_first",
    "gpt",
    "fused_pair",
    "einsum",
    "piled",
    "Lists",
    "SequenceFirst",
    "WithHeads",
]
SLOW = ("longest", "too long")
SOME = ["padded left", "pair", "no mask", "id 0 attended", "one token", "gradients of pairs"]


@pytest.fixture(scope="module")
def searched(small, tmp_path_factory):
    """What the search sees of the reference."""
    place = tmp_path_factory.mktemp("searched")
    return record(Checkpoint.of(small), probes_for(Checkpoint.of(small)), None, place)


@pytest.fixture
def write(small, searched, tmp_path):
    """Write an adapter for a toy; the answer, and the adapter's file."""

    def write_one(name, file="plain_berts.py", beside=None):
        path = tmp_path / f"adapter_of_{name}.py"
        request = {
            "module": f"{STRANGERS / file}:{name}",
            "folder": str(small),
            "checkpoint": "builtin:adversarial",
            "recording": str(searched.folder),
            "path": str(beside / path.name if beside else path),
        }
        found = []
        build_adapter.send_adapter(found.append, **request)
        path.write_text(found[0]["text"])
        return found[0], path

    return write_one


def rows_of(path, small, recorded, probes=()):
    probes = probes or [
        probe.name for probe in probes_of(Checkpoint.of(small), 0) if probe.name not in SLOW
    ]
    return judged(f"{path}:Adapter", small, recorded, probes)


CASES = [*((name, "plain_berts.py") for name in PLAIN), *((name, "odd_berts.py") for name in ODD)]
SEEN = {  # stages of a layer that the adapter shows, where these are fewer than all
    "Torchy": 9,
    "PerHead": 10,
    "SequenceFirst": 9,
    "interleaved": 12,
    "einsum": 11,
    "piled": 12,
    "Lists": 11,
}


@pytest.mark.sample(2)
@pytest.mark.parametrize(("name", "file"), CASES, ids=[name for name, _ in CASES])
def test_the_adapter_runs_as_it_is(name, file, write, small, recorded):
    """Slow: the first is judged on nearly all probes, dropout and small dtypes among them."""
    answered, path = write(name, file)
    assert answered["proved"], answered
    assert answered["left"] == []
    rows = rows_of(path, small, recorded, () if name == PLAIN[0] else SOME)
    assert failed(rows, "propagated") == failed(rows, "isolated") == []
    layer = "encoder.layer.1"
    seen = {row["name"] for row in rows if row["name"].startswith(layer) and row["probe"] == "pair"}
    assert len(seen) == SEEN.get(name, 15), sorted(seen)


def test_a_tampered_adapter_is_not_proved(write, small, searched, recorded):
    _, path = write("Tutorial")
    config, weights = inputs(small)
    text = path.read_text()
    assert build_adapter.prove(text, path, config, weights, searched) < 1e-12
    swapped = text.replace('self.query.weight"', 'self.key.weight"', 1)
    assert swapped != text
    assert build_adapter.prove(swapped, path, config, weights, searched) > 1e-3
    inverted = text.replace("mask=mask.bool()", "mask=mask == 0")
    assert build_adapter.prove(inverted, path, config, weights, searched) > 1e-3
    path.write_text(text.replace('"blocks.{i}.attn.wq",', '"blocks.{i}.attn.wk",'))
    assert failed(rows_of(path, small, recorded, ["pair"]), "isolated")[0].endswith("self.query")


def inputs(folder):
    config = json.loads((folder / "config.json").read_text())
    return config, {
        name: tensor
        for name, (_, tensor) in canonical_weights(read_weights(folder), folder).items()
    }


def test_what_is_what_only_the_numbers_say(write):
    answered, path = write("Meaningless")
    found = {theirs: references for theirs, references, _ in answered["pairs"]}
    attention = "encoder.layer.{i}.attention"
    assert {name: found[f"w.{{i}}.{name}.weight"] for name in "abcdef"} == {
        "a": (f"{attention}.self.value.weight",),
        "b": (f"{attention}.output.dense.weight",),
        "c": (f"{attention}.self.key.weight",),
        "d": (f"{attention}.self.query.weight",),
        "e": ("encoder.layer.{i}.output.LayerNorm.weight",),
        "f": (f"{attention}.output.LayerNorm.weight",),
    }
    assert "output = model(segments, bb=ids, cc=mask)" in path.read_text()


def test_what_pairs_with_nothing_is_to_do(write):
    answered, path = write("Extra", UNFIT)
    assert answered["proved"]
    assert answered["left"] == ["temperature (7,)"]
    todo = [line for line in path.read_text().splitlines() if line.startswith("# TODO: ")]
    assert todo[0] == "# TODO: temperature (7,) pairs with nothing and keeps its first value"
    assert "# TODO: the reference's pooler.dense.weight (48, 48) has no place here" in todo
    assert len(todo) == 1 + len(answered["missing"]) == 10


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("WrongEps", "encoder.layer.0.attention.output.LayerNorm"),
        ("WrongScale", "encoder.layer.0.attention.self.scores"),
    ],
)
def test_a_wrong_model_gets_its_adapter_all_the_same(name, stage, write, small, recorded):
    """Slow: all guesses are tried."""
    answered, path = write(name, UNFIT)
    assert not answered["proved"]
    assert answered["proof"].startswith("Not proved. On builtin:adversarial in double precision")
    assert answered["parts"]["embeddings"] == 0 < 1e-6 < answered["parts"]["layers"]
    rows = rows_of(path, small, recorded, ["padded right", "pair"])
    assert failed(rows, "propagated")[0] == failed(rows, "isolated")[0] == stage


def test_an_unknown_argument_is_none_and_to_do(write):
    answered, path = write("NeedsMore", UNFIT)
    assert answered["proved"]
    assert "            flavour=None,  # TODO: no setting has this name\n" in path.read_text()


def test_an_argument_that_must_not_be_none(write):
    answered, path = write("NeedsFlavour", UNFIT)
    assert not answered["proved"]
    message = "nobody knows the value of NeedsFlavour(flavour), and None raises TypeError"
    assert message in answered["proof"]
    assert "flavour=None,  # TODO: no setting has this name" in path.read_text()
    compile(path.read_text(), path, "exec")


def test_the_adapters_are_formatted(write):
    deep = STRANGERS.joinpath(*"abcdefghijklmno")  # so far that the path to the model fills a line
    for name, folder in (("Fused", STRANGERS), ("Transposed", STRANGERS), ("PerHead", deep)):
        _, path = write(name, beside=folder)
        done = subprocess.run(
            [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(path)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--ignore=RUF012", str(path.parent)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_a_difference_that_is_no_number_is_infinite(searched):
    probe = next(searched.probes())
    agreement = build_adapter.Agreement(torch.nn.Linear(1, 1), {}, (0, 0), probe, searched)
    theirs = searched.get(probe.name, "last_hidden_state")
    assert agreement.difference("last_hidden_state", theirs) == 0
    assert agreement.difference("last_hidden_state", theirs * float("nan")) == float("inf")
    assert agreement.difference("last_hidden_state", theirs[:, 1:]) == float("inf")


@pytest.mark.slow
def test_another_inner_size_is_told(write):
    answered, _ = write("FourTimes", UNFIT)
    assert not answered["proved"]
    assert "blocks.{i}.fc1.weight (192, 48)" in answered["left"]
    assert answered["notes"][0].startswith("192 is 4 x the hidden size")


def test_a_model_of_another_size_is_told(write):
    answered, path = write("OwnSizes", UNFIT)
    assert not answered["proved"]
    assert answered["proof"] == (
        "Nothing is proved: no parameter has the shape of embeddings.word_embeddings.weight, "
        "(199, 48) on builtin:adversarial."
    )
    assert "# TODO: token_emb.weight (100, 16) pairs with nothing" in path.read_text()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NoModule", "NoModule made a NoModule, expected a torch Module"),
        ("Nobody", "unfit_berts.py has no class and no function Nobody"),
        ("math", "unfit_berts.py has no class and no function math"),
    ],
)
def test_what_is_no_module(name, message, write):
    with pytest.raises(CandidateError, match=re.escape(message)):
        write(name, UNFIT)


@pytest.mark.parametrize(
    ("name", "message"),
    [("Crashes", "no more memory for a toy"), ("CrashesInForward", "the attention is broken")],
)
def test_a_crash_is_told_with_the_users_own_line(name, message, write):
    with pytest.raises(RuntimeError, match=f"^{message}$") as crashed:
        write(name, UNFIT)
    lines = (STRANGERS / UNFIT).read_text().splitlines()
    (number,) = (i for i, line in enumerate(lines, 1) if f'raise RuntimeError("{message}")' in line)
    (*_, last) = traceback.extract_tb(crashed.value.__traceback__)
    assert (Path(last.filename).name, last.lineno) == (UNFIT, number)
