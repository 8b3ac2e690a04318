"""Mutation operators on calls, statements and conditions."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from mutation.replacing import Node, unparsed, with_part

_KEPT_CALLS = {  # without these a program does not run at all
    *("super", "range", "len", "zip", "enumerate", "isinstance", "getattr", "setattr", "next"),
    *("vars", "type", "map", "iter", "print", "open", "property"),
}
_MODULES = {"self", "cls", "torch", "F", "nn", "math", "np", "json", "random", "dist", "reference"}


def statement(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.Assign):
        names = [each.id for each in node.targets if isinstance(each, ast.Name)]
        if names and len(names) == len(node.targets) and {*names} <= found.assigned_before:
            yield "pass"
    elif isinstance(node, ast.AugAssign) or isinstance(getattr(node, "value", None), ast.Call):
        if isinstance(node, ast.AugAssign | ast.Expr):
            yield "pass"
    elif isinstance(node, ast.Break):
        yield "continue"
    elif isinstance(node, ast.Continue):
        yield "break"


def argument_swap(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.Call):
        for place, (one, other) in enumerate(pairwise(node.args)):
            if not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred):
                given = [*node.args[:place], other, one, *node.args[place + 2 :]]
                yield unparsed(with_part(node, "args", given))


def argument_deletion(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.Call):
        for place in range(len(node.args) if len(node.args) > 1 else 0):
            given = [*node.args[:place], *node.args[place + 1 :]]
            yield unparsed(with_part(node, "args", given))
        for place in range(len(node.keywords)):
            named = [*node.keywords[:place], *node.keywords[place + 1 :]]
            yield unparsed(with_part(node, "keywords", named))


def condition(found: Node) -> Iterator[str]:
    others_turn = isinstance(found.ast, ast.Compare | ast.UnaryOp)
    if found.is_condition and isinstance(found.ast, ast.expr) and not others_turn:
        yield f"not ({unparsed(found.ast)})"


def branches(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.IfExp):
        yield unparsed(ast.IfExp(node.test, node.orelse, node.body))


def call_removal(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.Call) and node.args and not isinstance(node.args[0], ast.Starred):
        name = _last_name(node.func)
        is_function = isinstance(node.func, ast.Name) or _is_part(node.func)
        if name and is_function and name not in _KEPT_CALLS and not name[0].isupper():
            yield unparsed(node.args[0])


def method_removal(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        is_super = isinstance(owner, ast.Call) and _last_name(owner.func) == "super"
        if not (_is_part(node.func) or is_super or isinstance(owner, ast.Constant)):
            yield unparsed(owner)


def _is_part(node: ast.expr) -> bool:
    """Whether a function belongs to a module or to `self`, and is no method of a value."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return getattr(node, "id", "") in _MODULES


def first_argument(found: Node) -> Iterator[str]:
    node = found.ast
    if isinstance(node, ast.Return) and node.value is not None and found.first_argument:
        yield f"return {found.first_argument}"


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
