"""The nonlinearities BERT checkpoints name in `hidden_act`.

BERT's own is GELU (Hendrycks and Gimpel, 2016): x·Φ(x), with Φ the standard normal CDF.
It passes large numbers, stops very negative ones, and is smooth in between:

    >>> F.gelu(torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]))
    tensor([-0.0455, -0.1587,  0.0000,  0.8413,  1.9545])

Some names are approximations of it, off by up to 0.0005 (`quick_gelu`: 0.02); some are spellings
of one formula that differ in the last bit; the rest are other functions. Each is computed as in
HF's `ACT2FN`. A trap: `F.gelu` is the exact function and `gelu_new` the approximation; a
checkpoint needs its own.
"""

import math
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def gelu_erf(x: Tensor) -> Tensor:
    """x·Φ(x), spelled out; `gelu` is the same in one call of torch."""
    return x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))


def gelu_tanh(x: Tensor) -> Tensor:
    """The approximation of the TensorFlow BERT: ½x(1 + tanh(√(2/π)(x + 0.044715x³)))."""
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x.pow(3.0))))


def gelu_tanh_factored(x: Tensor) -> Tensor:
    """The same, factored and with a rounded constant."""
    return 0.5 * x * (1.0 + torch.tanh(x * 0.7978845608 * (1.0 + 0.044715 * x * x)))


def gelu_clipped(x: Tensor) -> Tensor:
    """GELU within [-10, 10], for quantization."""
    return torch.clip(F.gelu(x), -10, 10)


def gelu_quick(x: Tensor) -> Tensor:
    """x·σ(1.702x), off by up to 0.02."""
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_10": gelu_clipped,
    "gelu_accurate": gelu_tanh,
    "gelu_fast": gelu_tanh_factored,
    "gelu_new": gelu_tanh,
    "gelu_python": gelu_erf,
    "gelu_python_tanh": gelu_tanh,
    "gelu_pytorch_tanh": partial(F.gelu, approximate="tanh"),
    "leaky_relu": F.leaky_relu,
    "linear": nn.Identity(),
    "mish": F.mish,
    "quick_gelu": gelu_quick,
    "relu": F.relu,
    "relu6": F.relu6,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "swish": F.silu,
    "tanh": torch.tanh,
}


def activation(name: str) -> Callable[[Tensor], Tensor]:
    """Look an activation up; ValueError for a name that is not in the table."""
    if name not in ACTIVATIONS:
        raise ValueError(f"hidden_act is {name!r}, expected one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
