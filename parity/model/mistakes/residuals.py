"""Residual mistakes, in both halves of a layer."""

from typing import Any

from parity.core.mistake import Make, Mistake

_ATTENTION_SUM = "encoder.layer.{i}.attention.output.sum"
_OUTPUT_SUM = "encoder.layer.{i}.output.sum"


def _mistake(
    name: str, stage: str, wrong: Make, description: str, fix: str, **more: Any
) -> Mistake:
    return Mistake(name, (stage,), wrong, description=description, fix=fix, **more)


MISTAKES = (
    _mistake(
        "attention-residual-missing",
        _ATTENTION_SUM,
        lambda s: s.right - s.entering,
        "what the layer is given is not added to its attention",
        "LayerNorm(dense(context) + hidden_states)",
    ),
    _mistake(
        "attention-residual-twice",
        _ATTENTION_SUM,
        lambda s: s.right + s.entering,
        "what the layer is given is added twice",
        "LayerNorm(dense(context) + hidden_states)",
    ),
    _mistake(
        "attention-residual-of-values",
        _ATTENTION_SUM,
        lambda s: s.right - s.entering + s["attention.self.value"],
        "the values are added where what the layer is given should be",
        "LayerNorm(dense(context) + hidden_states)",
    ),
    Mistake(
        "attention-residual-after-norm",
        (_ATTENTION_SUM, _ATTENTION_SUM.replace("sum", "LayerNorm")),
        lambda s: s.right - s.entering if s.stage.endswith("sum") else s.right + s.entering,
        description="what the layer is given is added after the LayerNorm",
        fix="LayerNorm(dense(context) + hidden_states): the sum is inside",
        together=True,
    ),
    _mistake(
        "pre-norm",
        _ATTENTION_SUM,
        lambda s: s.entering,
        "LayerNorm comes before attention: it is given what the layer is given",
        "BERT normalises after the sum: LayerNorm(dense(context) + hidden_states)",
        seen="GPT-2, ViT, and most newer models, where it is right",
    ),
    _mistake(
        "feed-forward-residual-missing",
        _OUTPUT_SUM,
        lambda s: s.right - s["attention.output.LayerNorm"],
        "what the feed-forward half is given is not added to what it makes",
        "LayerNorm(dense(intermediate) + attention_output)",
    ),
    _mistake(
        "feed-forward-residual-twice",
        _OUTPUT_SUM,
        lambda s: s.right + s["attention.output.LayerNorm"],
        "what the feed-forward half is given is added twice",
        "LayerNorm(dense(intermediate) + attention_output)",
    ),
    _mistake(
        "feed-forward-residual-of-layer-input",
        _OUTPUT_SUM,
        lambda s: s.right - s["attention.output.LayerNorm"] + s.entering,
        "what the layer is given is added a second time, in place of what attention made of it",
        "LayerNorm(dense(intermediate) + attention_output)",
    ),
    _mistake(
        "feed-forward-residual-of-sum",
        _OUTPUT_SUM,
        lambda s: s.right - s["attention.output.LayerNorm"] + s["attention.output.sum"],
        "the sum before attention's LayerNorm is added, not the one after it",
        "LayerNorm(dense(intermediate) + attention_output): BERT is post-norm",
    ),
    Mistake(
        "feed-forward-residual-after-norm",
        (_OUTPUT_SUM, _OUTPUT_SUM.replace("sum", "LayerNorm")),
        lambda s: (
            s.right - s["attention.output.LayerNorm"]
            if s.stage.endswith("sum")
            else s.right + s["attention.output.LayerNorm"]
        ),
        description="what the feed-forward half is given is added after its LayerNorm",
        fix="LayerNorm(dense(intermediate) + attention_output): the sum is inside",
        together=True,
    ),
)
