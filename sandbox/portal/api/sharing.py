"""Projects that several people work on: with whom, whose turn it is, and the text that they share."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.portal.needs import ApiPerson, UsedServices
from sandbox.workflows.share import ask_turn, leave_turn, load_text, save_text, share, unshare

router = APIRouter(prefix="/projects/{slug}", tags=["sharing"])
Window = Annotated[str, Header(alias="X-Sandbox-Window", min_length=1, max_length=64)]


class ColleagueBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person: str = Field(max_length=63)


class TurnBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    take: bool = False
    leave: bool = False


@router.post("/colleagues", status_code=201)
def add(slug: str, body: ColleagueBody, services: UsedServices, person: ApiPerson) -> dict[str, Any]:
    """Let a colleague work on your project."""
    shared = share(services, person, slug, body.person)
    return {"person": shared.person, "since": shared.since.isoformat()}


@router.delete("/colleagues/{name}", status_code=204)
def remove(slug: str, name: str, services: UsedServices, person: ApiPerson) -> Response:
    """End that; a colleague may end their own part."""
    unshare(services, person, slug, name)
    return Response(status_code=204)


@router.post("/turn")
def turn(slug: str, body: TurnBody, services: UsedServices, person: ApiPerson, window: Window) -> dict[str, Any]:
    """Ask to edit the shared text in this window. ``shared`` is false for a project of one person."""
    if body.leave:
        leave_turn(services, person, slug, window)
        return {"shared": True, "mine": False}
    given = ask_turn(services, person, slug, window, take=body.take)
    if given is None:
        return {"shared": False}
    with services.registry.reading() as reading:
        names = reading.display_names()
    return {
        "shared": True,
        "mine": given.mine,
        "me": given.person == person.name,
        "person": names.get(given.person, given.person),
        "since": given.since.isoformat() if given.since else "",
        "text": given.text,
        "owner": given.owner,
    }


@router.get("/text", response_class=Response)
def load(slug: str, services: UsedServices, person: ApiPerson) -> Response:
    """The newest shared text as a zip; its SHA-256 is in ETag."""
    text, archive = load_text(services, person, slug)
    return Response(archive, media_type="application/zip", headers={"ETag": f'"{text}"'})


@router.put("/text")
def save(
    slug: str,
    services: UsedServices,
    person: ApiPerson,
    window: Window,
    archive: Annotated[bytes, Body(media_type="application/zip")],
    if_match: Annotated[str, Header()] = "",
) -> dict[str, str]:
    """Save the shared text; If-Match carries the SHA-256 of the text that this one began from ("" for the first)."""
    return {"text": save_text(services, person, slug, window, if_match.strip('"'), archive)}
