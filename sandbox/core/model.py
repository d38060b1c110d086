"""What all parts of a spec have in common: they are frozen and refuse keys that they do not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """A typing error in a key is an error, not a setting that silently does nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
