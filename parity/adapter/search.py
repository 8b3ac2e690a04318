"""Find the guess that the numbers agree with."""

import time
from collections.abc import Sequence
from itertools import product

from parity.adapter.agreement import INFINITE, Agreement, LargestDifferences
from parity.adapter.pairing import Pairing
from parity.adapter.signatures import Call

AGREES = 1e-9
"""A share of the reference's largest magnitude, in double precision: right guesses agree to 1e-14,
wrong ones differ by more than 1e-8."""

TRIES = 200
"""Guesses that are computed; a layer with four square matrices and two norms in unknown places has
96, a turned layout among them."""

SECONDS = 60
"""After them no other guess is computed: a model of 12 layers takes a second for each."""

BETTER = 0.05
"""Where nothing agrees, a guess must come this much closer to be preferred to a likelier one."""

_Seen = tuple[float, Pairing, Call]


class _Best:
    """The likeliest guess about one part of the model, and the one that comes closest so far."""

    first: _Seen | None = None
    closest: _Seen | None = None

    def see(self, difference: float, guess: Pairing, call: Call) -> None:
        seen = difference, guess, call
        self.first = self.first or seen
        if self.closest is None or difference < self.closest[0]:
            self.closest = seen

    @property
    def agrees(self) -> bool:
        return self.closest is not None and self.closest[0] <= AGREES

    @property
    def chosen(self) -> tuple[Pairing, Call]:
        assert self.first is not None
        assert self.closest is not None
        closer = self.agrees or self.closest[0] < BETTER * self.first[0]
        _, guess, call = self.closest if closer else self.first
        return guess, call


def search(
    agreement: Agreement, top: Sequence[Pairing], layer: Sequence[Pairing], calls: Sequence[Call]
) -> tuple[Pairing, Call, LargestDifferences]:
    """Try guesses about the parameters outside of layers and inside, from the likeliest on.

    Returns:
        The guess about all parameters, how the model is called, and how far its parts are from the
        reference, each with the reference's input.

    Raises:
        Exception: the model cannot be called in any way; what the likeliest one raised.
    """
    agreement.place((*top[0].pairs, *layer[0].pairs))
    running: list[tuple[Call, LargestDifferences]] = []
    errors: list[Exception] = []
    for call in calls:
        try:
            running.append((call, agreement.measure(call)))
        except Exception as error:
            errors.append(error)
    if not running:
        raise errors[0]
    if agreement.blocks and all(seen.embeddings == INFINITE for _, seen in running):
        agreement.blocks = []  # what its layers are given is no sequence of hidden states
    ways = _unlike(running)
    tops, layers = _Best(), _Best()
    narrowed = not agreement.blocks
    end = time.monotonic() + SECONDS
    for outer, inner in _tries(top, layer, together=not agreement.blocks):
        if agreement.blocks:
            outer = tops.chosen[0] if tops.agrees else outer
            inner = layers.chosen[0] if layers.agrees else inner
        agreement.place((*outer.pairs, *inner.pairs))
        seen: list[tuple[Call, LargestDifferences]] = []
        for call in ways:
            seen.append((call, each := agreement.measure(call)))
            if max(each.top, each.layers) <= AGREES:
                break
        right = [call for call, each in seen if each.embeddings <= AGREES]
        if right and not narrowed:  # the others mistake what the arguments are
            ways, narrowed, layers = right, True, _Best()
        for call, each in seen:
            if call in ways:
                tops.see(each.top, outer, call)
                layers.see(each.layers if agreement.blocks else each.top, inner, call)
        if (tops.agrees and layers.agrees) or time.monotonic() > end:
            break
    outer, (inner, call) = tops.chosen[0], layers.chosen
    found = Pairing((*outer.options, *inner.options))
    agreement.place(found.pairs)
    return found, call, agreement.measure(call)


def _unlike(running: Sequence[tuple[Call, LargestDifferences]]) -> list[Call]:
    """The calls without those that come to the same numbers as a likelier one."""
    numbers: dict[tuple[object, ...], Call] = {}
    for call, seen in running:
        compared = (seen.embeddings, seen.layers, *seen.outputs.values())
        numbers.setdefault((call,) if INFINITE in compared else compared, call)
    return [*numbers.values()]


def _tries(
    top: Sequence[Pairing], layer: Sequence[Pairing], *, together: bool
) -> list[tuple[Pairing, Pairing]]:
    """Pairs of guesses: side by side where they can be told apart, else each with each."""
    if together:
        every = product(range(len(top))[:TRIES], range(len(layer))[:TRIES])
        places = sorted(every, key=lambda place: (sum(place), place))
    else:
        longer = range(max(len(top), len(layer)))
        places = [(min(k, len(top) - 1), min(k, len(layer) - 1)) for k in longer]
    return [(top[a], layer[b]) for a, b in places[:TRIES]]
