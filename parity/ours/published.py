"""Numbers published about the real bert-base-uncased, for when it is at hand."""

from functools import cache
from pathlib import Path

import torch

import scratch_bert
from parity.core.compare import Comparison, compare
from parity.core.tolerance import PUBLISHED
from scratch_bert.files import sha256
from scratch_bert.weights.builtin import cache_folder

REAL = {
    "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3": (
        "model.safetensors",
        440449768,
    ),
    "097417381d6c7230bd9e3557456d726de6e83245ec8b24f529f60198a67b203a": (
        "pytorch_model.bin",
        440473133,
    ),
}

# transformers' own integration test of BertModel: hidden states [:, 1:4, 1:4] of these ids.
_IDS = [0, 345, 232, 328, 740, 140, 1695, 69, 6078, 1588, 2]
_SLICE = [[0.4249, 0.1008, 0.7531], [0.3771, 0.1188, 0.7467], [0.4152, 0.1098, 0.7108]]

# The model's card on the hub: the five likeliest words and their probabilities.
_FILL_MASK = {
    "Hello I'm a [MASK] model.": {
        "fashion": 0.10731,
        "role": 0.08774,
        "new": 0.05338,
        "super": 0.04667,
        "fine": 0.02710,
    },
    "The man worked as a [MASK].": {
        "carpenter": 0.09748,
        "waiter": 0.05238,
        "barber": 0.04963,
        "mechanic": 0.03789,
        "salesman": 0.03768,
    },
}


@cache
def recognize(folder: Path) -> str | None:
    """Return the sha256 of a folder's weights if they are the real bert-base-uncased, else None.

    To hash 440 MB takes seconds, so that is done once, and only to a file of the right size that
    was not made here.
    """
    if folder.is_relative_to(cache_folder()):
        return None
    for digest, (name, size) in REAL.items():
        path = folder / name
        if path.is_file() and path.stat().st_size == size and sha256(path) == digest:
            return digest
    return None


@torch.no_grad()
def check_published(folder: Path) -> list[Comparison]:
    """Compare scratch_bert's numbers from this checkpoint with the published ones."""
    rows = []
    ids = torch.tensor([_IDS])
    hidden = scratch_bert.BertModel.from_pretrained(folder, dtype=torch.float32)(
        ids, attention_mask=(torch.arange(ids.shape[1]) > 0).long()[None]
    ).last_hidden_state
    theirs = torch.tensor(_SLICE)
    rows.append(_published("published.hidden_states", hidden[0, 1:4, 1:4], theirs))

    tokenizer = scratch_bert.BertTokenizer.from_pretrained(folder)
    model = scratch_bert.BertForMaskedLM.from_pretrained(folder, dtype=torch.float32)
    for text, expected in _FILL_MASK.items():
        batch = tokenizer([text], return_tensors="pt")
        masked = batch["input_ids"][0].tolist().index(tokenizer.mask_token_id)
        scores = model(**batch).logits[0, masked].softmax(-1)
        best = scores.topk(len(expected))
        words = [tokenizer.convert_ids_to_tokens(i) for i in best.indices.tolist()]
        ours = best.values if words == list(expected) else torch.full_like(best.values, torch.nan)
        name = f"published.fill_mask: {text} → {', '.join(map(str, words))}"
        rows.append(_published(name, ours, torch.tensor(list(expected.values()))))
    return rows


def _published(name: str, ours: torch.Tensor, theirs: torch.Tensor) -> Comparison:
    return compare(name, ours, theirs, PUBLISHED, probe="published", lane="published")
