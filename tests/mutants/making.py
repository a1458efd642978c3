"""Which mutants there are of a module: its source with each of them in it, one of which can be switched on.

mutmut makes them. Left out is what no test should look at: the wording of sentences, and letters that are only upper or
lower case. Added is what mutmut does not have: a condition that is the other way round, and a call that is not made.
Neither knows what a module does when it is imported, nor what is behind a decorator: tables of constants and properties
have no mutants.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper
from mutmut.mutation.diff_apply import read_mutant_function, read_original_function
from mutmut.mutation.file_mutation import Mutation, MutationVisitor, combine_mutations_to_source
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import get_ignored_lines
from mutmut.utils.format_utils import orig_function_and_class_names_from_key


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one function: `name` switches it on, `old` and `new` are the lines that differ."""

    name: str
    function: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutated:
    """A module's source with all of its mutants, and their list."""

    source: str
    mutants: tuple[Mutant, ...]


def mutate(path: Path, module: str) -> Mutated:
    """Make all mutants of the module at `path`, which is imported as `module`."""
    source = path.read_text("utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = MutationVisitor([*mutation_operators, *_OPERATORS], get_ignored_lines(str(path), source, wrapper))
    tree = wrapper.visit(visitor)
    made = combine_mutations_to_source(tree, [each for each in visitor.mutations if not _is_wording(each)])
    after = cst.parse_module(made.code)
    return Mutated(made.code, tuple(_mutant(after, module, name) for name in made.mutant_names))


def _mutant(after: cst.Module, module: str, name: str) -> Mutant:
    function, owner = orig_function_and_class_names_from_key(name)
    before, behind = read_original_function(after, name), read_mutant_function(after, name)
    lines = list(ndiff(cst.Module([before]).code.splitlines(), cst.Module([behind]).code.splitlines()))
    old, new = (" ".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Mutant(f"{module}.{name}", f"{owner}.{function}" if owner else function, old, new)


def _is_wording(mutation: Mutation) -> bool:
    """Whether a sentence would be worded otherwise, or a word be spelt in other letters."""
    before, behind = mutation.original_node, mutation.mutated_node
    if not isinstance(before, cst.SimpleString) or not isinstance(behind, cst.SimpleString):
        return False
    return " " in before.raw_value or behind.raw_value != f"XX{before.raw_value}XX"


def _other_way_round(
    node: cst.If | cst.While | cst.CompIf | cst.MatchCase,
) -> Iterable[cst.If | cst.While | cst.CompIf | cst.MatchCase]:
    """A condition that mutmut has no other way for: it turns comparisons round and takes each `not` away."""
    part = "guard" if isinstance(node, cst.MatchCase) else "test"
    condition = getattr(node, part)
    if isinstance(condition, cst.BaseExpression) and not isinstance(condition, cst.Comparison | cst.UnaryOperation):
        inside = condition.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.with_changes(**{part: cst.UnaryOperation(cst.Not(), inside)})


def _not_called(node: cst.Expr) -> Iterable[cst.Pass]:
    if isinstance(node.value, cst.Call | cst.Yield | cst.Await):
        yield cst.Pass()


_OPERATORS = (
    (cst.If, _other_way_round),
    (cst.While, _other_way_round),
    (cst.CompIf, _other_way_round),
    (cst.MatchCase, _other_way_round),
    (cst.Expr, _not_called),
)
