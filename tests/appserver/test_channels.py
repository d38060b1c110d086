"""Which websocket frames pass."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.appserver.channels import ALLOWED_TYPES, V1, allowed
from tests.appserver.site import as_legacy_binary, as_v1, message

CHANNELS = ("shell", "control", "stdin", "iopub", "", "SHELL")


@pytest.mark.parametrize("kind", [*sorted(ALLOWED_TYPES), "execute_request", "input_reply", "shutdown_request", ""])
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_encoding_alike(kind: str, channel: str) -> None:
    each = message(kind, {}, channel)
    passes = kind in ALLOWED_TYPES and channel == "shell"
    assert allowed(json.dumps(each), None) is passes
    assert allowed(as_legacy_binary(each), None) is passes
    assert allowed(as_v1(each), V1) is passes


def test_an_encoding_that_was_not_agreed_is_not_guessed() -> None:
    each = message("comm_msg", {})
    assert not allowed(json.dumps(each), V1)
    assert not allowed(as_v1(each), None)


def test_a_header_that_two_readers_could_read_differently() -> None:
    each = message("comm_msg", {})
    twice = json.dumps(each["header"])[:-1] + ', "msg_type": "comm_msg"}'
    parts = [b"shell", twice.encode(), b"{}", b"{}", b"{}"]
    utf16 = [b"shell", json.dumps(each["header"]).encode("utf-16-le"), b"{}", b"{}", b"{}"]
    for frame in (parts, utf16):
        offsets = [8 * (len(frame) + 2)]
        for part in frame:
            offsets.append(offsets[-1] + len(part))
        packed = struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(frame)
        assert not allowed(packed, V1)


@given(st.binary(max_size=400))
def test_noise_never_passes_or_raises(data: bytes) -> None:
    assert not allowed(data, V1)
    assert not allowed(data, None)
    assert not allowed(data.decode("latin-1"), None)
