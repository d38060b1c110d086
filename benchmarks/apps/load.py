"""A crowd: many viewers who open an app within some seconds. They speak HTTP and the websocket, as a browser would.

Fifty browsers would measure themselves: each needs more of two cores than the server does. A viewer here asks for the
page, opens the websocket to the kernel named in it, moves the slider and waits for the prediction to change.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
import uuid
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.apps.ours import Ours
from benchmarks.apps.servers import Running
from tests.appserver.site import V1, as_v1, comm_msg


def crowd(server: Ours, app: str, viewers: int, seconds: float) -> dict[str, Any]:
    """Milliseconds until each viewer's prediction changed; what all processes hold while all pages are open, MB."""
    people = [server.viewer(app, f"viewer-{n}") for n in range(viewers)]
    server.wait_until_ready()
    taken, total = asyncio.run(_all(people, seconds))
    good = sorted(t for t in taken if t is not None)
    return {
        "viewers": viewers,
        "seconds": seconds,
        "median_ms": round(statistics.median(good), 1) if good else float("nan"),
        "p95_ms": round(good[int(0.95 * (len(good) - 1))], 1) if good else float("nan"),
        "worst_ms": round(good[-1], 1) if good else float("nan"),
        "failed": len(taken) - len(good),
        "total_mb": round(total, 1),
    }


async def _all(people: list[Running], seconds: float) -> tuple[list[float | None], float]:
    everybody_in = asyncio.Event()
    memory = asyncio.get_running_loop().create_future()
    opened = 0

    async def one(number: int, person: Running) -> float | None:
        nonlocal opened
        await asyncio.sleep(number * seconds / len(people))
        try:
            return await _open(person, finished)
        except (OSError, AssertionError, TimeoutError, httpx.HTTPError) as error:
            print(f"viewer {number}: {error!r}"[:300])
            finished()
            return None

    def finished() -> None:
        nonlocal opened
        opened += 1
        if opened == len(people):
            memory.set_result(Running(people[0].name, people[0].url, people[0].pid).pss())
            everybody_in.set()

    async def stay() -> None:
        await everybody_in.wait()

    async def _open(person: Running, done: Any) -> float:
        start = time.perf_counter()
        cookies = dict(person.cookies)
        async with httpx.AsyncClient(cookies=cookies, trust_env=False, timeout=60) as client:
            answer = await client.get(person.url)
        assert answer.status_code == 200, answer.text[:200]
        found = re.search(r'"kernelId":\s*"([^"]+)"', answer.text)
        assert found, "no kernel in the page"
        slider = _model_of(answer.text, "IntSliderModel")
        base = re.match(r"https?://[^/]+", person.url)
        assert base
        url = f"{base[0].replace('http', 'ws')}/api/kernels/{found[1]}/channels?session_id={uuid.uuid4().hex}"
        moved = as_v1(comm_msg(slider, {"method": "update", "state": {"value": 61}, "buffer_paths": []}))
        cookie = "; ".join(f"{n}={v}" for n, v in cookies.items())
        headers = {"Cookie": cookie, "Origin": base[0]}
        options = {"additional_headers": headers, "max_size": None, "proxy": None}
        async with connect(url, subprotocols=[Subprotocol(V1)], **options) as socket:
            await socket.send(moved)
            async with asyncio.timeout(60):
                while True:
                    frame = await socket.recv()
                    text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
                    if "Prediction for age=61" in text:
                        break
            taken = (time.perf_counter() - start) * 1000
            done()
            await stay()
        return taken

    taken = await asyncio.gather(*(one(n, p) for n, p in enumerate(people)))
    return list(taken), await memory


def _model_of(page: str, model: str) -> str:
    """The id of the first widget of a model in the states that stand in the page."""
    for found in re.finditer(r"<script[^>]*application/[^>]*>(.*?)</script>", page, re.S):
        try:
            data = json.loads(found[1])
        except ValueError:
            continue
        states = data.get("state", data) if isinstance(data, dict) else {}
        for key, state in states.items():
            if isinstance(state, dict) and state.get("model_name") == model:
                return str(key)
    raise AssertionError(f"no {model} in the page")
