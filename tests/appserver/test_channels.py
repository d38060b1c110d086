"""Which websocket frames are understood, and which messages a viewer may send."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.appserver.channels import MAX_PARTS, read_message
from sandbox.appserver.traffic import (
    ALLOWED_TYPES,
    BURST,
    FULL_AGAIN_SECONDS,
    MOST_CONTROLS,
    MOST_JSON,
    PER_SECOND,
    Allowances,
    Comms,
    Incoming,
    Rate,
    TooMuch,
)  # fmt: skip
from tests.appserver.site import as_v1, message

CHANNELS = ("shell", "control", "stdin", "iopub", "", "SHELL")
WIDGET = "a" * 32


@pytest.fixture
def comms() -> Comms:
    """Of a kernel with one widget."""
    made = Comms()
    made.exist([WIDGET])
    return made


def incoming(kind: str, channel: str = "shell", json_size: int = 100, **content: Any) -> Incoming:
    return Incoming(channel, kind, content, json_size)


def update(comm_id: str = WIDGET, method: Any = "update", **more: Any) -> Incoming:
    return incoming("comm_msg", comm_id=comm_id, data={"method": method, "state": {"value": 1}}, **more)


@pytest.mark.parametrize("kind", ["comm_msg", "execute_request", "input_reply", ""])
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_is_understood(kind: str, channel: str) -> None:
    found = read_message(as_v1(message(kind, {"comm_id": WIDGET}, channel)))
    assert found and (found.channel, found.kind, found.content) == (channel, kind, {"comm_id": WIDGET})


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", [*sorted(ALLOWED_TYPES), "execute_request", "input_reply", "shutdown_request", ""])
def test_types_and_channels(comms: Comms, kind: str, channel: str) -> None:
    content = {"comm_id": WIDGET, "data": {"method": "update"}}
    passes = channel == "shell" and kind in ("comm_msg", "comm_info_request", "kernel_info_request")
    assert comms.admits(incoming(kind, channel, **content)) is passes


def test_only_widgets_that_exist_are_spoken_to(comms: Comms) -> None:
    assert comms.admits(update())
    assert not comms.admits(update("b" * 32))
    comms.exist(["b" * 32])
    assert comms.admits(update("b" * 32))
    comms.gone("b" * 32)
    assert not comms.admits(update("b" * 32))


@pytest.mark.parametrize("method", ["request_states", "echo_update", "open", "", None, ["update"], {"a": 1}])
def test_widgets_are_told_nothing_else(comms: Comms, method: Any) -> None:
    assert not comms.admits(update(method=method))


@pytest.mark.parametrize("comm_id", ["", "x" * 129, None, 7, ["a"], {}])
def test_absurd_ids(comms: Comms, comm_id: Any) -> None:
    for kind in ("comm_open", "comm_msg", "comm_close"):
        assert not comms.admits(incoming(kind, comm_id=comm_id, target_name="jupyter.widget.control", data={}))


def test_viewers_open_the_control_channel_and_nothing_else(comms: Comms) -> None:
    def opens(comm_id: str, **content: Any) -> bool:
        return comms.admits(incoming("comm_open", comm_id=comm_id, data={}, **content))

    assert not opens("c", target_name="jupyter.widget")
    assert not opens("c", target_name="any", target_module="os")
    assert not opens(WIDGET, target_name="jupyter.widget.control"), "a widget's id is taken"
    assert not opens("c", target_name="jupyter.widget.control", target_module="os")
    assert opens("c", target_name="jupyter.widget.control")
    assert comms.admits(update("c", "request_states"))
    assert not comms.admits(update("c", "update"))


def test_ten_thousand_comm_opens(comms: Comms) -> None:
    opened = [
        comms.admits(incoming("comm_open", comm_id=f"{n:032}", target_name="jupyter.widget.control", data={}))
        for n in range(10_000)
    ]
    assert sum(opened) == MOST_CONTROLS
    assert comms.admits(incoming("comm_close", comm_id=f"{0:032}", data={}))
    assert comms.admits(incoming("comm_open", comm_id="again", target_name="jupyter.widget.control", data={}))


def test_widgets_are_the_kernels_to_close(comms: Comms) -> None:
    assert not comms.admits(incoming("comm_close", comm_id=WIDGET, data={}))
    assert comms.admits(update())


def test_a_text_has_an_end(comms: Comms) -> None:
    assert comms.admits(update(json_size=MOST_JSON))
    assert not comms.admits(update(json_size=MOST_JSON + 1))


def test_nobody_drags_a_slider_like_that() -> None:
    clock = [0.0]
    rate = Rate(lambda: clock[0])
    for _ in range(10 * PER_SECOND):  # ten seconds of much more than a hand can do
        clock[0] += 1 / PER_SECOND
        rate.spend(200)
    with pytest.raises(TooMuch):
        for _ in range(BURST + 1):
            rate.spend(200)
    clock[0] += 60
    rate.spend(9 * 2**20)  # an upload
    with pytest.raises(TooMuch):
        for _ in range(9):
            rate.spend(9 * 2**20)


def test_pages_of_one_app_share_what_they_may_send_and_those_of_another_do_not() -> None:
    clock = [0.0]
    shared = Allowances(lambda: clock[0])
    for _ in range(BURST):
        shared.spend("rita", "churn", 100)
    with pytest.raises(TooMuch):
        shared.spend("rita", "churn", 100)
    shared.spend("rita", "claims", 100)
    shared.spend("bob", "churn", 100)
    clock[0] += 1
    for _ in range(PER_SECOND):
        shared.spend("rita", "churn", 100)
    with pytest.raises(TooMuch):
        shared.spend("rita", "churn", 100)


def test_what_is_refused_costs_nothing_and_who_was_quiet_is_forgotten() -> None:
    clock = [0.0]
    shared = Allowances(lambda: clock[0])
    for person in range(1000):
        shared.spend(str(person), "churn", 1, BURST)
        for _ in range(100):
            with pytest.raises(TooMuch):
                shared.spend(str(person), "churn", 1)
        clock[0] += 0.1
    assert len(shared) <= 10 * FULL_AGAIN_SECONDS + 1
    clock[0] += FULL_AGAIN_SECONDS
    shared.spend("999", "churn", 1, BURST)
    assert len(shared) == 1


def test_a_text_is_no_message() -> None:
    assert read_message(json.dumps(message("comm_msg", {}))) is None


def test_what_is_judged_is_what_goes_to_the_kernel() -> None:
    each = message("comm_msg", {"comm_id": WIDGET}) | {"buffers": [b"abc", b""]}
    found = read_message(as_v1(each))
    assert found
    *texts, first, second = found.parts
    assert [json.loads(text) for text in texts] == [each[n] for n in ("header", "parent_header", "metadata", "content")]
    assert (first, second) == (b"abc", b"") and found.json_size == sum(map(len, texts))


@pytest.mark.parametrize("count", [0, 1, 5, MAX_PARTS + 1, 2**22, 2**63, 2**64 - 1])
def test_a_table_that_names_too_few_or_too_many_places(count: int) -> None:
    frame = as_v1(message("comm_msg", {"comm_id": WIDGET}))
    assert read_message(frame)
    assert read_message(struct.pack("<Q", count) + frame[8:]) is None


@pytest.mark.parametrize("place", [0, 8, 55, 2**40, 2**64 - 1])
@pytest.mark.parametrize("index", range(6))
def test_a_table_that_leads_elsewhere(index: int, place: int) -> None:
    frame = bytearray(as_v1(message("comm_msg", {"comm_id": WIDGET})))
    frame[8 * (index + 1) : 8 * (index + 2)] = struct.pack("<Q", place)
    assert read_message(bytes(frame)) is None


def test_what_two_readers_could_read_differently() -> None:
    each = message("comm_msg", {})
    header = json.dumps(each["header"]).encode()
    twice = header[:-1] + b', "msg_type": "comm_msg"}'
    content = b'{"comm_id": "a", "comm_id": "b"}'
    utf16 = json.dumps(each["header"]).encode("utf-16-le")
    frames = ([twice, b"{}", b"{}", b"{}"], [utf16, b"{}", b"{}", b"{}"], [header, b"{}", b"{}", content],
              [header, b"{}", b"{}", b"[]"])  # fmt: skip
    for parts in frames:
        frame = [b"shell", *parts]
        offsets = [8 * (len(frame) + 2)]
        for part in frame:
            offsets.append(offsets[-1] + len(part))
        packed = struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(frame)
        assert read_message(packed) is None


@given(st.binary(max_size=400))
def test_noise_is_never_understood_and_never_raises(data: bytes) -> None:
    assert read_message(data) is None
    assert read_message(data.decode("latin-1")) is None


VALUES = st.sampled_from(
    [None, True, 1.5, "", "a", WIDGET, "jupyter.widget.control", [], [1], {}, {"method": "update"}]
)


@given(
    st.dictionaries(st.sampled_from(["comm_id", "target_name", "target_module", "data", "x"]), VALUES),
    st.sampled_from([*sorted(ALLOWED_TYPES), "execute_request"]),
)
def test_whatever_a_message_holds_nothing_raises(content: dict[str, Any], kind: str) -> None:
    each = message(kind, content)
    found = read_message(as_v1(each))
    assert found is not None
    passed = Comms().admits(found)
    assert not passed or kind in ("kernel_info_request", "comm_info_request") or (
        kind == "comm_open" and content["target_name"] == "jupyter.widget.control"
    )  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{"header": {}}, {"header": None}, {"parent_header": 5}, {"metadata": []}, {"content": []},
     {"header": {"subshell_id": "x"}}, {"header": {"version": "4.0"}}, {"header": {"version": 5}},
     {"header": {"msg_id": None}}, {"content": {"value": float("nan")}}],
    ids=str,
)  # fmt: skip
def test_what_is_not_wholly_understood_is_not_understood(changed: dict[str, Any]) -> None:
    each = message("comm_msg", {"comm_id": WIDGET})
    assert read_message(as_v1(each))
    wrong = each | changed
    if changed.get("header"):
        wrong["header"] = each["header"] | changed["header"]
    assert read_message(as_v1(wrong)) is None
