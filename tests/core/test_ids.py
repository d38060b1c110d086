"""Ids parse and render; names cannot leave their folder."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.core.errors import BadInput
from sandbox.core.ids import VersionId, check_dataset_name, check_slug, slugify

times = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
digests = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(times, digests)
def test_a_version_parses_what_it_renders(time: datetime, digest: str) -> None:
    version = VersionId.of(time, digest)
    assert VersionId.parse(str(version)) == version


@given(times, times, digests)
def test_versions_sort_by_time_as_text_and_as_values(one: datetime, two: datetime, digest: str) -> None:
    a, b = VersionId.of(one, digest), VersionId.of(two, digest)
    assert (a < b) == (str(a) < str(b))


@given(st.text(max_size=70))
def test_what_passes_is_harmless_in_a_path(text: str) -> None:
    for check in (check_slug, check_dataset_name):
        try:
            accepted = check(text)
        except BadInput:
            continue
        assert accepted == text and not set(text) & set("/\\.\0 ~")


@given(st.text(max_size=200))
def test_every_title_gives_a_usable_slug(title: str) -> None:
    assert check_slug(slugify(title, fallback="project"))


@pytest.mark.parametrize("bad", ["", "..", "20261121T000000Z-xyz", "20261121T000000Z-1a2b3c4d5e6f/..", "latest"])
def test_other_texts_are_refused_as_versions(bad: str) -> None:
    with pytest.raises(BadInput):
        VersionId.parse(bad)
