"""The reference's attention over a text, to be shown beside another BERT's."""

from collections.abc import Mapping
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from parity import reference
from scratch_bert.checkpoints import resolve


@torch.inference_mode()
def reference_attentions(
    checkpoint: str | Path, batch: Mapping[str, Tensor]
) -> Float[Tensor, "layers heads seq seq"]:
    """Run the reference's eager attention.

    Args:
        checkpoint: a folder, a hub id or a built-in one.
        batch: of one text, as a model takes it.
    """
    model = reference.load(
        "BertModel", resolve(checkpoint), attention="eager", add_pooling_layer=False
    )
    return torch.cat(model(**batch, output_attentions=True).attentions)
