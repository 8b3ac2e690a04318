"""Sentences with tags, and questions with answers, that show how labels go wrong."""

from pathlib import Path

from parity import reference

MAX_LENGTH, STRIDE = 20, 5
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_KNOWN = (
    "the a of in and is was he she who what where when did does live lives born river house old "
    "new city train boat went to from by with on at . , ? ! ( ) - '"
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_NOTHING = "\u200d"  # a control character: a word that has no token

LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG"]
_TAGGED = (
    "Anna/B-PER Kerr/I-PER lives/O in/O Old/B-LOC Bern/I-LOC ./O",
    "the/O house/O of/O Bo/B-PER was/O new/O",
    f"She/O went/O {_NOTHING}/B-ORG to/O Rome/B-LOC by/O train/O",
    f"{_NOTHING}/O He/O was/O born/O on/O a/O boat/O",
    "where/O did/O Mr/O O'Hara/B-PER live/O ?/O",
    "Ada/B-PER went/O from/O Ghent/B-LOC to/O Lyon/B-LOC and/O Turin/B-LOC with/O Ivo/B-PER ./O",
    "the/O old/O city/O by/O the/O river/O is/O where/O she/O was/O born/O and/O where/O she/O "
    "lives/O in/O a/O new/O house/O ./O",
)
SENTENCES = [[each.rpartition("/")[0] for each in text.split(" ")] for text in _TAGGED]
TAGS = [[each.rpartition("/")[2] for each in text.split(" ")] for text in _TAGGED]

_LONG = (
    "In the old city by the river lives Uma, who was born on a boat. She went to the new house of "
    "Tom (1990), and he went with the train."
)
_ASKED = (  # question, text, and the answer: its first words in the text, "" for none
    ("who was born on a boat?", _LONG, "Uma"),
    ("where did she go?", _LONG, "the new house"),
    ("when?", _LONG, "1990"),
    ("what did he do?", _LONG, "he went with the train."),
    ("where is the city?", _LONG, "In the old city by the river lives Uma, who was born on a boat"),
    ("who is Ida?", _LONG, ""),
    ("where does he live?", "he lives in a house, in Nice.", "Nice"),
    ("where does he live?", "he lives in a house, in Nice.", "a house"),
    ("who lives in a boat?", "Al, of Oslo", "Al"),
)
QUESTIONS = [question for question, _, _ in _ASKED]
CONTEXTS = [context for _, context, _ in _ASKED]
ANSWERS = [(context.index(text), text) if text else None for _, context, text in _ASKED]


def write_tokenizer(folder: Path) -> None:
    """Write its files: words, and letters for all others."""
    tokens = (*_SPECIAL, *_KNOWN.split(), *_LETTERS, *(f"##{letter}" for letter in _LETTERS))
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(tokens)) + "\n", encoding="utf-8")
    reference.save_tokenizer(folder)
