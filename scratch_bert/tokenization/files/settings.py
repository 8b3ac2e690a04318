"""What defines a BERT tokenizer: its vocabulary, its rules, its special tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

NO_LIMIT = int(1e30)  # HF's `model_max_length` where a tokenizer has none

Side = Literal["left", "right"]


@dataclass(frozen=True)
class _AddedToken:
    content: str
    lstrip: bool
    rstrip: bool
    single_word: bool
    normalized: bool
    special: bool


class AddedToken(_AddedToken):
    """A token that is found in text before the text is cut into words (HF `AddedToken`).

    >>> AddedToken("[MASK]", special=True).normalized
    False

    Args:
        content: the token, as it stands in text.
        lstrip: takes the white space on its left with it.
        rstrip: takes the white space on its right with it.
        single_word: only found where no letter, digit or underscore touches it.
        normalized: is itself normalized and looked for in the normalized text; None means that it
            is unless it is special.
        special: left out of a text decoded with `skip_special_tokens`.
    """

    def __init__(
        self,
        content: str,
        lstrip: bool = False,
        rstrip: bool = False,
        single_word: bool = False,
        normalized: bool | None = None,
        special: bool = False,
    ) -> None:
        is_normalized = not special if normalized is None else normalized
        super().__init__(content, lstrip, rstrip, single_word, is_normalized, special)
        self._normalized_as_given = normalized

    def made_special(self) -> "AddedToken":
        """Return it as a special token; where `normalized` was None, it is normalized no more.

        >>> AddedToken("<x>", lstrip=True).made_special().normalized
        False
        """
        flags = self.lstrip, self.rstrip, self.single_word, self._normalized_as_given
        return AddedToken(self.content, *flags, special=True)


@dataclass(frozen=True)
class TokenizerSettings:
    """What a checkpoint's files say about its tokenizer; `checkpoint_folder` reads and writes it.

    The post-processor is no part of it, as it is none in HF's `BertTokenizer`: always
    [CLS] A [SEP], or [CLS] A [SEP] B [SEP], in the names given here.

    Attributes:
        vocabulary: piece → id, the table WordPiece looks words up in.
        lowercase: HF `do_lower_case`; False for cased checkpoints.
        strip_accents: é → e; None means as `lowercase`.
        split_cjk: make each ideograph a word of its own (HF `tokenize_chinese_chars`).
        extra_special_tokens: further special tokens, without a role.
        model_specific_special_tokens: role → token, beyond the seven of `ROLES`.
        added_tokens: id → token, every special one among them, in the order they were added.
        model_max_length: longest sequence the checkpoint takes; `NO_LIMIT` where it has none.
        clean_up_tokenization_spaces: whether decoding ends with `decoding.clean_up`.
        split_special_tokens: special tokens that stand in a text are treated as any other text.
        model_input_names: the columns that a call returns by default.
    """

    vocabulary: Mapping[str, int]
    lowercase: bool = True
    strip_accents: bool | None = None
    split_cjk: bool = True
    bos_token: str | None = None
    eos_token: str | None = None
    unk_token: str = "[UNK]"  # noqa: S105
    sep_token: str = "[SEP]"  # noqa: S105
    pad_token: str = "[PAD]"  # noqa: S105
    cls_token: str = "[CLS]"  # noqa: S105
    mask_token: str = "[MASK]"  # noqa: S105
    extra_special_tokens: tuple[str, ...] = ()
    model_specific_special_tokens: Mapping[str, str] = field(default_factory=dict)
    added_tokens: Mapping[int, AddedToken] = field(default_factory=dict)
    model_max_length: int = NO_LIMIT
    padding_side: Side = "right"
    truncation_side: Side = "right"
    clean_up_tokenization_spaces: bool = False
    split_special_tokens: bool = False
    model_input_names: tuple[str, ...] = ("input_ids", "token_type_ids", "attention_mask")

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """Role → token, where the role is filled.

        >>> TokenizerSettings({}, cls_token="<s>").special_tokens_map["cls_token"]
        '<s>'
        """
        roles = {role: getattr(self, role) for role in ROLES} | dict(
            self.model_specific_special_tokens
        )
        return {role: token for role, token in roles.items() if token is not None}


ROLES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")

# HF's names of settings that have another name here.
HF_NAMES = {
    "do_lower_case": "lowercase",
    "tokenize_chinese_chars": "split_cjk",
    "additional_special_tokens": "extra_special_tokens",
}
