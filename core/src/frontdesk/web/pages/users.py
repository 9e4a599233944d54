"""Who may use the pages: for admins."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.errors import ConfigurationError
from frontdesk.people import Role
from frontdesk.web.pages.frame import N_, back, change, page, show, translator, url

nav: Final = (N_("Users"), "users", 80, Role.ADMIN)
#: What the roles are called, and what each may do.
ROLES: Final = {
    Role.VIEWER: (N_("viewer"), N_("sees everything, and changes nothing")),
    Role.STAFF: (
        N_("staff"),
        N_("sees everything; exports and forgets guests, replays, syncs, pauses and resumes"),
    ),
    Role.ADMIN: (N_("admin"), N_("all of that; manages users and reads the audit")),
}


@page(Role.ADMIN)
async def users(request: Request) -> Response:
    """List them."""
    return await _listed(request)


async def _listed(request: Request, link: str = "", name: str = "") -> Response:
    rows = await request.app.state.desk.users()
    return await show(request, "users.html", rows=rows, roles=ROLES, link=link, name=name)


@change(Role.ADMIN)
async def add(request: Request) -> Response:
    """Add somebody, and show the link that lets them in."""
    form, desk = await request.form(), request.app.state.desk
    name, by = str(form.get("name", "")).strip(), request.state.user.name
    await desk.add_user(name, _role(form.get("role")), by=by)
    return await _linked(request, name)


@change(Role.ADMIN)
async def link(request: Request) -> Response:
    """Show a new link that lets somebody in."""
    return await _linked(request, request.path_params["name"])


async def _linked(request: Request, name: str) -> Response:
    path = await request.app.state.desk.login_link(name, by=request.state.user.name)
    base = request.app.state.desk.service_settings.pages_url
    base = base or f"{request.url.scheme}://{request.url.netloc}{url(request, 'home')}"
    return await _listed(request, f"{base.rstrip('/')}/{path}", name)


@change(Role.ADMIN)
async def role(request: Request) -> Response:
    """Give somebody another role."""
    _, form, name = translator(request), await request.form(), request.path_params["name"]
    desk, by = request.app.state.desk, request.state.user.name
    await desk.set_role(name, _role(form.get("role")), by=by)
    return back(request, _("%(name)s has another role now.") % {"name": name})


@change(Role.ADMIN)
async def remove(request: Request) -> Response:
    """Let somebody in no more."""
    _, name = translator(request), request.path_params["name"]
    await request.app.state.desk.remove_user(name, by=request.state.user.name)
    return back(request, _("%(name)s is no user any more.") % {"name": name})


def _role(asked: object) -> Role:
    try:
        return Role[str(asked or Role.VIEWER.name).upper()]
    except KeyError:
        raise ConfigurationError(f"there is no role {asked!r}") from None


routes: Final = [
    Route("/users", users, name="users"),
    Route("/users", add, methods=["POST"], name="users_add"),
    Route("/users/{name}/link", link, methods=["POST"], name="users_link"),
    Route("/users/{name}/role", role, methods=["POST"], name="users_role"),
    Route("/users/{name}/remove", remove, methods=["POST"], name="users_remove"),
]
