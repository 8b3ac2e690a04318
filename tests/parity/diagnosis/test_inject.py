"""An edit is what the model computes: who watches sees it, and gradients flow through it."""

import pytest
import torch

from parity.core.mistake import Injection, Mistake
from parity.core.stages import reference_points
from parity.core.trace import tapped
from parity.core.verdict import Report
from parity.diagnosis.inject import making
from parity.model.mistakes.catalogue import CATALOGUE
from parity.self_test.mutants import MutantModel
from scratch_bert import BertModel
from scratch_bert.config import BertConfig
from tests.models import TINY, adversarial_

IDS = torch.tensor([[5, 6, 7, 8]])
BATCH = {"input_ids": IDS}
VALUES = vars(BertConfig(**TINY))
SELF = "encoder.layer.0.attention.self"


@pytest.fixture
def model():
    return adversarial_(BertModel(BertConfig(**TINY))).double().eval()


def seen(model, *mistakes):
    """Every stage, as a judge sees it who watches from outside."""
    found = {}
    points = reference_points(name for name, _ in model.named_modules())
    with (
        tapped(model, points, lambda name, tensor: found.update({name: tensor.clone()})),
        making(mistakes, model, VALUES, BATCH),
    ):
        model(IDS, attention="eager")
    return found


@pytest.mark.parametrize(
    "stage",
    ["embeddings.sum", "embeddings", f"{SELF}.scores", f"{SELF}.probabilities", SELF, "pooler"],
)
def test_who_watches_sees_the_edit_and_all_that_follows_from_it(stage, model):
    right = seen(model)
    doubled = Injection(Mistake("doubled", (stage,), lambda s: s.right * 2), (stage,))
    wrong = seen(model, doubled)
    names = [*right]
    assert torch.equal(wrong[stage], right[stage] * 2)
    assert all(torch.equal(wrong[name], right[name]) for name in names[: names.index(stage)])
    assert not torch.equal(wrong["pooler"], right["pooler"])


def test_a_second_edit_of_a_stage_goes_on_from_the_first(model):
    one = Injection(Mistake("one more", ("pooler",), lambda s: s.right + 1), ("pooler",))
    two = Injection(Mistake("doubled", ("pooler",), lambda s: s.right * 2), ("pooler",))
    assert torch.equal(seen(model, one, two)["pooler"], (seen(model)["pooler"] + 1) * 2)


def test_gradients_flow_through_an_edit(model):
    halved = Injection(Mistake("halved", ("pooler",), lambda s: s.right / 2), ("pooler",))
    gradients = []
    for mistakes in ((), (halved,)):
        model.zero_grad()
        with making(mistakes, model, VALUES, BATCH):
            model(IDS).pooler_output.sum().backward()
        gradients.append(model.pooler.dense.weight.grad.clone())
    assert torch.equal(gradients[1], gradients[0] / 2)


def test_a_model_is_itself_again_afterwards(model):
    stage = "encoder.layer.0.output.sum"
    for mistake in (
        Injection(CATALOGUE["dropout-rate"], (stage,), 0.5),
        Injection(CATALOGUE["dropout-after-norm"], (stage, "encoder.layer.0.output.LayerNorm")),
        Injection(CATALOGUE["pad-row-learns"], ("embeddings.word_embeddings.weight",)),
    ):
        before = [(name, str(module)) for name, module in model.named_modules()]
        with pytest.raises(ZeroDivisionError), making([mistake], model, VALUES, BATCH):
            raise ZeroDivisionError
        assert [(name, str(module)) for name, module in model.named_modules()] == before
        assert not any(module._forward_hooks for module in model.modules())


def test_a_mask_mistake_beside_scores_of_one_head(workbench):
    """One mistake leaves a single head of scores, from which the other cannot read a scale."""
    inside = "encoder.layer.0.attention.self"
    made = [("one-head", f"{inside}.scores"), ("mask-ignored", f"{inside}.probabilities")]
    mistakes = [Injection(CATALOGUE[name], (stage,)) for name, stage in made]
    rows, _ = workbench.judge(MutantModel(mistakes), probes=["padded right"])
    assert Report(rows).first_divergence.name == f"{inside}.scores"
