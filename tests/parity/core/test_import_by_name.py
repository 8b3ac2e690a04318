"""A candidate's class, by the name a user gives it."""

import copy
import importlib
import sys

import pytest

from parity.core.errors import CandidateError
from parity.core.import_by_name import load_maker

FILE = """
class Mine:
    def build(self, folder):
        return folder

made = Mine()
"""


@pytest.mark.parametrize("attribute", ["Mine", "made"])
def test_a_class_or_an_object_of_a_file(tmp_path, attribute):
    (tmp_path / "somebodys.py").write_text(FILE)
    assert load_maker(f"{tmp_path / 'somebodys.py'}:{attribute}").build(5) == 5


def test_a_file_that_imports_from_its_package(tmp_path):
    (tmp_path / "mine.py").write_text(f"from .other import thing\n{FILE}")
    message = "mine.py: it imports from its own package; run this above the package's folder"
    with pytest.raises(CandidateError, match=message):
        load_maker(f"{tmp_path / 'mine.py'}:Mine")


def test_a_file_named_like_a_module_of_python(tmp_path):
    (tmp_path / "copy.py").write_text(FILE)
    before = copy.copy
    assert load_maker(f"{tmp_path / 'copy.py'}:Mine").build(5) == 5
    assert importlib.import_module("copy").copy is before


def test_a_file_beside_it_can_be_imported(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "my_layers.py").write_text("BUILT = 7")
    (tmp_path / "my_model.py").write_text(f"from my_layers import BUILT\n{FILE}")
    assert load_maker(f"{tmp_path / 'my_model.py'}:made").build(7) == 7


def test_a_class_of_a_module():
    made = load_maker("parity.ours.tokenizer:ScratchTokenizer")
    assert type(made).__name__ == "ScratchTokenizer"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.py:Mine", "nowhere.py: there is no such file"),
        ("no.such.module:Mine", "no.such.module: No module named 'no'"),
        ("Mine", "Mine: expected path/to/file.py:NAME or package.module:NAME"),
        (
            "parity.core.verdict:Nothing",
            "parity.core.verdict has no class Nothing with a method build",
        ),
    ],
)
def test_a_candidate_that_is_not_there(name, message):
    with pytest.raises(CandidateError) as raised:
        load_maker(name)
    assert str(raised.value) == message


def test_a_class_that_wants_arguments(tmp_path):
    text = "class Mine:\n    def __init__(self, x): ...\n    def build(self): ..."
    (tmp_path / "wants.py").write_text(text)
    with pytest.raises(CandidateError, match=r"Mine: is made without arguments, and .* argument"):
        load_maker(f"{tmp_path / 'wants.py'}:Mine")
