"""Every known mistake of a tokenizer, by its id."""

from parity.suite.mistake import by_id
from parity.tokenizer.mistakes import normalizer, pipeline, splitter, wordpiece

CATALOGUE = by_id(
    {
        "special tokens": pipeline.MISTAKES,
        "cleaning": (*normalizer.WHITESPACE, *normalizer.CLEAN, *normalizer.CJK),
        "punctuation": splitter.MISTAKES,
        "letters": (*normalizer.ACCENTS, *normalizer.LOWER),
        "words": (*wordpiece.PIECES, *wordpiece.LONG),
    }
)
