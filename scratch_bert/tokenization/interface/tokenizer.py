"""`BertTokenizer`: texts → rows of ids, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.fast.path import FastPath
from scratch_bert.tokenization.files.checkpoint_folder import read_settings, write_settings
from scratch_bert.tokenization.files.settings import HF_NAMES, AddedToken, TokenizerSettings
from scratch_bert.tokenization.interface.add_tokens import (
    add,
    name_tokens,
    read_tokens,
    with_special_tokens,
)
from scratch_bert.tokenization.interface.batch_encoding import BatchEncoding, as_tensors
from scratch_bert.tokenization.interface.encoding import Frame
from scratch_bert.tokenization.interface.inputs import read_inputs
from scratch_bert.tokenization.interface.layout import TextReader, check_lengths, lay_out
from scratch_bert.tokenization.interface.padding import check_side, read_lengths
from scratch_bert.tokenization.interface.token_table import TokenTable
from scratch_bert.tokenization.interface.tokenizer_base import TokenizerBase
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.pipeline import Pipeline
from scratch_bert.weights.checkpoints import Checkpoint


class BertTokenizer(TokenizerBase):
    """Text → ids and back (paper: section 3, "Input/Output Representations"; HF `BertTokenizer`).

    >>> words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able"]
    >>> vocabulary = {word: i for i, word in enumerate(words)}
    >>> tokenizer = BertTokenizer(TokenizerSettings(vocabulary))
    >>> batch = tokenizer("Unaffable [MASK]", return_offsets_mapping=True)
    >>> batch["input_ids"]
    [2, 5, 6, 7, 4, 3]
    >>> batch["offset_mapping"]
    [(0, 0), (0, 2), (2, 5), (5, 9), (10, 16), (0, 0)]

    It may be called in several threads at once.

    Args:
        settings: everything that defines the tokenizer.

    Attributes:
        pipeline: the readable path from text to pieces.
    """

    def __init__(self, settings: TokenizerSettings) -> None:
        super().__init__(settings)
        self._make_parts(with_special_tokens(settings), former=None)

    def _make_parts(self, settings: TokenizerSettings, former: FastPath | None) -> None:
        """Make everything that follows from the settings; an error leaves the tokenizer as it was.

        Args:
            settings: with every special token among their added tokens.
            former: a fast path of the same vocabulary, to save the time of a new one.
        """
        vocabulary, unk_token = settings.vocabulary, settings.unk_token
        if unk_token not in vocabulary:
            raise ValueError(f"the vocabulary lacks its unk_token, {unk_token}")
        normalizer = Normalizer(settings.lowercase, settings.strip_accents, settings.split_cjk)
        pipeline = Pipeline(vocabulary, unk_token, normalizer, settings.added_tokens)
        table = TokenTable(settings, normalizer)
        self.pipeline, self._table, self._settings = pipeline, table, settings
        self._fast = FastPath(pipeline, former)
        self._frame = Frame(
            cls=(self.cls_token, self.cls_token_id),
            sep=(self.sep_token, self.sep_token_id),
            pad=(self.pad_token, self.pad_token_id),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.settings,)

    @classmethod
    def from_pretrained(cls, name: str | Path | Checkpoint, **overrides: Any) -> Self:
        """Load from a checkpoint: a folder, a hub id, or a built-in one.

        Args:
            name: the checkpoint.
            overrides: settings to replace, such as `lowercase` (HF's `do_lower_case`).

        Raises:
            CheckpointError: the checkpoint or a file of it is missing, damaged or contradictory.
        """
        changes = {HF_NAMES.get(option, option): value for option, value in overrides.items()}
        checkpoint = Checkpoint.of(name, weights=False)
        settings = replace(read_settings(checkpoint.folder), **changes)
        try:
            return cls(settings)
        except ValueError as error:
            raise CheckpointError(f"{checkpoint.name}: {error}") from error

    def save_pretrained(self, folder: str | Path) -> list[Path]:
        """Write vocab.txt, tokenizer.json and two more files, which HF loads; return the files."""
        return write_settings(self.settings, Path(folder))

    def add_tokens(
        self, tokens: str | AddedToken | Sequence[str | AddedToken], special_tokens: bool = False
    ) -> int:
        """Add tokens that WordPiece must not cut; return how many were new.

        The model's embeddings must then be resized to `len(tokenizer)`.

        Args:
            tokens: the tokens; a plain text is a token that is normalized.
            special_tokens: make all of them special.

        Raises:
            ValueError: a token is empty when it is normalized.
        """
        settings, count = add(self._settings, read_tokens(tokens, special_tokens))
        self._make_parts(settings, self._fast)
        return count

    def add_special_tokens(self, special_tokens_dict: Mapping[str, Any]) -> int:
        """Give special tokens a role, or add some without a role; return how many were new.

        Args:
            special_tokens_dict: role → token, such as "cls_token", and "extra_special_tokens" →
                tokens. Unlike in HF, the next call already puts a new [CLS] before the text.

        Raises:
            ValueError: there is no such role, or a token is empty when it is normalized.
        """
        settings, count = name_tokens(self._settings, special_tokens_dict)
        self._make_parts(settings, self._fast)
        return count

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        """How many special tokens stand around a text, or a pair: 2 or 3."""
        return self._frame.added(pair=pair)

    def __call__(
        self,
        text: object,
        text_pair: object = None,
        *,
        add_special_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool | str | None = None,
        max_length: int | None = None,
        stride: int = 0,
        is_split_into_words: bool = False,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: str | None = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_offsets_mapping: bool = False,
        return_length: bool = False,
        split_special_tokens: bool | None = None,
    ) -> BatchEncoding:
        """Encode texts.

        Args:
            text: a text, or a list of texts or of pairs of texts.
            text_pair: a second text for each text. An empty one for a single text counts as none,
                as in HF.
            add_special_tokens: put [CLS] and [SEP] around the texts.
            padding: True or "longest" pads to the longest row, "max_length" to `max_length`.
            truncation: True or "longest_first" shortens the longer text of a pair, "only_first" the
                first and "only_second" the second; None truncates if there is a `max_length` and
                no padding.
            max_length: tokens of a row, special tokens included; None means the checkpoint's.
            stride: pieces that an overflowing row shares with the row before it.
            is_split_into_words: a text is a list of words; offsets count from each word's start.
            pad_to_multiple_of: pad to a multiple of this.
            padding_side: "left" or "right"; None means the checkpoint's.
            return_tensors: "pt" for torch, "np" for numpy.
            return_token_type_ids: segments; None means as `model_input_names` say.
            return_attention_mask: 0 for padding; None means as `model_input_names` say.
            return_overflowing_tokens: return the truncated pieces as further rows.
            return_special_tokens_mask: 1 for [CLS], [SEP] and padding.
            return_offsets_mapping: start and end in the text for each token.
            return_length: tokens of each row, padding included.
            split_special_tokens: treat [MASK] and other special tokens in a text as any other text.

        Returns:
            Columns by name. For a single text a column is a row and not a list of rows, unless
            tensors or overflow are requested.

        Raises:
            TypeError: an input is no text, or contains a lone surrogate.
            ValueError: options contradict each other or the texts. Also where HF panics (a stride
                as long as a window), truncates nothing (a `max_length` shorter than the special
                tokens), or makes arrays of objects ("np" of rows of unequal lengths).
        """
        lengths = read_lengths(
            padding, truncation, max_length, pad_to_multiple_of, self.model_max_length
        )
        side = padding_side or self.padding_side
        check_side("padding_side", side)
        check_side("truncation_side", self.truncation_side)
        pairs, batched = read_inputs(text, text_pair, is_split_into_words)
        frame = self._frame._replace(shown=add_special_tokens)
        pair = any(second is not None for _, second in pairs)
        check_lengths(lengths, stride, frame.added(pair=pair), self.num_special_tokens_to_add())
        split = self.split_special_tokens if split_special_tokens is None else split_special_tokens
        reader = TextReader(self._fast, split)
        rows_of = []  # of each text or pair: its row, then the overflow
        for texts in pairs:
            pieces = [reader.pieces(t, return_offsets_mapping) for t in texts if t is not None]
            rows = lay_out(pieces, frame, lengths, stride, self.truncation_side)
            rows_of.append(rows if return_overflowing_tokens else rows[:1])
        encodings = [row for rows in rows_of for row in rows]
        length = lengths.padded(max(len(rows[0]) for rows in rows_of))
        if length is not None:
            for row in encodings:
                row.pad(length, side)

        names = self.model_input_names
        asked = {
            "input_ids": ("ids", True),
            "token_type_ids": ("type_ids", return_token_type_ids),
            "attention_mask": ("attention_mask", return_attention_mask),
            "special_tokens_mask": ("special_tokens_mask", return_special_tokens_mask),
            "offset_mapping": ("offsets", return_offsets_mapping),
        }
        columns: dict[str, Any] = {
            name: [getattr(row, column) for row in encodings]
            for name, (column, wanted) in asked.items()
            if (name in names if wanted is None else wanted)
        }
        if return_length:
            columns["length"] = [len(row) for row in encodings]
        if return_overflowing_tokens:
            samples = [i for i, rows in enumerate(rows_of) for _ in rows]
            columns["overflow_to_sample_mapping"] = samples
        if return_tensors is not None:
            columns = as_tensors(columns, return_tensors)
        elif not batched and not return_overflowing_tokens:
            columns = {n: c[0] if isinstance(c[0], list) else c for n, c in columns.items()}
        return BatchEncoding(columns, encodings)

    def encode(self, text: object, text_pair: object = None, **options: Any) -> Any:
        """Return the ids alone; the options are those of a call."""
        return self(text, text_pair, **options)["input_ids"]

    def tokenize(self, text: str, pair: str | None = None, **options: Any) -> list[str]:
        """Return the pieces, without [CLS] and [SEP] unless `add_special_tokens` is given."""
        return self(text, pair, **{"add_special_tokens": False, **options}).tokens()
