"""Pieces of text that were chosen by hand, for what they do to a tokenizer."""

# ruff: noqa: RUF001, SIM905

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
NEARLY_SPECIAL = (
    *("[mask]", "[Mask]", "[MA\u200bSK]", "[MASK", "MASK]", "[[MASK]]", "[ MASK ]", "[MÁSK]", "##"),
    *("##ing", "[unused1]", "[MASK]\u0301", "\u0301[SEP]", "[ＭＡＳＫ]", "[", "]", "[]"),
)
SPACES = "\t\n\r\xa0\u1680\u2000\u2001\u2002\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
NO_SPACES = "\x0b\x0c\x1c\x1d\x1e\x1f\x85\u180e\u200b\u200c\u200d\u2060\ufeff"
CJK_EDGES = (
    *(0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFAFF, 0x20000, 0x2A6DF, 0x2A700, 0x2B73F),
    *(0x2B740, 0x2B81F, 0x2B820, 0x2B91F, 0x2B920, 0x2CEAF, 0x2CEB0, 0x2F800, 0x2FA1F, 0x30000),
)
SCRIPTS = (
    "русский Ёлка ελληνικός ΟΔΟΣ Άνθρωπος العربية مُحَمَّد עִבְרִית हिन्दी ক্ষ ไทย ລາວ မြန်မာ ខ្មែរ 한국어 각 "
    "ひらがな カタカナ が ﾊﾝｶｸ 東京 漢字かな Việt Tiếng Éclair naïve Straße İstanbul ısı ŁÓDŹ Ǆ ǅ "
    "Ꭰꭰ ᲐᲑ 𐐀𐐨 ﬁn ½ x² ℌ Ａｂ ꙮ ሰላም ᠮᠣᠩ ꦗꦮ"
).split()
EMOJI = (
    *(
        "😀",
        "👍🏽",
        "👨\u200d👩\u200d👧",
        "🏳\ufe0f\u200d🌈",
        "❤\ufe0f",
        "❤",
        "1\ufe0f\u20e3",
        "🇫🇷",
        "🇫",
    ),
    *("👩🏿\u200d🚀", "☺\ufe0e", "🏴\U000e0067\U000e0062\U000e007f"),
)
LONG = (
    *("a" * 99, "a" * 100, "B" * 101, "é" * 60, "e\u0301" * 51, "ß" * 100, "x\u200b" * 60),
    *("ab" * 101, "the" * 40, "\u0301" * 101 + "a"),
)
