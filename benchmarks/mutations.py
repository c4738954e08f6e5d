"""The small ways in which `benchmarks/mutants.py` breaks a module: each one change of its syntax tree, with a name that lasts."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

ORDER: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
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
SUMS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
OPPOSITES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
LONGEST: Final = 90  # characters of a name's two halves


class Change(NamedTuple):
    """The node at a place of the tree (counted as `ast.walk` meets them), and what stands there instead."""

    at: int
    scope: str
    before: str
    after: str
    node: ast.AST


class Mutant(NamedTuple):
    """`name` says module, function and what was changed into what: it stays the same when lines move."""

    module: str
    name: str
    whole: ast.Module
    change: Change

    @property
    def tree(self) -> ast.Module:
        """The module as the mutant has it: a copy, which takes a fiftieth of a second."""
        return changed(self.whole, self.change)


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree, seen = ast.parse(source), Counter[str]()
    for change in changes(tree):
        name = f"{module} {change.scope}: {change.before} → {change.after}"
        seen[name] += 1
        yield Mutant(module, name + (f" ({seen[name]})" if seen[name] > 1 else ""), tree, change)


def changed(tree: ast.Module, change: Change) -> ast.Module:
    made = copy.deepcopy(tree)
    old = list(ast.walk(made))[change.at]
    for parent in ast.walk(made):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, change.node)
            elif isinstance(value, list) and any(part is old for part in value):
                value[[part is old for part in value].index(True)] = change.node
    return ast.fix_missing_locations(made)


def changes(tree: ast.Module) -> Iterator[Change]:
    scopes, left_alone = scopes_of(tree), set(left_alone_in(tree))
    for at, node in enumerate(ast.walk(tree)):
        if id(node) in left_alone:
            continue
        for after in instead_of(node):
            ast.copy_location(after, node)
            ast.fix_missing_locations(after)
            yield Change(at, scopes[id(node)], shown(node), shown(after), after)


def instead_of(node: ast.AST) -> Iterator[ast.AST]:
    """What could stand in the place of a node, one mistake away."""
    match node:
        case ast.Compare(left, [operator, *more], others):
            for other in ORDER[type(operator)]:
                yield ast.Compare(left, [other(), *more], others)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, operator, right) if type(operator) in SUMS:
            yield ast.BinOp(left, SUMS[type(operator)](), right)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Constant(str() as value) if value and " " not in value:
            yield ast.Constant(value + "~")
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.comprehension(target, iterated, [_, *more], is_async):
            yield ast.comprehension(target, iterated, more, is_async)
        case ast.Return(ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(ast.Call() | ast.YieldFrom()) | ast.Raise():
            yield ast.Pass()
        case ast.Name(id=name) if name in OPPOSITES:
            yield ast.Name(OPPOSITES[name], ast.Load())


def left_alone_in(tree: ast.Module) -> Iterator[int]:
    """Types, docstrings, and the words of faults and of what is shown to programmers: a test of those tests nothing."""
    for node in ast.walk(tree):
        skipped: list[ast.AST | None] = []
        match node:
            case ast.AnnAssign(annotation=annotation):
                skipped = [annotation]
            case ast.FunctionDef(args=arguments, returns=returns, name=name, decorator_list=decorators):
                every = [
                    *arguments.posonlyargs,
                    *arguments.args,
                    *arguments.kwonlyargs,
                    arguments.vararg,
                    arguments.kwarg,
                ]
                skipped = [returns, *decorators, *(one.annotation for one in every if one)]
                skipped += node.body if name == "__repr__" else []
            case ast.ClassDef(decorator_list=decorators):
                skipped = list(decorators)
            case ast.Expr(ast.Constant()) | ast.JoinedStr():
                skipped = [node]
            case ast.keyword(arg="repr"):
                skipped = [node]
            case ast.Raise(exc=ast.Call(args=arguments)):
                skipped = list(arguments)
            case ast.Call(func=ast.Attribute(attr="refuse"), args=arguments):
                skipped = list(arguments)
            case ast.Call(func=ast.Name(id="NamedTuple" | "TypedDict" | "TypeVar")):
                skipped = [node]
            case ast.Assign(targets=[ast.Name(id="__slots__" | "__all__")]):
                skipped = [node]
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                skipped = [node]
        for top in skipped:
            if top is not None:
                yield from (id(part) for part in ast.walk(top))


def scopes_of(tree: ast.Module) -> dict[int, str]:
    """The function each node stands in, or what it is assigned to at the module's top."""
    found: dict[int, str] = {}

    def within(node: ast.AST, scope: str) -> None:
        found[id(node)] = scope
        for child in ast.iter_child_nodes(node):
            name = scope
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                name = f"{scope}.{child.name}".lstrip(".")
            elif not scope and isinstance(child, ast.Assign | ast.AnnAssign):
                target = child.targets[0] if isinstance(child, ast.Assign) else child.target
                name = ast.unparse(target)
            within(child, name)

    within(tree, "")
    return found


def shown(node: ast.AST) -> str:
    """A node in one short line."""
    match node:
        case ast.If(test):
            text = f"if {ast.unparse(test)}"
        case ast.comprehension():
            text = ast.unparse(node).strip()
        case _:
            text = ast.unparse(node)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
