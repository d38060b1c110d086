"""Put the tables of ``make bench-apps`` into ``docs/operator.md``, each below the comment that names its file."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = re.compile(r"<!-- (apps_\w+\.md) -->\n(?:\n(?:\|.*\n)+)?")


def main() -> None:
    page = ROOT / "docs" / "operator.md"

    def filled(found: re.Match[str]) -> str:
        table = ROOT / "benchmarks" / "results" / found[1]
        return f"<!-- {found[1]} -->\n\n{table.read_text('utf-8')}" if table.exists() else found[0]

    page.write_text(PLACE.sub(filled, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
