"""Our ids are our own: no version of Python or of the tokenizers library changes them.

The digests were made where `tests/reference` found every character equal to tokenizers 0.23.3, and
are the same in Python 3.11, 3.12 and 3.13.
"""

import hashlib

import pytest

from scratch_bert.tokenization import BertTokenizer, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import SPECIAL
from scratch_bert.tokenization.unicode.tables import TOKENIZERS

# Most characters that have a rule of their own; tests/reference asks about all.
CHARACTERS = [chr(i) for i in (*range(0x3000), *range(0xF900, 0x11800))]
DIGESTS = {
    (True, None): "a0e9cd58de873267",
    (False, None): "e534596b0e1f40b7",
    (True, False): "19b4eb9ef1ab6f56",
}


@pytest.mark.sample(1)
@pytest.mark.parametrize(("lowercase", "strip_accents"), DIGESTS)
def test_ids_and_offsets_stay(lowercase, strip_accents):
    pieces = dict.fromkeys([*SPECIAL, *CHARACTERS, *(f"##{char}" for char in CHARACTERS)])
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    settings = TokenizerSettings(vocabulary, lowercase=lowercase, strip_accents=strip_accents)
    tokenizer = BertTokenizer(settings)
    digest = hashlib.sha256()
    for start in range(0, len(CHARACTERS), 1000):
        text = " ".join(f"a{char}b {char}" for char in CHARACTERS[start : start + 1000])
        batch = tokenizer(text, return_offsets_mapping=True)
        digest.update(repr((batch["input_ids"], batch["offset_mapping"])).encode())
    message = f"ids changed; they were equal to tokenizers {TOKENIZERS}"
    assert digest.hexdigest()[:16] == DIGESTS[lowercase, strip_accents], message
