"""An option that the library has, too, has the library's default."""

from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter, signature

import pytest
import typer

from parity.cli.main import app as parity
from parity.model.diff import DiffSettings
from parity.session import CheckRun
from parity.tokenizer.suite import Amounts
from scratch_bert import inference
from scratch_bert.cli.main import app as scratch_bert
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.inference.run.runner import Runner
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.pretraining.corpus.source import Corpus
from scratch_bert.pretraining.run.model_size import ModelSize
from scratch_bert.pretraining.static.examples import ExampleRecipe
from scratch_bert.pretraining.static.masking import Masking
from scratch_bert.training.run.settings import Settings

# What each command hands its options to, and how many of them have a default there.
USES = {
    "classify": ([Runner, inference.TextClassification.__call__], 5),
    "embed": ([Runner, inference.SentenceEmbeddings], 4),
    "fill-mask": ([Runner, inference.FillMask.__call__], 3),
    "tag": ([Runner, inference.TokenClassification.__call__], 3),
    "answer": ([Runner, inference.QuestionAnswering.__call__], 6),
    "next-sentence": ([Runner], 2),
    "build-examples": ([ExampleRecipe, Masking], 6),
    "pretrain": ([Corpus, Dataset, ModelSize, Settings], 23),
    "finetune": ([Dataset, Source, Recipe], 17),
    "check": ([CheckRun], 3),
    "diagnose": ([CheckRun], 2),
    "record": ([CheckRun], 2),
    "diff": ([DiffSettings], 5),
    "tokenizer": ([Amounts], 5),
}
COMMANDS = {
    name: command
    for app in (parity, scratch_bert)
    for name, command in typer.main.get_command(app).commands.items()
}
# The library's names for options that are called something else.
NAMES = {
    "dataset_config": "config",
    "dataset_split": "split",
    "text_column": "column",
    "column": "columns",
    "pair": "pairs",
    "pairs": "how a line is read",
}


def defaults(of):
    """A dataclass's or a function's defaults by name, without those that are tuples."""
    if is_dataclass(of):
        found = {each.name: each.default for each in fields(of) if each.default is not MISSING}
    else:
        parameters = signature(of).parameters.values()
        found = {p.name: p.default for p in parameters if p.default is not Parameter.empty}
    return {name: default for name, default in found.items() if not isinstance(default, tuple)}


@pytest.mark.parametrize("name", USES)
def test_defaults(name):
    library, count = USES[name]
    command = COMMANDS[name]
    given = {NAMES.get(each.name, each.name): each.default for each in command.params}
    known = [item for of in library for item in defaults(of).items() if item[0] in given]
    assert [(each, given[each]) for each, _ in known] == known
    assert len(known) == count
