"""What the judge is tried on: every known mistake, several at once, and what is right."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

from parity.core.mistake import Injection, Mistake
from parity.core.outcome import Outcome
from parity.core.probes import Mode
from parity.finetuning import mistaken as mistaken_finetuning
from parity.finetuning.suite import FINETUNING
from parity.inference import mistaken as mistaken_inference
from parity.inference.suite import INFERENCE
from parity.model.mistakes.catalogue import CATALOGUE
from parity.pretraining import mistaken as mistaken_pretraining
from parity.pretraining.suite import PRETRAINING
from parity.self_test.variants import variants
from parity.suite.mistake import by_id
from parity.suite.suite import Suite
from parity.tokenizer.mistakes.catalogue import CATALOGUE as TOKENIZER

RETURNED = ("last_hidden_state", "pooler_output")  # by a model without heads
_TRIED: tuple[tuple[Suite, ModuleType], ...] = (
    (PRETRAINING, mistaken_pretraining),
    (FINETUNING, mistaken_finetuning),
    (INFERENCE, mistaken_inference),
)
"""Each suite, and the module of its mistakes."""


def mistakes_by_title() -> dict[str, Sequence[Mistake]]:
    """Return the known mistakes of all suites, by a title."""
    return {title: part for _, module in _TRIED for title, part in module.PARTS.items()}


def suite_mistakes() -> dict[str, Mistake]:
    """The same by id; their stage is the check that sees them."""
    return by_id(mistakes_by_title())


def correct_ones() -> list[str]:
    """Name the correct candidates: scratch_bert's, one for each suite."""
    return [f"{suite.name} of scratch_bert" for suite, _ in _TRIED]


def judge_known(name: str) -> Iterator[tuple[Suite, Outcome]]:
    """Judge a known mistake by the check that sees it, or one of `correct_ones` by every check."""
    if name in correct_ones():
        suite, module = _TRIED[correct_ones().index(name)]
        candidate, checks = module.with_mistake(), suite.checks
    else:
        suite, module = next((suite, module) for suite, module in _TRIED if name in module.KNOWN)
        candidate, checks = module.with_mistake(module.KNOWN[name]), module.KNOWN[name].stages
    for check in checks:
        yield suite, suite.checks[check].run(candidate)


@dataclass(frozen=True)
class Trial:
    """Something to be judged.

    Attributes:
        name: the mistake's id, the variant's name, or the draw's of several mistakes.
        made: the mistakes that are made, and the stages where; none for a variant, which is right.
    """

    name: str
    made: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def is_harmless(self) -> bool:
        """Whether what is made is no mistake, although numbers differ."""
        return len(self.made) == 1 and bool(every_mistake()[self.name].harmless)

    @property
    def stage(self) -> str:
        """Where the first mistake is made."""
        return self.made[0][1][0]

    def mistakes(self) -> list[Injection]:
        """What is made."""
        known = ((CATALOGUE[name], stages) for name, stages in self.made)
        return [
            Injection(mistake, stages, mistake.values[0] if mistake.values else 0.0)
            for mistake, stages in known
        ]


def every_mistake() -> dict[str, Mistake]:
    """All known mistakes by name: of models, tokenizers, and what a suite judges."""
    return CATALOGUE | TOKENIZER | suite_mistakes()


def trials(names: Sequence[str], layers: int) -> Iterator[Trial]:
    """Make the variants' trials, and one for each kind of stage where a mistake can be made.

    Args:
        names: the model's stages, outputs and weights.
        layers: how many it has.
    """
    yield from (Trial(name) for name, _ in variants(names, layers))
    for mistake in CATALOGUE.values():
        for place in _last_places(mistake, names, layers):
            yield Trial(mistake.id, ((mistake.id, place),))
    for name, mistake in (TOKENIZER | suite_mistakes()).items():
        yield Trial(name, ((name, mistake.stages),))
    yield from map(Trial, correct_ones())


def draws(names: Sequence[str], layers: int, number: int, seed: int) -> Iterator[Trial]:
    """Draw trials of two and three mistakes, all at different stages.

    Args:
        names: the model's stages, outputs and weights.
        layers: how many it has.
        number: of the draws.
        seed: of all of them.
    """
    choose = random.Random(seed)  # noqa: S311
    possible = [
        mistake
        for mistake in CATALOGUE.values()
        if mistake.mode is Mode.EVALUATE
        and mistake.layers is None
        and not (mistake.equivalent or mistake.harmless)
    ]
    for i in range(number):
        made: list[tuple[str, tuple[str, ...]]] = []
        while len(made) < 2 + i % 2:
            mistake = choose.choice(possible)
            places = [place for place in mistake.places(names, layers) if place[0] not in RETURNED]
            place = choose.choice(places) if places else ()
            if place and not {*place} & {stage for _, stages in made for stage in stages}:
                made.append((mistake.id, place))
        yield Trial(f"draw {i}", tuple(made))


def _last_places(mistake: Mistake, names: Sequence[str], layers: int) -> list[tuple[str, ...]]:
    """A mistake's places; the last layer's of what is a mistake in each, else all as one."""
    places = mistake.places(names, layers)
    if mistake.layers is not None:
        whole = tuple(stage for place in places for stage in place)
        return [whole] if whole else []
    earlier = tuple(f"encoder.layer.{i}." for i in range(layers - 1))
    return [place for place in places if not f"{place[0]}.".startswith(earlier)]
