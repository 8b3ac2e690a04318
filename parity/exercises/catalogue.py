"""The exercises, in the order of the book."""

from dataclasses import dataclass
from pathlib import Path

from parity.checking import CHECKPOINTS

TO_WRITE, CRASHED, WRONG = "not written yet", "crashed", "wrong"  # what an error begins with
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
        asks: the class or function that is to be written.
        about: what it is, in a word or two.
        stages: patterns of the stages that are its own, for a part of the model.
        check: for a part of pretraining, the check of `parity pretraining` that judges it.
        checkpoints: whose weights it is judged with, for a part of the model.
    """

    name: str
    asks: str
    about: str
    stages: tuple[str, ...] = ()
    check: str = ""
    checkpoints: tuple[str, ...] = CHECKPOINTS

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
        Exercise("layer-norm", "LayerNorm", "layer normalisation", ("*LayerNorm",)),
        Exercise("embeddings", "BertEmbeddings", "word, segment, position", ("embeddings*",)),
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
            "scores of hidden words",
            ("cls.predictions*", "prediction_logits"),
            checkpoints=CHECKPOINTS[:1],  # the trained one has no such head
        ),
        Exercise("wordpiece", "wordpiece", "pieces of a word"),
        Exercise("masking", "mask_words", "which words are hidden", check="masks"),
        Exercise("optimizer", "adamw_step", "a step of AdamW", check="steps"),
    )
}
