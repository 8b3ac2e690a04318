import pytest

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.documents import read_documents
from scratch_bert.tokenization import BertTokenizer, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import SPECIAL

PIECES = [*SPECIAL, "a", "b", "##b", "[", "]", "mask"]
TOKENIZER = BertTokenizer(TokenizerSettings({piece: i for i, piece in enumerate(PIECES)}))
A, B, MORE, OPEN, CLOSE, MASK = range(5, 11)


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("a b\nab\n\nb\n", [[[A, B], [A, MORE]], [[B]]]),
        ("\n\n a \r\n \t\n\nb", [[[A]], [[B]]]),
        ("a\x85b\u2028a\x0bb\n", [[[A, MORE, A, MORE]]]),  # no line ends
        ("a\n\x00\nb", [[[A], [B]]]),  # a line of no pieces ends no document
        ("a [MASK]", [[[A, OPEN, MASK, CLOSE]]]),
    ],
    ids=repr,
)
def test_what_is_a_document(text, documents, tmp_path):
    (tmp_path / "corpus.txt").write_bytes(text.encode())
    assert read_documents(tmp_path / "corpus.txt", TOKENIZER) == documents


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\n\n\xff", "line 3: not UTF-8"),
        (b"", "has no text in it"),
        (b" \n\x00\n", "has no text in it"),
        (None, "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_used(content, message, tmp_path):
    path = tmp_path / "corpus.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=f"corpus.txt.*{message}"):
        read_documents(path, TOKENIZER)
