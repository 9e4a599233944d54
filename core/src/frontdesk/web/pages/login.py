"""Logging in, by password or by a link that works once; and out."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from frontdesk.web.pages.frame import (
    Surroundings,
    back,
    change,
    page,
    show,
    start_visit,
    translator,
    url,
)
from frontdesk.web.pages.security import Passwords
from frontdesk.web.pages.throttle import WINDOW


@page(role=None)
async def login(request: Request) -> Response:
    """Show the form."""
    if request.state.user is not None:
        return RedirectResponse(url(request, "home"), 303)
    return await show(request, "login.html", next=request.query_params.get("next", ""), name="")


@change(role=None)
async def log_in(request: Request) -> Response:
    """Let somebody in who knows the password."""
    _ = translator(request)
    form = await request.form()
    name, password, next = (str(form.get(key, "")) for key in ("name", "password", "next"))
    around, source = _around(request), request.client.host if request.client else ""
    if not around.throttle.is_open(name, source):
        return await _again(
            request, name, next, 429, _("Too many tries. Wait some minutes, or ask for a link.")
        )
    # Before it is known: many at once are not to get more tries.
    around.throttle.note(name, source)
    hashed = await around.doors.password_of(name)
    if not await around.passwords.fits(hashed, password):
        return await _again(request, name, next, 403, _("Name or password is wrong."))
    around.throttle.forgive(name, source)
    if hashed is not None and around.passwords.is_old(hashed):
        await around.doors.set_password(name, await around.passwords.hash(password))
    await around.doors.log_in(name, start_visit(request))
    return RedirectResponse(_inside(request, next), 303)


async def _again(request: Request, name: str, next: str, status: int, why: str) -> Response:
    response = await show(
        request, "login.html", status=status, next=next, name=name, note=why, bad=True
    )
    if status == 429:  # noqa: PLR2004  # too many requests
        response.headers["retry-after"] = str(WINDOW)
    return response


def _inside(request: Request, next: str) -> str:
    """Return a path within our pages; wherever else somebody wants to lead us, we do not go."""
    home = url(request, "home")
    if not next.startswith("/") or next.startswith("//") or "\\" in next:
        return home
    return home.rstrip("/") + next


@page(role=None)
async def enter(request: Request) -> Response:
    """Show whom a link lets in; looking uses nothing up, as mail scanners look at links, too."""
    owner = await _around(request).doors.owner_of_link(request.path_params["secret"])
    status = 410 if owner is None else 200
    return await show(request, "enter.html", status=status, owner=owner, least=Passwords.LEAST)


@change(role=None)
async def let_in(request: Request) -> Response:
    """Let somebody in by a link, with a password for the next time if one is given."""
    _ = translator(request)
    form, around = await request.form(), _around(request)
    password, hashed = str(form.get("password", "")), None
    if password:
        unfit = unfit_password(request, password, str(form.get("repeated", "")))
        if unfit:
            return back(request, unfit, bad=True, to=request.url.path)
        hashed = await around.passwords.hash(password)
    secret, visit = request.path_params["secret"], start_visit(request)
    user = await around.doors.use_link(secret, visit, hashed)
    if user is None:
        return await show(request, "enter.html", status=410, owner=None, least=Passwords.LEAST)
    return RedirectResponse(url(request, "home"), 303)


def unfit_password(request: Request, password: str, repeated: str) -> str:
    """Say what is wrong with a new password; nothing if it will do."""
    _ = translator(request)
    if not Passwords.LEAST <= len(password) <= Passwords.MOST:
        return _("A password has at least %(least)s characters.") % {"least": Passwords.LEAST}
    return "" if password == repeated else _("The two passwords differ.")


@change(role=None)
async def log_out(request: Request) -> Response:
    """Let this browser in no longer."""
    await _around(request).doors.log_out(request.state.visit or "")
    request.state.user = None
    start_visit(request)
    return RedirectResponse(url(request, "login"), 303)


def _around(request: Request) -> Surroundings:
    found: Surroundings = request.app.state.surroundings
    return found


routes: Final = [
    Route("/login", login, name="login"),
    Route("/login", log_in, methods=["POST"], name="log_in"),
    Route("/logout", log_out, methods=["POST"], name="log_out"),
    Route("/enter/{secret}", enter, name="enter"),
    Route("/enter/{secret}", let_in, methods=["POST"], name="let_in"),
]
