"""Who imports whom, shown in a fresh process; and a proof that the showing can fail."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {name: sorted((ROOT / name).rglob("*.py")) for name in ("scratch_bert", "parity")}

# The order of DESIGN: a file may import from those before it, never from those after it.
ORDER = [
    "errors",
    "files",
    "config",
    "config_file",
    "activations",
    "checks",
    "embeddings",
    "feed_forward",
    "packing",
    "attention_plan",
    "packed_attention",
    "attention",
    "outputs",
    "encoder",
    "pooler",
    "initialization",
    "weight_files",
    "weight_names",
    "weights",
    "builtin_checkpoints",
    "checkpoints",
    "pretrained",
    "model",
    "heads",
    "task_heads",
    "tokenization",
    "pretraining",
    "command_line",
    "tokenize_lines",
    "tokenize_output",
    "tokenize_command",
    "build_examples_command",
    "cli",
]

PROGRAM = """
import importlib, sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {forbidden!r}:
            raise ImportError("forbidden: " + name)

sys.meta_path.insert(0, Wall())
for name in {modules!r}:
    importlib.import_module(name)
"""


def import_behind_a_wall(modules, forbidden):
    program = PROGRAM.format(modules=modules, forbidden=forbidden)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)


def modules(package):
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in PACKAGES[package]
    ]


def test_scratch_bert_runs_without_the_reference():
    done = import_behind_a_wall(modules("scratch_bert"), ["transformers", "tokenizers", "parity"])
    assert done.returncode == 0, done.stderr


def test_the_tokenizer_runs_without_torch():
    done = import_behind_a_wall(["scratch_bert.tokenization"], ["torch", "transformers"])
    assert done.returncode == 0, done.stderr


def test_a_candidates_process_does_without_the_reference():
    modules = ["parity.worker", "parity.adapter.worker"]
    done = import_behind_a_wall(modules, ["transformers", "tokenizers"])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("parity.check", "transformers"),
        ("parity.reference", "transformers"),
        ("parity.reference", "tokenizers"),
        ("parity.scratch", "scratch_bert"),
        ("scratch_bert.model", "torch"),
    ],
)
def test_the_wall_can_be_hit(module, forbidden):
    done = import_behind_a_wall([module], [forbidden])
    assert done.returncode != 0
    assert f"forbidden: {forbidden}" in done.stderr


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_one_file_knows_transformers():
    known = {
        path.name
        for path in PACKAGES["parity"]
        if any(name.split(".")[0] in ("transformers", "tokenizers") for name in imports(path))
    }
    assert known == {"reference.py"}


def upward(path, source):
    """The imports in `source`, as file or folder `path` of scratch_bert, that go up the order."""
    place = ORDER.index(path)
    found = []
    for node in ast.parse(source).body:  # top level only: what happens at import
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scratch_bert."):
            other = node.module.split(".")[1]
            if other != path and ORDER.index(other) >= place:
                found.append(other)
    return found


@pytest.mark.parametrize("path", PACKAGES["scratch_bert"], ids=lambda path: path.name)
def test_imports_go_down(path):
    relative = path.relative_to(ROOT / "scratch_bert")
    if relative.name == "__init__.py":
        return
    name = relative.parts[0].removesuffix(".py")
    assert name in ORDER, f"{relative} has no place in the order"
    assert upward(name, path.read_text()) == []


def test_an_import_that_goes_up_is_found():
    assert upward("embeddings", "from scratch_bert.model import BertModel") == ["model"]
    assert upward("tokenization", "from scratch_bert.pretraining import pairs") == ["pretraining"]


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_imported_before_it_is_asked_for(package):
    program = f"import sys, {package}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "False", done.stderr


def test_public_names():
    import scratch_bert

    assert scratch_bert.__all__ == [
        "AddedToken",
        "BertConfig",
        "BertForMaskedLM",
        "BertForMultipleChoice",
        "BertForNextSentencePrediction",
        "BertForPreTraining",
        "BertForQuestionAnswering",
        "BertForSequenceClassification",
        "BertForTokenClassification",
        "BertLMHeadModel",
        "BertModel",
        "BertTokenizer",
        "CheckpointError",
    ]
    assert all(getattr(scratch_bert, name).__name__ == name for name in scratch_bert.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Bart'"):
        scratch_bert.Bart  # noqa: B018


def test_what_an_adapter_imports():
    import parity
    from parity.stages import Stage

    assert parity.__all__ == ["Stage", "load", "parametrize_with_checks"]
    assert parity.Stage is Stage
    with pytest.raises(AttributeError, match="has no attribute 'Place'"):
        parity.Place  # noqa: B018


@pytest.mark.parametrize(
    "path", [*PACKAGES["scratch_bert"], *PACKAGES["parity"]], ids=lambda path: path.name
)
def test_files_stay_small(path):
    assert len(path.read_text().splitlines()) <= 250
