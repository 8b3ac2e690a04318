"""Texts whose words are whole pieces, and words that only differ in length.

Where no known mistake explains a tokenizer, its answers to these tell which step is wrong.
"""

from itertools import islice

from parity import reference
from parity.tokenizer.pair import TokenizerPair

_LONGEST_WORD = 100
_BETWEEN = (" ", ".", " . ")
_FEW = 3


def depends_on_length(pair: TokenizerPair, text: str) -> bool:
    """Whether a candidate is wrong on a text because a word is too long, on either side.

    Args:
        pair: both tokenizers.
        text: as small as it can be, so that a word in it cannot be shorter.
    """
    longest = max(map(len, reference.words(text)), default=0)
    if longest > _LONGEST_WORD:
        return True
    unknown = pair.theirs.unk_token_id
    ours, theirs = _ids(pair, text), reference.ids_and_offsets(pair.theirs, [text])[0][0]
    if ours is None or ours.count(unknown) == theirs.count(unknown):
        return False
    if (
        longest > 2 * pair.longest_piece
    ):  # of more than two pieces, one more or less changes nothing
        return True
    whole = [each for each in pair.whole_words if len(each) == longest]
    if longest < 2 or (not whole and longest <= pair.longest_piece):
        return False
    shorter = [word[1:] for word in whole]
    shorter += [each for each in pair.whole_words if len(each) == longest - 1][:_FEW]
    of_length = [*whole[:_FEW], "a" * longest, ("ab" * longest)[:longest]]
    return all(_is_wrong(pair, each) for each in of_length) and not any(
        _is_wrong(pair, each) for each in (*shorter[:_FEW], "a" * (longest - 1))
    )


def cuts_words_otherwise(pair: TokenizerPair) -> bool:
    """Whether a candidate cuts a text into other words, before it cuts words into pieces.

    It does if it cuts up what is a piece, or if a text is not made of the pieces of its words.
    """
    words = list(islice((each for each in pair.whole_words if len(each) > 1), 2))
    words = words if len(words) == 2 else ["a", "b"]
    alone = [_between_ends(pair, word) for word in words]
    one, other = alone
    if one is None or other is None:
        return False
    joined = ["".join(pair.tokens.get(i, "") for i in ids) for ids in (one, other)]
    if any(text not in (word, "") for text, word in zip(joined, words, strict=True)):
        return False  # letters are lost or changed, or a word is unknown: not by cutting
    if len(one) > 1 or len(other) > 1:
        return True
    for between in _BETWEEN:
        middle = reference.ids_and_offsets(pair.theirs, [between])[0][0][1:-1]
        if _between_ends(pair, between.join(words)) != [*one, *middle, *other]:
            return True
    return False


def _is_wrong(pair: TokenizerPair, text: str) -> bool:
    return [_ids(pair, text)] != reference.ids_and_offsets(pair.theirs, [text])[0]


def _ids(pair: TokenizerPair, text: str) -> list[int] | None:
    """Return a candidate's ids; None for an error."""
    rows = pair.our_rows([text])
    return None if isinstance(rows, Exception) else list(rows[0][0])


def _between_ends(pair: TokenizerPair, text: str) -> list[int] | None:
    """Return a candidate's ids between [CLS] and [SEP]; None if it has others at the ends."""
    ids, ends = _ids(pair, text), reference.ids_and_offsets(pair.theirs, [""])[0][0]
    return ids[1:-1] if ids and len(ids) > 1 and [ids[0], ids[-1]] == ends else None
