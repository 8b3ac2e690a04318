"""What each token of a text is, and which are one entity (HF `TokenClassificationPipeline`)."""

from collections.abc import Sequence
from typing import NamedTuple, get_args

from torch import Tensor

from scratch_bert.inference.run.runner import ModelTask, unpadded
from scratch_bert.inference.run.scores import Numbers, softmax
from scratch_bert.inference.tasks.aggregation import Aggregation, Entity, ScoredPiece, aggregate
from scratch_bert.model.task_heads import BertForTokenClassification
from scratch_bert.tokenization.interface.encoding import Encoding


class TaggedToken(NamedTuple):
    """A token.

    Attributes:
        entity: its label.
        score: the label's probability.
        index: which token of its text, [CLS] counted.
        word: as in the vocabulary.
        start: where it is in the text.
        end: where it ends.
    """

    entity: str
    score: float
    index: int  # type: ignore[assignment]  # a tuple has a method of that name
    word: str
    start: int
    end: int


class TokenClassification(ModelTask):
    """A fine-tuned model and its tokenizer."""

    KIND = BertForTokenClassification

    def __call__(
        self,
        texts: Sequence[str],
        aggregation: Aggregation = "simple",
        ignore_labels: Sequence[str] = ("O",),
    ) -> list[list[TaggedToken]] | list[list[Entity]]:
        """Return each text's tokens, or its entities, in their order.

        Args:
            texts: any number; what is too long for the model is cut, as in HF.
            aggregation: "none" returns tokens; the others make entities of them, each in its way.
            ignore_labels: what is left out.
        """
        if aggregation not in get_args(Aggregation):
            expected = ", ".join(get_args(Aggregation))
            raise ValueError(f"aggregation is {aggregation!r}, expected one of {expected}")
        rows = self.runner.encode(texts, self.runner.longest)
        scores = self.runner.run(rows, self._scores)
        pieces = [self.pieces(*one) for one in zip(texts, rows, scores, strict=True)]
        if aggregation == "none":
            tokens = [[self._token(piece) for piece in row] for row in pieces]
            return [[token for token in row if token.entity not in ignore_labels] for row in tokens]
        labels = self.runner.model.config.id2label or {}
        join = self.runner.tokenizer.convert_tokens_to_string
        found = [aggregate(row, aggregation, labels, join) for row in pieces]
        return [[one for one in row if one.entity_group not in ignore_labels] for row in found]

    def _scores(self, batch: dict[str, Tensor]) -> list[Numbers]:
        """Compute each row's probabilities: (seq, labels) each, without padding."""
        logits = self.runner.forward(batch).logits  # (batch, seq, labels)
        if logits.element_size() == 2:
            logits = logits.float()
        return [softmax(row.numpy()) for row in unpadded(logits, batch)]

    def pieces(self, text: str, row: Encoding, scores: Numbers) -> list[ScoredPiece]:
        """Return a text's tokens but for [CLS] and [SEP], each with its probabilities."""
        unknown = self.runner.tokenizer.unk_token_id
        found = []
        columns = zip(row.special_tokens_mask, row.ids, row.tokens, row.offsets, strict=True)
        for place, (special, i, token, (start, end)) in enumerate(columns):
            if special:
                continue
            # HF: a piece that is longer than its text, by ##, continues a word
            continues = i != unknown and len(token) != end - start
            word = text[start:end] if i == unknown else token
            found.append(ScoredPiece(word, scores[place], start, end, continues, place))
        return found

    def _token(self, piece: ScoredPiece) -> TaggedToken:
        labels, best = self.runner.model.config.id2label or {}, int(piece.scores.argmax())
        score = float(piece.scores[best])
        return TaggedToken(labels[best], score, piece.index, piece.word, piece.start, piece.end)
