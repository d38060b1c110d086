"""The Innovation Sandbox: the road from an idea at a desk to a service that IT runs."""

import importlib
import importlib.util
import sys
import types
from typing import Any

__version__ = "0.1.0"

_GRAMMAR = "rfc3987_syntax"
#: How the names begin that it offers.
_WORDS = ("is_valid_syntax", "make_syntax_validator", "parse", "grammar", "syntax_parser", "RFC3987_SYNTAX")


def _put_off_grammar() -> None:
    """Let ``jsonschema`` compile its grammar of international addresses when somebody checks one, and not before.

    It does so while it is imported, in 1.5 seconds of processor time, and every program of ours imports it with
    nbformat and jupyter_server; none checks such an address.
    """
    spec = importlib.util.find_spec(_GRAMMAR)
    if _GRAMMAR in sys.modules or spec is None:
        return
    stand_in = types.ModuleType(_GRAMMAR)

    def real() -> types.ModuleType:
        if sys.modules.get(_GRAMMAR) is stand_in:
            del sys.modules[_GRAMMAR]
        return importlib.import_module(_GRAMMAR)

    def is_valid_syntax(term: str, value: str) -> bool:
        return bool(real().is_valid_syntax(term, value))

    def other(name: str) -> Any:
        if name.startswith(_WORDS):
            return getattr(real(), name)
        raise AttributeError(name)  # skops asks every module for hundreds of names that none of them has

    stand_in.__dict__.update(is_valid_syntax=is_valid_syntax, __getattr__=other, __spec__=spec)
    stand_in.__path__ = list(spec.submodule_search_locations or ())
    sys.modules[_GRAMMAR] = stand_in


_put_off_grammar()
