"""The two environments differ in transformers and what that asks for, and in nothing else."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def pins(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_only_the_reference_is_another():
    usual, four = pins("constraints.txt"), pins("constraints-transformers-4.txt")
    assert usual.keys() == four.keys()
    differing = {name for name in usual if usual[name] != four[name]}
    asked = {"tokenizers", "huggingface_hub", "datasets", "sentence-transformers"}
    assert differing == {"transformers", *asked}
    assert four["transformers"].startswith("4.57.")
    assert usual["transformers"].startswith("5.")
