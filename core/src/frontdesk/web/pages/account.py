"""A user's own password."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.people import Role
from frontdesk.web.pages.frame import Surroundings, back, change, page, show, translator
from frontdesk.web.pages.login import unfit_password
from frontdesk.web.pages.security import Passwords
from frontdesk.web.pages.users import ROLES


@page(Role.VIEWER)
async def account(request: Request) -> Response:
    """Show who the user is here."""
    hashed = await _around(request).doors.password_of(request.state.user.name)
    return await show(
        request, "account.html", roles=ROLES, least=Passwords.LEAST, has_password=bool(hashed)
    )


@change(Role.VIEWER)
async def set_password(request: Request) -> Response:
    """Keep a new password, if the old one is right; other browsers are logged out."""
    _, form, around = translator(request), await request.form(), _around(request)
    name, source = request.state.user.name, request.client.host if request.client else ""
    hashed = await around.doors.password_of(name)
    if hashed is not None:
        if not around.throttle.is_open(name, source):
            return back(request, _("Too many tries. Wait some minutes."), bad=True)
        around.throttle.note(name, source)
        if not await around.passwords.fits(hashed, str(form.get("old", ""))):
            return back(request, _("The password you have is another one."), bad=True)
        around.throttle.forgive(name, source)
    password = str(form.get("password", ""))
    unfit = unfit_password(request, password, str(form.get("repeated", "")))
    if unfit:
        return back(request, unfit, bad=True)
    await around.doors.change_password(
        name, await around.passwords.hash(password), request.state.visit
    )
    return back(request, _("You have a new password. Other browsers are logged out."))


def _around(request: Request) -> Surroundings:
    found: Surroundings = request.app.state.surroundings
    return found


routes: Final = [
    Route("/account", account, name="account"),
    Route("/account", set_password, methods=["POST"], name="set_password"),
]
