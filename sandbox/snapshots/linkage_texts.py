"""What was linked, for people."""

from __future__ import annotations

from sandbox.core.messages import Message
from sandbox.snapshots.manifest import LinkFacts


def tell_linkage(facts: LinkFacts) -> tuple[Message, ...]:
    """How many were linked, by what, and how many links the model expects to be wrong or missing."""
    fields = {
        "links": f"{facts.links:,}",
        "on": ", ".join(facts.on),
        "first": f"{facts.records[0]:,} ({facts.tables[0]})",
        "second": f"{facts.records[-1]:,} ({facts.tables[-1]})",
        "threshold": f"{facts.threshold:g}",
        "false": f"{facts.false_share:.1%}",
        "missed": f"{facts.missed_share:.1%}",
    }
    if len(facts.tables) == 1:
        made = Message(
            "{links} of {first} are linked to somebody else among them by {on}, with a probability of {threshold} or"
            " more.",
            fields,
        )
    else:
        made = Message(
            "{links} people of {first} and {second} are linked by {on}, with a probability of {threshold} or more.",
            fields,
        )
    return made, Message(
        "By the model's own estimate {false} of the compared pairs taken for one person are not, and {missed} of the"
        " pairs that are one person were not taken; only a look at the pairs tells if that is true.",
        fields,
    )
