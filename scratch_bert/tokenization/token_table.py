"""Ids ↔ tokens → text: everything of a tokenizer that reads no text."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

from scratch_bert.tokenization.decoding import clean_up, join
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.settings import TokenizerSettings


class TokenTable:
    """The vocabulary with the added tokens; methods are named as HF's tokenizers name theirs.

    Args:
        settings: whose `added_tokens` hold every special token.
        normalizer: what a normalised added token went through.

    Attributes:
        settings: as given.
        unk_token: the special tokens, as are sep_token, pad_token, cls_token and mask_token;
            each has its id beside it, unk_token_id and so on.
    """

    def __init__(self, settings: TokenizerSettings, normalizer: Normalizer) -> None:
        self.settings = settings
        added = settings.added_tokens
        self._ids = {**settings.vocabulary, **{token.content: i for i, token in added.items()}}
        self._tokens = {i: token for token, i in settings.vocabulary.items()}
        for i, token in added.items():  # a normalised token comes back as it is looked for
            content = token.content
            self._tokens[i] = normalizer.normalize(content).text if token.normalized else content
        self._special = {token.content for token in added.values() if token.special}
        self.unk_token, self.sep_token = settings.unk_token, settings.sep_token
        self.pad_token, self.cls_token = settings.pad_token, settings.cls_token
        self.mask_token = settings.mask_token
        self.unk_token_id, self.sep_token_id = self._ids[self.unk_token], self._ids[self.sep_token]
        self.pad_token_id, self.cls_token_id = self._ids[self.pad_token], self._ids[self.cls_token]
        self.mask_token_id = self._ids[self.mask_token]

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def vocab_size(self) -> int:
        """Pieces in the vocabulary; `len()` counts the added tokens too."""
        return len(self.settings.vocabulary)

    @property
    def all_special_tokens(self) -> list[str]:
        """The special tokens, each once: those with a role, then the others."""
        roles = self.settings.special_tokens_map.values()
        return list(dict.fromkeys((*roles, *self.settings.extra_special_tokens)))

    @property
    def all_special_ids(self) -> list[int]:
        """Their ids."""
        return self.convert_tokens_to_ids(self.all_special_tokens)

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """Role → token."""
        return self.settings.special_tokens_map

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, the added ones too."""
        return dict(self._ids)

    def get_added_vocab(self) -> dict[str, int]:
        """Return token → id of what was added, the special tokens too."""
        return {token.content: i for i, token in sorted(self.settings.added_tokens.items())}

    def get_special_tokens_mask(
        self, token_ids: Iterable[int], already_has_special_tokens: bool = True
    ) -> list[int]:
        """Return 1 for each special token in a row and 0 for the others.

        Raises:
            ValueError: the row has none yet; ask the call for `return_special_tokens_mask`.
        """
        if not already_has_special_tokens:
            raise ValueError("the row has no special tokens; call with return_special_tokens_mask")
        special = set(self.all_special_ids)
        return [int(int(i) in special) for i in token_ids]

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
        rows = token_ids["input_ids"] if isinstance(token_ids, dict) else token_ids
        rows = rows.tolist() if hasattr(rows, "tolist") else rows
        rows = [rows] if isinstance(rows, int) else list(rows)
        if rows and not isinstance(rows[0], int) and hasattr(rows[0], "__iter__"):
            options = skip_special_tokens, clean_up_tokenization_spaces
            return [self.decode(row, *options) for row in rows]  # type: ignore[misc]
        tokens = []
        for i in map(_checked_id, rows):
            token = self._tokens.get(i)
            if token is not None and not (skip_special_tokens and token in self._special):
                tokens.append(token)
        if clean_up_tokenization_spaces is None:
            clean_up_tokenization_spaces = self.settings.clean_up_tokenization_spaces
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
        number = int(i)
    except (TypeError, ValueError):
        raise ValueError(f"{i!r} is no id") from None
    if number < 0:
        raise ValueError(f"{number} is no id, expected 0 or more")
    return number
