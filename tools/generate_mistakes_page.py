"""Write docs/mistakes.md: what the judge knows of how BERTs go wrong."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from torch import nn

from parity.core.mistake import Mistake
from parity.model.mistakes.catalogue import CATALOGUE, PARTS
from parity.self_test.trials import mistakes_by_title
from parity.tokenizer.mistakes.catalogue import CATALOGUE as TOKENIZER
from scratch_bert import BertConfig, BertForPreTraining
from scratch_bert.model.activations import activation
from scratch_bert.model.attention import BertSelfAttention, eager_attention
from scratch_bert.model.encoder import BertEncoder
from scratch_bert.weights.load import load_weights
from scratch_bert.weights.names import canonical_name, canonical_weights

PATH = Path(__file__).parents[1] / "docs" / "mistakes.md"
HEADER = """\
# How BERTs go wrong

What `parity diagnose`, `tokenizer`, `pretraining`, `finetuning` and `inference` try, and
`parity self-test` makes: {number} mistakes, and {same} edits that look like one. Each is a few
lines in a folder or file `mistakes` of [`parity`](../parity), from which
`tools/generate_mistakes_page.py` writes this page.
"""

# Mistakes of the model break the forward pass of their first stage's module, or one of these.
INSIDE_A_STAGE: dict[str, Callable[..., Any]] = {
    "encoder.layer.{i}.attention.self.scores": eager_attention,
    "encoder.layer.{i}.attention.self.probabilities": eager_attention,
    "encoder.layer.{i}.intermediate": activation,
}
OUTSIDE_OF_STAGES: dict[str, Callable[..., Any]] = {
    "heads-cut-by-view": BertSelfAttention.split_heads,
    "heads-interleaved": BertSelfAttention.split_heads,
    "one-head": BertSelfAttention.split_heads,
    "norm-unloaded": canonical_name,
    "norm-gain-unloaded": canonical_name,
    "weight-transposed": canonical_weights,
    "bias-missing": load_weights,
    "weight-in-bfloat16": load_weights,
    "weight-in-float16": load_weights,
    "layers-one-off": load_weights,
    "layers-backwards": load_weights,
    "layers-shared": BertEncoder.__init__,
    "layers-shared-last": BertEncoder.__init__,
    "layer-skipped": BertEncoder.forward,
}


def page() -> str:
    """Return the page."""
    parts = {part.__doc__ or "": part.MISTAKES for part in PARTS}
    parts["Tokenizer mistakes."] = tuple(TOKENIZER.values())
    for title, mistakes in mistakes_by_title().items():
        parts[title] = mistakes
    every = [mistake for mistakes in parts.values() for mistake in mistakes]
    same = sum(bool(mistake.equivalent) for mistake in every)
    lines = [HEADER.format(number=len(every) - same, same=same)]
    for title, mistakes in parts.items():
        lines += [f"\n## {title.strip().splitlines()[0].rstrip('.')}\n"]
        lines += ["| id | mistake | detected by | fix | breaks |", "|---|---|---|---|---|"]
        lines += [_row(mistake) for mistake in mistakes]
    return "\n".join(lines) + "\n"


def _row(mistake: Mistake) -> str:
    done = mistake.description.replace("{value}", "another number")
    done += f"; seen in: {mistake.seen}" if mistake.seen else ""
    instead = f"correct: {mistake.equivalent}" if mistake.equivalent else mistake.fix
    cells = (f"`{mistake.id}`", done, mistake.detected_by, instead, _broken(mistake))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _broken(mistake: Mistake) -> str:
    """Link the function of scratch_bert that it breaks."""
    function = mistake.breaks
    if mistake.id in CATALOGUE:
        stage = mistake.stages[0]
        function = OUTSIDE_OF_STAGES.get(mistake.id) or INSIDE_A_STAGE.get(stage) or _forward(stage)
    if function is None:
        return ""
    file = f"{function.__module__.replace('.', '/')}.py"
    return f"[`{function.__qualname__}`](../{file})"


def _forward(stage: str) -> Callable[..., Any]:
    """Return the `forward` of the module of scratch_bert that makes a stage."""
    modules = _modules()
    path = f"{'' if stage.startswith('cls.') else 'bert.'}{stage.format(i=0)}"
    while not type(modules.get(path)).__module__.startswith("scratch_bert."):
        path = path.rpartition(".")[0]
    return type(modules[path]).forward


@cache
def _modules() -> dict[str, nn.Module]:
    with torch.device("meta"):  # no numbers are needed
        return dict(BertForPreTraining(BertConfig(num_hidden_layers=1)).named_modules())


def main(
    check: Annotated[
        bool, typer.Option(help="Write nothing; 1 where the page is another.")
    ] = False,
) -> None:
    """Write the page."""
    if not check:
        PATH.write_text(page(), encoding="utf-8")
    elif PATH.read_text(encoding="utf-8") != page():
        typer.echo(f"{PATH}: is not what the catalogue says; run this without --check")
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
