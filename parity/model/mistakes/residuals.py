"""What is added to what, in both halves of a layer, as it is got wrong."""

from parity.core.mistake import Fault, Make

_ATTENTION_SUM = "encoder.layer.{i}.attention.output.sum"
_OUTPUT_SUM = "encoder.layer.{i}.output.sum"


def _fault(name: str, stage: str, wrong: Make, says: str, hint: str, **more: object) -> Fault:
    return Fault(name, (stage,), wrong, says=says, hint=hint, **more)  # type: ignore[arg-type]


FAULTS = (
    _fault(
        "attention-residual-missing",
        _ATTENTION_SUM,
        lambda s: s.right - s.entering,
        "what the layer is given is not added to its attention",
        "LayerNorm(dense(context) + hidden_states)",
    ),
    _fault(
        "attention-residual-twice",
        _ATTENTION_SUM,
        lambda s: s.right + s.entering,
        "what the layer is given is added twice",
        "LayerNorm(dense(context) + hidden_states)",
    ),
    _fault(
        "attention-residual-of-values",
        _ATTENTION_SUM,
        lambda s: s.right - s.entering + s["attention.self.value"],
        "the values are added where what the layer is given should be",
        "LayerNorm(dense(context) + hidden_states)",
    ),
    Fault(
        "attention-residual-after-norm",
        (_ATTENTION_SUM, _ATTENTION_SUM.replace("sum", "LayerNorm")),
        lambda s: s.right - s.entering if s.stage.endswith("sum") else s.right + s.entering,
        says="what the layer is given is added after the LayerNorm",
        hint="LayerNorm(dense(context) + hidden_states): the sum is inside",
        together=True,
    ),
    _fault(
        "pre-norm",
        _ATTENTION_SUM,
        lambda s: s.entering,
        "LayerNorm comes before attention: it is given what the layer is given",
        "BERT normalises after the sum: LayerNorm(dense(context) + hidden_states)",
        seen="GPT-2, ViT, and most newer models, where it is right",
    ),
    _fault(
        "feed-forward-residual-missing",
        _OUTPUT_SUM,
        lambda s: s.right - s["attention.output.LayerNorm"],
        "what the feed-forward half is given is not added to what it makes",
        "LayerNorm(dense(intermediate) + attention_output)",
    ),
    _fault(
        "feed-forward-residual-twice",
        _OUTPUT_SUM,
        lambda s: s.right + s["attention.output.LayerNorm"],
        "what the feed-forward half is given is added twice",
        "LayerNorm(dense(intermediate) + attention_output)",
    ),
    _fault(
        "feed-forward-residual-of-layer-input",
        _OUTPUT_SUM,
        lambda s: s.right - s["attention.output.LayerNorm"] + s.entering,
        "what the layer is given is added a second time, in place of what attention made of it",
        "LayerNorm(dense(intermediate) + attention_output)",
    ),
    _fault(
        "feed-forward-residual-of-sum",
        _OUTPUT_SUM,
        lambda s: s.right - s["attention.output.LayerNorm"] + s["attention.output.sum"],
        "the sum before attention's LayerNorm is added, not the one after it",
        "LayerNorm(dense(intermediate) + attention_output): BERT is post-norm",
    ),
    Fault(
        "feed-forward-residual-after-norm",
        (_OUTPUT_SUM, _OUTPUT_SUM.replace("sum", "LayerNorm")),
        lambda s: (
            s.right - s["attention.output.LayerNorm"]
            if s.stage.endswith("sum")
            else s.right + s["attention.output.LayerNorm"]
        ),
        says="what the feed-forward half is given is added after its LayerNorm",
        hint="LayerNorm(dense(intermediate) + attention_output): the sum is inside",
        together=True,
    ),
)
