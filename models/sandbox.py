"""jinja2's sandbox for the template of a GGUF, a stranger's program: nothing is calculated while it is compiled, and no
single step of it goes on for ever.

jinja2 folds constants at compile time (`10 ** 10 ** 9`, `"a" | center(10 ** 11)`): inside one call of the interpreter,
which no limit of `models.limit` can interrupt, and before any is set. Does not know models or messages.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from models.template import MOST_CHARACTERS, joined

MOST_BITS = 4096  # of a number: templates count messages


class _Unfolded(CodeGenerator):
    """Writes every expression into the program, to be calculated when that runs."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)

    def visit_EvalContextModifier(self, node: nodes.EvalContextModifier, frame: Frame) -> None:
        """Refuse what switches escaping: it is calculated at once too, and no chat template has a use for it."""
        self.fail("autoescape", node.lineno)


class Sandbox(ImmutableSandboxedEnvironment):
    """Takes the arguments of `ImmutableSandboxedEnvironment`."""

    code_generator_class = _Unfolded
    concat = staticmethod(joined)  # jinja2's own keeps all that a template writes, without an end
    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{**named, "optimized": False})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate a product or a power.

        Raises:
            SecurityError: if it would be longer than anything that a template has a use for.
        """
        if _size(operator, left, right) > 0:
            raise SecurityError(f"{operator}: too large")
        return super().call_binop(context, operator, left, right)


def _size(operator: str, left: Any, right: Any) -> int:
    """Return by how much the result exceeds what is allowed, in bits or in items; 0 or less when it does not."""
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
        return bits - MOST_BITS
    if operator == "*":
        text, times = (left, right) if isinstance(right, int) else (right, left)
        if isinstance(times, int) and isinstance(text, str | bytes | list | tuple):
            return len(text) * times - MOST_CHARACTERS
    return 0
