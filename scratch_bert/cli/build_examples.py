"""`scratch-bert build-examples`: what BERT is pretrained on, from a text file."""

import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from scratch_bert.cli.common import fields_as_options, refused, written
from scratch_bert.errors import CheckpointError, CorpusError
from scratch_bert.files import write_text
from scratch_bert.pretraining.corpus.documents import read_documents, read_lines
from scratch_bert.pretraining.static.examples import Example, ExampleRecipe, build_examples
from scratch_bert.pretraining.static.masking import Masking, Words
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.files.settings import TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import read_vocabulary
from scratch_bert.training.run.settings import filled

STDOUT = Path("-")


class RecipeName(StrEnum):
    """Whose way of making examples."""

    ORIGINAL = "original"
    HUGGINGFACE = "huggingface"


@dataclass(frozen=True)
class BuildExamplesOptions:
    """Each field is an option; those named as in `ExampleRecipe` or `Masking` are handed to it."""

    corpus: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="A sentence on each line, an empty line between documents, in UTF-8.",
        ),
    ]
    vocab: Annotated[Path, typer.Option(metavar="FILE", help="A vocab.txt.")]
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="FILE.json, or - for stdout.")
    ]
    recipe: Annotated[
        RecipeName,
        typer.Option(
            help="original: google-research/bert's, from the same seed. huggingface: run_mlm.py's."
        ),
    ] = RecipeName.ORIGINAL
    seq_length: Annotated[
        int, typer.Option(min=5, metavar="N", help="Tokens of an example at most.")
    ] = ExampleRecipe.seq_length
    max_predictions: Annotated[
        int, typer.Option(min=1, metavar="N", help="Hidden words of an example at most.")
    ] = Masking.max_predictions
    dupe_factor: Annotated[
        int, typer.Option(min=1, metavar="N", help="How often the corpus is gone through.")
    ] = ExampleRecipe.dupe_factor
    masked_lm_prob: Annotated[
        float, typer.Option(min=0, max=1, metavar="P", help="The share of tokens to hide.")
    ] = Masking.masked_lm_prob
    short_seq_prob: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", help="The share of examples made to be short."),
    ] = ExampleRecipe.short_seq_prob
    seed: Annotated[int, typer.Option(metavar="N", help="Of all draws.")] = 12345
    whole_word: Annotated[
        bool, typer.Option("--whole-word", help="Hide all pieces of a word or none.")
    ] = Masking.whole_word
    cased: Annotated[
        bool, typer.Option("--cased", help="Keep capitals and accents: a cased vocabulary.")
    ] = False


@fields_as_options
def build_examples_command(options: BuildExamplesOptions) -> int:
    """Make pretraining examples: pairs of stretches of text, words hidden.

    What is written is JSON without spaces: a list of examples, each a list of its input ids,
    segment ids, masked positions, the ids that stood there, and 1 where the second stretch is a
    random one. The same seed gives what the original builder makes.

    huggingface: the lines in a row, cut where an example is full, as run_mlm.py does without
    --line_by_line; no pairs, no limit of hidden words, the draws of its collator.
    """
    with refused(CheckpointError, option="--vocab"):
        vocabulary = read_vocabulary(options.vocab)
        try:
            words = Words.of(vocabulary)
            tokenizer = BertTokenizer(TokenizerSettings(vocabulary, lowercase=not options.cased))
        except ValueError as error:
            raise CheckpointError(f"{options.vocab}: {error}") from None
    with refused(CorpusError, option="--corpus"):
        if options.recipe is RecipeName.HUGGINGFACE:
            # brings torch, which takes seconds
            from scratch_bert.pretraining.static.huggingface_examples import huggingface_examples

            lines = read_lines(options.corpus)
            if not lines[-1]:
                del lines[-1]  # after the last line's end
            examples = huggingface_examples(
                lines,
                tokenizer,
                options.seq_length,
                options.dupe_factor,
                options.masked_lm_prob,
                options.seed,
                whole_word=options.whole_word,
            )
            source = f"{len(lines)} lines"
        else:
            documents = read_documents(options.corpus, tokenizer)
            masking = filled(Masking, vars(options))
            recipe = filled(ExampleRecipe, vars(options) | {"masking": masking})
            examples = build_examples(documents, words, recipe, Random(options.seed))  # noqa: S311
            source = f"{len(documents)} documents"
    _write(examples, options.output)
    chosen = sum(len(example.masked_positions) for example in examples)
    random = sum(example.is_random_next for example in examples)
    print(
        f"{len(examples)} examples of {source}: {random} of random pairs, "
        f"{chosen} tokens to predict",
        file=sys.stderr,
    )
    return 0


def _write(examples: list[Example], output: Path) -> None:
    text = json.dumps(examples, separators=(",", ":"))
    if output == STDOUT:
        sys.stdout.write(text)
        return
    with written(output):
        write_text(output, text)
