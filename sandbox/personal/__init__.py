"""Personal data in texts: what it looks like, in one place, for everybody who must find it.

Used by the proposals for a new table's columns, by the masking rule ``redact``, and by the examination of what a
notebook shows. ``detect`` takes texts; ``redacted`` and ``scanned`` are SQL for columns.

To add a detector: a row in ``numbers`` (written in digits), ``addresses`` or ``names``, with a check that rejects
look-alikes; how people write it and what looks like it in ``tests/helpers/personal_corpus.py``; its words in
``sandbox/checks/personal_data.py`` and ``sandbox/i18n/zh-CN/checks.po``; its row in ``docs/detectors.md``.
"""

from sandbox.personal.scan import Hit, Look, detect, look, plain
from sandbox.personal.sql import DETECTORS, redacted, scanned

__all__ = ["DETECTORS", "Hit", "Look", "detect", "look", "plain", "redacted", "scanned"]
