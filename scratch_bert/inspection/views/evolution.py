"""[CLS] on its way, on a terminal."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from scratch_bert.inspection.evolution import ClsEvolution, Lens
from scratch_bert.inspection.result import title_of
from scratch_bert.inspection.views.tables import heading, table_of
from scratch_bert.terminal import visible

_NO_HEAD = "The checkpoint has no head for masked words, so no layer can be read as words."


def view(evolution: ClsEvolution) -> Iterator[RenderableType]:
    """Yield what Rich prints."""
    yield from heading(evolution)
    for place, text in enumerate(evolution.texts):
        if len(evolution.texts) > 1:
            yield Text(visible(title_of(f"text {place + 1}", text)), "bold")
        yield _cosines(evolution, place)
        yield ""
        if evolution.lenses is not None:
            yield from _words(evolution.lenses[place])
            yield ""
    if evolution.lenses is None:
        yield Text(_NO_HEAD, "dim")


def _cosines(evolution: ClsEvolution, place: int) -> RenderableType:
    norms = evolution.states[place].norm(dim=-1).tolist()
    to_next = [f"{cosine:.3f}" for cosine in evolution.to_next[place].tolist()]
    rows = [
        (str(layer), f"{norm:.2f}", following, f"{last:.3f}")
        for layer, (norm, following, last) in enumerate(
            zip(norms, [*to_next, ""], evolution.to_last[place].tolist(), strict=True)
        )
    ]
    return table_of(("layer", "norm", "cosine to next", "to last"), rows, left=0)


def _words(lens: Lens) -> Iterator[RenderableType]:
    where = f"at {lens.token} ({lens.place})"
    yield Text(f"What the head of masked words reads {where}, layer by layer:")
    rows = [
        (str(layer), "  ".join(f"{word} {share:.1%}" for word, share in some))
        for layer, some in enumerate(lens.guesses)
    ]
    yield table_of(("layer", "words"), rows)
