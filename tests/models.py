"""Small models for tests, and weights in which mistakes show."""

import torch

TINY = {
    "vocab_size": 97,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 32,
}


def adversarial_(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Give a model large weights, random biases and LayerNorm gains, so that mistakes show."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            is_gain = name.endswith("LayerNorm.weight")
            numbers = torch.randn(parameter.shape, generator=generator) * 0.3 + is_gain
            parameter.copy_(numbers)
    return model
