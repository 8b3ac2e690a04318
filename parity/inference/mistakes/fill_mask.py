"""Fill-mask mistakes."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

from torch import Tensor

from parity.core.mistake import Mistake
from parity.inference.mistakes.batching import of_batches
from parity.inference.right.filling import Hole, as_they_are
from parity.suite.mistake import instead

_SHARES = "softmax over the whole vocabulary, and then choose"
_PLACE = "logits[0, position of the mask in input_ids], [CLS] counted"
_EVERY = "choose among the whole vocabulary, as HF's pipeline does"
_FIRST = "the first piece of a target that is no word; each id once"
_DECODED = "decode the ids with the word in place; without special tokens if there is one [MASK]"
_LISTS = "a list of words for one [MASK], a list of such lists for several"
_TARGETS = "targets"
_SEVERAL = "several [MASK]s in a text"


def _shared(scores: Tensor) -> Tensor:
    return scores / scores.sum(-1, keepdim=True)


def _no_special(tokenizer: Any, number: int) -> list[int]:
    return [i for i in range(number) if i not in tokenizer.all_special_ids]


def _no_pieces(tokenizer: Any, number: int) -> list[int]:
    tokens = tokenizer.convert_ids_to_tokens([*range(number)])
    return [i for i, token in enumerate(tokens) if not token.startswith("##")]


def _unknown(tokenizer: Any, targets: Sequence[str]) -> list[int]:
    vocabulary = tokenizer.get_vocab()
    return [*{vocabulary.get(target, tokenizer.unk_token_id) for target in targets}]


def _last_pieces(tokenizer: Any, targets: Sequence[str]) -> list[int]:
    vocabulary = tokenizer.get_vocab()
    pieces = [[t] if t in vocabulary else tokenizer.tokenize(t) for t in targets]
    return [*{vocabulary[each[-1]] for each in pieces}]


def _known(tokenizer: Any, targets: Sequence[str]) -> list[int]:
    vocabulary = tokenizer.get_vocab()
    return [*{vocabulary[target] for target in targets if target in vocabulary}]


def _tokenized(tokenizer: Any, targets: Sequence[str]) -> list[int]:
    return tokenizer.convert_tokens_to_ids([*{tokenizer.tokenize(t)[0] for t in targets}])


def _repeated(tokenizer: Any, targets: Sequence[str]) -> list[int]:
    vocabulary = tokenizer.get_vocab()
    return [vocabulary[t if t in vocabulary else tokenizer.tokenize(t)[0]] for t in targets]


def _decoded(
    tokenizer: Any,
    hole: Hole,
    *,
    skips: bool | None = None,
    padding: bool = False,
    all_filled: bool = False,
) -> str:
    words = [*hole.best] if all_filled else [tokenizer.mask_token_id] * len(hole.places)
    words[hole.number] = hole.token
    ids = [*hole.ids]
    for place, word in zip(hole.places, words, strict=True):
        ids[place] = word
    kept = [i for i in ids if padding or i != tokenizer.pad_token_id]
    alone = len(hole.places) == 1
    return str(tokenizer.decode(kept, skip_special_tokens=alone if skips is None else skips))


def _replaced(tokenizer: Any, hole: Hole) -> str:
    parts = hole.text.split(tokenizer.mask_token)
    parts[hole.number : hole.number + 2] = [
        str(tokenizer.decode([hole.token])).join(parts[hole.number : hole.number + 2])
    ]
    return str(tokenizer.mask_token).join(parts)


_fill = partial(instead, "fill-mask")

MISTAKES: tuple[Mistake, ...] = (
    _fill(
        "fill-logits",
        "the scores are logits, not probabilities",
        _SHARES,
        detected_by="any text",
        scores=as_they_are,
    ),
    _fill(
        "fill-best-share-all",
        "the probabilities of the returned words add up to 1",
        _SHARES,
        detected_by="any text",
        seen="logits.topk(k).values.softmax(-1)",
        returned=_shared,
    ),
    _fill(
        "fill-targets-share-all",
        "the probabilities of the targets add up to 1",
        _SHARES,
        detected_by=_TARGETS,
        seen="logits[:, targets].softmax(-1)",
        among=_shared,
    ),
    _fill(
        "fill-ascending",
        "the least likely words come first",
        "scores.topk(k)",
        detected_by="any text",
        order=lambda scores: scores.sort(dim=-1, stable=True).indices,
    ),
    _fill(
        "fill-first-mask",
        "every [MASK] gets the words of the first",
        _PLACE,
        detected_by=_SEVERAL,
        seen="input_ids.index(mask_token_id)",
        places=lambda places: places[:1] * len(places),
    ),
    _fill(
        "fill-place-before",
        "scores are those of the token before the mask",
        _PLACE,
        detected_by="any text",
        seen="a place counted without [CLS]",
        places=lambda places: [place - 1 for place in places],
    ),
    _fill(
        "fill-without-special",
        "special tokens are not among the words",
        _EVERY,
        detected_by="a model that finds one likely",
        words=_no_special,
    ),
    _fill(
        "fill-without-pieces",
        "pieces that begin with ## are not among the words",
        _EVERY,
        detected_by="a model that finds one likely",
        words=_no_pieces,
    ),
    _fill(
        "fill-target-unknown",
        "a target that is no word of the vocabulary becomes [UNK]",
        _FIRST,
        detected_by=_TARGETS,
        seen="tokenizer.convert_tokens_to_ids",
        targets=_unknown,
    ),
    _fill(
        "fill-target-tokenized",
        "a target that is in the vocabulary is tokenized, so that ##s becomes #",
        "look a target up first; only what is not there becomes its first piece",
        detected_by="a target that begins with ##",
        seen="tokenizer.encode(target, add_special_tokens=False)[0]",
        targets=_tokenized,
    ),
    _fill(
        "fill-target-last-piece",
        "a target of several pieces becomes its last",
        _FIRST,
        detected_by=_TARGETS,
        targets=_last_pieces,
    ),
    _fill(
        "fill-target-left-out",
        "a target that is no word of the vocabulary is left out",
        _FIRST,
        detected_by=_TARGETS,
        targets=_known,
    ),
    _fill(
        "fill-target-repeated",
        "a target that is given twice is returned twice",
        _FIRST,
        detected_by=_TARGETS,
        targets=_repeated,
    ),
    _fill(
        "fill-text-with-special",
        "the text of a single [MASK] is returned with [CLS] and [SEP]",
        _DECODED,
        detected_by="any text",
        seen="tokenizer.decode without skip_special_tokens",
        sequence=partial(_decoded, skips=False),
    ),
    _fill(
        "fill-text-without-masks",
        "the other masks vanish from the text",
        _DECODED,
        detected_by=_SEVERAL,
        seen="tokenizer.decode(…, skip_special_tokens=True)",
        sequence=partial(_decoded, skips=True),
    ),
    _fill(
        "fill-text-all-filled",
        "the other masks hold their best words in the text",
        _DECODED,
        detected_by=_SEVERAL,
        sequence=partial(_decoded, all_filled=True),
    ),
    _fill(
        "fill-text-with-padding",
        "[PAD] stays in the text",
        _DECODED,
        detected_by="a text with [PAD] and several [MASK]s in it",
        sequence=partial(_decoded, padding=True),
    ),
    _fill(
        "fill-text-as-given",
        "the word stands in the text that was given, with its case and accents",
        _DECODED,
        detected_by="any text",
        seen="text.replace(tokenizer.mask_token, word)",
        sequence=_replaced,
    ),
    _fill(
        "fill-flat",
        "the words of several masks are one list",
        _LISTS,
        detected_by=_SEVERAL,
        shape=lambda lists: [*chain(*lists)],
    ),
    _fill(
        "fill-always-nested",
        "the words of a single [MASK] are a list in a list",
        _LISTS,
        detected_by="any text",
        shape=list,
    ),
    _fill(
        "fill-first-mask-alone",
        "only the first [MASK] is filled",
        _LISTS,
        detected_by=_SEVERAL,
        shape=lambda lists: lists[0],
    ),
    *of_batches("fill-mask", "fill"),
)
