"""Which words a masked language model puts where [MASK] stands, in plain code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from parity.inference.right.machine import ALONE, Machine, Reading

Word = dict[str, Any]


class Hole(NamedTuple):
    """A [MASK], and a word for it.

    Attributes:
        text: that it is in.
        ids: the text's tokens.
        places: of all masks in it.
        number: which of them it is.
        best: the likeliest word of each.
        token: the word.
    """

    text: str
    ids: Sequence[int]
    places: Sequence[int]
    number: int
    best: Sequence[int]
    token: int


def softmax(logits: Tensor) -> Tensor:
    """Return the shares of all words."""
    return logits.softmax(-1)


def as_they_are(scores: Tensor) -> Tensor:
    """Change nothing."""
    return scores


def every_word(_: Any, number: int) -> list[int]:
    """Choose among the whole vocabulary."""
    return [*range(number)]


def first_pieces(tokenizer: Any, targets: Sequence[str]) -> list[int]:
    """Choose among these words; what is no word becomes its first piece, and each counts once."""
    vocabulary, found = tokenizer.get_vocab(), set[int]()
    for target in targets:
        pieces = [target] if target in vocabulary else tokenizer.tokenize(target)[:1]
        found.update(vocabulary[piece] for piece in pieces)
    return list(found)


def filled(tokenizer: Any, hole: Hole) -> str:
    """Decode the text with the word in it; special tokens go where no other mask would go, too."""
    ids = [*hole.ids]
    ids[hole.places[hole.number]] = hole.token
    kept = [i for i in ids if i != tokenizer.pad_token_id]
    return str(tokenizer.decode(kept, skip_special_tokens=len(hole.places) == 1))


def one_list_for_one_mask(lists: list[list[Word]]) -> Any:
    """Return a list of words for one mask, and a list of such lists for several."""
    return lists[0] if len(lists) == 1 else lists


def descending(scores: Tensor) -> Tensor:
    """Order words by their scores: (masks, words)."""
    return scores.sort(dim=-1, descending=True, stable=True).indices


@dataclass(frozen=True)
class Filling:
    """How to fill masks, by default as HF's pipeline does.

    Attributes:
        reading: how rows are given to the model.
        places: where the scores of the masks are, given where the masks are.
        scores: logits of all words → their scores.
        words: that are chosen among where there are no targets, given the tokenizer.
        targets: the ids of targets.
        among: what the scores of the targets become.
        order: of the words, given their scores.
        returned: what the scores become that are returned.
        sequence: the text with a word in it.
        shape: of the lists of a text.
    """

    reading: Reading = ALONE
    places: Callable[[list[int]], list[int]] = list
    scores: Callable[[Tensor], Tensor] = softmax
    words: Callable[[Any, int], list[int]] = every_word
    targets: Callable[[Any, Sequence[str]], list[int]] = first_pieces
    among: Callable[[Tensor], Tensor] = as_they_are
    order: Callable[[Tensor], Tensor] = descending
    returned: Callable[[Tensor], Tensor] = as_they_are
    sequence: Callable[[Any, Hole], str] = filled
    shape: Callable[[list[list[Word]]], Any] = one_list_for_one_mask


def fill_mask(
    machine: Machine,
    recipe: Filling,
    texts: Sequence[str],
    top_k: int,
    targets: Sequence[str] | None,
) -> list[Any]:
    """Return the words of each text's masks."""
    tokenizer, found = machine.tokenizer, []
    seen_rows = machine.run(machine.encode(texts), recipe.reading)
    for text, seen in zip(texts, seen_rows, strict=True):
        ids = seen.row.ids
        places = [i for i, token in enumerate(ids) if token == tokenizer.mask_token_id]
        scores = recipe.scores(seen.tokens("logits")[recipe.places(places)])  # (masks, vocab)
        if targets is None:
            words = recipe.words(tokenizer, scores.size(-1))
            scores = scores[:, words]
        else:
            words = recipe.targets(tokenizer, targets)
            scores = recipe.among(scores[:, words])
        order = recipe.order(scores)[:, :top_k]
        values = recipe.returned(scores.gather(-1, order)).tolist()
        tokens = [[words[i] for i in row] for row in order.tolist()]
        best = [row[0] for row in tokens]
        lists = [
            [
                {
                    "score": score,
                    "token": token,
                    "token_str": str(tokenizer.decode([token])),
                    "sequence": recipe.sequence(
                        tokenizer, Hole(text, ids, places, number, best, token)
                    ),
                }
                for score, token in zip(values[number], tokens[number], strict=True)
            ]
            for number in range(len(places))
        ]
        found.append(recipe.shape(lists))
    return found
