"""Open apps stay open on the portal's word: it is asked again and again, and what it does not renew ends.

So a sign-out in the portal, an account that lost a role, an app that was rolled back or retired ends here within a
quarter of the time that an admission holds, and within the whole of it when the portal cannot be asked.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tornado.httpclient import AsyncHTTPClient

from sandbox.appserver.kernels import AppKernels
from sandbox.appserver.sessions import Admission, Sessions
from sandbox.identity.tickets import LIFETIME, Ticket, seal

log = logging.getLogger(__name__)

#: Admissions in one question; the portal takes no more.
BATCH = 200
_ANSWER_SECONDS = 5


@dataclass(frozen=True)
class Renewal:
    """``address`` is the portal's; without one nobody renews, and every app ends when ``hold`` is over."""

    sessions: Sessions
    kernels: AppKernels
    address: str
    key: bytes
    hold: timedelta
    now: Callable[[], datetime]

    async def run(self) -> None:
        """Renew for ever."""
        while True:
            await asyncio.sleep(self.hold.total_seconds() / 4)
            try:
                await self.once()
            except Exception:  # whatever it is, the next round must come: it ends what is over
                log.exception("renewing failed")

    async def once(self) -> None:
        """One round: ask for all admissions, then end the kernels of those that are over."""
        admissions = self.sessions.admissions()
        for first in range(0, len(admissions), BATCH):
            batch = admissions[first : first + BATCH]
            for admission, standing in zip(batch, await self._ask(batch), strict=True):
                self._heed(admission, standing)
        await self.kernels.end_where_over(self.sessions.holds)

    def _heed(self, admission: Admission, standing: str) -> None:
        if standing == "open":
            self.sessions.renew(admission)
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
        body = json.dumps({"tickets": [self._sealed(admission) for admission in admissions]})
        try:
            answer = await AsyncHTTPClient().fetch(
                f"{self.address}/api/v1/renewals", method="POST", body=body, request_timeout=_ANSWER_SECONDS,
                headers={"Content-Type": "application/json"}, follow_redirects=False,
            )  # fmt: skip
            standings = [str(standing) for standing in json.loads(answer.body)["standings"]]
        except Exception as problem:  # refused, unreachable, not understood: all the same, it renewed nothing
            log.warning("the portal does not answer for open apps", extra={"problem": str(problem)})
            return silence
        return standings if len(standings) == len(admissions) else silence

    def _sealed(self, admission: Admission) -> str:
        ticket = Ticket(
            "renew", admission.person, "", "en", self.now() + LIFETIME,
            app=admission.app, version=admission.version, signin=admission.signin,
        )  # fmt: skip
        return seal(ticket, self.key)
