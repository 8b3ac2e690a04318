"""What happens inside a BERT: tokens, embeddings, attention, hidden states, [CLS].

>>> from scratch_bert.inspection import token_flow
>>> print(token_flow("Unaffable!").tokens)
['[CLS]', 'una', '##ffa', '##ble', '!', '[SEP]']

Read: flow, embedding_sum, attentions, states, evolution. When you need it: loading (the model that
is inspected), result (what all inspections share), tokenizer_steps (words and pieces of a text),
figures/ (pictures and pages), views/ (tables and texts for the terminal).

Each function takes a text (or a pair, or several) and a checkpoint's name, or a model and its
tokenizer as `load` returns them. It returns an inspection: its data are attributes, `to_dict()`
returns them for JSON, Rich prints it, and `draw` returns its picture, a figure of matplotlib's.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scratch_bert.inspection.attentions import AttentionMaps, attention_maps
    from scratch_bert.inspection.embedding_sum import EmbeddingParts, embedding_parts
    from scratch_bert.inspection.evolution import ClsEvolution, cls_evolution
    from scratch_bert.inspection.figures.draw import draw
    from scratch_bert.inspection.flow import TokenFlow, token_flow
    from scratch_bert.inspection.loading import load
    from scratch_bert.inspection.states import LayerStates, layer_states

_HOME = {
    "AttentionMaps": "attentions",
    "ClsEvolution": "evolution",
    "EmbeddingParts": "embedding_sum",
    "LayerStates": "states",
    "TokenFlow": "flow",
    "attention_maps": "attentions",
    "cls_evolution": "evolution",
    "draw": "figures.draw",
    "embedding_parts": "embedding_sum",
    "layer_states": "states",
    "load": "loading",
    "token_flow": "flow",
}

__all__ = [
    "AttentionMaps",
    "ClsEvolution",
    "EmbeddingParts",
    "LayerStates",
    "TokenFlow",
    "attention_maps",
    "cls_evolution",
    "draw",
    "embedding_parts",
    "layer_states",
    "load",
    "token_flow",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
