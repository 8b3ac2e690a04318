"""Tokenizers with one deliberate mistake each, made of the reference's own parts."""

import unicodedata
from pathlib import Path

from parity import reference
from parity.tokenizer.adversarial_texts import SPECIAL_TOKENS
from tests.parity.strangers.reference_candidate import Reference, Wrapped

ASCII = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


class Simple:
    """An uncased tokenizer with nothing but encode(text); right as it stands."""

    LONGEST = 100

    def build(self, folder: Path):
        lines = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
        made = type(self)()
        made.ids = {line: i for i, line in enumerate(lines)}
        return made

    def encode(self, text):
        tokens = ["[CLS]", *self.tokens(text), "[SEP]"]
        return [self.ids[token] for token in tokens]

    def tokens(self, text):
        for special in SPECIAL_TOKENS:
            before, found, after = text.partition(special)
            if found:
                return [*self.tokens(before), special, *self.tokens(after)]
        words = self.words(self.lower(self.accents(self.cjk(self.clean(text)))))
        return [piece for word in words for piece in self.pieces(word)]

    def clean(self, text):
        return reference.normalize(text, clean_text=True)

    def cjk(self, text):
        return reference.normalize(text, handle_chinese_chars=True)

    def accents(self, text):
        return reference.normalize(text, strip_accents=True)

    def lower(self, text):
        return reference.normalize(text, lowercase=True)

    def words(self, text):
        return reference.words(text)

    def pieces(self, word):
        if len(word) > self.LONGEST:
            return ["[UNK]"]
        found, rest, mark = [], word, ""
        while rest:
            size = next((n for n in range(len(rest), 0, -1) if mark + rest[:n] in self.ids), 0)
            if not size:
                return ["[UNK]"]
            found.append(mark + rest[:size])
            rest, mark = rest[size:], "##"
        return found


class FinalSigma(Simple):
    def lower(self, text):
        return text.lower()


class RunningPythonsAccents(Simple):
    def accents(self, text):
        return "".join(
            c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn"
        )


class AccentsKept(Simple):
    def accents(self, text):
        return text


class Split(Simple):
    def clean(self, text):
        return super().clean(" ".join(text.split()))


class NoChinese(Simple):
    def cjk(self, text):
        return text


class TypingErrorMended(Simple):
    def cjk(self, text):
        return "".join(f" {c} " if 0x2B820 <= ord(c) < 0x2B920 else c for c in super().cjk(text))


class AsciiPunctuation(Simple):
    def words(self, text):
        return "".join(f" {c} " if c in ASCII else c for c in text).split()


class PunctuationBeforeAccents(Simple):
    def cjk(self, text):
        def is_mark(char):
            return char in ASCII or unicodedata.category(char)[0] == "P"

        return "".join(f" {c} " if is_mark(c) else c for c in super().cjk(text))

    def words(self, text):
        return text.split()


class TwoHundred(Simple):
    LONGEST = 200


class NothingRemoved(Simple):
    def clean(self, text):
        return "".join(
            c if unicodedata.category(c)[0] == "C" else super(NothingRemoved, self).clean(c)
            for c in text
        )


class SpecialsAreText(Simple):
    def tokens(self, text):
        words = self.words(self.lower(self.accents(self.cjk(self.clean(text)))))
        return [piece for word in words for piece in self.pieces(word)]


class SpecialsInAnyCase(Simple):
    def tokens(self, text):
        for special in SPECIAL_TOKENS:
            place = text.lower().find(special.lower()) if text.isascii() else -1
            if place >= 0:
                text = text[:place] + special + text[place + len(special) :]
        return super().tokens(text)


class SpecialsAfterCleaning(Simple):
    def tokens(self, text):
        return super().tokens(self.clean(text))


class UnknownRest(Simple):
    def pieces(self, word):
        known = next((n for n in range(len(word), 0, -1) if word[:n] in self.ids), 0)
        found = super().pieces(word)
        return [word[:known], "[UNK]"] if found == ["[UNK]"] and 0 < known < len(word) else found


class Changed(Reference):
    """The reference, with a change to what a call returns."""

    def build(self, folder: Path):
        return type(self).Tokenizer(reference.tokenizer(folder))


def each(rows, key, change):
    """Change every row of a key, in a batch or alone; change takes the row and its encoding."""
    if isinstance(value := rows.get(key), list) and value:
        if isinstance(value[0], list):
            pairs = zip(value, rows.encodings, strict=True)
            rows[key] = [change(row, encoding) for row, encoding in pairs]
        else:
            rows[key] = change(value, rows.encodings[0])


class OffsetsOffByOne(Changed):
    class Tokenizer(Wrapped):
        def __call__(self, *arguments, **options):
            rows = super().__call__(*arguments, **options)
            each(rows, "offset_mapping", lambda row, _: [(a, b + (a > 3)) for a, b in row])
            return rows


class PaddingOfTypeOne(Changed):
    class Tokenizer(Wrapped):
        def __call__(self, *arguments, **options):
            rows = super().__call__(*arguments, **options)
            each(
                rows,
                "token_type_ids",
                lambda row, encoding: [
                    kind if kept else 1
                    for kind, kept in zip(row, encoding.attention_mask, strict=True)
                ],
            )
            return rows


class SecondOfThePairIsCut(Changed):
    class Tokenizer(Wrapped):
        def __call__(self, text, text_pair=None, **options):
            if text_pair and options.get("truncation") in (True, "longest_first"):
                try:
                    cut = {**options, "truncation": "only_second"}
                    return super().__call__(text, text_pair, **cut)
                except Exception:  # noqa: S110
                    pass
            given = (text,) if text_pair is None else (text, text_pair)
            return super().__call__(*given, **options)


class LeftMeansRight(Changed):
    class Tokenizer(Wrapped):
        def __call__(self, *arguments, **options):
            return super().__call__(*arguments, **{**options, "padding_side": "right"})


class OverflowIsLost(Changed):
    class Tokenizer(Wrapped):
        def __call__(self, *arguments, **options):
            rows = super().__call__(*arguments, **options)
            samples = rows.get("overflow_to_sample_mapping")
            if isinstance(samples, list):
                first = [samples.index(sample) for sample in sorted(set(samples))]
                for key, value in list(rows.items()):
                    rows[key] = [value[i] for i in first]
            return rows


class WordsAreNumberedFromOne(Changed):
    class Tokenizer(Wrapped):
        def __call__(self, *arguments, **options):
            rows = super().__call__(*arguments, **options)
            found = rows.word_ids
            rows.word_ids = lambda i=0: [None if w is None else w + 1 for w in found(i)]
            return rows


class NegativeRoomIsIgnored(Changed):
    class Tokenizer(Wrapped):
        def __call__(self, *arguments, **options):
            return reference.call(self.made, arguments, options)


class FirstMarkIsTaken(Changed):
    class Tokenizer(Wrapped):
        def decode(self, ids, **options):
            text = self.made.decode(ids, **options)
            return text.removeprefix("##") if isinstance(text, str) else text


class SpecialsAreDecoded(Changed):
    class Tokenizer(Wrapped):
        def decode(self, ids, skip_special_tokens=False, **options):
            return self.made.decode(ids, **options)


class SavesWithoutAddedTokens(Changed):
    class Tokenizer(Wrapped):
        def save_pretrained(self, folder):
            plain = type(self.made)(vocab=self.made.backend_tokenizer.get_vocab(False))
            plain.save_pretrained(folder)


class FirstOfEqualsCounts(Changed):
    def build(self, folder: Path):
        path = folder / "vocab.txt"
        if path.is_file() and not (folder / "tokenizer.json").is_file():
            kept = path.read_bytes()
            lines = kept.split(b"\n")
            seen = set()
            for i, line in enumerate(lines[:-1]):
                lines[i] = b"[again %d]" % i if line in seen else line
                seen.add(line)
            path.write_bytes(b"\n".join(lines))
            made = Wrapped(reference.tokenizer(folder))
            path.write_bytes(kept)
            return made
        return Wrapped(reference.tokenizer(folder))
