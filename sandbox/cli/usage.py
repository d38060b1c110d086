"""A mistake in a command line, in the reader's language: what click finds, and what our commands say themselves."""

from __future__ import annotations

import re

import click

from sandbox.core.messages import Message
from sandbox.i18n import Catalogue

#: (what click says, what we say); groups of the pattern are the fields.
_SAID = (
    (r"(?:File|Directory|Path) '(?P<path>.*)' does not exist\.", Message("“{path}” does not exist")),
    (r"(?:File|Path) '(?P<path>.*)' is a directory\.", Message("“{path}” is a folder")),
    (r"Directory '(?P<path>.*)' is a file\.", Message("“{path}” is a file")),
    (r"'(?P<given>.*)' is not a valid (?:integer|integer range)\.", Message("“{given}” is not a whole number")),
    (r"'(?P<given>.*)' is not a valid float(?: range)?\.", Message("“{given}” is not a number")),
    (r"(?P<given>.*) is not in the range (?P<range>.*)\.", Message("{given} is not within {range}")),
    (r"'(?P<given>.*)' is not one of (?P<allowed>.*)\.", Message("“{given}” is none of {allowed}")),
    (r"No such command '(?P<name>.*)'\.", Message("There is no command “{name}”.")),
    (r"Got unexpected extra arguments? \((?P<given>.*)\)", Message("This is too much: {given}")),
    (r"Option '(?P<name>.*)' requires (?:an argument|\d+ arguments)\.", Message("The option {name} needs a value.")),
)  # fmt: skip


def told(error: click.UsageError, words: Catalogue) -> str:
    """What is wrong with the command line, and where its help is."""
    lines = [words.render(_what(error, words))]
    command = error.ctx.command_path if error.ctx else "sandbox"
    lines.append(words.render(Message("→ {command} --help says what can be asked.", {"command": command})))
    return "\n".join(lines)


def _what(error: click.UsageError, words: Catalogue) -> Message:
    if isinstance(error, click.NoSuchOption):
        fields = {"option": error.option_name, "near": (error.possibilities or ("",))[0]}
        if error.possibilities:
            return Message("There is no option {option}; is {near} meant?", fields)
        return Message("There is no option {option}.", fields)
    if isinstance(error, click.MissingParameter):
        return Message("This is missing: {name}", {"name": _name(error)})
    said = _known(error.message)
    if isinstance(error, click.BadParameter) and (name := _name(error)):
        return Message("{name}: {problem}.", {"name": name, "problem": said})
    return said


def _name(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    return error.param.get_error_hint(error.ctx).strip("'") if error.ctx else error.param.name or ""


def _known(said: str) -> Message:
    for pattern, message in _SAID:
        if found := re.fullmatch(pattern, said, re.DOTALL):
            return Message(message.template, found.groupdict())
    return Message(said.replace("{", "{{").replace("}", "}}"))
