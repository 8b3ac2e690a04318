"""From texts to batches: what is held out, what is hidden, what is made again and what is not."""

import pytest
import torch

from scratch_bert.errors import CheckpointError, CorpusError
from scratch_bert.pretraining.corpus import HELD_OUT, divided, write_documents
from scratch_bert.pretraining.dynamic_masking import IGNORED
from scratch_bert.pretraining.preparation import TIMES, Corpus, prepare
from scratch_bert.pretraining.shards import DOCUMENTS, Documents, Pairs, write_rows
from scratch_bert.tokenization.vocabulary import SPECIAL

LENGTH = 24


@pytest.fixture
def corpus(tmp_path):
    """Forty-one documents whose words are their own."""
    text = "\n\n".join(f"x{n} x{n}. Y{n} x{n} x{n}. Z{n} x{n}." for n in range(100, 141))
    (tmp_path / "text.txt").write_text(text)
    return Corpus([tmp_path / "text.txt"], vocab_size=700, seq_length=LENGTH)


def test_what_is_held_out_is_not_learnt_from(corpus, tmp_path):
    made = prepare(tmp_path / "made", corpus)
    assert (made.documents, HELD_OUT) == (41, 20)
    words = made.tokenizer.get_vocab()
    places = [tmp_path / "made" / f"{name}.arrow" for name in ("pairs", "held_out")]
    learnt, held_out = ({i for p in Pairs(place) for i in p.first + p.second} for place in places)
    assert {words["x119"], words["x139"]} <= held_out - learnt
    assert {words["x118"], words["x140"]} <= learnt - held_out
    first = [pair.first for pair in Pairs(places[1])]
    assert len(first) >= 2 * TIMES
    assert len({str(each) for each in first}) > len(first) / TIMES  # cut otherwise each time


def test_a_batch(corpus, tmp_path):
    examples = prepare(tmp_path / "made", corpus).examples
    numbers = [*range(len(examples))]
    batch = examples.batch(numbers, epoch=0)
    ids, mask, labels = (batch[n] for n in ("input_ids", "attention_mask", "labels"))
    assert ids.shape[1] <= LENGTH
    cls, sep, hidden = (SPECIAL.index(name) for name in ("[CLS]", "[SEP]", "[MASK]"))
    pairs = Pairs(tmp_path / "made" / "pairs.arrow")
    was = labels.where(labels != IGNORED, ids)
    for row, number in zip(range(len(numbers)), numbers, strict=True):
        first, second, is_random = pairs[number]
        whole = [cls, *first, sep, *second, sep]
        assert was[row][mask[row].bool()].tolist() == whole
        segments = batch["token_type_ids"][row]
        assert segments.sum() == segments[len(first) + 2 :].sum() == len(second) + 1
        assert batch["next_sentence_label"][row] == is_random
    chosen = labels != IGNORED
    assert not chosen[(was < len(SPECIAL)) & mask.bool() | ~mask.bool()].any()
    assert 0.1 < chosen.sum() / mask.sum() < 0.18
    assert 0.7 < (ids[chosen] == hidden).float().mean() < 0.9


def test_what_is_hidden_depends_on_epoch_and_number_alone(corpus, tmp_path):
    examples = prepare(tmp_path / "made", corpus).examples
    alone = examples.batch([7], 1)["input_ids"][0]
    among = examples.batch([3, 7, 1], 1)["input_ids"][1]
    assert torch.equal(alone, among[: len(alone)])
    assert not torch.equal(alone, examples.batch([7], 2)["input_ids"][0])


def test_it_is_made_once(corpus, tmp_path):
    folder = tmp_path / "made"
    before = prepare(folder, corpus).examples.batch([0, 1], 0)
    times = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    after = prepare(folder, corpus).examples.batch([0, 1], 0)
    assert times == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert all(torch.equal(before[name], after[name]) for name in before)
    (folder / "made.json").unlink()  # it was interrupted
    again = prepare(folder, corpus).examples.batch([0, 1], 0)
    assert all(torch.equal(before[name], again[name]) for name in before)
    corpus.paths[0].write_text("Another one.\n\nAnd this.")
    assert prepare(folder, corpus).documents == 2


def test_a_vocabulary_of_ones_own(corpus, tmp_path):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text(
        "\n".join([*SPECIAL, "x", "y", "z", ".", *(f"##{d}" for d in range(10))]) + "\n"
    )
    made = prepare(tmp_path / "made", Corpus(corpus.paths, vocab=vocab))
    assert len(made.tokenizer) == 19
    with pytest.raises(CheckpointError, match="there is no such file"):
        prepare(tmp_path / "made", Corpus(corpus.paths, vocab=tmp_path / "none"))


def test_files_left_out_are_named_once(corpus, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    named = []
    both = Corpus([*corpus.paths, tmp_path / "bad.txt"])
    assert prepare(tmp_path / "made", both, named.append).documents == 41
    assert [str(tmp_path / "bad.txt") in each for each in named] == [True]
    with pytest.raises(CorpusError, match="not UTF-8"):
        prepare(tmp_path / "other", both)


@pytest.mark.parametrize("number", [2, 19, 20, 40, 41])
def test_some_are_held_out_whatever_the_number(number, tmp_path):
    write_rows(tmp_path / "d.arrow", DOCUMENTS, (([[n]],) for n in range(number)))
    learnt, held_out = divided(tmp_path / "d.arrow")
    assert len(held_out) == max(1, number // HELD_OUT)
    assert sorted(document[0][0] for part in (learnt, held_out) for document in part) == [
        *range(number)
    ]


def test_too_little(tmp_path):
    write_rows(tmp_path / "d.arrow", DOCUMENTS, [([[5]],)])
    with pytest.raises(CorpusError, match="the corpus has 1 documents, and needs two"):
        divided(tmp_path / "d.arrow")


def test_a_damaged_file_is_named(corpus, tmp_path):
    prepare(tmp_path / "made", corpus)
    place = tmp_path / "made" / "documents.arrow"
    place.write_bytes(place.read_bytes()[:-20])
    with pytest.raises(CorpusError, match=r"documents\.arrow: is no whole Arrow file"):
        Documents(place)
    with pytest.raises(CorpusError, match=r"pairs\.arrow: has the columns \['first'"):
        Documents(place.with_name("pairs.arrow"))


def test_a_failure_leaves_no_half_file(tmp_path, corpus):
    def texts():
        yield from ([[1]] for _ in range(3))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(tmp_path / "new" / "d.arrow", DOCUMENTS, ((each,) for each in texts()))
    assert [*(tmp_path / "new").iterdir()] == []


def test_many_rows_are_written_some_at_a_time(tmp_path):
    write_rows(tmp_path / "d.arrow", DOCUMENTS, (([[n], []],) for n in range(2500)))
    documents = Documents(tmp_path / "d.arrow")
    assert (len(documents), documents[2345], documents[-1], documents[1:3]) == (
        2500,
        [[2345], []],
        [[2499], []],
        [[[1], []], [[2], []]],
    )


def test_no_text_is_no_documents(tmp_path):
    from scratch_bert.tokenization import BertTokenizer, TokenizerSettings

    tokenizer = BertTokenizer(TokenizerSettings({piece: i for i, piece in enumerate(SPECIAL)}))
    assert write_documents(tmp_path / "d.arrow", [], tokenizer) == 0
