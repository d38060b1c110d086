"""Every text that people read exists in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

import sandbox.core.errors as errors
from sandbox.core.messages import LANGUAGES

PACKAGE = Path(__file__).resolve().parent.parent / "sandbox"
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.SandboxError | errors.WrongValue)
}
# Called with an English text as first argument; errors also with a remedy as second.
MARKERS = {"_", "gettext", "t", "Message"}
FIELD = re.compile(r"\{(\w*)[^}]*\}")
# A text of fields alone has nothing to translate.
WORDS = re.compile(r"[^\W\d_](?![^{]*\})")


def texts_of(file: Path) -> Iterator[tuple[str, int]]:
    """(text, line) of every literal text in ``file`` that a reader may see."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        count = 2 if name in ERRORS else 1 if name in MARKERS else 0
        for argument in node.args[:count]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and WORDS.search(argument.value):
                yield argument.value, node.lineno


def page_texts(file: Path) -> Iterator[tuple[str, int]]:
    """(text, line) of every ``_("…")`` in a page template."""
    source = file.read_text(encoding="utf-8")
    for found in re.finditer(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""", source):
        text = found[1] if found[1] is not None else found[2]
        yield text.replace("\\'", "'").replace('\\"', '"'), source.count("\n", 0, found.start()) + 1


def catalogue_files() -> list[Path]:
    return [f for language in LANGUAGES if language != "en" for f in sorted((PACKAGE / "i18n" / language).glob("*.po"))]


def known() -> dict[str, str]:
    entries = {}
    for file in catalogue_files():
        with file.open("rb") as stream:
            entries.update({str(m.id): str(m.string) for m in read_po(stream) if m.id and m.string})
    return entries


def test_every_text_is_translated() -> None:
    translated = known()
    missing = []
    for file in sorted(PACKAGE.rglob("*.py")):
        missing += [f"{file.relative_to(PACKAGE)}:{line}: {t!r}" for t, line in texts_of(file) if t not in translated]
    for file in sorted(PACKAGE.rglob("*.html")):
        missing += [f"{file.relative_to(PACKAGE)}:{line}: {t!r}" for t, line in page_texts(file) if t not in translated]
    assert not missing, f"{len(missing)} texts lack 简体中文:\n" + "\n".join(missing)


def test_translations_keep_their_fields() -> None:
    wrong = [text for text, chinese in known().items() if set(FIELD.findall(text)) != set(FIELD.findall(chinese))]
    assert not wrong, "fields differ between English and Chinese:\n" + "\n".join(wrong)
