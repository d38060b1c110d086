"""What every program of ours pays before it does anything."""

from __future__ import annotations

import subprocess
import sys

CHECKED = """
import sys, sandbox, jsonschema, skops.io
print("lark" in sys.modules)
check = jsonschema.FormatChecker().conforms
print(check("http://例子.example/路径", "iri"), check("no address", "iri"), check("../路径", "iri-reference"))
import rfc3987_syntax.utils
print(rfc3987_syntax.RFC3987_SYNTAX_PARSER_TYPE, "lark" in sys.modules)
"""


def test_a_grammar_that_nobody_uses_is_not_compiled_at_start_and_still_works() -> None:
    done = subprocess.run([sys.executable, "-c", CHECKED], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["False", "True False True", "earley True"], done.stderr
