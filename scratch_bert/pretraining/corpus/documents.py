"""A text file becomes documents of sentences, sentences become ids."""

from io import BytesIO
from pathlib import Path

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.text_files import check_text
from scratch_bert.tokenization import BertTokenizer

Sentence = list[int]
Document = list[Sentence]


def read_documents(path: Path, tokenizer: BertTokenizer) -> list[Document]:
    r"""Read a file with a sentence on each line and an empty line after each document.

    Lines end at `\n` only. What no piece is made of is left out: such lines, documents of such
    lines. A [MASK] in the text is text. (google-research/bert `create_training_instances`; its own
    WordPiece takes words of up to 200 characters, this one as HF's up to 100.)

    Raises:
        CorpusError: the file cannot be read, is not UTF-8, or has no text in it.
    """
    lines = read_lines(path)
    sentences = tokenizer(lines, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    documents: list[Document] = [[]]
    for line, sentence in zip(lines, sentences, strict=True):
        if not line.strip():
            documents.append([])
        elif sentence:
            documents[-1].append(sentence)
    found = [document for document in documents if document]
    if not found:
        raise CorpusError(f"{path}: has no text in it")
    return found


def read_lines(path: Path) -> list[str]:
    r"""Read a file's lines, which end at `\n` only.

    Raises:
        CorpusError: it cannot be read, is not UTF-8, or has no text in it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None
    check_text(path, BytesIO(content), nul=True)
    return content.decode("utf-8").split("\n")
