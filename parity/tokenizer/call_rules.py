"""Which rule of a call was broken, told from the options that are left when it is made small."""

from parity.tokenizer.pair import TokenizerPair
from parity.tokenizer.random_calls import Call
from parity.tokenizer.rules import text_rule

_RULES = (
    ("stride", "overflow: windows share stride tokens; a stride that leaves nothing is an error"),
    ("return_overflowing_tokens", "overflow: what is cut off follows in rows of max_length tokens"),
    ("truncation", "truncation: before special tokens are added; longest_first cuts the longer"),
    ("max_length", "truncation: max_length alone turns on longest_first, unless padding is given"),
    ("pad_to_multiple_of", "padding: lengths are rounded up, max_length's too"),
    ("padding_side", "padding: on padding_side"),
    ("padding", "padding: [PAD] with type id 0, attention 0 and special token mask 1"),
    ("split_special_tokens", "special tokens: split_special_tokens makes them ordinary text"),
    ("is_split_into_words", "words: offsets start anew in each; word_ids are places in the list"),
    ("add_special_tokens", "special tokens: [CLS] A [SEP], and [CLS] A [SEP] B [SEP] for a pair"),
    ("return_tensors", "tensors: int64, one row even for a single text; rows must be equally long"),
)
_MAPS = {
    "word_ids": "word_ids: None for special tokens that were added; each match in text is a word",
    "sequence_ids": "sequence_ids: None for special tokens that were added, else 0 or 1",
    "token_type_ids": "token type ids: 1 for the second text and its [SEP]",
    "special_tokens_mask": "special_tokens_mask: 1 for what was added, 0 for what stood in text",
}


def call_rule(pair: TokenizerPair, call: Call, what: str) -> str:
    """Name the rule that a call's difference breaks.

    Args:
        pair: both tokenizers.
        call: as small as it can be.
        what: which output differs.
    """
    if call.truncation_side == "left":
        return "truncation: truncation_side left keeps the end of a text"
    if what == "an error" and not call.options:
        return "arguments: what is no text, and texts and pairs that differ in number, are errors"
    for name, rule in _RULES:
        if name in call.options:
            return rule
    if what in ("input_ids", "offset_mapping", "tokens") and isinstance(call.arguments[0], str):
        return text_rule(pair, call.arguments[-1])
    if what.partition("(")[0] in _MAPS:
        return _MAPS[what.partition("(")[0]]
    return f"{what.partition('(')[0]}: as BatchEncoding has it"
