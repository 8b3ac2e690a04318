"""Exercise masking. The book's: scratch_bert/pretraining/masking.py."""

import torch
from torch import Tensor


def mask_words(
    input_ids: Tensor,
    special_tokens_mask: Tensor,
    vocab_size: int,
    mask_token_id: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Hide words for the model to guess (paper: section 3.1, task 1).

    Each token is chosen with probability 0.15. Of those chosen 80% become [MASK], 10% a random
    word, and 10% stay as they are.

    What must hold:
        - Special tokens and padding are never chosen.
        - A label is the id that stood there, and -100 where nothing was chosen.
        - A random word is any id below vocab_size, each as likely as another.
        - `input_ids` itself stays as it was.
        - What is drawn is drawn from `generator`, so that another seed chooses others.

    Args:
        input_ids: (batch, seq).
        special_tokens_mask: 1 for special tokens and padding, (batch, seq).
        vocab_size: number of words.
        mask_token_id: the id of [MASK].
        generator: for torch.rand and its like.

    Returns:
        What the model reads, and the labels; both (batch, seq).
    """
    raise NotImplementedError
