"""Who imports whom, shown in fresh processes; and a proof that the showing can fail."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {name: sorted((ROOT / name).rglob("*.py")) for name in ("scratch_bert", "parity")}


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
            "parity.model.worker",
            "parity.adapter.build_adapter",
            "parity.suite.candidate",
            "parity.ours.pretraining",
            "parity.pretraining.mistaken",
            "parity.ours.finetuning",
            "parity.finetuning.mistaken",
            "parity.inference.candidate",
            "parity.ours.inference",
            "parity.inference.mistaken",
            "parity.exercises.candidate",
        ],
        ["transformers", "tokenizers"],
    ),
}
HIT = [
    ("parity.model.judge", "transformers"),
    ("parity.reference", "transformers"),
    ("parity.reference", "tokenizers"),
    ("parity.ours.checkpoint", "scratch_bert"),
    ("scratch_bert.model.bert", "torch"),
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


@pytest.mark.slow
@pytest.mark.parametrize("case", WALLS)
def test_imports_do_without(case, behind_walls):
    assert behind_walls(case) == "imported\n"


@pytest.mark.parametrize(("module", "forbidden"), HIT)
def test_the_wall_can_be_hit(module, forbidden, behind_walls):
    assert f"forbidden: {forbidden}" in behind_walls(f"{module} {forbidden}")


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_imported_before_it_is_asked_for(package):
    program = f"import sys, {package}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "False", done.stderr


# What users may rely on; whatever else they import may move.
PUBLIC = {
    "scratch_bert": [
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
    ],
    "scratch_bert.inference": [
        "FillMask",
        "HiddenStates",
        "NextSentencePrediction",
        "QuestionAnswering",
        "SentenceEmbeddings",
        "TextClassification",
        "TokenClassification",
        "stream",
    ],
    "scratch_bert.inspection": [
        "AttentionMaps",
        "ClsEvolution",
        "EmbeddingParts",
        "LayerStates",
        "TokenFlow",
        "attention_maps",
        "cls_evolution",
        "draw",
        "embedding_parts",
        "layer_states",
        "load",
        "token_flow",
    ],
    "scratch_bert.tokenization": ["AddedToken", "BertTokenizer", "TokenizerSettings"],
    "parity": ["Stage", "examine", "load", "parametrize_with_checks", "reference_attentions"],
}


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names(package):
    module = importlib.import_module(package)
    assert module.__all__ == PUBLIC[package]
    assert [getattr(module, name).__name__ for name in PUBLIC[package]] == PUBLIC[package]
    with pytest.raises(AttributeError, match="has no attribute 'Bart'"):
        module.Bart  # noqa: B018


def test_no_other_module_has_public_names():
    listed = {
        name
        for package, paths in PACKAGES.items()
        for name, path in zip(modules(package), paths, strict=True)
        if "\n__all__ = " in path.read_text()
    }
    assert listed == {*PUBLIC}
