"""`parity init`: write an adapter for a BERT whose author never heard of the judge."""

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from parity.adapter.request import adapter_for
from parity.cli.options import CheckpointOption, resolve_checkpoint
from parity.core.errors import CandidateCrashedError
from parity.core.verdict import EXIT_CODES, Verdict
from scratch_bert.cli.common import USAGE
from scratch_bert.files import write_text
from scratch_bert.weights.builtin import ADVERSARIAL


def init_command(
    module: Annotated[
        str,
        typer.Argument(
            help="path/to/file.py:NAME or package.module:NAME, a torch Module or what makes one."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The adapter: FILE.py.")] = Path(
        "my_bert_adapter.py"
    ),
    checkpoint: CheckpointOption = ADVERSARIAL,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> int:
    """Pair a BERT's parameters with HuggingFace's, prove it, and write an adapter for `check`.

    Exit codes: 0 proved, 1 written but not proved, 2 the module crashed, 4 usage.
    """
    if output.suffix != ".py":
        raise typer.BadParameter(f"{output}: an adapter is written to FILE.py", param_hint="-o")
    if os.path.lexists(output) and not force:
        raise typer.BadParameter(
            f"{output} is there already; name another, or replace it with --force", param_hint="-o"
        )
    found = resolve_checkpoint(checkpoint)
    try:
        written = adapter_for(module, found, output)
    except CandidateCrashedError as error:
        print(f"{module} crashed: {error}")
        return EXIT_CODES[Verdict.CRASHED]
    try:
        write_text(output, written["text"])
    except OSError as error:
        print(f"{output}: cannot be written: {error.strerror}", file=sys.stderr)
        return USAGE
    _show(written)
    following = ["parity", "check", f"{output}:Adapter"]
    if checkpoint != ADVERSARIAL:
        following += ["--checkpoint", checkpoint]
    print(f"\n{output} is written; next: {shlex.join(following)}")
    return EXIT_CODES[Verdict.PARITY if written["proved"] else Verdict.DIVERGES]


def _show(written: dict[str, Any]) -> None:
    width = max((len(theirs) for theirs, _, _ in written["pairs"]), default=0)
    for theirs, references, how in written["pairs"]:
        note = "" if how == "as is" else f"  ({how})"
        print(f"{theirs:<{width}}  <- {references[0]}{note}")
        for reference in references[1:]:
            print(f"{'':<{width}}     {reference}")
    for title, names in (
        ("pair with nothing of the reference", written["left"]),
        ("of the reference, have no place", written["missing"]),
        ("stages not seen", written["unseen"]),
    ):
        if names:
            print(f"\n{title}:")
            for name in names:
                print(f"  {name}")
    print()
    for line in (*written["notes"], written["proof"]):
        print(line)
