"""The same pieces as `pipeline.py`, faster: what was worked out once is looked up.

Ids: a text is cut at white space and each chunk's ids are remembered. Text beyond ASCII is spelled
out character by character, through a table that the readable path fills. Offsets, words and tokens:
those of a chunk are remembered too, counted from its own start.

Every cache is bounded, and none can change a result; so threads may share one.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from scratch_bert.tokenization.fast.caches import KEPT, Remembered, ReordersError, Spelling, Trie
from scratch_bert.tokenization.fast.offsets import ChunkPieces, chunk_pieces, details_of, joined
from scratch_bert.tokenization.interface.pieces import Details
from scratch_bert.tokenization.pipeline import Piece, Pipeline
from scratch_bert.tokenization.splitter import Word
from scratch_bert.tokenization.unicode.characters import CJK, codes
from scratch_bert.tokenization.unicode.tables import PUNCTUATION, SPACES
from scratch_bert.tokenization.wordpiece import MAX_CHARS

BLOCK = 1 << 16  # characters of a text that are worked on at a time
# Entries of the caches; full of long words they take some 60 MB together.
CHUNKS, WORDS, DETAILS = 3 << 15, 1 << 16, 3 << 14

# What str.split() takes for white space and BERT removes.
_JOINS = re.compile(r"[\x0b\x0c\x1c-\x1f\x85]")
_ASCII_WORD = re.compile(r"[^\W_]+|[\W_]")


def _class(table: str) -> str:
    """Write a table of characters as the inside of a regular expression's brackets."""
    runs = map(codes, table.split())
    return "".join(f"\\U{run.start:08x}-\\U{run.stop - 1:08x}" for run in runs)


def chunks(text: str) -> list[str]:
    """Cut at white space; what stands between is normalized and cut alone."""
    if _JOINS.search(text):
        text = _JOINS.sub("", text)
    return text.split()


class FastPath:
    """A pipeline's results without its pace.

    Args:
        pipeline: the readable path.
        former: one of the same vocabulary, whose tries are taken over.
    """

    def __init__(self, pipeline: Pipeline, former: "FastPath | None" = None) -> None:
        self._pipeline = pipeline
        self._lowercase = pipeline.normalizer.lowercase
        vocabulary = pipeline.vocabulary
        if former is None:
            inner = {piece[2:]: i for piece, i in vocabulary.items() if piece.startswith("##")}
            self._first, self._inner = Trie(vocabulary), Trie(inner)
        else:
            self._first, self._inner = former._first, former._inner
        # Added tokens of a normalized text are looked for in each chunk, if they stay inside one.
        self._tokens = pipeline.normalized
        self._stay_inside = all(
            " " not in token.content and not (token.lstrip or token.rstrip or token.special)
            for token in pipeline.normalized.tokens
        )
        self._unknown = (vocabulary[pipeline.unk_token],)
        self._apart = Spelling(pipeline.normalizer, apart=True)
        self._plain = Spelling(pipeline.normalizer, apart=False)
        self._chunk_ids = Remembered(self._cut, CHUNKS)
        self._word_ids = Remembered(self._cut_word, WORDS)
        self._chunk_pieces = Remembered(self._measure, DETAILS)
        cjk = _class(CJK) if pipeline.normalizer.split_cjk else ""
        spaces, marks = _class(SPACES), _class(PUNCTUATION)
        one = f"|[{cjk}]" if cjk else ""
        self._chunk = re.compile(f"[{spaces}]*(?:[^{spaces}{cjk}]+{one})|[{spaces}]+")
        self._part = re.compile(f"[{marks}]|[^{marks}]+")
        self._word = re.compile(f"[{marks}]|[^{marks} ]+")
        # Enough places to cut at; a class without characters beyond U+FFFF is searched quickly.
        ideographs = "\u4e00-\u9fff" if cjk else ""
        others = "" if self._tokens else rf"!-/:-@\[-`{{-~\u3001\u3002{ideographs}"
        self._alone = re.compile(rf"[ \t\n\r{others}]")

    def ids(self, text: str, split_special_tokens: bool = False) -> list[int]:
        """Return the ids of a text's pieces."""
        raw = self._pipeline.raw
        if not raw.occur(text):
            return self._ids_between(text, split_special_tokens)
        ids: list[int] = []
        for start, end, added in raw.split(text, split_special_tokens):
            if added is None:
                ids += self._ids_between(text[start:end], split_special_tokens)
            else:
                ids.append(added)
        return ids

    def details(self, text: str, split_special_tokens: bool = False) -> Details:
        """Return tokens, offsets and words of a text's pieces."""
        return details_of(joined(self._chunks(text, split_special_tokens)))

    def _chunks(self, text: str, split_special_tokens: bool) -> Iterator[ChunkPieces]:
        for start, end, added in self._pipeline.raw.split(text, split_special_tokens):
            part = text[start:end]
            if added is not None:
                yield chunk_pieces([Piece(added, part, 0, len(part), 0)], len(part))
            elif self._needs_reading(part):
                pieces = self._pipeline.pieces_between(part, split_special_tokens)
                yield chunk_pieces(pieces, len(part))
            else:
                for begin, stop in self._blocks(part):
                    chunks = self._chunk.findall(part[begin:stop])
                    yield from map(self._chunk_pieces.__getitem__, chunks)

    def _needs_reading(self, text: str) -> bool:
        """Whether an added token may reach across white space, so that all must be read."""
        if self._stay_inside:
            return False
        try:
            return self._tokens.occur(text.translate(self._plain))
        except ReordersError:
            return True

    def _ids_between(self, text: str, split_special_tokens: bool) -> list[int]:
        if self._needs_reading(text):
            pieces = self._pipeline.pieces_between(text, split_special_tokens)
            return [piece.id for piece in pieces]
        if len(text) <= BLOCK:
            return self._block_ids(text)
        ids: list[int] = []
        for start, end in self._blocks(text):
            ids += self._block_ids(text[start:end])
        return ids

    def _blocks(self, text: str) -> Iterable[tuple[int, int]]:
        """Cut a long text where characters stand alone, so that no block knows of another."""
        start = 0
        while start < len(text):
            cut = self._alone.search(text, start + BLOCK)
            end = cut.start() if cut else len(text)
            yield start, end
            start = end

    def _block_ids(self, block: str) -> list[int]:
        return list(chain.from_iterable(map(self._chunk_ids.__getitem__, chunks(block))))

    def _cut(self, chunk: str) -> tuple[int, ...]:
        """Cut what stands between white space. ASCII in lower case is spelled out already."""
        if self._tokens and self._tokens.occur("".join(self._spelled(chunk) or ())):
            return tuple(piece.id for piece in self._pipeline.pieces_between(chunk))
        if chunk.isascii() and chunk.isprintable():
            words = _ASCII_WORD.findall(chunk.lower() if self._lowercase else chunk)
            if len(words) == 1:
                return self._cut_word(words[0])
            return tuple(chain.from_iterable(map(self._chunk_ids.__getitem__, words)))
        try:
            words = chunk.translate(self._apart).split()
        except ReordersError:
            return tuple(piece.id for piece in self._pipeline.pieces_between(chunk))
        return tuple(chain.from_iterable(map(self._word_ids.__getitem__, words)))

    def _cut_word(self, word: str) -> tuple[int, ...]:
        """Greedy WordPiece as a walk: as far as pieces go, then back to the last that ended."""
        if len(word) > MAX_CHARS:
            return self._unknown
        ids = []
        start = 0
        node: Any = self._first
        while start < len(word):
            end = start
            for at in range(start, len(word)):
                node = node.get(word[at])
                if node is None:
                    break
                if "" in node:
                    end, i = at + 1, node[""]
            if end == start:
                return self._unknown
            ids.append(i)
            start, node = end, self._inner
        return tuple(ids)

    def _spelled(self, chunk: str) -> list[str] | None:
        """Return what the normalizer makes of each character; None where some change places."""
        try:
            return [self._plain[ord(char)] for char in chunk]
        except ReordersError:
            return None

    def _measure(self, chunk: str) -> ChunkPieces:
        if len(chunk) > KEPT and not self._tokens:
            parts = self._part.findall(chunk)  # they may be remembered where the whole is not
            if len(parts) > 1:
                return joined(map(self._chunk_pieces.__getitem__, parts))
        spelled = self._spelled(chunk)
        if spelled is None or self._tokens.occur("".join(spelled)):
            pieces = self._pipeline.pieces_between(chunk)
        else:
            origins = [at for at, text in enumerate(spelled) for _ in text]
            found = self._word.finditer("".join(spelled))
            words = ((None, Word(m.group(), origins[m.start() : m.end()])) for m in found)
            pieces = self._pipeline.cut(words)
        return chunk_pieces(pieces, len(chunk))
