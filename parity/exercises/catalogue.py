"""The exercises, in the order of the book."""

from dataclasses import dataclass
from pathlib import Path

TO_WRITE = "not written yet"
FOLDER = Path("exercises")
SKELETONS = Path(__file__).parent / "skeletons"
PROBES = (
    "pair",
    "padded right",
    "holes in the mask",
    "one token",
    "positions",
    "dropout",
    "gradients",
)
FEWER = PROBES[:3]  # with trained weights, which are large


@dataclass(frozen=True)
class Exercise:
    """A part of BERT to write.

    Attributes:
        name: on the command line.
        target: the class or function that is to be written.
        about: what it is, in a word or two.
        stages: patterns of the stages that are its own, for a part of the model.
        check: for a part of pretraining, the check of `parity pretraining` that judges it.
        trained: whether builtin:minilm has weights for it.
    """

    name: str
    target: str
    about: str
    stages: tuple[str, ...] = ()
    check: str = ""
    trained: bool = True

    @property
    def path(self) -> Path:
        """Where a learner's file is, unless it is said."""
        return FOLDER / f"{self.name.replace('-', '_')}.py"

    @property
    def skeleton(self) -> str:
        """What a learner begins with."""
        return (SKELETONS / self.path.name).read_text(encoding="utf-8")

    def state(self, place: Path) -> str:
        """Say how far a learner's file is, without running it."""
        if not place.is_file():
            return "—"
        same = place.read_bytes().decode(errors="replace") == self.skeleton
        return TO_WRITE if same else "begun"


_LAYER = "encoder.layer.*"
EXERCISES = {
    each.name: each
    for each in (
        Exercise("layer-norm", "LayerNorm", "layer normalization", ("*LayerNorm",)),
        Exercise("embeddings", "BertEmbeddings", "words and places", ("embeddings*",)),
        Exercise(
            "attention", "BertSelfAttention", "self-attention", (f"{_LAYER}.attention.self*",)
        ),
        Exercise("residual", "BertOutput", "residual sum and norm", (f"{_LAYER}.output.*",)),
        Exercise(
            "feed-forward",
            "BertIntermediate",
            "feed-forward and GELU",
            (f"{_LAYER}.intermediate*",),
        ),
        Exercise("layer", "BertLayer", "a layer of these", (_LAYER,)),
        Exercise("encoder", "BertEncoder", "the stack of layers", (_LAYER, "last_hidden_state")),
        Exercise("pooler", "BertPooler", "a vector of the whole", ("pooler*",)),
        Exercise(
            "mlm-head",
            "BertLMPredictionHead",
            "scores of words",
            ("cls.predictions*", "prediction_logits"),
            trained=False,
        ),
        Exercise("wordpiece", "wordpiece", "pieces of a word"),
        Exercise("masking", "mask_words", "words to hide", check="masks"),
        Exercise("optimizer", "adamw_step", "a step of AdamW", check="steps"),
    )
}
