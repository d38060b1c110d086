"""What page and API functions ask for in their signatures."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from sandbox.core.messages import Language
from sandbox.core.roles import Person
from sandbox.portal.addresses import Addresses
from sandbox.portal.forms import Form, posted
from sandbox.portal.visitor import CSRF_HEADER, Visitor, check_form_token, visitor_of
from sandbox.workflows.services import Services


def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


def _addresses(request: Request) -> Addresses:
    found: Addresses = request.app.state.addresses
    return found


def _visitor(request: Request) -> Visitor:
    return visitor_of(request)


def _me(request: Request) -> Person:
    return visitor_of(request).signed_in()


def _language(request: Request) -> Language:
    return visitor_of(request).language


def _api_person(request: Request) -> Person:
    """The API's person. A cookie is sent by the browser on its own, so a change then needs the form token as well."""
    visitor = visitor_of(request)
    person = visitor.signed_in()
    if visitor.via == "session" and request.method not in {"GET", "HEAD"}:
        check_form_token(visitor, request.headers.get(CSRF_HEADER, ""))
    return person


UsedServices = Annotated[Services, Depends(_services)]
UsedAddresses = Annotated[Addresses, Depends(_addresses)]
Visit = Annotated[Visitor, Depends(_visitor)]
Me = Annotated[Person, Depends(_me)]
ApiPerson = Annotated[Person, Depends(_api_person)]
Reads = Annotated[Language, Depends(_language)]
Posted = Annotated[Form, Depends(posted)]
