"""The places of a source that may be changed, and the source with a change in one of them."""

import ast
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

_DEFINES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_LEFT_ALONE = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Global)


@dataclass(frozen=True)
class Node:
    """A node of a source's syntax tree, and what surrounds it.

    Attributes:
        ast: the node.
        source: the whole text, as bytes of each line.
        function: the qualified name of the function or class around it.
        function_lines: the first and the last line of that.
        first_argument: of that function, `self` left out.
        assigned_before: local names that had a value before this statement.
        is_condition: whether it decides an `if`, a `while` or a comprehension.
        is_alone: whether it is all of a statement's value or of an argument, so that it needs no
            parentheses.
    """

    ast: Any
    source: tuple[bytes, ...]
    function: str = ""
    function_lines: tuple[int, int] = (1, 1)
    first_argument: str = ""
    assigned_before: frozenset[str] = field(default_factory=frozenset)
    is_condition: bool = False
    is_alone: bool = False

    def source_with(self, text: str) -> str:
        """Return the whole source with another text in this node's place."""
        return b"".join(self._changed(text)).decode()

    def lines_with(self, text: str) -> tuple[str, str]:
        """Return this node's lines, and the same with another text in its place."""
        first, last = self.ast.lineno - 1, self.ast.end_lineno
        before = b"".join(self.source[first:last])
        after = b"".join(self._changed(text)[first : first + 1])
        return _plain(before), _plain(after)

    def _changed(self, text: str) -> list[bytes]:
        node = self.ast
        if isinstance(node, ast.expr) and not (self.is_alone or _binds_tightly(text)):
            text = f"({text})"
        first, last = node.lineno - 1, node.end_lineno - 1
        begin = self.source[first][: node.col_offset]
        end = self.source[last][node.end_col_offset :]
        middle = begin + text.encode() + end
        return [*self.source[:first], middle, *self.source[last + 1 :]]


def _binds_tightly(text: str) -> bool:
    """Whether an expression means the same without parentheses, wherever it stands."""
    tight = ast.Name, ast.Call, ast.Attribute, ast.Subscript
    made = ast.parse(text, mode="eval").body
    is_number = isinstance(made, ast.Constant) and not isinstance(made.value, str)
    return isinstance(made, tight) or is_number


def _plain(lines: bytes) -> str:
    return " ".join(lines.decode().split())


def unparsed(node: ast.AST) -> str:
    """Return a node's text."""
    return ast.unparse(ast.fix_missing_locations(node))


def with_part(node: Any, name: str, value: Any) -> Any:
    """Return a copy of a node with another part."""
    changed = copy(node)
    setattr(changed, name, value)
    return changed


def replaced(source: str) -> Iterator[Node]:
    """Yield the nodes of a source that may be changed, in its order."""
    lines = tuple(line.encode() for line in source.splitlines(keepends=True))
    tree = ast.parse(source)
    yield from _walk(Node(tree, lines, function_lines=(1, len(lines))), tree.body)


def _walk(
    around: Node, body: list[ast.stmt], before: frozenset[str] = frozenset()
) -> Iterator[Node]:
    """Yield what is in statements, which know the names that were assigned before them."""
    known = {*before}
    for place, statement in enumerate(body):
        if place == 0 and _is_text(statement):
            continue
        yield from _statement(around, statement, frozenset(known))
        known |= {
            each.id
            for each in ast.walk(statement)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }


def _is_text(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return isinstance(statement, ast.Expr) and is_text


def _statement(around: Node, node: Any, known: frozenset[str]) -> Iterator[Node]:
    if isinstance(node, _LEFT_ALONE) or _is_text(node) or _only_raises(node):
        return
    if isinstance(node, _DEFINES):
        yield from _definition(around, node)
        return
    here = Node(
        node, around.source, around.function, around.function_lines, around.first_argument, known
    )
    yield here
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "target", "targets", "type"):
            continue
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield from _walk(around, value, known)
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.ExceptHandler | ast.match_case):
                yield from _walk(around, each.body, known)
            elif isinstance(each, ast.AST):
                yield from _expression(here, each, name == "test")


def _only_raises(node: Any) -> bool:
    """Whether a statement does no more than to refuse something."""
    body = node.body if isinstance(node, ast.If) and not node.orelse else []
    return bool(body) and all(isinstance(each, ast.Raise) for each in body)


def _definition(around: Node, node: Any) -> Iterator[Node]:
    name = f"{around.function}.{node.name}".lstrip(".")
    arguments = getattr(node, "args", ast.arguments([], [], None, [], [], None, []))
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    names = [each for each in names if each not in ("self", "cls")]
    here = Node(
        node, around.source, name, (node.lineno, node.end_lineno), names[0] if names else ""
    )
    for default in (*arguments.defaults, *(each for each in arguments.kw_defaults if each)):
        yield from _expression(here, default, False)
    yield from _walk(here, node.body, frozenset(names))


def _expression(around: Node, node: Any, is_condition: bool) -> Iterator[Node]:
    if isinstance(node, ast.JoinedStr | ast.expr_context | ast.operator | ast.cmpop):
        return
    if isinstance(node, ast.expr) and not _is_string(node):
        yield Node(
            node,
            around.source,
            around.function,
            around.function_lines,
            around.first_argument,
            is_condition=is_condition,
            is_alone=isinstance(
                around.ast, ast.If | ast.Assign | ast.Return | ast.Call | ast.keyword
            ),
        )
    for name, value in ast.iter_fields(node):
        if isinstance(node, ast.Lambda) and name == "args":
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                decides = name == "test" and not isinstance(node, ast.IfExp)
                within = replace(around, ast=node)
                yield from _expression(within, each, decides or name == "ifs")


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | None)
