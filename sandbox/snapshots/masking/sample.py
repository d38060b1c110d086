"""``sample``: a share of the units with all their rows, chosen by key: the same units in every table of the entity.

Units whose draw is smaller than the rate stay. A smaller rate chooses a part of what a larger one chooses, so that
tables sampled at different rates still join.
"""

from __future__ import annotations

from sandbox.core.rules import Sample
from sandbox.snapshots.masking.cell import KeyOf, Owner
from sandbox.snapshots.masking.hashing import hmac_sha256, key_for, uniform
from sandbox.snapshots.sql import Sql, value


def operate(rule: Sample, owner: Owner, key_of: KeyOf) -> Sql:
    """The condition under which a row stays; rows of nobody stay, so that they are found and told."""
    unit = owner.id
    drawn = uniform(hmac_sha256(unit, key_for(key_of(owner.entity), "sample")))
    return "(" + unit + " IS NULL OR " + drawn + " < " + value(rule.rate) + ")"
