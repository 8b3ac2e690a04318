"""Who imports whom, shown in fresh processes; and a proof that the showing can fail."""

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
    "training",
    "pretraining",
    "inference",
    "finetuning",
    "command_line",
    "text_lines",
    "tokenize_lines",
    "tokenize_output",
    "tokenize_command",
    "build_examples_command",
    "pretrain_options",
    "pretrain_command",
    "finetune_options",
    "finetune_command",
    "inference_options",
    "inference_output",
    "inspection",
    "classify_command",
    "embed_command",
    "tag_command",
    "answer_command",
    "next_sentence_command",
    "fill_mask_command",
    "cli",
    "__main__",
]


def modules(package):
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in PACKAGES[package]
    ]


WALLS = {  # what is imported, and what it must do without
    "scratch_bert": (modules("scratch_bert"), ["transformers", "tokenizers", "parity"]),
    "the tokenizer": (["scratch_bert.tokenization"], ["torch", "transformers"]),
    "a candidate's process": (
        [
            "parity.worker",
            "parity.adapter.worker",
            "parity.suite_worker",
            "parity.scratch_training",
            "parity.faulty_training",
            "parity.scratch_finetuning",
            "parity.faulty_finetuning",
            "parity.inference_candidate",
            "parity.scratch_inference",
            "parity.faulty_inference",
            "parity.exercises.candidate",
        ],
        ["transformers", "tokenizers"],
    ),
}
HIT = [
    ("parity.check", "transformers"),
    ("parity.reference", "transformers"),
    ("parity.reference", "tokenizers"),
    ("parity.scratch", "scratch_bert"),
    ("scratch_bert.model", "torch"),
]
PROGRAM = """
import importlib, os, sys

class Wall:
    def __init__(self, forbidden):
        self.forbidden = forbidden

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.forbidden:
            raise ImportError("forbidden: " + name)

for name, (modules, forbidden) in {cases!r}:
    if "torch" not in forbidden:
        import torch, torch.distributed.fsdp, sklearn.metrics  # once for all
    if not os.fork():
        sys.stderr = open(os.path.join({place!r}, name), "w")
        sys.meta_path.insert(0, Wall(forbidden))
        for each in modules:
            importlib.import_module(each)
        print("imported", file=sys.stderr)
        break
    os.wait()
"""


@pytest.fixture(scope="module")
def behind_walls(once):
    """What importing says, case by case, each in a process of its own; slow, made once for all."""

    def fill(place):
        cases = {**WALLS, **{" ".join(case): [[each] for each in case] for case in HIT}}
        torch_last = sorted(cases.items(), key=lambda case: "torch" not in case[1][1])
        program = PROGRAM.format(cases=torch_last, place=str(place))
        subprocess.run([sys.executable, "-c", program], cwd=ROOT)

    place = once("walls", fill)
    return lambda case: (place / case).read_text()


@pytest.mark.thorough
@pytest.mark.parametrize("case", WALLS)
def test_imports_do_without(case, behind_walls):
    assert behind_walls(case) == "imported\n"


@pytest.mark.parametrize(("module", "forbidden"), HIT)
def test_the_wall_can_be_hit(module, forbidden, behind_walls):
    assert f"forbidden: {forbidden}" in behind_walls(f"{module} {forbidden}")


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

    assert parity.__all__ == [
        "Stage",
        "examine",
        "load",
        "parametrize_with_checks",
        "reference_attentions",
    ]
    assert parity.Stage is Stage
    with pytest.raises(AttributeError, match="has no attribute 'Place'"):
        parity.Place  # noqa: B018


@pytest.mark.parametrize(
    "path", [*PACKAGES["scratch_bert"], *PACKAGES["parity"]], ids=lambda path: path.name
)
def test_files_stay_small(path):
    assert len(path.read_text().splitlines()) <= 250
