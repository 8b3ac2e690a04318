"""HuggingFace's trainer joins the most frequent pair, as ours does; of those that tie, any."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.trainers import WordPieceTrainer

from scratch_bert.pretraining.corpus.vocabulary import learn_vocabulary
from scratch_bert.tokenization.files.vocabulary import SPECIAL


def theirs(counts, size):
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = Whitespace()
    trainer = WordPieceTrainer(vocab_size=size, special_tokens=[*SPECIAL], show_progress=False)
    texts = (f"{word} " * number for word, number in counts.items())
    tokenizer.train_from_iterator(texts, trainer)
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.get)


def split(learned):
    """The alphabet, and what was joined, in its order."""
    letters = [piece for piece in learned if len(piece.removeprefix("##")) == 1]
    return {*letters}, [piece for piece in learned[len(SPECIAL) :] if piece not in letters]


def join(word, pair, name):
    joined = []
    for piece in word:
        if joined and (joined[-1], piece) == pair:
            joined[-1] = name
        else:
            joined.append(piece)
    return joined


def is_greedy(words, numbers, pieces, known):
    """Whether each piece can have come from a pair that none is more frequent than."""
    if not pieces:
        return True
    pairs = Counter()
    for word, number in zip(words, numbers, strict=True):
        for pair in pairwise(word):
            pairs[pair] += number
    for pair in [each for each in pairs if pairs[each] == max(pairs.values())]:
        name = pair[0] + pair[1].removeprefix("##")
        if name == pieces[0] or name in known:
            left = pieces[1:] if name == pieces[0] else pieces
            after = [join(word, pair, name) for word in words]
            if is_greedy(after, numbers, left, known | {name}):
                return True
    return False


@pytest.mark.parametrize("seed", range(5))
def test_both_are_greedy(seed):
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcde", k=draw.randint(1, 5))) for _ in range(20)]
    counts = {word: draw.randint(1, 50) for word in words}
    cut = [[word[0], *(f"##{char}" for char in word[1:])] for word in counts]
    ours, yours = (split(learn(counts, 30)) for learn in (learn_vocabulary, theirs))
    assert ours[0] == yours[0]
    assert len(ours[1]) == len(yours[1]) > 10
    for _, pieces in (ours, yours):
        assert is_greedy(cut, [*counts.values()], pieces, frozenset())
    assert not is_greedy(cut, [*counts.values()], ours[1][1:], frozenset())
