"""What every page stands in: who asks, whether they may, and how the answer looks.

A page is a function under :func:`page`, and what changes something one under
:func:`change`; nothing else is reachable. Plugins write theirs the same way.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

import attrs
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from frontdesk.errors import ConfigurationError, FrontdeskError, LeaseError, StoreError
from frontdesk.explaining import explain
from frontdesk.people import Role, User
from frontdesk.web.pages.doors import Doors
from frontdesk.web.pages.security import Passwords, Seal, comes_from_elsewhere, new_visit
from frontdesk.web.pages.throttle import Throttle
from frontdesk.web.pages.wording import N_, language_of, make_environment, texts, translator

if TYPE_CHECKING:
    from frontdesk.desk import Desk

__all__ = ["N_", "Role", "User", "audit", "back", "change", "page", "show", "translator", "url"]

_log = logging.getLogger("frontdesk")
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
Authenticate: TypeAlias = Callable[
    [Request], "User | Response | Awaitable[User | Response | None] | None"
]
"""An application's own login: the user, or what to answer to somebody who is none."""
Entry: TypeAlias = tuple[str, str, int, Role]
"""Of the navigation: label, name of the route, order, and the role needed."""
#: The field of a form that says that the form is ours.
TOKEN: Final = "form_token"  # noqa: S105  # a field's name
#: How a scope says where the pages begin; plugins' pages have a root of their own.
BASE: Final = "frontdesk.base"
_MARK: Final = "frontdesk_page"
#: Seconds that what a page shall say waits for the page.
_NOTED: Final = 60
_STATUSES: Final[Mapping[type[FrontdeskError], int]] = {
    LeaseError: 409,
    StoreError: 503,
    ConfigurationError: 400,
}


@attrs.define(eq=False)
class Surroundings:
    """What all pages of an application share.

    Args:
        authenticate: The application's own login, in the place of ours.
        loaders: Where plugins' templates are, by the plugin's name.
        secure: Whether browsers come by HTTPS, whatever the request seems to say.
    """

    desk: Desk
    doors: Doors
    authenticate: Authenticate | None
    navigation: tuple[Entry, ...]
    loaders: Mapping[str, Any]
    secure: bool
    passwords: Passwords
    throttle: Throttle
    seal: Seal | None = None
    environments: dict[str, Environment] = attrs.field(factory=dict)

    async def sealed(self) -> Seal:
        """Return what signs; its key is the store's, so that all processes have the same."""
        if self.seal is None:
            self.seal = Seal(await self.doors.page_key())
        return self.seal

    def environment(self, language: str) -> Environment:
        """Return what renders templates in a language."""
        if language not in self.environments:
            self.environments[language] = make_environment(language, dict(self.loaders))
        return self.environments[language]


def page(role: Role | None = Role.VIEWER) -> Callable[[Handler], Handler]:
    """Mark a function that shows something.

    Args:
        role: What a user needs at least; None: it is for everybody, logged in or not.
    """
    return lambda handler: _within(handler, role, _plain)


def change(role: Role | None = Role.STAFF) -> Callable[[Handler], Handler]:
    """Mark a function that changes something: it is called for forms of our own only.

    An error that frontdesk raises on purpose is said on the page the form was on. A search
    for a guest belongs here, too, and may show what it finds: no URL names a guest.

    Args:
        role: What a user needs at least; None: it is for everybody, logged in or not.
    """
    return lambda handler: _within(handler, role, _checked)


def _within(
    handler: Handler, role: Role | None, how: Callable[[Handler, Request], Awaitable[Response]]
) -> Handler:
    @wraps(handler)
    async def answer(request: Request) -> Response:
        request.state.user, request.state.visit = None, None
        try:
            refused = await _arrive(request, role)
            response = refused or await how(handler, request)
        except HTTPException as error:
            response = await fail(request, error.status_code, headers=error.headers)
        except FrontdeskError as error:
            status = next((n for kind, n in _STATUSES.items() if isinstance(error, kind)), 502)
            response = await _fail_somehow(request, status, str(error))
        except Exception as error:  # noqa: BLE001  # whatever it is, it may quote a guest
            _log.error("a page failed: %s", explain(error))
            response = await _fail_somehow(request, 500)
        await _leave(request, response)
        return response

    # A name of its own: what has none is no page, and not served.
    answer.__dict__[_MARK] = True
    return answer


def is_page(endpoint: object) -> bool:
    """Tell whether a function is marked as a page or a change."""
    return _MARK in getattr(endpoint, "__dict__", {})


async def _plain(handler: Handler, request: Request) -> Response:
    return await handler(request)


async def _checked(handler: Handler, request: Request) -> Response:
    # Read once, and kept: the body's limit is the only one.
    form = await request.form(max_part_size=request.scope[MAX_BODY_SIZE_SCOPE_KEY])
    seal = await _surroundings(request).sealed()
    if comes_from_elsewhere(request) or not seal.is_own_form(
        form.get(TOKEN), request.state.visit or "", _name(request)
    ):
        _ = translator(request)
        return await fail(request, 403, _("This form has expired. Go back, reload, try again."))
    try:
        return await handler(request)
    except FrontdeskError as error:
        if request.state.user is None:
            raise
        return back(request, str(error), bad=True)
    finally:
        # A file that was sent in the form lies open until then.
        await form.close()


async def _arrive(request: Request, role: Role | None) -> Response | None:
    """Find out who asks; return what to answer if they may not."""
    around = _surroundings(request)
    seal = await around.sealed()
    request.state.visit = seal.read_visit(request.cookies.get(seal.cookie))
    if around.authenticate is not None:
        found = around.authenticate(request)
        found = await found if inspect.isawaitable(found) else found
        if isinstance(found, Response):
            # What is for everybody is not kept behind the application's login.
            return None if role is None else found
        request.state.user = found
    elif request.state.visit is not None:
        request.state.user = await around.doors.logged_in(request.state.visit)
    return None if role is None else await _refuse(request, role)


async def _refuse(request: Request, role: Role) -> Response | None:
    user: User | None = request.state.user
    if user is None and _surroundings(request).authenticate is None:
        # Of the query nothing is kept: it may speak of a guest.
        there = request.url.path if request.method == "GET" else ""
        here = there.removeprefix(request.scope[BASE])
        asked = f"?next={here}" if here not in {"", "/"} else ""
        return RedirectResponse(url(request, "login") + asked, 303)
    if user is None or user.role < role:
        return await fail(request, 403)
    return None


async def _fail_somehow(request: Request, status: int, reason: str = "") -> Response:
    try:
        return await fail(request, status, reason)
    except Exception as error:  # noqa: BLE001  # a store that is away has no key to sign with
        _log.error("a page failed: %s", explain(error))
        return PlainTextResponse(reason or "Internal Server Error", status)


async def _leave(request: Request, response: Response) -> None:
    if getattr(request.state, "new_visit", False):
        await set_visit(request, response)


def start_visit(request: Request) -> str:
    """Let the browser be known by something new from now on; return it."""
    request.state.visit, request.state.new_visit = new_visit(), True
    visit: str = request.state.visit
    return visit


async def set_visit(request: Request, response: Response) -> None:
    """Give the browser the cookie it is known by."""
    seal = await _surroundings(request).sealed()
    _set_cookie(request, response, seal.cookie, seal.sign_visit(request.state.visit))


def _set_cookie(
    request: Request, response: Response, name: str, value: str, age: int | None = None
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=age,
        path=request.scope[BASE] or "/",
        secure=_surroundings(request).secure or request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


async def show(
    request: Request, template: str, /, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """Render a template that extends ``base.html``.

    It finds there, besides *values*: ``user``, ``navigation``, ``within(name)`` (whether the
    page is below that route; where the path does not tell, give the name as ``place``),
    ``token`` (what every form must carry), ``note`` and ``bad`` (what the last change has to
    say), ``url(name, **parameters)`` and ``static(file)``.
    """
    around = _surroundings(request)
    seal = await around.sealed()
    visit: str = request.state.visit or start_visit(request)
    noted = seal.read_note(request.cookies.get(_note_cookie(seal)))
    user: User | None = request.state.user
    language = language_of(request)
    given = {
        "user": user,
        "navigation": [
            (label, name)
            for label, name, _, role in around.navigation
            if user is not None and user.role >= role
        ],
        "within": lambda name: _is_within(request.url.path, url(request, name)),
        "own_login": around.authenticate is None,
        "language": language,
        "Role": Role,
        "token": seal.sign_form(visit, _name(request)),
        "note": noted[0] if noted else "",
        "bad": noted is not None and noted[1],
        "url": lambda name, /, **parameters: url(request, name, **parameters),
        "static": lambda file: url(request, "static", path=file),
    }
    text = around.environment(language).get_template(template).render({**given, **values})
    response = HTMLResponse(text, status)
    response.headers["vary"] = "Accept-Language, Cookie"
    if noted:
        response.delete_cookie(_note_cookie(seal), path=request.scope[BASE] or "/")
    return response


def _is_within(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place.rstrip('/')}/")


async def fail(
    request: Request, status: int, reason: str = "", *, headers: Mapping[str, str] | None = None
) -> Response:
    """Show that something cannot be done, and why."""
    _ = translator(request)
    title = _(_TITLES.get(status, N_("Something went wrong")))
    response = await show(request, "error.html", status=status, title=title, reason=reason)
    response.headers.update(headers or {})
    return response


_TITLES: Final = {
    400: N_("That cannot be done"),
    403: N_("You may not do this"),
    404: N_("There is no such page"),
    405: N_("There is no such page"),
    409: N_("Somebody else is at it"),
    413: N_("That is too long"),
    429: N_("Too many tries"),
    502: N_("The other side did not do it"),
    503: N_("The store cannot be used right now"),
}


def back(
    request: Request, message: str = "", *, bad: bool = False, to: str | None = None
) -> Response:
    """Return to the page the form was on, which then says *message*.

    Args:
        message: Translated; nothing of a guest, as it travels in a cookie.
        bad: Whether something did not work.
        to: Another page of ours, as :func:`url` gives it.
    """
    response = RedirectResponse(to or _from(request), 303)
    seal = _surroundings(request).seal
    if message and seal is not None:
        note = seal.sign_note(message[:1000], bad=bad)
        _set_cookie(request, response, _note_cookie(seal), note, _NOTED)
    return response


def _from(request: Request) -> str:
    """Return where the form was; whatever the browser says, a page of ours."""
    said, base = urlsplit(request.headers.get("referer", "")), request.scope[BASE]
    if not said.path.startswith(f"{base}/") or said.path.startswith(("//", "/\\")):
        return url(request, "home")
    return said.path + (f"?{said.query}" if said.query else "")


async def audit(request: Request, action: str, **what: Any) -> None:
    """Note what the user does: ids and numbers, nothing else of a guest."""
    await _surroundings(request).desk.note(_name(request), action, **what)


def url(request: Request, name: str, /, **parameters: Any) -> str:
    """Return the path of a route, wherever the pages are mounted."""
    path = request.app.router.url_path_for(name, **parameters)
    return f"{request.scope[BASE]}{path}"


def ngettext(request: Request, one: str, many: str, number: int) -> str:
    """Translate a text that depends on a number, and put it in as ``%(num)s``."""
    return texts(language_of(request)).ngettext(one, many, number) % {"num": number}


def _surroundings(request: Request) -> Surroundings:
    found: Surroundings = request.app.state.surroundings
    return found


def _note_cookie(seal: Seal) -> str:
    return f"{seal.cookie}_note"


def _name(request: Request) -> str:
    user: User | None = request.state.user
    return "" if user is None else user.name
