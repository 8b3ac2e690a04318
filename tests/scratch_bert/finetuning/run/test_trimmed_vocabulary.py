"""Words that no example has: without them a training is the same."""

import pytest
import torch

from scratch_bert import BertTokenizer
from scratch_bert.finetuning.run.finetune import build
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.run.trimmed_vocabulary import TrimmedVocabulary
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.finetuning.tables.split import read_split
from scratch_bert.finetuning.tasks.task import Lengths
from scratch_bert.training.loop import Training
from scratch_bert.weights.checkpoints import Checkpoint
from tests.learner import cut, parameters, write_learner

ROUNDING = 1e-12  # in float64; 3e-15 was the most


@pytest.mark.parametrize("name", ["classify", "choose"])
def test_a_training_without_them(name, tmp_path):
    write_learner(tmp_path / "learner", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    split = read_split(name, Source([cut(name, 9, tmp_path)]), 0, print)
    tokenizer = BertTokenizer.from_pretrained(tmp_path / "learner")
    features = split.task.features(split.train, tokenizer, Lengths(32, 0))
    trained = []
    for without in (False, True):
        model = build(split.task, Checkpoint.of(str(tmp_path / "learner")), 0).double()
        before = model.bert.embeddings.word_embeddings.weight.detach().clone()
        words, train = None, features
        if without:
            words = TrimmedVocabulary.trim(model, features)
            train = words.renumber(features)
            assert len(model.bert.embeddings.word_embeddings.weight) < len(before) / 2
        recipe = Recipe(epochs=2, batch_size=3, learning_rate=1e-3)
        objective = split.task.objective("packed", None)
        assert len([*Training(model, train, objective, recipe.settings(len(train)))]) == 6
        if words is not None:
            with words.restored(model):
                model.save_pretrained(tmp_path / "made")
            table = model.bert.embeddings.word_embeddings
            assert table.num_embeddings == len(table.weight) == len(words.used)
            model = type(model).from_pretrained(tmp_path / "made", dtype=torch.float64)
        trained.append(parameters(model))
        moved = (trained[-1]["bert.embeddings.word_embeddings.weight"] != before).any(-1)
        assert 10 < moved.sum() < len(moved) / 2
    for each, tensor in trained[0].items():
        assert (tensor - trained[1][each]).abs().max() < ROUNDING, each
