"""Ids ↔ tokens → text: everything of a tokenizer that reads no text."""

from collections.abc import Iterable, Mapping, Sequence
from operator import index
from typing import Any, overload

from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.interface.batch_encoding import BatchEncoding, as_tensors
from scratch_bert.tokenization.interface.collation import pad_rows, plain
from scratch_bert.tokenization.interface.decoding import clean_up, join
from scratch_bert.tokenization.interface.padding import check_side, read_lengths
from scratch_bert.tokenization.interface.special_tokens import SpecialTokens
from scratch_bert.tokenization.interface.truncation import Side
from scratch_bert.tokenization.normalizer import Normalizer


class TokenTable(SpecialTokens):
    """The vocabulary with the added tokens; methods are named as HF's tokenizers name theirs.

    Args:
        settings: whose `added_tokens` hold every special token.
        normalizer: what a normalised added token went through.
    """

    def __init__(self, settings: TokenizerSettings, normalizer: Normalizer) -> None:
        super().__init__(settings)
        added = settings.added_tokens
        self._tokens = {i: token for token, i in settings.vocabulary.items()}
        for i, token in added.items():  # a normalised token comes back as it is looked for
            content = token.content
            self._tokens[i] = normalizer.normalize(content).text if token.normalized else content
        self._special = {token.content for token in added.values() if token.special}

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def vocab_size(self) -> int:
        """Pieces in the vocabulary; `len()` counts the added tokens too."""
        return len(self.settings.vocabulary)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, the added ones too."""
        return dict(self._ids)

    def get_added_vocab(self) -> dict[str, int]:
        """Return token → id of what was added, the special tokens too."""
        return {token.content: i for i, token in sorted(self.settings.added_tokens.items())}

    @property
    def vocab(self) -> dict[str, int]:
        """Token → id, the added ones too."""
        return self.get_vocab()

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Id → added token, the special ones too."""
        return dict(sorted(self.settings.added_tokens.items()))

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
            encoded_inputs: what calls returned, a list of them or one; `input_ids`, segments and
                masks are padded, other columns stay.
            padding: as in a call; True is to the longest.
            max_length: as in a call.
            pad_to_multiple_of: as in a call.
            padding_side: as in a call.
            return_attention_mask: make one where there is none; one that is there is always padded.
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

    @overload
    def convert_tokens_to_ids(self, tokens: str) -> int: ...  # type: ignore[overload-overlap]
    @overload
    def convert_tokens_to_ids(self, tokens: Sequence[str]) -> list[int]: ...
    def convert_tokens_to_ids(self, tokens: str | Sequence[str]) -> int | list[int]:
        """Return a token's id, or those of several; [UNK]'s where it is none."""
        if isinstance(tokens, str):
            return self._ids.get(tokens, self.unk_token_id)
        return [self._ids.get(token, self.unk_token_id) for token in tokens]

    @overload
    def convert_ids_to_tokens(self, ids: int, skip_special_tokens: bool = False) -> str | None: ...
    @overload
    def convert_ids_to_tokens(
        self, ids: Iterable[int], skip_special_tokens: bool = False
    ) -> list[str | None]: ...
    def convert_ids_to_tokens(
        self, ids: int | Iterable[int], skip_special_tokens: bool = False
    ) -> str | list[str | None] | None:
        """Return an id's token, or those of several; None where the id is nobody's."""
        if isinstance(ids, int):
            return self._tokens.get(_checked_id(ids))
        skipped = set(self.all_special_ids) if skip_special_tokens else set()
        checked = map(_checked_id, ids)
        return [self._tokens.get(i) for i in checked if i not in skipped]

    def convert_tokens_to_string(self, tokens: Sequence[str]) -> str:
        """Join tokens to text."""
        return join(tokens)

    def decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
    ) -> str | list[str]:
        """Turn ids back into text; case, accents and spaces that were lost stay lost.

        Ids that are nobody's are left out.

        Args:
            token_ids: one id, a row, or rows; lists, arrays or tensors, or what a call returned.
            skip_special_tokens: leave [CLS], [SEP], [PAD] and their like out.
            clean_up_tokenization_spaces: tidy the spaces before punctuation and contractions; None
                means as the checkpoint says.

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
        tokens = []
        for i in map(_checked_id, rows):
            token = self._tokens.get(i)
            if token is not None and not (skip_special_tokens and token in self._special):
                tokens.append(token)
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
        """Turn rows of ids into texts; a single row too into a list."""
        text = self.decode(sequences, skip_special_tokens, clean_up_tokenization_spaces)
        return [text] if isinstance(text, str) else text


def _checked_id(i: Any) -> int:
    try:
        number = index(i)
    except TypeError:
        raise ValueError(f"{i!r} is no id") from None
    if number < 0:
        raise ValueError(f"{number} is no id, expected 0 or more")
    return number
