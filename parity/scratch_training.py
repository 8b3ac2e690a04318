"""scratch_bert's pretraining as the first candidate."""

from collections.abc import Iterator
from random import Random
from typing import Any

import torch
from torch import Tensor

import scratch_bert
from parity.mistakes.sentence_pairs import Documents
from scratch_bert.config_file import config_from_values
from scratch_bert.pretraining.dynamic_masking import generator_draws, hide
from scratch_bert.pretraining.pairs import Pair, sentence_pairs

_SHORT = 0.1  # short_seq_prob, the original's


class ScratchTraining:
    """What scratch_bert has for each question."""

    def initial(self, config: dict[str, Any], seed: int) -> dict[str, Tensor]:
        """Draw fresh weights."""
        torch.manual_seed(seed)
        return dict(scratch_bert.BertForPreTraining(config_from_values(config)).state_dict())

    def mask(
        self,
        input_ids: Tensor,
        special_tokens_mask: Tensor,
        vocab_size: int,
        mask_token_id: int,
        seed: int,
    ) -> dict[str, Tensor]:
        """Hide words, with the draws of HF's collator."""
        generator = torch.Generator().manual_seed(seed)
        draws = generator_draws(special_tokens_mask.bool(), vocab_size, generator)
        read, labels = hide(input_ids, draws, mask_token_id)
        return {"input_ids": read, "labels": labels}

    def pairs(self, documents: Documents, seq_length: int, seed: int) -> Iterator[Pair]:
        """Cut documents into pairs, with the original's draws."""
        rng = Random(seed)  # noqa: S311
        for place in range(len(documents)):
            yield from sentence_pairs(documents, place, seq_length - 3, _SHORT, rng)
