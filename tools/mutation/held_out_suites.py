"""What is judged beside the model, on what the judge did not see: its checks with other constants.

A check compares with HuggingFace, and names a cause by comparing with scratch_bert while it makes
the mistake. With other sizes, seeds, settings and texts both are the comparison that is needed.
"""

import sys
from typing import Any

from mutation.book_tokenizer import BookOffsets
from mutation.judging import Judgement, judge_suite, texts_of, tokenizer_pairs, with_candidate
from mutation.targets import Target
from parity import reference
from parity.core.mistake import Mistake
from parity.finetuning import head_dropout, runs, texts
from parity.finetuning import inputs as finetuning
from parity.inference import cases
from parity.pretraining import initial_weights, inputs, masking, sentence_pairs, steps, trainer
from parity.suite.mistake import making
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.mistakes.catalogue import CATALOGUE as TOKENIZER
from parity.tokenizer.pair import TokenizerPair

_SIZES = {
    "vocab_size": 131,
    "hidden_size": 40,
    "num_hidden_layers": 3,
    "num_attention_heads": 5,
    "intermediate_size": 52,
    "max_position_embeddings": 20,
}
_RATES = {"learning_rate": 7e-4, "warmup": 3, "weight_decay": 0.05, "seed": 11}
_CACHED = ("parity.pretraining", "parity.finetuning", "parity.inference")
_TEXTS = 1500  # in each configuration


def use_other_inputs() -> None:
    """Let the checks of this process ask other things; there is no way back."""
    for config in (inputs.CONFIG, inputs.STILL):
        config.update(_SIZES)
    _put(inputs, _VOCAB=131, _SEQ=15, _ROWS=(3, 9))
    inputs.SETTINGS.update(_RATES, steps=14, max_grad_norm=7.0)
    trainer._SETTINGS.update(_RATES, max_grad_norm=7.0, batch_size=3)
    _put(trainer, _EXAMPLES=13)
    initial_weights.CONFIG.update(_SIZES, vocab_size=1400, intermediate_size=160)
    _put(initial_weights, _SEED=8)
    _put(masking, _VOCAB=1400, _ROWS=100, _SEQ=96, _CALLS=18)
    _put(sentence_pairs, _DOCUMENTS=50, _SENTENCES=46, _LONGEST=10, _SEQ_LENGTH=27)
    finetuning.VARIANTS["classify"][0]["num_labels"] = 4
    finetuning.VARIANTS["multi-label"][0]["num_labels"] = 3
    finetuning.VARIANTS["regress"][1]["num_labels"] = 2
    finetuning.VARIANTS["tag"][0]["num_labels"] = 6
    _put(finetuning, _SEQ=15, _CHOICES=4)
    runs.SETTINGS.update(_RATES, batch_size=4, max_grad_norm=7.0)
    _put(runs, _EXAMPLES=17)
    _put(head_dropout, _DRAWS=25)
    _change_texts()
    for name, module in [*sys.modules.items()]:
        for value in vars(module).values() if name.startswith(_CACHED) else ():
            clear = getattr(value, "cache_clear", None)
            if clear is not None and "folder" not in value.__name__:
                clear()
    assert steps.SETTINGS is inputs.SETTINGS


def _put(module: Any, **values: Any) -> None:
    for name, value in values.items():
        assert hasattr(module, name), (module, name)
        setattr(module, name, value)


def _change_texts() -> None:
    """Turn sentences round, put words in front of texts, and cut at other lengths."""
    _put(texts, MAX_LENGTH=18, STRIDE=4)
    for rows in (texts.SENTENCES, texts.TAGS):
        rows[:] = [[*row[::-1], *row[:2]] for row in rows]
    front = "By the river, "
    texts.CONTEXTS[:] = [front + each for each in texts.CONTEXTS]
    texts.ANSWERS[:] = [a and (a[0] + len(front), a[1]) for a in texts.ANSWERS]

    def turned(text: str) -> str:
        return " ".join(reversed(text.split(" ")))

    for name in ("TEXTS", "FILLED", "TAGGED"):
        setattr(cases, name, tuple(map(turned, getattr(cases, name))))
    cases._LONG = turned(cases._LONG)
    cases.ASKED = tuple((turned(asked), turned(told)) for asked, told in cases.ASKED)
    made = cases._fill_mask, cases._classify, cases._tag, cases._answer, cases._next, cases._embed
    cases.CASES.update(zip(cases.CASES, (tuple(each()) for each in made), strict=True))


def suite_elsewhere(target: Target, maker: Any) -> Judgement:
    """Judge a suite's candidate with the other inputs."""
    use_other_inputs()
    return judge_suite(target, maker)


def tokenizer_elsewhere(folder: Any, maker: Any, causes: list[str]) -> tuple[bool, bool]:
    """Read other texts.

    Args:
        folder: of the tokenizers' files.
        maker: the candidate.
        causes: ids of mistakes.

    Returns:
        Whether the candidate is the reference, and whether it is each of the mistakes.
    """
    candidate = TokenizerCandidate(maker, "mutant")
    candidate.build(folder / "uncased")
    right = named = True
    for plain in tokenizer_pairs(folder):
        if plain.configuration.added_tokens and "added tokens" in candidate.unsupported:
            continue
        pair, chosen = with_candidate(plain, candidate), texts_of(plain, "held out", _TEXTS)
        rows = pair.our_rows(chosen)
        theirs = reference.ids_and_offsets(pair.theirs, chosen)
        right = right and rows in (theirs, (theirs[0], None))
        for cause in causes:
            named = named and _is(pair, rows, TOKENIZER[cause], chosen)
    return right, named


def _is(pair: TokenizerPair, rows: Any, mistake: Mistake, chosen: list[str]) -> bool:
    """Whether ids and offsets are those of scratch_bert while it makes a mistake."""
    if isinstance(rows, Exception):
        return False
    book = BookOffsets()
    book.tokenizer = pair._book._made
    with making([mistake]):
        made = book(chosen)
    offsets = rows[1] is None or [[*map(tuple, row)] for row in rows[1]] == made["offset_mapping"]
    return offsets and [*map(list, rows[0])] == made["input_ids"]
