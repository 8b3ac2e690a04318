"""Texts and lines of files → rows of tokens; a line may be longer than memory is large.

A long line comes in parts and leaves in stretches, cut where its pieces stay what they are.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from scratch_bert.cli.input_lines import PART
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.unicode.characters import is_cjk, is_punctuation, is_space

MARGIN = 1 << 12  # characters before an open end that are cut nowhere; no added token is longer


class LineSpan(NamedTuple):
    """A row of tokens, or a stretch of a long line's.

    Attributes:
        texts: what was tokenized: one text or a pair, or the part of a line.
        start: where in its line the text begins.
        tokens: the pieces.
        input_ids: their ids; where only they are wanted, the other columns may be empty.
        token_type_ids: 0 for the first text, 1 for the second.
        offset_mapping: start and end in the text or line.
    """

    texts: tuple[str, ...]
    start: int
    tokens: list[str]
    input_ids: list[int]
    token_type_ids: list[int]
    offset_mapping: list[tuple[int, int]]

    def part(self, window: slice) -> "LineSpan":
        """Keep some of the tokens."""
        tokens, ids, kinds, offsets = self[2:]
        return LineSpan(
            self.texts, self.start, tokens[window], ids[window], kinds[window], offsets[window]
        )


Row = Iterable[LineSpan]


class Encoder:
    """Makes rows.

    Args:
        tokenizer: the tokenizer.
        special: put [CLS] and [SEP] around a text.
        max_length: tokens of the longest row; None means any number.
        with_text: also tokens and offsets, and not ids alone.
    """

    def __init__(
        self, tokenizer: BertTokenizer, special: bool, max_length: int | None, with_text: bool
    ) -> None:
        self._tokenizer = tokenizer
        self._special = special
        self._max_length = max_length
        self._with_text = with_text

    def row(self, text: str, pair: str | None = None) -> Row:
        """Encode a text, or a pair.

        Raises:
            ValueError: the special tokens alone are longer than `max_length`.
        """
        encoding = self._tokenizer(
            text if pair is None else [(text, pair)],  # so that an empty second text is one too
            add_special_tokens=self._special,
            truncation=self._max_length is not None,
            max_length=self._max_length,
            return_token_type_ids=False,
            return_attention_mask=False,
        ).encodings[0]
        texts = (text,) if pair is None else (text, pair)
        if self._with_text:
            tokens, kinds, offsets = encoding.tokens, encoding.type_ids, encoding.offsets
            yield LineSpan(texts, 0, tokens, encoding.ids, kinds, offsets)
        else:
            yield LineSpan(texts, 0, [], encoding.ids, [], [])

    def line(self, parts: Iterator[str]) -> Row:
        """Encode a line."""
        first, second = next(parts), next(parts, None)
        if second is None:
            return self.row(first)
        return self._long_line(chain([first, second], parts))

    def _long_line(self, parts: Iterable[str]) -> Row:
        stretches = self._stretches(parts)
        if self._max_length is not None:
            room = self._max_length
            if self._special:
                room -= self._tokenizer.num_special_tokens_to_add()
            side = self._tokenizer.truncation_side
            stretches = (_last if side == "left" else _first)(stretches, room)
        if not self._special:
            return stretches
        special = self._tokenizer.cls_token, self._tokenizer.sep_token
        ids = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        cls, sep = (
            LineSpan(("",), 0, [token], [i], [0], [(0, 0)])
            for token, i in zip(special, ids, strict=True)
        )
        return chain([cls], stretches, [sep])

    def _stretches(self, parts: Iterable[str]) -> Iterator[LineSpan]:
        text, start, wanted = "", 0, PART
        for part in parts:
            text += part
            if len(text) < wanted:
                continue
            whole = self._stretch(text, start)
            count = seam(text, [first - start for first, _ in whole.offset_mapping])
            if count:
                cut = whole.offset_mapping[count][0] - start
                yield whole.part(slice(count))._replace(texts=(text[:cut],))
                text, start = text[cut:], start + cut
            wanted = max(PART, 2 * len(text))  # a word without end is not tried again and again
        yield self._stretch(text, start)

    def _stretch(self, text: str, start: int) -> LineSpan:
        encoding = self._tokenizer(text, add_special_tokens=False, truncation=False).encodings[0]
        offsets = [(start + first, start + last) for first, last in encoding.offsets]
        return LineSpan((text,), start, encoding.tokens, encoding.ids, encoding.type_ids, offsets)


def seam(text: str, starts: list[int]) -> int:
    """Find the last token before which a text that goes on may be cut; 0 where there is none.

    What is before a character that stands alone, or after a space, does not change what is behind.

    Args:
        text: the beginning of a longer text.
        starts: where its tokens begin.
    """
    for i in range(bisect_left(starts, len(text) - MARGIN) - 1, 0, -1):
        before, after = text[starts[i] - 1], text[starts[i]]
        alone = is_space(before) or is_punctuation(after) or is_cjk(after)
        if alone and starts[i - 1] < starts[i]:  # pieces of one character stay together
            return i
    return 0


def _first(stretches: Iterable[LineSpan], room: int) -> Iterator[LineSpan]:
    for stretch in stretches:
        yield stretch.part(slice(room))
        room -= len(stretch.input_ids)
        if room <= 0:
            return


def _last(stretches: Iterable[LineSpan], room: int) -> Iterator[LineSpan]:
    kept: deque[LineSpan] = deque()
    total = 0
    for stretch in stretches:
        kept.append(stretch)
        total += len(stretch.input_ids)
        while len(kept) > 1 and total - len(kept[0].input_ids) >= room:
            total -= len(kept.popleft().input_ids)
    yield kept[0].part(slice(max(0, total - room), None))
    yield from list(kept)[1:]
