"""A tokenizer's special tokens by their roles, and the settings that may be changed on it."""

from collections.abc import Iterable, Sequence
from typing import Any

from scratch_bert.tokenization.files.settings import ROLES, TokenizerSettings
from scratch_bert.tokenization.interface.truncation import Side

# Settings that may be changed on a tokenizer.
ADJUSTABLE = (
    "padding_side",
    "truncation_side",
    "model_max_length",
    "model_input_names",
    "split_special_tokens",
    "clean_up_tokenization_spaces",
)


class SpecialTokens:
    """What a tokenizer's settings say, under the names HF's tokenizers have for it.

    >>> special = SpecialTokens(TokenizerSettings({"[CLS]": 7}))
    >>> special.cls_token, special.cls_token_id, special.bos_token
    ('[CLS]', 7, None)

    Args:
        settings: everything that defines a tokenizer.

    Attributes:
        settings: as given.
        cls_token: a special token, as are unk_token, sep_token, pad_token, mask_token, bos_token
            and eos_token; each has its id beside it, cls_token_id and so on. None where a
            checkpoint has no such token.
        padding_side: may be set, as may truncation_side, model_max_length, model_input_names,
            split_special_tokens and clean_up_tokenization_spaces; the next call goes by it.
    """

    padding_side: Side
    truncation_side: Side
    model_max_length: int
    model_input_names: Sequence[str]
    split_special_tokens: bool
    clean_up_tokenization_spaces: bool
    pad_token_type_id = 0
    is_fast = True  # in HF's words: offsets and words are there

    def __init__(self, settings: TokenizerSettings) -> None:
        self.settings = settings
        added = {token.content: i for i, token in settings.added_tokens.items()}
        self._ids = {**settings.vocabulary, **added}
        for name in ADJUSTABLE:
            setattr(self, name, getattr(settings, name))

    def __getattr__(self, name: str) -> Any:
        role = name.removesuffix("_id")
        if role not in ROLES:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        token = getattr(self.settings, role)
        return token if name == role or token is None else self._ids[token]

    def __setattr__(self, name: str, value: object) -> None:
        if name.removesuffix("_id") in ROLES:
            role = name.removesuffix("_id")
            raise AttributeError(f"{name} is set with add_special_tokens({{{role!r}: token}})")
        super().__setattr__(name, value)

    @property
    def all_special_tokens(self) -> list[str]:
        """The special tokens, each once: those with a role, then the others."""
        roles = self.settings.special_tokens_map.values()
        return list(dict.fromkeys((*roles, *self.settings.extra_special_tokens)))

    @property
    def all_special_ids(self) -> list[int]:
        """Their ids."""
        return [self._ids[token] for token in self.all_special_tokens]

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """Role → token."""
        return self.settings.special_tokens_map

    def get_special_tokens_mask(
        self,
        token_ids_0: Iterable[int],
        token_ids_1: None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """Return 1 for each special token in a row and 0 for the others.

        Raises:
            ValueError: the row is not said to have them; ask the call for
                `return_special_tokens_mask` instead.
        """
        if not already_has_special_tokens or token_ids_1 is not None:
            raise ValueError(
                "give one row with already_has_special_tokens=True, "
                "or call the tokenizer with return_special_tokens_mask=True"
            )
        special = set(self.all_special_ids)
        return [int(int(i) in special) for i in token_ids_0]

    @property
    def do_lower_case(self) -> bool:
        """Whether it lowers the case."""
        return self.settings.lowercase

    @property
    def max_len_single_sentence(self) -> int:
        """Pieces of the longest text that fits beside [CLS] and [SEP]."""
        return self.model_max_length - 2

    @property
    def max_len_sentences_pair(self) -> int:
        """Pieces of the longest pair that fits beside [CLS] and two [SEP]."""
        return self.model_max_length - 3
