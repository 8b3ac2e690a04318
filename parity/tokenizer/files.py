"""Files: unusual vocabularies, tokens added and saved, and what each side makes of the other's."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from parity import reference
from parity.core.outcome import Difference, Outcome
from parity.tokenizer.adversarial_texts import TextSource
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.crashes import crash_text
from parity.tokenizer.folders import MORE_CONFIGURATIONS, Configuration, write_folder
from parity.tokenizer.pair import TokenizerPairs

_TEXTS = 150
_NEW = ["<new>", "new word", "New", "a"]
_RULES = {
    "vocab.txt": "vocab.txt: lines end at \\n, end without white space, the last of equals counts",
    "settings": "tokenizer_config.json: do_lower_case is true where it is not given",
    "tokenizer.json": "tokenizer.json: vocabulary and added tokens are read from it",
    "saving": "save_pretrained: what is saved loads as what it was, in either tokenizer",
    "add_tokens": "add_tokens: returns how many are new; those are found in text from then on",
}

Case = tuple[str, str, Configuration, Callable[[Path], object]]


def check_files(pairs: TokenizerPairs, *, seed: int) -> Iterator[Outcome]:
    """Build both tokenizers from many folders, and compare vocabulary, length and ids.

    Args:
        pairs: whose tokenizer, and where.
        seed: of the texts.
    """
    candidate = pairs.candidate
    if "files" in candidate.unsupported:
        yield Outcome("files", "all", lacks="files")
        return
    for number, (name, rule, configuration, change) in enumerate(_cases()):
        outcome = Outcome("files", name)
        if not pairs.can(configuration):
            outcome.lacks = "added tokens"
            yield outcome
            continue
        place = write_folder(pairs.folder / f"files {number}", pairs.vocabulary, configuration)
        change(place)
        added = [token["content"] for token in configuration.added_tokens]
        drawn = TextSource(pairs.vocabulary, added).texts(random.Random(seed), _TEXTS)  # noqa: S311
        texts = [*_NEW, *drawn]
        ours, theirs = _asked(place, candidate.build), _asked(place, reference.tokenizer)
        _compare(outcome, rule, ours, theirs, texts)
        if rule == "tokenizer.json" and not outcome.wrong:
            _compare_saved(outcome, candidate, ours, place / "saved", theirs, texts)
            new = [_asked(made, lambda made: made.add_tokens(_NEW)) for made in (ours, theirs)]
            _judge(outcome, "add_tokens", f"add_tokens({_NEW})", *new)
            _compare(outcome, "add_tokens", ours, theirs, texts)
            _compare_saved(outcome, candidate, ours, place / "saved again", theirs, texts)
        yield outcome


def _cases() -> list[Case]:
    plain, cased, *_, added, added_cased = MORE_CONFIGURATIONS

    def words(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
        def rewrite(folder: Path) -> None:
            (folder / "tokenizer.json").unlink()
            path = folder / "vocab.txt"
            path.write_bytes(change(path.read_bytes()))

        return rewrite

    def without(*names: str) -> Callable[[Path], object]:
        def remove(folder: Path) -> None:
            for name in names:
                (folder / name).unlink()

        return remove

    def settings(**values: Any) -> Callable[[Path], object]:
        return lambda folder: (folder / "tokenizer_config.json").write_text(json.dumps(values))

    def swapped(old: bytes, new: bytes) -> Callable[[Path], object]:
        return words(lambda text: text.replace(old, new))

    def longer(more: str) -> Callable[[Path], object]:
        return words(lambda text: text + more.encode())

    the, of = (b"\nthe\n", b"\nthe \t\n"), (b"\nof\n", b"\nof\xc2\xa0\n")
    spaces = words(lambda text: text.replace(*the).replace(*of))
    lines = longer("new\u2028line\nnew\x0cpage\nnew\x85line\n")
    return [
        ("vocab.txt alone", "vocab.txt", plain, longer("")),
        ("tokenizer.json alone", "tokenizer.json", added, without("vocab.txt")),
        ("all files, cased", "tokenizer.json", added_cased, without()),
        ("no tokenizer_config.json", "settings", plain, without("tokenizer_config.json")),
        ("no tokenizer_config.json, cased", "settings", cased, without("tokenizer_config.json")),
        ("an empty tokenizer_config.json", "settings", cased, settings()),
        ("strip_accents false", "settings", plain, settings(strip_accents=False)),
        ("no end of line at the end", "vocab.txt", plain, words(lambda text: text.rstrip(b"\n"))),
        ("ends of line \\r\\n", "vocab.txt", plain, swapped(b"\n", b"\r\n")),
        ("a blank line", "vocab.txt", plain, swapped(b"\nthe\n", b"\n\nthe\n")),
        ("a blank line at the end", "vocab.txt", plain, longer("\n")),
        ("a word twice", "vocab.txt", plain, longer("the\nof\n")),
        ("a special token twice", "vocab.txt", plain, longer("[MASK]\n")),
        ("a byte order mark", "vocab.txt", plain, words(lambda text: b"\xef\xbb\xbf" + text)),
        ("white space at the end of lines", "vocab.txt", plain, spaces),
        ("other ends of line inside", "vocab.txt", plain, lines),
    ]


def _asked(made: Any, question: Callable[[Any], Any]) -> Any:
    try:
        return question(made)
    except Exception as error:
        return error


def _compare(outcome: Outcome, rule: str, ours: Any, theirs: Any, texts: Sequence[str]) -> None:
    if isinstance(ours, Exception) or isinstance(theirs, Exception):
        _judge(outcome, rule, "from_pretrained(folder)", ours, theirs)
        return
    for call, question in (
        ("len(tokenizer)", len),
        ("tokenizer.get_vocab()", lambda made: made.get_vocab()),
        *((f"tokenizer({text!a})", lambda made, text=text: dict(made(text))) for text in texts),
    ):
        _judge(outcome, rule, call, _asked(ours, question), _asked(theirs, question))


def _compare_saved(
    outcome: Outcome,
    candidate: TokenizerCandidate,
    ours: Any,
    place: Path,
    theirs: Any,
    texts: Sequence[str],
) -> None:
    """What each side saved, read by the other, and the candidate's own read by itself."""
    saved = _asked(ours, lambda made: made.save_pretrained(place / "ours"))
    if isinstance(saved, Exception):
        _judge(outcome, "saving", "save_pretrained(folder)", saved, "files")
        return
    theirs.save_pretrained(place / "theirs")
    _compare(outcome, "saving", _asked(place / "ours", reference.tokenizer), theirs, texts)
    _compare(outcome, "saving", _asked(place / "theirs", candidate.build), theirs, texts)
    _compare(outcome, "saving", _asked(place / "ours", candidate.build), theirs, texts)


def _judge(outcome: Outcome, rule: str, call: str, ours: Any, theirs: Any) -> None:
    outcome.inputs += 1
    both_fail = isinstance(ours, Exception) and isinstance(theirs, Exception)
    if both_fail or (type(ours) is type(theirs) and ours == theirs):
        return
    outcome.wrong += 1
    shown = [
        crash_text(side) if isinstance(side, Exception) else _without_equals(side, other)
        for side, other in ((ours, theirs), (theirs, ours))
    ]
    rerun = "--no-scalars --strings 0 --calls 0"
    outcome.add(Difference(call, "", call, shown[0], shown[1], _RULES[rule], rerun))


def _without_equals(side: Any, other: Any) -> Any:
    """Of two dictionaries what they do not share."""
    if not (isinstance(side, dict) and isinstance(other, dict)):
        return side
    return {key: value for key, value in side.items() if key not in other or other[key] != value}
