"""Examples as HuggingFace's run_mlm.py makes them: lines in a row, cut where they are full."""

from collections.abc import Sequence

import torch
from torch import Tensor

from scratch_bert.pretraining.dynamic.masking import continuing_pieces, whole_word_draws
from scratch_bert.pretraining.masking import generator_draws, hide
from scratch_bert.pretraining.static.examples import Example
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.training.run.batches import IGNORED

_TOGETHER = 1000  # lines that are put in a row, as `datasets` hands them out


def huggingface_examples(
    lines: Sequence[str],
    tokenizer: BertTokenizer,
    seq_length: int,
    times: int,
    masked_lm_prob: float,
    seed: int,
    *,
    whole_word: bool,
) -> list[Example]:
    """Make examples without pairs: each line as [CLS] line [SEP], a thousand of them in a row.

    What is left at a row's end, less than an example, is dropped (`group_texts` there; it keeps a
    row that is shorter than one example, this does not). All examples are one batch of
    `DataCollatorForLanguageModeling(seed=seed)`, which draws on for each further time; how many
    words an example may hide has no limit.

    Args:
        lines: of the corpus, at least one; an empty one is [CLS] [SEP], as there without
            `--line_by_line`.
        tokenizer: cuts them.
        seq_length: tokens of each example.
        times: how often words are hidden, others each time.
        masked_lm_prob: how likely a token is chosen.
        seed: of the draws.
        whole_word: all pieces of a word are hidden, or none; and always by [MASK].
    """
    starts = range(0, len(lines), _TOGETHER)
    rows = [_in_a_row(lines[at : at + _TOGETHER], tokenizer, seq_length) for at in starts]
    ids, special, offsets = (torch.cat(parts) for parts in zip(*rows, strict=True))
    special = special.bool()
    continuing = continuing_pieces(offsets, special) if whole_word else None
    generator = torch.Generator().manual_seed(seed)
    examples = []
    for _ in range(times):
        if continuing is None:
            draws = generator_draws(special, len(tokenizer), generator, masked_lm_prob)
        else:
            draws = whole_word_draws(special, continuing, generator, masked_lm_prob)
        hidden, labels = hide(ids, draws, tokenizer.mask_token_id)
        for row, wanted in zip(hidden.tolist(), labels, strict=True):
            at = (wanted != IGNORED).nonzero().flatten()
            examples.append(Example(row, [0] * seq_length, at.tolist(), wanted[at].tolist(), 0))
    return examples


def _in_a_row(lines: Sequence[str], tokenizer: BertTokenizer, seq_length: int) -> list[Tensor]:
    """Cut lines into examples: their ids, which are special tokens, and their places."""
    made = tokenizer(list(lines), return_special_tokens_mask=True, return_offsets_mapping=True)
    names = ("input_ids", "special_tokens_mask", "offset_mapping")
    joined = (torch.tensor([each for line in made[name] for each in line]) for name in names)
    return [
        row[: len(row) // seq_length * seq_length].view(-1, seq_length, *row.shape[1:])
        for row in joined
    ]
