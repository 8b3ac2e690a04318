"""What the reference makes when it makes a mistake does not depend on how it is come by."""

import pytest
import torch

from parity.core.mistake import Injection
from parity.core.probes import Mode
from parity.core.recording import Recording
from parity.diagnosis.counterfactual import Counterfactual
from parity.model.expected import RecordedProbe
from parity.model.mistakes.catalogue import CATALOGUE
from scratch_bert.weights.checkpoints import Checkpoint

SHOWN = ("embeddings", "encoder.layer.0", "last_hidden_state", "prediction_logits")
LAYER = "encoder.layer.1"
MADE = {
    "scale-missing": (f"{LAYER}.attention.self.scores",),
    "norm-eps-1e-5": (f"{LAYER}.output.LayerNorm",),
    "gelu-tanh": (f"{LAYER}.intermediate",),
    "pooler-tanh-missing": ("pooler",),
    "positions-ignored": ("embeddings.position_embeddings",),
}


@pytest.fixture(scope="module")
def counterfactual(workbench):
    return Counterfactual(Checkpoint.of(workbench.folder / "checkpoint"))


@pytest.mark.parametrize("name", MADE)
def test_layers_before_a_mistake_need_not_run_again(name, workbench, counterfactual, monkeypatch):
    recording = Recording.read(workbench.folder / "with heads")
    mistakes = [Injection(CATALOGUE[name], MADE[name])]
    probes = [each for each in recording.probes() if each.mode is Mode.EVALUATE and not each.dtype]
    assert probes
    for probe in probes:
        recorded = RecordedProbe(recording, probe, torch.float64)
        quick = counterfactual.run(recorded, mistakes, SHOWN)
        with monkeypatch.context() as patch:
            patch.setattr(counterfactual, "_layer", lambda stage: 0)
            whole = counterfactual.run(recorded, mistakes, SHOWN)
        assert quick.keys() == whole.keys() == {*SHOWN}
        for stage, made in whole.items():
            assert torch.equal(quick[stage], made), (probe.name, stage)
