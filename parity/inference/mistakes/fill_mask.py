"""Fill-mask mistakes."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from torch import Tensor

from parity.inference.mistakes.batching import Batch, Right, batching_mistakes
from parity.ours.inference import huggingface_lists
from parity.suite.mistake import KnownMistakes
from scratch_bert.inference.fill_mask import (
    Filled,
    FillMask,
    best_words,
    filled_text,
    mask_places,
    target_ids,
    word_scores,
)
from scratch_bert.tokenization import BertTokenizer

MISTAKES = KnownMistakes("fill-mask", "any text")

_SHARES = "softmax over the whole vocabulary, and then choose"
_PLACE = "logits[0, position of the mask in input_ids], [CLS] counted"
_EVERY = "choose among the whole vocabulary, as HF's pipeline does"
_FIRST = "the first piece of a target that is no word; each id once"
_DECODED = "decode the ids with the word in place; without special tokens if there is one [MASK]"
_LISTS = "a list of words for one [MASK], a list of such lists for several"
_TARGETS = "targets"
_SEVERAL = "several [MASK]s in a text"

Best = tuple[Tensor, Tensor]
Targets = Sequence[int] | None


@MISTAKES("fill-logits", word_scores, _SHARES)
def scores_are_logits(_: Right, logits: Tensor) -> Tensor:
    """The scores are logits, not probabilities."""
    return logits


@MISTAKES("fill-best-share-all", best_words, _SHARES, seen="logits.topk(k).values.softmax(-1)")
def best_words_share_all(right: Right, scores: Tensor, k: int, targets: Targets) -> Best:
    """The probabilities of the returned words add up to 1."""
    values, tokens = right(scores, k, targets)
    return values / values.sum(-1, keepdim=True), tokens


@MISTAKES(
    "fill-targets-share-all", best_words, _SHARES, _TARGETS, seen="logits[:, targets].softmax(-1)"
)
def targets_share_all(right: Right, scores: Tensor, k: int, targets: Targets) -> Best:
    """The probabilities of the targets add up to 1."""
    values, tokens = right(scores, k, targets)
    return values if targets is None else values / scores[:, targets].sum(-1, keepdim=True), tokens


@MISTAKES("fill-ascending", best_words, "scores.topk(k)")
def least_likely_words_come_first(right: Right, scores: Tensor, k: int, targets: Targets) -> Best:
    """The least likely words come first."""
    values, tokens = right(-scores, k, targets)
    return -values, tokens


@MISTAKES(
    "fill-first-mask", FillMask.filled, _PLACE, _SEVERAL, seen="input_ids.index(mask_token_id)"
)
def every_mask_gets_words_of_the_first(
    right: Right, task: FillMask, ids: list[int], values: Tensor, tokens: Tensor
) -> Any:
    """Every [MASK] gets the words of the first."""
    return right(task, ids, values[:1].expand_as(values), tokens[:1].expand_as(tokens))


@MISTAKES("fill-place-before", mask_places, _PLACE, seen="a place counted without [CLS]")
def place_is_one_before(right: Right, ids: Tensor, mask: int) -> Any:
    """Scores are those of the token before the mask."""
    return right(ids, mask).roll(-1, 1)


@MISTAKES("fill-without-special", FillMask.best, _EVERY, "a model that finds one likely")
def special_tokens_are_left_out(
    right: Right, task: FillMask, batch: Batch, k: int, targets: Targets
) -> Any:
    """Special tokens are not among the words."""
    special = task.runner.tokenizer.all_special_ids
    words = [i for i in range(task.runner.model.config.vocab_size) if i not in special]
    return right(task, batch, k, words if targets is None else targets)


@MISTAKES("fill-without-pieces", FillMask.best, _EVERY, "a model that finds one likely")
def pieces_are_left_out(
    right: Right, task: FillMask, batch: Batch, k: int, targets: Targets
) -> Any:
    """Pieces that begin with ## are not among the words."""
    vocabulary = task.runner.tokenizer.get_vocab()
    words = [i for token, i in vocabulary.items() if not token.startswith("##")]
    return right(task, batch, k, words if targets is None else targets)


@MISTAKES(
    "fill-target-unknown", target_ids, _FIRST, _TARGETS, seen="tokenizer.convert_tokens_to_ids"
)
def target_becomes_unknown(_: Right, tokenizer: BertTokenizer, targets: Sequence[str]) -> list[Any]:
    """A target that is no word of the vocabulary becomes [UNK]."""
    vocabulary = tokenizer.get_vocab()
    return [*{vocabulary.get(target, tokenizer.unk_token_id) for target in targets}]


@MISTAKES(
    "fill-target-tokenized",
    target_ids,
    "look a target up first; only what is not there becomes its first piece",
    "a target that begins with ##",
    seen="tokenizer.encode(target, add_special_tokens=False)[0]",
)
def target_is_tokenized(_: Right, tokenizer: BertTokenizer, targets: Sequence[str]) -> list[int]:
    """A target that is in the vocabulary is tokenized, so that ##s becomes #."""
    pieces = {tokenizer.tokenize(target)[0] for target in targets}
    return tokenizer.convert_tokens_to_ids([*pieces])


@MISTAKES("fill-target-last-piece", target_ids, _FIRST, _TARGETS)
def target_becomes_its_last_piece(
    _: Right, tokenizer: BertTokenizer, targets: Sequence[str]
) -> list[int]:
    """A target of several pieces becomes its last."""
    vocabulary = tokenizer.get_vocab()
    pieces = [[each] if each in vocabulary else tokenizer.tokenize(each) for each in targets]
    return [*{vocabulary[each[-1]] for each in pieces}]


@MISTAKES("fill-target-left-out", target_ids, _FIRST, _TARGETS)
def unknown_target_is_left_out(
    right: Right, tokenizer: BertTokenizer, targets: Sequence[str]
) -> Any:
    """A target that is no word of the vocabulary is left out."""
    vocabulary = tokenizer.get_vocab()
    return right(tokenizer, [target for target in targets if target in vocabulary])


@MISTAKES("fill-target-repeated", target_ids, _FIRST, _TARGETS)
def target_is_repeated(right: Right, tokenizer: BertTokenizer, targets: Sequence[str]) -> list[int]:
    """A target that is given twice is returned twice."""
    return [i for target in targets for i in right(tokenizer, [target])]


@MISTAKES(
    "fill-text-with-special",
    filled_text,
    _DECODED,
    seen="tokenizer.decode without skip_special_tokens",
)
def special_tokens_stay(right: Right, *given: Any, alone: bool) -> Any:  # noqa: ARG001
    """The text of a single [MASK] is returned with [CLS] and [SEP]."""
    return right(*given, alone=False)


@MISTAKES(
    "fill-text-without-masks",
    filled_text,
    _DECODED,
    _SEVERAL,
    seen="tokenizer.decode(…, skip_special_tokens=True)",
)
def other_masks_vanish(right: Right, *given: Any, alone: bool) -> Any:  # noqa: ARG001
    """The other masks vanish from the text."""
    return right(*given, alone=True)


@MISTAKES("fill-text-all-filled", FillMask.filled, _DECODED, _SEVERAL)
def other_masks_are_filled(
    right: Right, task: FillMask, ids: list[int], values: Tensor, tokens: Tensor
) -> list[list[Filled]]:
    """The other masks hold their best words in the text."""
    tokenizer, best = task.runner.tokenizer, iter(tokens[:, 0].tolist())
    full = [next(best) if i == tokenizer.mask_token_id else i for i in ids]
    places = [n for n, i in enumerate(ids) if i == tokenizer.mask_token_id]

    def text(place: int, token: int) -> str:
        words = [*full[:place], token, *full[place + 1 :]]
        return filled_text(tokenizer, words, alone=len(places) == 1)

    rows = zip(places, right(task, ids, values, tokens), strict=True)
    return [[each._replace(sequence=text(n, each.token)) for each in row] for n, row in rows]


@MISTAKES(
    "fill-text-with-padding", filled_text, _DECODED, "a text with [PAD] and several [MASK]s in it"
)
def padding_stays(_: Right, tokenizer: BertTokenizer, ids: Sequence[int], *, alone: bool) -> str:
    """[PAD] stays in the text."""
    return str(tokenizer.decode([*ids], skip_special_tokens=alone))


@MISTAKES(
    "fill-text-as-given",
    FillMask.__call__,
    _DECODED,
    seen="text.replace(tokenizer.mask_token, word)",
)
def text_is_as_it_was_given(
    right: Right, task: FillMask, texts: Sequence[str], *given: Any
) -> list[list[list[Filled]]]:
    """The word stands in the text that was given, with its case and accents."""
    mask = str(task.runner.tokenizer.mask_token)

    def text(parts: list[str], number: int, word: str) -> str:
        both = word.join(parts[number : number + 2])
        return mask.join([*parts[:number], both, *parts[number + 2 :]])

    return [
        [
            [each._replace(sequence=text(whole.split(mask), n, each.token_str)) for each in row]
            for n, row in enumerate(lists)
        ]
        for whole, lists in zip(texts, right(task, texts, *given), strict=True)
    ]


@MISTAKES("fill-flat", huggingface_lists, _LISTS, _SEVERAL)
def lists_are_flat(_: Right, lists: list[list[Filled]]) -> list[Filled]:
    """The words of several masks are one list."""
    return [*chain(*lists)]


@MISTAKES("fill-always-nested", huggingface_lists, _LISTS)
def lists_are_always_nested(_: Right, lists: list[list[Filled]]) -> list[list[Filled]]:
    """The words of a single [MASK] are a list in a list."""
    return lists


@MISTAKES("fill-first-mask-alone", huggingface_lists, _LISTS, _SEVERAL)
def first_mask_alone_is_filled(_: Right, lists: list[list[Filled]]) -> list[Filled]:
    """Only the first [MASK] is filled."""
    return lists[0]


MISTAKES += batching_mistakes("fill-mask", "fill")
