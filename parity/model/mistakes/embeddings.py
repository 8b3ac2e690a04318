"""Embedding mistakes."""

from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from scratch_bert.model.embeddings import BertEmbeddings

_WORDS = "embeddings.word_embeddings"
_SEGMENTS = "embeddings.token_type_embeddings"
_POSITIONS = "embeddings.position_embeddings"

MISTAKES: list[Mistake] = []
WORDS = StageMistakes(MISTAKES, BertEmbeddings.forward, _WORDS)
SUM = StageMistakes(MISTAKES, BertEmbeddings.forward, "embeddings.sum")
NORM = StageMistakes(MISTAKES, BertEmbeddings.forward, "embeddings.LayerNorm")
EMBEDDINGS = StageMistakes(MISTAKES, BertEmbeddings.forward, "embeddings")


@SUM(
    "segments-not-added",
    "add token_type_embeddings(token_type_ids); without ids they are zeros, and row 0 is "
    "not a vector of zeros",
    seen="ports that drop it because one sentence has one segment",
)
def segments_are_not_added(scene: Scene) -> Tensor:
    """The segment's embedding is not in the sum."""
    return scene.right - scene.made[_SEGMENTS]


@SUM("positions-not-added", "add position_embeddings(position_ids)")
def positions_are_not_added(scene: Scene) -> Tensor:
    """The position's embedding is not in the sum."""
    return scene.right - scene.made[_POSITIONS]


@WORDS(
    "words-scaled",
    "the first Transformer does that, BERT does not",
    seen="The Annotated Transformer",
)
def words_are_scaled(scene: Scene) -> Tensor:
    """Word embeddings are multiplied by √hidden."""
    return scene.right * scene.right.shape[-1] ** 0.5


@SUM("sum-scaled", "the LayerNorm behind it hides most of it, but BERT does not scale")
def sum_is_scaled(scene: Scene) -> Tensor:
    """The sum of the embeddings is multiplied by √hidden."""
    return scene.right * scene.right.shape[-1] ** 0.5


@SUM("sum-averaged", "add them; the LayerNorm behind it hides the difference, gradients do not")
def sum_is_averaged(scene: Scene) -> Tensor:
    """The three embeddings are averaged."""
    return scene.right / 3


@SUM(
    "terms-twice",
    "once by you and once by the module that gets inputs_embeds",
    "any batch; in HuggingFace's own model, inputs_embeds that are already summed",
)
def terms_are_added_twice(scene: Scene) -> Tensor:
    """Segments and positions are added twice."""
    return 2 * scene.right - scene.made[_WORDS]


@SUM("words-twice", "each of the three terms is added once")
def words_are_added_twice(scene: Scene) -> Tensor:
    """The words are added twice."""
    return scene.right + scene.made[_WORDS]


@WORDS(
    "words-of-pad-zeroed",
    "padding_idx=0 zeroes a fresh row; the checkpoint's row 0 is not zero, so copy it",
    "an id 0, padding or not",
    seen="nn.Embedding(padding_idx=0), initialized after loading",
)
def pad_row_is_zeroed(scene: Scene) -> Tensor:
    """The embedding of [PAD] is zeros."""
    return scene.right.masked_fill((scene.ids == scene.pad)[..., None], 0.0)


@NORM("norm-of-words-alone", "add the three first: LayerNorm(words + segments + positions)")
def norm_is_of_words_alone(scene: Scene) -> Tensor:
    """LayerNorm is taken of the words, before segments and positions are added."""
    words = scene.norm(scene.made[_WORDS])
    return words + scene.made[_SEGMENTS] + scene.made[_POSITIONS]


@EMBEDDINGS(
    "padding-zeroed",
    "",
    "padding alone",
    equivalent="nobody attends to padding, so no token's numbers change",
)
def padding_is_zeroed(scene: Scene) -> Tensor:
    """The embeddings of padding are zeros."""
    return scene.right * scene.mask[..., None]
