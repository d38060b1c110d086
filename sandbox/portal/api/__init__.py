"""The REST API below ``/api/v1``: the same workflows as the pages, for Lab, the command line and other programs.

Sign in with ``Authorization: Bearer TOKEN``, or with the session's cookie and its form token in ``X-CSRF-Token``.
"""

from __future__ import annotations

from fastapi import APIRouter

from sandbox.portal.api import catalogue, lab, learning, projects, renewals, sharing, shelf, submissions

router = APIRouter(prefix="/api/v1")
for _part in (catalogue, projects, submissions, sharing, shelf, renewals, lab, learning):
    router.include_router(_part.router)
