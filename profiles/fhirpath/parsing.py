"""Tokens -> tree, by precedence climbing. Knows neither types nor functions.

Source: FHIRPath N1 (2.0.0), grammar and operator precedence.
"""

from decimal import Decimal

from profiles.fhirpath.lexing import Token, tokens
from profiles.fhirpath.quantities import CALENDAR, Quantity
from profiles.fhirpath.syntax import (
    Binary,
    Call,
    FhirPathFault,
    Indexer,
    Literal,
    Node,
    Nothing,
    Step,
    TypeName,
    TypeOperation,
    Unary,
    Variable,
)
from profiles.fhirpath.temporal import parse_temporal

DEEPEST = 120
"""Levels of a tree; each costs a few Python calls when the expression is compiled and run."""

_PRECEDENCE = {
    operator: level
    for level, operators in enumerate(
        (
            ("implies",),
            ("or", "xor"),
            ("and",),
            ("in", "contains"),
            ("=", "~", "!=", "!~"),
            ("<", "<=", ">", ">="),
            ("|",),
            ("is", "as"),
            ("+", "-", "&"),
            ("*", "/", "div", "mod"),
        ),
        start=1,
    )
    for operator in operators
}
_UNARY = 11
_NAMES = ("word", "quoted")
_KEYWORDS_AS_NAMES = frozenset({"as", "is", "contains", "in", "div", "mod"})
_LITERAL_WORDS = {"true": True, "false": False}


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises: FhirPathFault with the position of what was not expected.
    """
    return _Parser(tokens(text)).whole()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression(1)
        if self._next.kind != "end":
            raise self._unexpected()
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, symbol: str) -> bool:
        return self._next.kind == "symbol" and self._next.text == symbol

    def _expect(self, symbol: str) -> None:
        if not self._is(symbol):
            raise self._unexpected(f"; {symbol!r} is missing")
        self._take()

    def _unexpected(self, hint: str = "") -> FhirPathFault:
        token = self._next
        told = "The end" if token.kind == "end" else repr(token.text)
        return FhirPathFault(f"{told} was not expected here{hint}", token.position)

    def _deeper(self, position: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FhirPathFault(f"More than {DEEPEST} levels", position)

    def _expression(self, least: int) -> Node:
        """What is left of an operator is a level of the tree too, hence counted until the expression ends."""
        depth = self._depth
        self._deeper(self._next.position)
        left = self._unary()
        while (level := self._operator_level()) >= least:
            token = self._take()
            self._deeper(token.position)
            if token.text in ("is", "as"):
                left = TypeOperation(token.text, left, self._type_name(), token.position)
            else:
                left = Binary(token.text, left, self._expression(level + 1), token.position)
        self._depth = depth
        return left

    def _operator_level(self) -> int:
        token = self._next
        return _PRECEDENCE.get(token.text, 0) if token.kind in ("symbol", "word") else 0

    def _unary(self) -> Node:
        if not (self._is("+") or self._is("-")):
            return self._postfix(self._term())
        token = self._take()
        self._deeper(token.position)
        return Unary(token.text, self._expression(_UNARY), token.position)

    def _postfix(self, node: Node) -> Node:
        depth = self._depth
        while True:
            position = self._next.position
            if self._is("."):
                self._take()
                node = self._invocation(node)
            elif self._is("["):
                self._take()
                node = Indexer(node, self._expression(1), position)
                self._expect("]")
            else:
                self._depth = depth
                return node
            self._deeper(position)

    def _invocation(self, source: Node | None) -> Node:
        token = self._next
        if token.kind not in _NAMES:
            raise self._unexpected("; a name is missing")
        self._take()
        if not self._is("("):
            return Step(source, token.text, token.position)
        self._take()
        arguments: list[Node] = []
        while not self._is(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._expression(1))
        self._take()
        return Call(source, token.text, tuple(arguments), token.position)

    def _term(self) -> Node:
        token = self._next
        if token.kind in ("variable", "external"):
            self._take()
            return Variable(token.text, token.position)
        if token.kind in _NAMES:
            return self._word(token)
        if token.kind == "symbol":
            return self._bracketed(token)
        if token.kind == "end":
            raise self._unexpected()
        self._take()
        return self._literal(token)

    def _word(self, token: Token) -> Node:
        if token.kind == "quoted":
            return self._invocation(None)
        if token.text in _LITERAL_WORDS:
            self._take()
            return Literal(_LITERAL_WORDS[token.text], "System.Boolean", token.position)
        if token.text in _PRECEDENCE and token.text not in _KEYWORDS_AS_NAMES:
            raise self._unexpected()
        return self._invocation(None)

    def _bracketed(self, token: Token) -> Node:
        if self._is("("):
            self._take()
            node = self._expression(1)
            self._expect(")")
            return node
        if self._is("{"):
            self._take()
            self._expect("}")
            return Nothing(token.position)
        raise self._unexpected()

    def _literal(self, token: Token) -> Node:
        if token.kind == "string":
            return Literal(token.text, "System.String", token.position)
        if token.kind == "number":
            return self._number(token)
        moment = parse_temporal(token.text[1:], literal=True)
        if moment is None:
            raise FhirPathFault(f"{token.text} is no date or time", token.position)
        return Literal(moment, moment.type, token.position)

    def _number(self, token: Token) -> Node:
        unit = self._unit()
        if unit is not None:
            return Literal(Quantity(Decimal(token.text), unit), "System.Quantity", token.position)
        if "." in token.text:
            return Literal(Decimal(token.text), "System.Decimal", token.position)
        return Literal(int(token.text), "System.Integer", token.position)

    def _unit(self) -> str | None:
        token = self._next
        if token.kind == "string":
            return self._take().text
        if token.kind == "word" and token.text in CALENDAR:
            return CALENDAR[self._take().text]
        return None

    def _type_name(self) -> TypeName:
        first = self._take_word()
        if not self._is("."):
            return TypeName("", first)
        self._take()
        return TypeName(first, self._take_word())

    def _take_word(self) -> str:
        if self._next.kind not in _NAMES:
            raise self._unexpected("; a type is missing")
        return self._take().text
