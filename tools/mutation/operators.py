"""Standard mutation operators on Python's syntax tree, as in mutmut, cosmic-ray and MutPy.

None of them knows BERT, or the judge's catalogue of mistakes. An operator is a function that yields
the source texts which take the place of a node. Annotations, docstrings, imports, decorators,
strings, and whatever raises or formats an error are left alone.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import dedent

from mutation import operators_on_calls as calls
from mutation.replacing import Node, replaced, unparsed, with_part

_BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_SIGNED = (ast.Add, ast.Mult, ast.Div, ast.MatMult)
_ONE_WAY = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_AUGMENTED = {"+=": ("-=", "="), "-=": ("+=", "="), "*=": ("/=", "="), "|=": ("&=",), "&=": ("|=",)}
_SIGNS = {ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.BitOr: "|=", ast.BitAnd: "&="}
Operator = Callable[[Node], Iterator[str]]


@dataclass(frozen=True)
class Mutant:
    """A source with a change in one place.

    Attributes:
        id: `file:line:column:operator:variant`.
        node: the text that was changed.
        function: the qualified name of the function or class around it; "" at the top of a file.
        lines: the first and the last line of that function.
        before: the changed lines.
        after: the same lines with the change.
        source: of the whole file.
    """

    id: str
    node: str
    function: str
    lines: tuple[int, int]
    before: str
    after: str
    source: str

    @property
    def operator(self) -> str:
        """The operator's name."""
        return self.id.split(":")[3]


def _binary(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.BinOp) and not _joins(node):
        for sign in _BINARY.get(type(node.op), ()):
            yield unparsed(ast.BinOp(node.left, sign(), node.right))


def _joins(node: ast.BinOp) -> bool:
    """Whether a sum joins lists or texts, so that it is no arithmetic."""
    return any(
        isinstance(each, ast.List | ast.Tuple | ast.JoinedStr)
        or isinstance(getattr(each, "value", None), str)
        for each in (node.left, node.right)
    )


def _operand_swap(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.BinOp) and isinstance(node.op, _ONE_WAY):
        yield unparsed(ast.BinOp(node.right, node.op, node.left))


def _unary(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.UnaryOp):
        yield unparsed(node.operand)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, _SIGNED) and not _joins(node):
        yield unparsed(with_part(node, "left", ast.UnaryOp(ast.USub(), node.left)))


def _compare(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.Compare):
        for place, sign in enumerate(node.ops):
            for other in _COMPARE[type(sign)]:
                signs = [*node.ops[:place], other(), *node.ops[place + 1 :]]
                yield unparsed(with_part(node, "ops", signs))


def _boolean(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield unparsed(with_part(node, "op", other))


def _augmented(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.AugAssign):
        for sign in _AUGMENTED.get(_SIGNS.get(type(node.op), ""), ()):
            yield f"{unparsed(node.target)} {sign} {unparsed(node.value)}"


def _constant(found: Node) -> Iterator[str]:
    node = found.ast
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield from (str(value + 1), str(value - 1))
    elif isinstance(value, float):
        yield from (repr(value * 2), repr(value / 2), "0.0")


def _index(found: Node) -> Iterator[str]:
    node = found.ast
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node.slice, ast.Name | ast.BinOp):
        yield unparsed(with_part(node, "slice", ast.BinOp(node.slice, ast.Add(), ast.Constant(1))))
    if isinstance(node.slice, ast.Slice):
        for bound in ("lower", "upper"):
            if getattr(node.slice, bound) is not None:
                yield unparsed(with_part(node, "slice", with_part(node.slice, bound, None)))
        if node.slice.step is None:
            step = ast.UnaryOp(ast.USub(), ast.Constant(1))
            yield unparsed(with_part(node, "slice", with_part(node.slice, "step", step)))


OPERATORS: dict[str, Operator] = {
    "binary operator": _binary,
    "operand swap": _operand_swap,
    "unary operator": _unary,
    "comparison": _compare,
    "and or": _boolean,
    "augmented assignment": _augmented,
    "constant": _constant,
    "index": _index,
    "statement": calls.statement,
    "argument swap": calls.argument_swap,
    "argument deletion": calls.argument_deletion,
    "condition": calls.condition,
    "branches": calls.branches,
    "call removal": calls.call_removal,
    "method removal": calls.method_removal,
    "first argument": calls.first_argument,
}


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a file; of several with the same meaning the first.

    Args:
        file: its name, which begins each id.
        source: its text.
    """
    seen: dict[tuple[int, int], set[str]] = {}
    numbers = Counter[str]()
    for found in replaced(source):
        # A function is parsed alone, where that is possible: a whole file takes much longer.
        lines = found.function_lines
        kept = seen.setdefault(lines, {_meaning(_part(source, source, lines)) or ""})
        is_part = "" not in kept
        if not is_part:
            kept.add(_meaning(source))
        for name, operator in OPERATORS.items():
            for text in operator(found):
                changed = found.source_with(text)
                meaning = _meaning(_part(changed, source, lines) if is_part else changed)
                if not meaning or meaning in kept:
                    continue
                kept.add(meaning)
                before, after = found.lines_with(text)
                place = f"{file}:{found.ast.lineno}:{found.ast.col_offset}:{name}"
                around = found.function, found.function_lines
                node, variant = unparsed(found.ast), numbers[place]
                numbers[place] += 1
                yield Mutant(f"{place}:{variant}", node, *around, before, after, changed)


def _part(changed: str, source: str, lines: tuple[int, int]) -> str:
    """Return the lines of a function of a source that was changed inside of it."""
    first, last = lines
    after = source.count("\n") - last
    new = changed.splitlines(keepends=True)
    return dedent("".join(new[first - 1 : len(new) - after if after > 0 else None]))


def _meaning(source: str) -> str:
    """Return a source's syntax tree as text; "" if it is no valid source."""
    try:
        made = ast.parse(source)
        compile(source, "", "exec")
    except (SyntaxError, ValueError):
        return ""
    return ast.dump(made)
