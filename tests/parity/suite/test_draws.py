"""What is drawn at random: from all that may be drawn, and by the seed alone.

Each mistake is one changed place of the book's sentence pairs, or of a stranger's training.
"""

import inspect
import random
import sys
import textwrap
from random import Random
from types import ModuleType

import pytest
import torch

from parity.core.compare import Status
from parity.finetuning.suite import FINETUNING
from parity.pretraining.suite import PRETRAINING
from scratch_bert.pretraining import pairs as book
from tests.parity.strangers.strange_finetunings import Stranger as Finetuner
from tests.parity.strangers.strange_trainings import Stranger


def changed(old="", new="", room=3, short=0.1):
    """The book's sentence pairs with one change, as a candidate."""
    source = inspect.getsource(book)
    assert source.count(old) == 1 or not old
    module = ModuleType("changed_pairs")
    sys.modules[module.__name__] = module  # which a NamedTuple asks for
    exec(source.replace(old, new) if old else source, module.__dict__)  # noqa: S102
    del sys.modules[module.__name__]

    class Changed:
        def pairs(self, documents, seq_length, seed):
            rng = Random(seed)
            for place in range(len(documents)):
                given = documents, place, seq_length - room, short, rng
                yield from module.sentence_pairs(*given)

    return Changed()


def judged(suite, maker, check):
    return suite.checks[check].run(suite.local_class(maker, "mine"))


def wrong_rows(suite, maker, check):
    return [row.name for row in judged(suite, maker, check).different]


FILL = "documents whose pairs mostly fill 75% of 29 tokens"
CUT = "pairs that are full without a cut"
PAIRS = {
    "most are short": (("< short_seq_prob", ">= short_seq_prob"), FILL),
    "targets are half as long": (("else max_tokens\n", "else max_tokens // 2\n"), FILL),
    "one token short": (
        ("second) > max_tokens", "second) >= max_tokens"),
        "whether a pair of joined sentences fills all of 29 tokens",
    ),
    "document 0 is never another one": (
        ("other = rng.randint(0,", "other = rng.randint(1,"),
        "documents that random parts come from",
    ),
    "the last document is never another one": (
        ("other = rng.randint(0, documents - 1)", "other = rng.randint(0, documents - 2)"),
        "documents that random parts come from",
    ),
    "the next document is the other one": (
        ("other = rng.randint(0, documents - 1)", "other = (index + 1) % documents"),
        "different pairs of documents among random ones",
    ),
    "the first sentence begins no random part": (
        ("rng.randint(0, len(document) - 1)", "rng.randint(1, len(document) - 1)"),
        "places in a document where random parts begin",
    ),
    "the last sentence begins no random part": (
        ("rng.randint(0, len(document) - 1)", "rng.randint(0, len(document) - 2)"),
        "places in a document where random parts begin",
    ),
    "a random part has a sentence too much": (
        ("len(found) >= target", "len(found) > target"),
        f"random {CUT}",
    ),
    "a pair that follows has a sentence too much": (
        ("length < target", "length <= target"),
        f"following {CUT}",
    ),
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", PAIRS)
def test_pairs_that_are_drawn_or_cut_otherwise(name):
    (old, new), row = PAIRS[name]
    assert row in wrong_rows(PRETRAINING, changed(old, new), "pairs")


class Halves(Stranger):
    """Two sentences that follow each other, each cut to a part of the room."""

    def __init__(self, part):
        self.part = part

    def pairs(self, documents, seq_length, seed):
        longest = int(self.part * (seq_length - 3))
        for first, second, label in super().pairs(documents, 2 * seq_length, seed):
            yield first[:longest], second[:longest], label


class NeverCut:
    """A sentence, and as many whole ones beside it as have room."""

    def pairs(self, documents, seq_length, seed):
        rng, room = Random(seed), seq_length - 3
        for number, document in enumerate(documents):
            place = 0
            while place + 1 < len(document):
                first, place = document[place], place + 1
                other, begin, label = document, place, 0
                if rng.random() < 0.5:
                    other = documents[(number + rng.randrange(1, len(documents))) % len(documents)]
                    begin, label = rng.randrange(len(other)), 1
                second, end = self.joined(other, begin, room - len(first))
                place = place if label else end
                if second:
                    yield first, second, label

    def joined(self, document, place, room):
        found = []
        while place < len(document) and len(found) + len(document[place]) <= room:
            found += document[place]
            place += 1
        return found, place


@pytest.mark.parametrize(
    "maker",
    [changed(), changed(short=0.0), changed(short=0.3), Halves(0.5), Halves(0.3), NeverCut()],
    ids=["original", "never short", "often short", "halves", "less than halves", "never cut"],
)
def test_pairs_that_are_right_in_another_way(maker):
    outcome = judged(PRETRAINING, maker, "pairs")
    assert outcome.status is Status.MATCH, [row.note for row in outcome.different]


def test_every_second_sentence_is_left_out():
    skips = stranger("pairs", "document[1::2]", "document[2::2]", random=random)
    (wrong,) = wrong_rows(PRETRAINING, skips, "pairs")
    assert wrong == "pairs labeled 0 of whole sentences with nothing between them"


@pytest.mark.parametrize("part", [0.6, 1, 2])
def test_halves_that_are_too_long(part):
    assert "pairs of 29 tokens at most" in wrong_rows(PRETRAINING, Halves(part), "pairs")


def stranger(method, old, new, **modules):
    """One method of the stranger's with a change."""
    source = textwrap.dedent(inspect.getsource(getattr(Stranger, method)))
    assert source.count(old) == 1
    exec(source.replace(old, new), modules)  # noqa: S102
    return type("Changed", (), {method: modules[method]})()


OUTSIDE = "of 12 words, random ones that are of the vocabulary"
NEVER = "of 12 words, random ones that are drawn"
MASKS = [
    ("randint(0, vocab_size", "randint(-1, vocab_size", OUTSIDE),
    ("randint(0, vocab_size", "randint(0, vocab_size + 1", OUTSIDE),
    ("randint(0, vocab_size", "randint(0, vocab_size - 1", NEVER),
    ("randint(0, vocab_size", "randint(6, vocab_size", NEVER),
    ("torch.manual_seed(seed)", "seed", "tokens that the same seed treats alike"),
    ("torch.manual_seed(seed)", "torch.manual_seed(0)", "tokens labeled again with another seed"),
]


@pytest.mark.parametrize(("old", "new", "row"), MASKS)
def test_masks_that_are_drawn_otherwise(old, new, row):
    with torch.random.fork_rng(devices=[]):
        assert row in wrong_rows(PRETRAINING, stranger("mask", old, new, torch=torch), "masks")


def test_random_words_that_are_no_special_tokens_are_right():
    maker = stranger("mask", "randint(0, vocab_size", "randint(5, vocab_size", torch=torch)
    assert judged(PRETRAINING, maker, "masks").status is Status.MATCH


def seeded(kind, used):
    """A stranger that has another seed in mind than the one it is given; None sets none."""
    given = torch.manual_seed

    def instead(_seed):
        return None if used is None else given(used)

    class Seeded(kind):
        def initial(self, *given):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(torch, "manual_seed", instead)
                return super().initial(*given)

        def pairs(self, documents, seq_length, seed):
            del seed
            drawn = torch.randint(10**9, ()).item() if used is None else used
            return super().pairs(documents, seq_length, drawn)

        def train(self, *given):
            yield from self._stepped(super().train(*given))

        def run(self, *given):
            yield from self._stepped(super().run(*given))

        def _stepped(self, steps):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(torch, "manual_seed", instead)
                first = next(steps)
            yield first
            yield from steps

    return Seeded()


SEEDS = [
    (PRETRAINING, Stranger, "initial", "matrices that the same seed draws again",
     "matrices that another seed draws, too"),
    (PRETRAINING, Stranger, "pairs", "pairs that the same seed makes again",
     "pairs that another seed makes, too"),
    (PRETRAINING, Stranger, "dropout", "one seed", "two seeds"),
    (PRETRAINING, Stranger, "run", "one seed", ""),
    (FINETUNING, Finetuner, "run", "one seed", ""),
]  # fmt: skip
"""A run's order of examples is its seed's, too, so that two seeds differ in any case."""


@pytest.mark.sample(3)
@pytest.mark.parametrize(("suite", "kind", "check", "same", "other"), SEEDS)
def test_a_seed_that_is_ignored(suite, kind, check, same, other):
    with torch.random.fork_rng(devices=[]):
        assert same in wrong_rows(suite, seeded(kind, None), check)
        if other:
            assert other in wrong_rows(suite, seeded(kind, 3), check)
