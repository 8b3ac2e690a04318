"""Fixtures and small helpers for all tests; shapes are checked from here on."""

import os
from collections.abc import Iterator
from pathlib import Path

# Before torch starts its threads: with several workers, each takes its share of the cores.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

import jaxtyping
import pytest
from hypothesis import settings

jaxtyping.install_import_hook("scratch_bert", "beartype.beartype").install()

import torch

from scratch_bert.config import BertConfig

settings.register_profile("tests", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("tests")


@pytest.fixture
def unchecked_shapes() -> Iterator[None]:
    """Let a wrong shape through to the model's own error message."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def tiny_config() -> BertConfig:
    return BertConfig(**TINY)


TINY = {
    "vocab_size": 97,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 32,
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for made checkpoints."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def adversarial_(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Give a model large weights, random biases and LayerNorm gains, so that mistakes show."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            is_gain = name.endswith("LayerNorm.weight")
            numbers = torch.randn(parameter.shape, generator=generator) * 0.3 + is_gain
            parameter.copy_(numbers)
    return model
