"""BERT from scratch, to be read.

The book is config and the files of six packages; their sub-folders, and all else, are the library.
Read: config, model/, tokenization/, pretraining/, training/, finetuning/, inference/. When you need
it: weights/ (checkpoints), inspection/ (what happens inside a model), cli/ (the commands), errors,
files and terminal (how all of it writes).

*The paper* is Devlin et al., 2018; *HF* is HuggingFace's transformers; *the original* is
google-research/bert. Results are HF's bit for bit, except with "packed" attention, so some comments
are about the order of operations: (a + b) + c and a + (b + c) differ in the last bits. Five tokens
are special: [CLS] opens a sequence and stands for all of it, [SEP] ends each of its texts, [PAD]
fills it up to the length of its batch, [MASK] hides a word, and [UNK] replaces one without pieces.

One legend of dimensions holds everywhere, in the signatures and in the comment behind a reshape; a
dimension that is not listed is explained where it is used:

    batch       sequences that are computed together
    choices     texts to choose from, in multiple choice
    seq         tokens of a sequence, padding included ([CLS] … [SEP])
    query, key  seq of the tokens that look, and of those looked at, where these differ
    source      seq of an encoder's output that a decoder looks at
    hidden      width of a token's vector (768 in bert-base)
    heads       attention heads of a layer (12)
    head_dim    hidden / heads (64)
    inner       width inside the feed-forward layer (3072)
    width       hidden or inner; of a head, the number of its outputs
    vocab       entries of the vocabulary (30522)
    labels      classes of a task

In a signature, `Float[Tensor, "batch seq hidden"]` (jaxtyping) is a tensor of that shape, of
floating-point numbers; `#batch` may be 1 instead, `*shape` is any dimensions, `_` is any size; a
space in front has no meaning. The tests check them; otherwise they cost nothing. Attributes have
the names of tensors in HF's files, hence `LayerNorm` with its capitals, `cls`, `attention.self`.

Nothing is imported before it is asked for, so `scratch_bert.tokenization` runs without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scratch_bert.config import BertConfig
    from scratch_bert.errors import CheckpointError
    from scratch_bert.model.bert import BertModel
    from scratch_bert.model.decoder.language_model import BertLMHeadModel
    from scratch_bert.model.heads import (
        BertForMaskedLM,
        BertForNextSentencePrediction,
        BertForPreTraining,
    )
    from scratch_bert.model.task_heads import (
        BertForMultipleChoice,
        BertForQuestionAnswering,
        BertForSequenceClassification,
        BertForTokenClassification,
    )
    from scratch_bert.tokenization import AddedToken, BertTokenizer

_HOME = {
    "AddedToken": "tokenization",
    "BertConfig": "config",
    "BertForMaskedLM": "model.heads",
    "BertForMultipleChoice": "model.task_heads",
    "BertForNextSentencePrediction": "model.heads",
    "BertForPreTraining": "model.heads",
    "BertForQuestionAnswering": "model.task_heads",
    "BertForSequenceClassification": "model.task_heads",
    "BertForTokenClassification": "model.task_heads",
    "BertLMHeadModel": "model.decoder.language_model",
    "BertModel": "model.bert",
    "BertTokenizer": "tokenization",
    "CheckpointError": "errors",
}

__all__ = [
    "AddedToken",
    "BertConfig",
    "BertForMaskedLM",
    "BertForMultipleChoice",
    "BertForNextSentencePrediction",
    "BertForPreTraining",
    "BertForQuestionAnswering",
    "BertForSequenceClassification",
    "BertForTokenClassification",
    "BertLMHeadModel",
    "BertModel",
    "BertTokenizer",
    "CheckpointError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
