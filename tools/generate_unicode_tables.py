r"""Write scratch_bert/tokenization/unicode/tables.py: how the reference sees each character.

The reference holds tables of its own, of several Unicode versions, so that neither the running
Python's `unicodedata` nor any one release of Unicode describes it. This script asks the installed
`tokenizers` about every scalar value (1,112,064) and writes down what it answers:

- REMOVED, SPACES: BertNormalizer with clean_text; categories of Unicode 8.0
- NONSPACING, ACCENTED, BASES, SEVERAL: BertNormalizer with strip_accents; decompositions of
  Unicode 9.0 and its Mn of Unicode 8.0
- ORDERS: NFD; combining classes of Unicode 9.0, of which only the order shows
- LOWER: BertNormalizer with lowercase; Rust's own tables, Unicode 17.0 in tokenizers 0.23.3
- PUNCTUATION: BertPreTokenizer; ASCII's signs, and P* of Unicode 8.0
- WORD, STRIPPABLE: AddedToken with single_word and with rstrip; \w and \s of Rust's regular
  expressions, Unicode 16.0
"""

import textwrap
from collections.abc import Callable, Iterable
from itertools import groupby, pairwise
from pathlib import Path
from typing import Annotated

import tokenizers
import typer
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from scratch_bert.tokenization.unicode import tables

SCALARS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
PATH = Path(tables.__file__)
HEADER = '''\
"""How tokenizers {version} sees each character; by tools/generate_unicode_tables.py, do not edit.

Code points are hexadecimal. 41 is one character, 41+1A are 26 from 41 on, 100+18/2 are 24 of every
second; 41+1A>61 maps 26 characters to those from 61 on, 130>69.307 maps one to two. Each table
says which Unicode it agrees with, and what the reference calls it.
"""

# ruff: noqa: RUF001

TOKENIZERS = "{version}"
'''
COMMENTS = {
    "REMOVED": "Unicode 8.0: Cc, Cf and Co, and U+FFFD; clean_text of BertNormalizer drops them.",
    "SPACES": "Unicode 8.0: Zs, Zl, Zp, tab and line ends; clean_text makes a space of them.",
    "NONSPACING": "Unicode 8.0: Mn, and what decomposes into Mn alone; strip_accents drops them.",
    "ORDERS": "Unicode 9.0: combining classes but 0, the lowest first, with a | between two.",
    "ACCENTED": "Unicode 9.0 and 8.0: what strip_accents makes another single character of.",
    "BASES": "That character, for each of ACCENTED.",
    "SEVERAL": "The same, where it is no single character or a space. Hangul goes by rule.",
    "LOWER": "Unicode 17.0, without context: lowercase of BertNormalizer.",
    "PUNCTUATION": "Unicode 8.0: P*, and ASCII's signs; BertPreTokenizer isolates them.",
    "WORD": "Unicode 16.0: \\w, as single_word of AddedToken has it.",
    "STRIPPABLE": "Unicode 16.0: \\s, as lstrip and rstrip of AddedToken have it.",
}

app = typer.Typer(help=__doc__, add_completion=False)


def answers(normalize: Callable[[str], str]) -> dict[str, str]:
    """Each character that is not normalized to itself, and to what it is."""
    pairs = ((char, normalize(char)) for char in SCALARS)
    return {char: answer for char, answer in pairs if answer != char}


def bert(step: str) -> dict[str, str]:
    """What one step of BertNormalizer does to single characters."""
    off = dict.fromkeys(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), False)
    return answers(BertNormalizer(**{**off, step: True}).normalize_str)


def with_added_token(options: dict[str, bool]) -> Callable[[str], tuple[int, int] | None]:
    """A function that gives the place of an added token at the start of a text, if it matches."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.add_special_tokens([AddedToken("QQ", normalized=False, **options)])

    def place(text: str) -> tuple[int, int] | None:
        encoding = tokenizer.encode(text)
        return encoding.offsets[0] if encoding.ids[0] == 1 else None

    return place


def combining_orders() -> list[list[str]]:
    """The characters that NFD may move, class by class, in the order it puts the classes in.

    A stable sort shows both: where the input is reversed, the classes stay and each one's members
    turn round.
    """
    nfd = NFD().normalize_str
    decomposed = answers(nfd)
    low, high = "\u0334", "\u0345"  # of the lowest and of the highest class
    moving = [
        char
        for char in SCALARS
        if char not in decomposed and (nfd(high + char) != high + char or nfd(char + low)[0] == low)
    ]
    forward, backward = nfd("".join(moving)), nfd("".join(reversed(moving)))
    place = {char: index for index, char in enumerate(backward)}
    orders = [[forward[0]]]
    for before, char in pairwise(forward):
        if place[char] > place[before]:
            orders.append([])
        orders[-1].append(char)
    for char, parts in decomposed.items():  # U+0344 is two marks, and moves as its first does
        for order in orders:
            if parts[0] in order:
                order.append(char)
    return [sorted(order) for order in orders]


def ranges(chars: Iterable[str]) -> list[str]:
    """Characters as ranges.

    >>> ranges("abcx")
    ['61+3', '78']
    """
    codes = enumerate(sorted(map(ord, chars)))
    runs = [[code for _, code in run] for _, run in groupby(codes, lambda pair: pair[1] - pair[0])]
    return [f"{run[0]:X}" + (f"+{len(run):X}" if len(run) > 1 else "") for run in runs]


def mappings(table: dict[str, str]) -> list[str]:
    """A mapping as runs of a constant distance.

    >>> mappings({"A": "a", "B": "b", "D": "d", "X": "yz"})
    ['41+2>61', '44>64', '58>79.7A']
    >>> mappings({"A": "B", "C": "D", "E": "F"})
    ['41+3/2>42']
    """
    runs: list[list[int]] = []  # first, how many, step, target
    found = []
    for char, target in sorted(table.items()):
        if len(target) > 1:
            found.append(f"{ord(char):X}>" + ".".join(f"{ord(part):X}" for part in target))
            continue
        code = ord(char)
        if runs:
            first, count, step, start = runs[-1]
            step = step if count > 1 else code - first
            if step < 3 and code == first + count * step and ord(target) - code == start - first:
                runs[-1] = [first, count + 1, step, start]
                continue
        runs.append([code, 1, 1, ord(target)])
    for first, count, step, start in runs:
        size = (f"+{count:X}" if count > 1 else "") + ("/2" if step == 2 else "")
        found.append(f"{first:X}{size}>{start:X}")
    return sorted(found, key=lambda run: int(run.replace("+", ">").split(">")[0], 16))


def literal(char: str) -> tuple[str, int]:
    """A character as it stands in a string literal, and its width there."""
    code = ord(char)
    if 0xA0 < code < 0x300 or 0x370 <= code < 0x483 or 0x2190 <= code < 0x2B00:
        return char, 1
    if 0x3040 < code < 0xA000 or code >= 0x20000:
        return char, 2
    escaped = ascii(char)[1:-1]
    return escaped, len(escaped)


def ask() -> dict[str, set[str] | dict[str, str] | list[list[str]]]:
    """Ask the reference for every table."""
    clean, stripped = bert("clean_text"), bert("strip_accents")
    stripped = {c: rest for c, rest in stripped.items() if not "\uac00" <= c <= "\ud7a3"}
    spaces = {" "} | {char for char, answer in clean.items() if answer == " "}
    several = {c: rest for c, rest in stripped.items() if len(rest) > 1 or rest in spaces}
    isolate = BertPreTokenizer().pre_tokenize_str
    alone, greedy = with_added_token({"single_word": True}), with_added_token({"rstrip": True})
    return {
        "REMOVED": {char for char, answer in clean.items() if not answer},
        "SPACES": spaces,
        "NONSPACING": {char for char, rest in stripped.items() if not rest},
        "ORDERS": combining_orders(),
        "BASES": {c: rest for c, rest in stripped.items() if rest and c not in several},
        "SEVERAL": several,
        "LOWER": bert("lowercase"),
        "PUNCTUATION": {c for c in SCALARS if [p for p, _ in isolate(f"a{c}b")] == ["a", c, "b"]},
        "WORD": {char for char in SCALARS if alone("QQ" + char) is None},
        "STRIPPABLE": {char for char in SCALARS if greedy("QQ" + char) == (0, 3)},
    }


def written(name: str, table: set[str] | dict[str, str] | list[list[str]]) -> str:
    """A table as it stands in the file, with what is said of it."""
    if isinstance(table, set):
        text = listed(ranges(table))
    elif isinstance(table, list):
        text = listed([word for order in table for word in ("|", *ranges(order))][1:])
    elif name == "BASES":
        accented = f"# {COMMENTS['ACCENTED']}\nACCENTED = {listed(ranges(table))}\n\n"
        bases = quoted([table[char] for char in sorted(table)])
        return f"{accented}# {COMMENTS[name]}\n{name} = {bases}\n"
    else:
        text = listed(mappings(table))
    return f"# {COMMENTS[name]}\n{name} = {text}\n"


def listed(entries: list[str]) -> str:
    """Entries as a string literal of lines."""
    return '"""\n' + textwrap.fill(" ".join(entries), width=100) + '\n"""'


def quoted(chars: list[str]) -> str:
    """Characters as a string literal of lines."""
    lines, room = [""], 94
    for char in chars:
        text, width = literal(char)
        if width > room:
            lines.append("")
            room = 94
        lines[-1] += text
        room -= width
    return "(\n" + "".join(f'    "{line}"\n' for line in lines) + ")"


@app.command()
def generate(
    check: Annotated[bool, typer.Option(help="Write nothing; fail if the file differs.")] = False,
) -> None:
    """Ask the installed tokenizers about every character, and write the tables or check them."""
    found = ask()
    for name, table in found.items():
        typer.echo(
            f"{name}: {len(table):,} {'classes' if isinstance(table, list) else 'characters'}"
        )
    parts = {name: written(name, table) for name, table in found.items()}
    theirs = tokenizers.__version__
    if not check:
        PATH.write_text(
            "\n".join([HEADER.format(version=theirs), *parts.values()]), encoding="utf-8"
        )
        typer.echo(f"{PATH.name} is written, as of tokenizers {theirs}")
        return
    ours, committed = tables.TOKENIZERS, PATH.read_text(encoding="utf-8")
    if committed != "\n".join([HEADER.format(version=ours), *parts.values()]):
        differing = [name for name, part in parts.items() if part not in committed]
        typer.echo(f"differing from tokenizers {theirs}: {', '.join(differing) or 'the header'}")
        raise typer.Exit(1)
    typer.echo(f"{PATH.name}, as of tokenizers {ours}, is what tokenizers {theirs} answers")


if __name__ == "__main__":
    app()
