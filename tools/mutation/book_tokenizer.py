"""The book's tokenizer with its offsets, without the fast path, as a candidate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from parity.tokenizer.candidate import FEATURES
from scratch_bert.tokenization import BertTokenizer


class BookOffsets:
    """Builds it; what it is called with is a list of texts."""

    unsupported: ClassVar = FEATURES.keys() - {"offsets", "added tokens"}

    def build(self, folder: Path) -> "BookOffsets":
        """Read a checkpoint's files."""
        made = BookOffsets()
        made.tokenizer = BertTokenizer.from_pretrained(folder)
        return made

    tokenizer: Any

    def __call__(
        self,
        texts: Sequence[str],
        *,
        return_offsets_mapping: bool = False,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return ids and offsets, with [CLS] and [SEP]."""
        begin, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        ids, offsets = [], []
        for text in texts:
            pieces = [*self.tokenizer.pipeline.pieces(text)]
            ids.append([begin, *(piece.id for piece in pieces), end])
            offsets.append([(0, 0), *((piece.start, piece.end) for piece in pieces), (0, 0)])
        return {"input_ids": ids, "offset_mapping": offsets}
