"""torch.compile and torch.export see each model as one graph; bfloat16 is there when asked for."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.models import adversarial_
from tests.scratch_bert.model import compiling

BFLOAT16 = 0.05  # of the largest logit; 0.011 under autocast and 0.016 with such weights were seen


@pytest.mark.slow
def test_compiled_and_exported():
    """Fifteen seconds: torch traces each model twice for each attention."""
    root = Path(__file__).parents[3]
    command = [sys.executable, "-m", "tests.scratch_bert.model.compiling"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ways = {tuple(line.split()) for line in done.stdout.splitlines()}
    assert ways == {
        (kind, attention, way)
        for kind in compiling.KINDS
        for attention in ("eager", "sdpa")
        for way in ("compiled", "exported")
    }


def test_bfloat16_where_it_is_asked_for(tiny_config):
    """Of the weights, or of the operations alone, which is autocast; in packed batches as well."""
    model = adversarial_(compiling.scratch_bert.BertForPreTraining(tiny_config)).eval()
    batch = compiling.batch_for("BertForPreTraining", compiling.LONG)
    expected = model(**batch).prediction_logits
    with torch.autocast("cpu", torch.bfloat16):
        cast = model(**batch, attention="packed").prediction_logits
    half = model.bfloat16()(**batch, attention="packed").prediction_logits
    assert cast.dtype is half.dtype is torch.bfloat16
    tokens = batch["attention_mask"].bool()
    for made in (cast, half):
        assert (made - expected)[tokens].abs().max() < BFLOAT16 * expected.abs().max()
