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
        made = self._made
        ids = [piece.id for piece in made.pipeline.pieces(text)]
        return [made.cls_token_id, *ids, made.sep_token_id]
