"""The rules of the house: rooms, directions of imports, sizes and names. Each rule can fail."""

from pathlib import Path

import pytest

from tests.project import structure

ROOT = Path(__file__).parents[2]
RULES = {rule.__name__: rule for rule in structure.RULES}


@pytest.mark.parametrize("rule", RULES)
def test_nothing_breaks_a_rule(rule):
    assert not RULES[rule](ROOT)


BROKEN = {  # what is written into an empty house, and what the rule then finds
    "homeless": (
        {"parity/attic.py": "", "scratch_bert/cellar/wine.py": ""},
        {"parity": 1, "scratch_bert/cellar": 1},
    ),
    "upward": (
        {
            "parity/core/stages.py": "def find():\n    from parity.cli.main import main",
            "parity/cli/main.py": "import parity.core.stages",
            "scratch_bert/weights/load.py": "from scratch_bert.model import bert",
            "scratch_bert/model/bert.py": "",
        },
        {
            "parity.core.stages": ["parity.cli.main"],
            "scratch_bert.weights.load": ["scratch_bert.model.bert"],
        },
    ),
    "circles": (
        {
            "parity/core/stages.py": "from parity.core.trace import tapped",
            "parity/core/trace.py": "def tapped():\n    import parity.core.stages",
            "parity/core/compare.py": "import parity.core.stages",
        },
        [["parity.core.stages", "parity.core.trace"]],
    ),
    "crowded": (
        {f"scratch_bert/model/{number}.py": "" for number in range(11)}
        | {f"parity/model/{number}.py": "" for number in range(25)}
        | {f"tests/model/{number}.py": "" for number in range(26)},
        {"scratch_bert/model": 11, "tests/model": 26},
    ),
    "long": (
        {
            "parity/core/stages.py": "\n" * 251,
            "scratch_bert/config.py": "\n" * 250,
            "tests/test_stages.py": "\n" * 401,
        },
        {"parity/core/stages.py": 251, "tests/test_stages.py": 401},
    ),
    "same_class_names": (
        {
            "parity/core/stages.py": "class Place: ...\nclass _Own: ...",
            "scratch_bert/config.py": "class Place: ...\nclass _Own: ...",
        },
        {"Place": 2},
    ),
    "names_that_say_nothing": (
        {"parity/utils/stages.py": "", "scratch_bert/helpers.py": ""},
        ["parity/utils", "scratch_bert/helpers.py"],
    ),
    "missing_from_the_book": ({}, structure.BOOK),
    "book_too_long": (
        {"scratch_bert/model/bert.py": "\n" * 901, "scratch_bert/training/step.py": "\n" * 1600},
        {"": 2501, "model/": 901},
    ),
    "beside_the_book": (
        {"scratch_bert/training/step.py": "", "scratch_bert/training/saving.py": ""},
        {"training": 1},
    ),
    "not_said_what_to_read": (
        {
            "scratch_bert/model/__init__.py": '"""BERT in two parts: heads.\n\nRead: bert. """',
            "scratch_bert/model/bert.py": "",
            "scratch_bert/model/heads.py": "",
        },
        {"scratch_bert/model": ["heads"]},
    ),
    "know_what_is_judged": (
        {
            "parity/model/judge.py": "from scratch_bert.model.bert import BertModel",
            "parity/model/record.py": "from scratch_bert import BertConfig",
            "parity/model/diff.py": "import scratch_bert",
            "parity/ours/model.py": "from scratch_bert.model.bert import BertModel",
            "parity/model/worker.py": "from scratch_bert.weights.load import load",
        },
        ["parity.model.diff", "parity.model.judge"],
    ),
    "know_huggingface": (
        {
            "parity/reference.py": "import transformers",
            "parity/core/stages.py": "from tokenizers import Tokenizer",
            "scratch_bert/model/bert.py": "def build():\n    import transformers.models",
        },
        ["parity.core.stages", "scratch_bert.model.bert"],
    ),
    "folders_of_tests": (
        {
            "tests/parity/core/test_trace.py": "",
            "tests/parity/strangers/berts/fused.py": "",
            "tests/scratch_bert/models/test_bert.py": "",
            "parity/core/trace.py": "",
        },
        ["tests/scratch_bert/models"],
    ),
    "know_the_judge": (
        {"scratch_bert/model/bert.py": "import parity.core", "parity/api.py": "import parity.core"},
        ["scratch_bert.model.bert"],
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_can_be_broken(rule, tmp_path):
    files, found = BROKEN[rule]
    for package in structure.PACKAGES:
        (tmp_path / package).mkdir()
    for name, text in files.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    assert RULES[rule](tmp_path) == found
