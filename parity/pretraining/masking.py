"""Are words hidden as BERT's are: which, how many, by what, and with which labels?"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from parity.core.compare import Comparison, Status
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.pretraining.candidate import TrainingCandidate
from parity.suite.candidate import SuiteCandidate
from parity.suite.statistics import Measures, alike, named, share
from parity.suite.training_runs import IGNORED

PAD = 0
_CLS, _SEP, _MASK, _ORDINARY, _VOCAB = 2, 3, 4, 5, 1000
_CALLS, _ROWS, _SEQ = 16, 128, 128  # a quarter of a million tokens
_TENTHS = 10
_ROUNDED = 0.01
"""The original chooses 15% of a row with its special tokens, in whole numbers, which is up to 1%
more of the others."""

Hide = Callable[..., dict[str, Tensor]]


def check_hidden_words(candidate: SuiteCandidate) -> Outcome:
    """Count what becomes of a quarter of a million tokens.

    Raises:
        CandidateCrashedError: the candidate raised.
    """
    outcome, ask = Outcome("masks"), partial(candidate.ask, TrainingCandidate.mask)
    ids, special = _batch(0)
    made = _hidden(ask, ids, special, seed=0)
    for name in ("input_ids", "labels"):
        if made[name].shape != ids.shape:
            note = f"mask returns {tuple(made[name].shape)} for ids of {tuple(ids.shape)}"
            outcome.rows.append(Comparison(name, Status.SHAPE, note=note, probe="masks"))
    if outcome.rows:
        return outcome
    measured = _measures(ask, 0)
    outcome.rows = [measure.row("masks") for measure in measured.values()]
    if outcome.different:
        from parity.pretraining.mistakes.masking import MISTAKES

        outcome.explain(MISTAKES, lambda mistake: alike(measured, _wrong(mistake)))
    return outcome


@cache
def _wrong(mistake: Mistake) -> Measures:
    from parity.pretraining.mistaken import with_mistake

    return _measures(with_mistake(mistake).mask, _CALLS)


def _hidden(hide: Hide, ids: Tensor, special: Tensor, seed: int) -> dict[str, Tensor]:
    return hide(
        input_ids=ids,
        special_tokens_mask=special.long(),
        vocab_size=_VOCAB,
        mask_token_id=_MASK,
        seed=seed,
    )


@cache
def _batch(seed: int) -> tuple[Tensor, Tensor]:
    """Ids of pairs of texts, small ones more often, and which are special tokens or padding."""
    draw = torch.Generator().manual_seed(seed)
    uniform = torch.rand(_ROWS, _SEQ, generator=draw)
    ids = _ORDINARY + (uniform.square() * (_VOCAB - _ORDINARY)).long()
    ends = torch.randint(_SEQ // 2, _SEQ, (_ROWS, 1), generator=draw)
    places = torch.arange(_SEQ)
    ids[:, 0] = _CLS
    ids[(places == ends) | (places == ends // 2)] = _SEP
    ids[places > ends] = PAD
    return ids, ids < _ORDINARY


def _measures(hide: Hide, first_seed: int) -> Measures:
    """Count everything, over all calls."""
    batches = [_batch(seed) for seed in range(_CALLS)]
    all_made = [_hidden(hide, *batch, first_seed + i) for i, batch in enumerate(batches)]
    ids, special = (torch.cat(parts) for parts in zip(*batches, strict=True))
    read, labels, given = (
        torch.cat([made[name] for made in all_made]) for name in ("input_ids", "labels", "given")
    )
    chosen, padding = labels != IGNORED, ids == PAD
    random = chosen & (read != ids) & (read != _MASK)
    kept = chosen & (read == ids)
    number = int(chosen.sum())

    def part(name: str, so: Tensor, among: Tensor, low: float, high: float | None = None) -> Any:
        return share(name, int((so & among).sum()), int(among.sum()), low, high)

    tenths = (read[random] * _TENTHS // _VOCAB).bincount(minlength=_TENTHS)
    again = _hidden(hide, *batches[0], first_seed + _CALLS)["labels"] != IGNORED
    before = all_made[0]["labels"] != IGNORED
    low, high = 0.15, 0.15 + _ROUNDED
    return named(
        part("tokens that have a label", chosen, ~special, low, high),
        part("special tokens that have a label", chosen, special & ~padding, 0.0),
        part("padding that has a label", chosen, padding, 0.0),
        part("labels that are the token that stood there", labels == ids, chosen, 1.0),
        share(
            "labeled tokens that became [MASK]", int((chosen & (read == _MASK)).sum()), number, 0.8
        ),
        share("labeled tokens that became a random word", int(random.sum()), number, 0.1),
        share("labeled tokens that stay", int(kept.sum()), number, 0.1),
        part("tokens without a label that changed", read != ids, ~chosen, 0.0),
        part("ids that were changed in place", given != ids, torch.ones_like(special), 0.0),
        part("tokens labeled again with another seed", again, before, low, high),
        *(
            share(
                f"random words in tenth {i} of the vocabulary", int(tenth), int(random.sum()), 0.1
            )
            for i, tenth in enumerate(tenths, 1)
        ),
    )
