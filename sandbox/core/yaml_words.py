"""What PyYAML finds wrong with a text, in words that a clerk would use and in the reader's language."""

from __future__ import annotations

import re
from typing import Any

import yaml

from sandbox.core.messages import Message

_CANNOT_BEGIN = Message("a value cannot begin with this character; put the value into quotes")
_INDENT = Message("this line stands further left or right than the lines that it belongs to")
#: (what PyYAML says, what we say); the first that fits. Its own texts are English and about its grammar.
_SAID: tuple[tuple[str, Message], ...] = (
    (r"found character '\\t'", Message("there is a tab; indent with blanks")),
    (r"found character", _CANNOT_BEGIN),
    (r"mapping values are not allowed", Message("there is a second colon, or the line stands too far right; put a text"
                                                " that holds a colon into quotes")),
    (r"could not find expected ':'", Message("a colon and a blank (“: ”) are missing after the key")),
    (r"sequence entries are not allowed", Message("“- ” may only begin a line of a list")),
    (r"expected <block end>", _INDENT),
    (r"expected ',' or", Message("a comma or the closing bracket is missing")),
    (r"found unexpected (end of stream|document separator)", Message("a quotation mark or bracket is not closed")),
    (r"expected the node content", Message("a value is missing, or a bracket is not closed")),
    (r"found unknown escape character", Message("within \"…\" a backslash has a meaning of its own; write '…'")),
    (r"expected alphabetic or numeric|found undefined alias|could not determine a constructor|found undefined tag",
     Message("&, * and ! have a meaning of their own at the beginning of a value; put it into quotes")),
    (r"but found another document|expected '<document start>'",
     Message("the file must be one list of keys with values")),
    (r"found (unhashable key|unconstructable recursive)", Message("this key or value cannot stand here")),
    (r"special characters|unacceptable character|invalid (start|continuation) byte",
     Message("there is a character that no text holds")),
)  # fmt: skip


class GivenTwice(yaml.MarkedYAMLError):
    """The same key twice in one mapping, of which YAML would keep the last in silence."""

    def __init__(self, key: Any, mark: yaml.Mark) -> None:
        super().__init__(problem="given twice", problem_mark=mark)
        self.key = key


def yaml_in_words(error: yaml.YAMLError) -> Message:
    """What is wrong, without its place."""
    if isinstance(error, GivenTwice):
        return Message("“{key}” is given twice", {"key": error.key})
    said = str(error.problem if isinstance(error, yaml.MarkedYAMLError) and error.problem else error)
    found = (message for pattern, message in _SAID if re.search(pattern, said))
    return next(found, Message("it is not written as YAML is"))
