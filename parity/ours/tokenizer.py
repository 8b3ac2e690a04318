"""scratch_bert's tokenizer as the first candidate."""

from pathlib import Path

from scratch_bert.tokenization import BertTokenizer


class ScratchTokenizer:
    """Builds scratch_bert's tokenizer."""

    def build(self, folder: Path) -> BertTokenizer:
        """Load it from a checkpoint's files."""
        return BertTokenizer.from_pretrained(folder)


class BookTokenizer:
    """scratch_bert's tokenizer without its fast path: each id comes from the functions of the book.

    Args:
        folder: the checkpoint's files.
    """

    def __init__(self, folder: Path) -> None:
        self._made = BertTokenizer.from_pretrained(folder)

    def encode(self, text: str) -> list[int]:
        """Return ids, with [CLS] and [SEP]."""
        return self.ids_and_offsets(text)[0]

    def ids_and_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return ids and offsets, with [CLS] and [SEP], whose offsets are (0, 0)."""
        made, pieces = self._made, [*self._made.pipeline.pieces(text)]
        ids = [made.cls_token_id, *(piece.id for piece in pieces), made.sep_token_id]
        return ids, [(0, 0), *((piece.start, piece.end) for piece in pieces), (0, 0)]
