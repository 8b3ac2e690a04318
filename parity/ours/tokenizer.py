"""scratch_bert's tokenizer as the first candidate."""

from pathlib import Path

from scratch_bert.tokenization import BertTokenizer


class ScratchTokenizer:
    """Builds scratch_bert's tokenizer."""

    def build(self, folder: Path) -> BertTokenizer:
        """Load it from a checkpoint's files."""
        return BertTokenizer.from_pretrained(folder)
