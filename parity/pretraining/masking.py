"""Are words hidden as BERT's are: which, how many, by what, and with which labels?"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from parity.core.compare import Comparison, Status
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.pretraining.candidate import TrainingCandidate
from parity.suite.candidate import SuiteCandidate
from parity.suite.statistics import Measure, Measures, alike, named, share
from parity.suite.training_runs import IGNORED

PAD = 0
_CLS, _SEP, _MASK, _ORDINARY, _VOCAB = 2, 3, 4, 5, 1000
_CALLS, _ROWS, _SEQ = 16, 128, 128  # a quarter of a million tokens
_FEW = 12
"""Size of a vocabulary in which each word is a random one about 50 times. An id outside of it that
is as likely as a word, such as -1, stays unseen with a probability of 1e-21; so does a word."""
_CALLS_OF_FEW = 4
_APART = 10_000  # from the seeds that a candidate is given to those of its ids
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


def _hidden(
    hide: Hide, ids: Tensor, special: Tensor, seed: int, vocab: int = 0
) -> dict[str, Tensor]:
    return hide(
        input_ids=ids,
        special_tokens_mask=special.long(),
        vocab_size=vocab or _VOCAB,
        mask_token_id=_MASK,
        seed=seed,
    )


@cache
def _batch(seed: int, vocab: int = 0) -> tuple[Tensor, Tensor]:
    """Ids of pairs of texts, small ones more often, and which are special tokens or padding."""
    # Of a candidate's own seed the ids would be small wherever it chooses a token.
    draw = torch.Generator().manual_seed(_APART + seed)
    uniform = torch.rand(_ROWS, _SEQ, generator=draw)
    ids = _ORDINARY + (uniform.square() * ((vocab or _VOCAB) - _ORDINARY)).long()
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

    inside = (read >= 0) & (read < _VOCAB)
    tenths = (read[random & inside] * _TENTHS // _VOCAB).bincount(minlength=_TENTHS)
    other = _hidden(hide, *batches[0], first_seed + _CALLS)["labels"] != IGNORED
    before = all_made[0]["labels"] != IGNORED
    again = _hidden(hide, *batches[0], first_seed)
    same = (again["input_ids"] == all_made[0]["input_ids"]) & (
        again["labels"] == all_made[0]["labels"]
    )
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
        part("tokens labeled again with another seed", other, before, low, high),
        part("tokens that the same seed treats alike", same, torch.ones_like(same), 1.0),
        part("random words that are of the vocabulary", inside, random, 1.0),
        *_of_few_words(hide, first_seed),
        *(
            share(
                f"random words in tenth {i} of the vocabulary", int(tenth), int(random.sum()), 0.1
            )
            for i, tenth in enumerate(tenths, 1)
        ),
    )


def _of_few_words(hide: Hide, first_seed: int) -> Iterator[Measure]:
    """Measure which random words are drawn from a vocabulary in which each is drawn often."""
    batches = [_batch(seed, _FEW) for seed in range(_CALLS_OF_FEW)]
    made = [_hidden(hide, *each, first_seed + i, _FEW) for i, each in enumerate(batches)]
    ids = torch.cat([each for each, _ in batches])
    read = torch.cat([each["input_ids"] for each in made])
    random = read[(read != ids) & (read != _MASK)]
    inside = (random >= 0) & (random < _FEW)
    name = f"of {_FEW} words, random ones"
    yield share(f"{name} that are of the vocabulary", int(inside.sum()), len(random))
    drawn = {*random.tolist()} & {*range(_ORDINARY, _FEW)}
    yield share(f"{name} that are drawn", len(drawn), _FEW - _ORDINARY if len(random) else 0)
