"""Open apps stay open on the portal's word: it is asked again and again, and what it does not renew ends.

So a sign-out in the portal, an account that lost a role, an app that was retired ends here within a
quarter of the time that an admission holds, and within the whole of it when the portal cannot be asked.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tornado.httpclient import AsyncHTTPClient

from sandbox.appserver.kernels import AppKernels
from sandbox.appserver.openings import Openings
from sandbox.appserver.sessions import Admission, Sessions
from sandbox.identity.tickets import LIFETIME, Ticket, seal

log = logging.getLogger(__name__)

#: Admissions in one question; the portal takes no more.
BATCH = 200
_ANSWER_SECONDS = 5
#: What became live is asked for so often: who published an app looks at it at once.
_HEAR_SECONDS = 4.0


@dataclass(frozen=True)
class Renewal:
    """``address`` is the portal's; without one nobody renews, and every app ends when ``hold`` is over.

    ``openings`` are told to the portal with the question; ``follow`` hears app → live version, latest change first.
    """

    sessions: Sessions
    kernels: AppKernels
    address: str
    key: bytes
    hold: timedelta
    now: Callable[[], datetime]
    openings: Openings | None = None
    follow: Callable[[dict[str, str]], None] = lambda live: None

    async def run(self) -> None:
        """Renew for ever."""
        heard, quarter, due = False, self.hold.total_seconds() / 4, 0.0
        while True:
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + quarter
                    await self.once()
                heard = await self.hear() or heard
            except Exception:  # whatever it is, the next round must come: it ends what is over
                log.exception("renewing failed")
            # At the start both come up together: what is live is wanted as soon as the portal answers.
            await asyncio.sleep(min(quarter, _HEAR_SECONDS if heard else 1.0))

    async def once(self) -> None:
        """One round: ask for all admissions, then end the kernels of those that are over."""
        admissions = self.sessions.admissions()
        for first in range(0, len(admissions), BATCH):
            batch = admissions[first : first + BATCH]
            for admission, standing in zip(batch, await self._ask(batch), strict=True):
                self._heed(admission, standing)
        await self.kernels.end_where_over(self.sessions.holds)

    async def hear(self) -> bool:
        """Tell the portal how apps were used, and hear which versions are live; False when it does not answer."""
        if not self.address:
            return True
        told = self.openings.settled(BATCH) if self.openings else []
        server = seal(Ticket("serve", "", "", "en", self.now() + LIFETIME), self.key)
        openings = [{**vars(opening), "day": opening.day.isoformat()} for opening in told]
        try:
            answer = await self._post({"server": server, "openings": openings})
            live = {str(each["app"]): str(each["version"]) for each in answer["live"]}
        except Exception as problem:  # what is not told now is told the next time
            log.warning("the portal does not say what is live", extra={"problem": str(problem)})
            return False
        if self.openings:
            self.openings.told(told)
        self.follow(live)
        return True

    def _heed(self, admission: Admission, standing: str) -> None:
        if standing in ("open", "newer"):
            self.sessions.renew(admission, followed=standing == "newer")
            return
        if standing == "closed":
            self.sessions.end(admission)
        elif standing == "signed-out":
            self.sessions.end_signin(admission.person, admission.signin)
        if standing:
            log.info("an app was closed", extra={"app": admission.app, "person": admission.person, "why": standing})

    async def _ask(self, admissions: Sequence[Admission]) -> list[str]:
        """The portal's word for each, "" where it gives none."""
        silence = [""] * len(admissions)
        if not self.address:
            return silence
        try:
            answer = await self._post({"tickets": [self._sealed(admission) for admission in admissions]})
            standings = [str(standing) for standing in answer["standings"]]
        except Exception as problem:  # refused, unreachable, not understood: all the same, it renewed nothing
            log.warning("the portal does not answer for open apps", extra={"problem": str(problem)})
            return silence
        return standings if len(standings) == len(admissions) else silence

    async def _post(self, question: dict[str, Any]) -> Any:
        answer = await AsyncHTTPClient().fetch(
            f"{self.address}/api/v1/renewals", method="POST", body=json.dumps(question),
            request_timeout=_ANSWER_SECONDS, headers={"Content-Type": "application/json"}, follow_redirects=False,
        )  # fmt: skip
        return json.loads(answer.body)

    def _sealed(self, admission: Admission) -> str:
        ticket = Ticket(
            "renew", admission.person, "", "en", self.now() + LIFETIME,
            app=admission.app, version=admission.version, signin=admission.signin,
        )  # fmt: skip
        return seal(ticket, self.key)
