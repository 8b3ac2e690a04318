"""Are fresh weights distributed as BERT's are?"""

import math
from collections.abc import Mapping
from functools import cache

import torch
from torch import Tensor

from parity import reference
from parity.core.compare import Comparison, Status, bit_equal
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome, accounted
from parity.pretraining.candidate import TrainingCandidate
from parity.suite.candidate import SuiteCandidate
from parity.suite.statistics import Measure, Measures, alike, named, share

WORDS = "bert.embeddings.word_embeddings.weight"
DECODER = "cls.predictions.decoder.weight"
CONFIG = {
    "vocab_size": 1000,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "max_position_embeddings": 64,
}
_STD, _SEED = 0.02, 5  # initializer_range, which is BertConfig's default
_TRUNCATED = 0.8796
"""The standard deviation of a normal that is truncated at two of its own, which the original draws
from (tf.truncated_normal)."""
_WITHIN = (0.6505, 0.6827)
"""How much of either is within one measured standard deviation; of a uniform one it is 0.577."""
_FEW = 200  # numbers, of which nothing is counted; 2 segments have 128, and 2 classes
IGNORED = ("bert.embeddings.position_ids", "bert.embeddings.token_type_ids")  # buffers


def check_initial_weights(candidate: SuiteCandidate) -> Outcome:
    """Count a fresh BertForPreTraining's numbers.

    Raises:
        CandidateCrashedError: the candidate raised.
    """
    outcome, theirs = Outcome("initial"), fresh(_SEED)
    ours, again, others = (
        candidate.ask(TrainingCandidate.initial, config=CONFIG, seed=seed)
        for seed in (_SEED, _SEED, _SEED + 1)
    )
    outcome.rows = accounted("initial", ours, theirs, IGNORED)
    both = [name for name in theirs if name in ours]
    for name in both:
        if ours[name].shape != theirs[name].shape:
            shapes = f"ours is {tuple(ours[name].shape)}, theirs {tuple(theirs[name].shape)}"
            outcome.rows.append(Comparison(name, Status.SHAPE, note=shapes, probe="initial"))
    if outcome.rows:
        return outcome
    outcome.bits = sum(bit_equal(ours[name], theirs[name]) for name in both), len(both)
    measured = _measures(ours, again, others)
    outcome.rows = [measure.row("initial") for measure in measured.values()]
    if outcome.different:
        from parity.pretraining.mistakes.initial_weights import MISTAKES

        outcome.explain(MISTAKES, lambda mistake: alike(measured, _wrong(mistake)))
    return outcome


@cache
def _wrong(mistake: Mistake) -> Measures:
    from parity.pretraining.mistaken import with_mistake

    return _measures(*(with_mistake(mistake).initial(CONFIG, seed) for seed in (1, 1, 2)))


def kind(name: str) -> str:
    """Tell what a weight of HF's name is: "norm", "bias", "embedding" or "linear"."""
    if "LayerNorm" in name:
        return "norm"
    if name.endswith("bias"):
        return "bias"
    return "embedding" if "embeddings" in name else "linear"


def fresh(seed: int) -> dict[str, Tensor]:
    """Return the reference's weights from a seed."""
    torch.manual_seed(seed)
    return dict(reference.build("BertForPreTraining", CONFIG).state_dict())


def _measures(
    weights: Mapping[str, Tensor], again: Mapping[str, Tensor], others: Mapping[str, Tensor]
) -> Measures:
    """Measure fresh weights.

    Args:
        weights: of a seed.
        again: of the same seed.
        others: of another seed.
    """
    drawn = [name for name in weights if kind(name) in ("embedding", "linear")]
    drawn = [name for name in drawn if name not in IGNORED]
    same, other = (
        sum(name in each and torch.equal(weights[name], each[name]) for name in drawn)
        for each in (again, others)
    )
    found: list[Measure] = [
        share("matrices that the same seed draws again", same, len(drawn)),
        share("matrices that another seed draws, too", other, len(drawn), 0.0),
    ]
    for name, tensor in weights.items():
        if name in IGNORED:
            continue
        what, numbers = kind(name), tensor.double().flatten()
        if what in ("bias", "norm"):
            expected = 1.0 if name.endswith("LayerNorm.weight") else 0.0
            right = int((numbers == expected).sum())
            found.append(share(f"{name}: numbers that are {expected:.0f}", right, len(numbers)))
            continue
        if name == WORDS:
            zeros = int((tensor[0] == 0).sum())
            found.append(share(f"{name}: numbers of [PAD] that are 0", zeros, len(tensor[0])))
            numbers = tensor[1:].double().flatten()
        if name == DECODER:
            same = torch.equal(tensor, weights[WORDS])
            found.append(share(f"{name}: whether it is the word embeddings", same, 1))
        elif len(numbers) > _FEW:
            found += _distributed(name, numbers)
    return named(*found)


def _distributed(name: str, numbers: Tensor) -> list[Measure]:
    """Mean, standard deviation and shape of a weight's distribution."""
    count, std = len(numbers), numbers.std().item()
    of_mean = std / math.sqrt(count)
    of_std, spread = (deviation / math.sqrt(2 * count) for deviation in (_STD, std))
    mean = Measure(f"{name}: mean", numbers.mean().item(), 0.0, 0.0, of_mean, of_mean)
    low = _STD * _TRUNCATED
    inside = int((numbers.abs() < std).sum())
    return [
        mean,
        Measure(f"{name}: standard deviation", std, low, _STD, of_std, spread),
        share(f"{name}: numbers within one standard deviation", inside, count, *_WITHIN),
    ]
