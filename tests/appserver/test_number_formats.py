"""Numbers as a page's script writes and reads them, against what Python writes; hundreds in each run of Node."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.front_ends import build_front_ends

ROOT = Path(__file__).parents[2]
#: Formats that mean the same to Python and to d3, and how many places they show of what (the value times the factor).
ALIKE = {".2%": (2, 100), ".0%": (0, 100), ",.0f": (0, 1), ".3f": (3, 1), "+,.1f": (1, 1), "09.2f": (2, 1)}
#: Further ones that are read back.
MORE = ["$,.2f", "$.2f", ".3s", ".1s", "$.3s", "(,.2f", ".2e", ".4g", ".3r", ",.2~f", "*>12.1f", ""]
WHOLE = ["d", ",d", "x", "#x", "b", "o", "08d"]


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, list[Any]], list[Any]]:
    """``node(expression, cases)``: the expression's value for each case ``c``, with format.ts at hand; NaN is None."""
    build_front_ends()
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from build_frontend import environment_with_node
    finally:
        sys.path.pop(0)
    environment = environment_with_node()
    bundle = tmp_path_factory.mktemp("format") / "format.mjs"
    esbuild = ROOT / "apppage" / "node_modules" / "esbuild" / "bin" / "esbuild"
    command = [str(esbuild), "src/runtime/format.ts", "--bundle", "--format=esm", f"--outfile={bundle}"]
    subprocess.run(command, cwd=ROOT / "apppage", env=environment, check=True, capture_output=True)

    def run(expression: str, cases: list[Any]) -> list[Any]:
        script = (
            f"import {{ formatNumber, readNumber, readRange }} from {json.dumps(bundle.as_uri())};\n"
            "const all = JSON.parse(await new Promise(done => { let text = ''; process.stdin.setEncoding('utf8');\n"
            "  process.stdin.on('data', part => text += part).on('end', () => done(text)); }));\n"
            f"console.log(JSON.stringify(all.map(c => {expression})));"
        )
        command = ["node", "--input-type=module", "-e", script]
        done = subprocess.run(
            command, input=json.dumps(cases), env=environment, check=True, capture_output=True, text=True
        )
        return list(json.loads(done.stdout))

    return run


def values(seed: int, count: int = 400) -> list[float]:
    dice = random.Random(seed)
    found = [dice.uniform(-1, 1) * 10.0 ** dice.randint(-6, 9) for _ in range(count)]
    return [*found, *(round(each, 2) + 0.0 for each in found), 0.0, 1.0, -1.0, 0.5, 0.07, 0.29, 1.005, 999.995, 1e21]


def is_tie(value: float, places: int, factor: int) -> bool:
    """Exactly between two of what a format shows: Python takes the even one, d3 the larger."""
    shifted = Decimal(value * factor).scaleb(places)
    return abs(shifted % 1) == Decimal("0.5")


@pytest.mark.parametrize("form", ALIKE)
def test_written_as_python_writes(node: Callable[[str, list[Any]], list[Any]], form: str) -> None:
    places, factor = ALIKE[form]
    nothing = 0.5 / factor / 10**places  # what rounds to nothing; d3 knows no negative zero
    cases = [v for v in values(1) if not is_tie(v, places, factor) and (v >= 0 or v < -nothing) and abs(v) < 1e12]
    assert len(cases) > 500
    written = node("formatNumber(c[0], c[1])", [[value, form] for value in cases])
    for value, text in zip(cases, written, strict=True):
        assert text.replace("\N{MINUS SIGN}", "-") == format(value, form), value


@pytest.mark.parametrize("form", [*ALIKE, *MORE])
def test_what_is_written_reads_as_the_same(node: Callable[[str, list[Any]], list[Any]], form: str) -> None:
    cases = [[value, form] for value in values(2)]
    again = "formatNumber(readNumber(formatNumber(c[0], c[1]), c[1]), c[1])"
    for case, (before, after) in zip(cases, node(f"[formatNumber(c[0], c[1]), {again}]", cases), strict=True):
        assert after == before, case


@pytest.mark.parametrize("form", WHOLE)
def test_whole_numbers_read_as_they_were(node: Callable[[str, list[Any]], list[Any]], form: str) -> None:
    cases = [[value, form] for value in (0, 1, 7, 10, 255, 4096, 123456, 2**31, -1, -4095)]
    assert node("readNumber(formatNumber(c[0], c[1]), c[1])", cases) == [value for value, _ in cases]


def test_thousands_are_near_what_they_stand_for(node: Callable[[str, list[Any]], list[Any]]) -> None:
    cases = [[value, ".3s"] for value in values(3) if value]
    read = node("readNumber(formatNumber(c[0], c[1]), c[1])", cases)
    assert all(math.isclose(value, found, rel_tol=0.0051) for (value, _), found in zip(cases, read, strict=True))


@pytest.mark.parametrize("form", [".2f", ".0%", ",d", "$,.2f", ".3s", "(.1f"])
def test_two_numbers_with_something_between(node: Callable[[str, list[Any]], list[Any]], form: str) -> None:
    found = values(4, 100)
    pairs = [[a, b, form, between] for a, b in pairwise(found) for between in "-–—:~～至到"]
    shown = "formatNumber(c[0], c[2]) + ' ' + c[3] + ' ' + formatNumber(c[1], c[2])"
    apart = "[0, 1].map(each => readNumber(formatNumber(c[each], c[2]), c[2]))"
    for case, (read, wanted) in zip(pairs, node(f"[readRange({shown}, c[2]), {apart}]", pairs), strict=True):
        assert read == wanted, case


@pytest.mark.parametrize(
    ("text", "form", "wanted"),
    [
        ("80", ".0%", 0.8), ("0.8", ".0%", 0.8), ("80 %", ".0%", 0.8), ("1", ".0%", 0.01), ("-50", ".1%", -0.5),
        ("29%", ".2f", 0.29), ("７，０００", "d", 7000), ("(5)", "d", -5), ("$1,234.5", ",.2f", 1234.5),
        (".5", ".2f", 0.5),
        ("5.", ".2f", 5), ("1e3", ".2f", 1000), ("2 k", ".3s", 2000), ("2K", ".3s", 2000), ("3µ", ".3s", 3e-6),
        ("+4", "d", 4), ("2k", "d", None), ("", "d", None), ("-", "d", None), (".", "d", None), ("1,0", "d", None),
        ("1,2345", "d", None), ("five", "d", None), ("1 2", "d", None), ("%", ".0%", None), ("0x10", "d", None),
        ("1e", "d", None), ("Infinity", "d", None), ("3", "b", None), ("ff", "x", 255), ("7", "no format", 7),
    ],
)  # fmt: skip
def test_what_people_type(
    node: Callable[[str, list[Any]], list[Any]], text: str, form: str, wanted: float | None
) -> None:
    assert node("readNumber(c[0], c[1])", [[text, form]]) == [wanted]


def test_what_is_no_range(node: Callable[[str, list[Any]], list[Any]]) -> None:
    texts = ["5", "2 -", "- 5", "", "a - b", "2 5", "–", "tomorrow"]
    assert node("readRange(c, 'd')", texts) == [None] * len(texts)
