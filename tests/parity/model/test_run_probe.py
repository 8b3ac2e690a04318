"""Correct BERTs of every layout are left in peace; a broken one is found where it is broken."""

from pathlib import Path

import pytest

from parity.core.compare import Status
from parity.model.worker import probes_of
from scratch_bert.weights.checkpoints import Checkpoint
from tests.judging import failed, judged

STRANGERS = Path(__file__).parents[1] / "strangers"
LAYOUTS = {
    "Fused": "fused.py",
    "PerHead": "per_head.py",
    "Functional": "functional.py",
    "Transposed": "transposed.py",
    "Packed": "packed.py",
    "Torch": "torch_layers.py",
    "TorchFast": "torch_layers.py",
    "Lazy": "lazy.py",
    "StillLazy": "lazy.py",
    "Einsum": "einsum.py",
    "Numpy": "numpy_bert.py",
    "Ragged": "ragged.py",
}
SOME = ["padded right", "pair"]


def rows_of(name, small, recorded, probes=()):
    file = STRANGERS / "berts" / LAYOUTS[name.partition("_")[0]]
    probes = probes or [probe.name for probe in probes_of(Checkpoint.of(small), 0)]
    return judged(f"{file}:{name}", small, recorded, probes)


@pytest.mark.sample(2)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_correct_bert_is_left_in_peace(layout, small, recorded):
    rows = rows_of(layout, small, recorded)
    assert failed(rows, "propagated") == failed(rows, "isolated") == []
    assert sum(row["status"] == Status.MATCH for row in rows) > 10


PLACES = {"eps": "attention.output.LayerNorm", "tanh": "intermediate", "scale": "attention.self"}
SEEN = {
    ("Transposed", "scale"): "encoder.layer.1.attention.self.scores",
    ("Torch", "scale"): "encoder.layer.1.attention.output.dense",
    ("Einsum", "scale"): "encoder.layer.1.attention.self.scores",
    ("Ragged", "scale"): "encoder.layer.1.attention.output.LayerNorm",
    ("Ragged", "tanh"): "encoder.layer.1",
    **{("TorchFast", fault): "last_hidden_state" for fault in PLACES},
    **{("StillLazy", fault): "encoder.layer.1" for fault in PLACES},
    **{("Functional", fault): "last_hidden_state" for fault in PLACES},
    **{("Packed", fault): "log_probabilities" for fault in PLACES},
}


@pytest.mark.sample(6)
@pytest.mark.parametrize("fault", PLACES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_broken_one_is_found_where_it_is_broken(layout, fault, small, recorded):
    rows = rows_of(f"{layout}_1_{fault}", small, recorded, SOME)
    place = SEEN.get((layout, fault), f"encoder.layer.1.{PLACES[fault]}")
    assert failed(rows, "propagated")[0] == place
    assert failed(rows, "isolated") == [place]


def test_three_mistakes_in_three_layers(small, recorded):
    rows = rows_of("Fused_0_eps_1_tanh_2_scale", small, recorded, SOME)
    assert failed(rows, "isolated") == [
        "encoder.layer.0.attention.output.LayerNorm",
        "encoder.layer.1.intermediate",
        "encoder.layer.2.attention.self",
    ]


def test_a_crash_is_no_lack_of_support(small, recorded):
    with pytest.raises(AssertionError, match="RuntimeError: not for want of positions"):
        judged(f"{STRANGERS / 'hostile_berts.py'}:AsksAndRaises", small, recorded, SOME)
