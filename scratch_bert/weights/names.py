"""Every name a BERT tensor has had → its current one.

The same tensor has been called `bert/encoder/layer_0/output/LayerNorm/gamma` (TensorFlow),
`bert.encoder.layer.0.output.LayerNorm.gamma` (the hub's bert-base-uncased), and
`encoder.layer.0.output.LayerNorm.weight` (a bare BertModel). Here it is brought to the last of
these; a model with a head has `bert.` in front again.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from scratch_bert.errors import CheckpointError

_TENSORFLOW_PLACES = {
    "cls.predictions.output_bias": "cls.predictions.bias",
    "cls.seq_relationship.output_weights": "cls.seq_relationship.weight",
    "cls.seq_relationship.output_bias": "cls.seq_relationship.bias",
    "cls.squad.output_weights": "qa_outputs.weight",
    "cls.squad.output_bias": "qa_outputs.bias",
    "output_weights": "classifier.weight",
    "output_bias": "classifier.bias",
}


def canonical_name(name: str) -> str:
    """Bring one tensor's name to HF's current one, without `bert.` in front.

    >>> canonical_name("bert/encoder/layer_0/attention/self/query/kernel")
    'encoder.layer.0.attention.self.query.weight'
    >>> canonical_name("bert.embeddings.LayerNorm.gamma")
    'embeddings.LayerNorm.weight'
    """
    if "/" in name or name in _TENSORFLOW_PLACES:
        name = re.sub(r"layer_(\d+)", r"layer.\1", name.removesuffix(":0").replace("/", "."))
        name = _TENSORFLOW_PLACES.get(name, name)
        name = re.sub(r"\.kernel$", ".weight", name)
        name = re.sub(r"(_embeddings)$", r"\1.weight", name)
    name = re.sub(r"LayerNorm\.gamma$", "LayerNorm.weight", name)
    name = re.sub(r"LayerNorm\.beta$", "LayerNorm.bias", name)
    return name.removeprefix("bert.")


def canonical_weights(found: Mapping[str, Tensor], folder: Path) -> dict[str, tuple[str, Tensor]]:
    """Return canonical name → (name in the file, tensor), TensorFlow's kernels transposed.

    Raises:
        CheckpointError: two tensors of the file come to the same name.
    """
    weights: dict[str, tuple[str, Tensor]] = {}
    for name, tensor in found.items():
        canonical = canonical_name(name)
        if canonical in weights:
            first = weights[canonical][0]
            raise CheckpointError(f"{folder}: {first} and {name} are both {canonical}")
        is_kernel = "/" in name and name.removesuffix(":0").endswith("/kernel")
        weights[canonical] = name, tensor.T if is_kernel else tensor
    return weights
