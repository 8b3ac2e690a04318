"""What a tokenizer does without reading a text: special tokens, ids ↔ tokens → text, padding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, overload

from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.interface.batch_encoding import BatchEncoding, as_tensors
from scratch_bert.tokenization.interface.collation import pad_rows, plain
from scratch_bert.tokenization.interface.decoding import clean_up, join
from scratch_bert.tokenization.interface.padding import check_side, read_lengths
from scratch_bert.tokenization.interface.special_tokens import SpecialToken
from scratch_bert.tokenization.interface.token_table import TokenTable, checked_id
from scratch_bert.tokenization.interface.truncation import Side


class TokenizerBase:
    """The attributes and methods of HF's tokenizers that read no text.

    `BertTokenizer` makes `_settings` and `_table`, and makes them anew when a token is added.

    Args:
        settings: everything that defines a tokenizer.

    Attributes:
        cls_token: a special token; as bos_token, eos_token, unk_token, sep_token, pad_token and
            mask_token it has an id, such as cls_token_id. HF's BERT has no bos and eos: None.
        padding_side: may be set, as may truncation_side, model_max_length, model_input_names,
            split_special_tokens and clean_up_tokenization_spaces; the next call goes by it.
    """

    bos_token, bos_token_id = SpecialToken[str | None](), SpecialToken[int | None]()
    eos_token, eos_token_id = SpecialToken[str | None](), SpecialToken[int | None]()
    unk_token, unk_token_id = SpecialToken[str](), SpecialToken[int]()
    sep_token, sep_token_id = SpecialToken[str](), SpecialToken[int]()
    pad_token, pad_token_id = SpecialToken[str](), SpecialToken[int]()
    cls_token, cls_token_id = SpecialToken[str](), SpecialToken[int]()
    mask_token, mask_token_id = SpecialToken[str](), SpecialToken[int]()
    pad_token_type_id = 0
    is_fast = True  # HF's word for a tokenizer that knows offsets and words

    _settings: TokenizerSettings
    _table: TokenTable

    def __init__(self, settings: TokenizerSettings) -> None:
        self.padding_side = settings.padding_side
        self.truncation_side = settings.truncation_side
        self.model_max_length = settings.model_max_length
        self.model_input_names: Sequence[str] = settings.model_input_names
        self.split_special_tokens = settings.split_special_tokens
        self.clean_up_tokenization_spaces = settings.clean_up_tokenization_spaces

    @property
    def settings(self) -> TokenizerSettings:
        """Everything that defines the tokenizer, with the attributes as they are set now."""
        return replace(
            self._settings,
            padding_side=self.padding_side,
            truncation_side=self.truncation_side,
            model_max_length=self.model_max_length,
            model_input_names=tuple(self.model_input_names),
            split_special_tokens=self.split_special_tokens,
            clean_up_tokenization_spaces=self.clean_up_tokenization_spaces,
        )

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """Role → token."""
        return self._settings.special_tokens_map

    @property
    def all_special_tokens(self) -> list[str]:
        """The special tokens, each once: those with a role, then the others."""
        roles = self.special_tokens_map.values()
        return list(dict.fromkeys((*roles, *self._settings.extra_special_tokens)))

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of `all_special_tokens`."""
        return [self._table.ids[token] for token in self.all_special_tokens]

    def get_special_tokens_mask(
        self,
        token_ids_0: Iterable[int],
        token_ids_1: None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """Return 1 for each special token of a row and 0 for the others.

        Raises:
            ValueError: `already_has_special_tokens` is False, or there are two rows; a call with
                `return_special_tokens_mask` gives the mask of the special tokens that it adds.
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
        """Whether the case is lowered."""
        return self._settings.lowercase

    @property
    def max_len_single_sentence(self) -> int:
        """Pieces of the longest text that fits beside [CLS] and [SEP]."""
        return self.model_max_length - 2

    @property
    def max_len_sentences_pair(self) -> int:
        """Pieces of the longest pair that fits beside [CLS] and two [SEP]."""
        return self.model_max_length - 3

    def __len__(self) -> int:
        return len(self._table.ids)

    @property
    def vocab_size(self) -> int:
        """Pieces in the vocabulary; `len(tokenizer)` counts the added tokens too."""
        return len(self._settings.vocabulary)

    @property
    def vocab(self) -> dict[str, int]:
        """Token → id, with the added tokens."""
        return self.get_vocab()

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, with the added tokens."""
        return dict(self._table.ids)

    def get_added_vocab(self) -> dict[str, int]:
        """Return token → id of the added tokens, among them the special tokens."""
        return {token.content: i for i, token in self.added_tokens_decoder.items()}

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Id → added token, among them the special tokens."""
        return dict(sorted(self._settings.added_tokens.items()))

    @overload
    def convert_tokens_to_ids(self, tokens: str) -> int: ...  # type: ignore[overload-overlap]
    @overload
    def convert_tokens_to_ids(self, tokens: Sequence[str]) -> list[int]: ...
    def convert_tokens_to_ids(self, tokens: str | Sequence[str]) -> int | list[int]:
        """Return the id of a token, or of several; an unknown token gets [UNK]'s."""
        if isinstance(tokens, str):
            return self._table.ids.get(tokens, self.unk_token_id)
        return [self._table.ids.get(token, self.unk_token_id) for token in tokens]

    @overload
    def convert_ids_to_tokens(self, ids: int, skip_special_tokens: bool = False) -> str | None: ...
    @overload
    def convert_ids_to_tokens(
        self, ids: Iterable[int], skip_special_tokens: bool = False
    ) -> list[str | None]: ...
    def convert_ids_to_tokens(
        self, ids: int | Iterable[int], skip_special_tokens: bool = False
    ) -> str | list[str | None] | None:
        """Return the token of an id, or of several; None for an unknown id."""
        if isinstance(ids, int):
            return self._table.tokens.get(checked_id(ids))
        skipped = set(self.all_special_ids) if skip_special_tokens else set()
        checked = map(checked_id, ids)
        return [self._table.tokens.get(i) for i in checked if i not in skipped]

    def pad(
        self,
        encoded_inputs: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        padding: bool | str = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding_side: Side | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: str | None = None,
    ) -> BatchEncoding:
        """Pad rows that were encoded one by one, as a data loader gathers them.

        Args:
            encoded_inputs: the result of a call, or a list of such results; `input_ids`, segments
                and masks are padded, other columns stay.
            padding: as in a call; True is to the longest.
            max_length: as in a call.
            pad_to_multiple_of: as in a call.
            padding_side: as in a call.
            return_attention_mask: make a missing mask; one that is there is always padded.
            return_tensors: "pt" or "np".

        Raises:
            ValueError: there are no `input_ids`, columns differ in length, or options are unknown.
        """
        side = padding_side or self.padding_side
        check_side("padding_side", side)
        with_mask = return_attention_mask
        if with_mask is None:
            with_mask = "attention_mask" in self.model_input_names
        lengths = read_lengths(
            padding, False, max_length, pad_to_multiple_of, self.model_max_length
        )
        columns = pad_rows(encoded_inputs, lengths, side, self.pad_token_id, with_mask)
        return BatchEncoding(as_tensors(columns, return_tensors) if return_tensors else columns)

    def convert_tokens_to_string(self, tokens: Sequence[str]) -> str:
        """Join tokens to text."""
        return join(tokens)

    def decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
    ) -> str | list[str]:
        """Turn ids into text, without unknown ids; case and accents that were dropped stay dropped.

        Args:
            token_ids: one id, a row, or rows; lists, arrays or tensors, or the result of a call.
            skip_special_tokens: leave out [CLS], [SEP], [PAD] and the other special tokens.
            clean_up_tokenization_spaces: remove spaces before punctuation and in contractions; None
                means as the attribute of that name says.

        Returns:
            A text, or for rows a list of texts.

        Raises:
            ValueError: something is no id.
        """
        rows = plain(token_ids["input_ids"] if isinstance(token_ids, Mapping) else token_ids)
        rows = [rows] if isinstance(rows, (int, str)) else plain(list(rows))
        if rows and isinstance(rows[0], list):
            options = skip_special_tokens, clean_up_tokenization_spaces
            return [self.decode(row, *options) for row in rows]  # type: ignore[misc]
        skipped = self._table.special if skip_special_tokens else set()
        found = [self._table.tokens.get(checked_id(i)) for i in rows]
        tokens = [token for token in found if token is not None and token not in skipped]
        if clean_up_tokenization_spaces is None:
            clean_up_tokenization_spaces = self.clean_up_tokenization_spaces
        text = join(tokens)
        return clean_up(text) if clean_up_tokenization_spaces else text

    def batch_decode(
        self,
        sequences: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
    ) -> list[str]:
        """Turn rows of ids into texts; a single row too becomes a list."""
        text = self.decode(sequences, skip_special_tokens, clean_up_tokenization_spaces)
        return [text] if isinstance(text, str) else text
