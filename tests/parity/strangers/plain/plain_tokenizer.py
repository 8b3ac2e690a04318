"""A tokenizer in one file. Only what Unicode says of a character is scratch_bert's."""

import json

from scratch_bert.tokenization.unicode import characters, marks

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST = 100


class PlainTokenizer:
    """Returns ids, with [CLS] and [SEP]."""

    def __init__(self, ids, settings):
        self.ids = ids
        self.lowercase = settings.get("do_lower_case", True)
        accents = settings.get("strip_accents")
        self.strip = self.lowercase if accents is None else accents
        self.chinese = settings.get("tokenize_chinese_chars", True)

    def encode(self, text):
        tokens = ["[CLS]"]
        begin, place = 0, 0
        while place < len(text):
            found = [token for token in SPECIAL if text[place : place + len(token)] == token]
            if found:
                tokens += self.cut(text[begin:place]) + found
                begin = place = place + len(found[0])
            else:
                place += 1
        tokens += [*self.cut(text[begin:]), "[SEP]"]
        return [self.ids[token] for token in tokens]

    def cut(self, text):
        pieces = []
        for word in self.words(self.normalized(text)):
            pieces += self.pieces(word)
        return pieces

    def normalized(self, text):
        text = self.cleaned(text)
        if self.chinese:
            text = self.apart(text)
        if self.strip:
            text = self.without_accents(text)
        if self.lowercase:
            text = "".join(small for char in text for small in characters.lowered(char))
        return text

    def cleaned(self, text):
        kept = ""
        for char in text:
            if characters.is_space(char):
                kept += " "
            elif not characters.is_removed(char):
                kept += char
        return kept

    def apart(self, text):
        made = []
        for char in text:
            if characters.is_cjk(char):
                made += [" ", char, " "]
            else:
                made.append(char)
        return "".join(made)

    def without_accents(self, text):
        parts = [(char, characters.without_accents(char), place) for place, char in enumerate(text)]
        return "".join(char for char, _ in marks.in_canonical_order(parts))

    def words(self, text):
        found, word = [], ""
        for char in text:
            if char == " " or characters.is_punctuation(char):
                if word:
                    found.append(word)
                word = ""
                if char != " ":
                    found.append(char)
            else:
                word += char
        if word:
            found.append(word)
        return found

    def pieces(self, word):
        if len(word) > LONGEST:
            return ["[UNK]"]
        found, start = [], 0
        while start < len(word):
            end = len(word)
            mark = "##" if start > 0 else ""
            while end > start and mark + word[start:end] not in self.ids:
                end -= 1
            if end == start:
                return ["[UNK]"]
            found.append(mark + word[start:end])
            start = end
        return found


class Plain:
    """Builds it from vocab.txt and tokenizer_config.json."""

    def build(self, folder):
        lines = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
        ids = {line: number for number, line in enumerate(lines)}
        settings = folder / "tokenizer_config.json"
        given = json.loads(settings.read_text(encoding="utf-8")) if settings.exists() else {}
        return PlainTokenizer(ids, given)
