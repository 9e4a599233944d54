"""Who may ask what: keys, revisions, scopes and the manner of a body."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from frontdesk_klaviyo.sandbox.accounts import Account, Key
from frontdesk_klaviyo.sandbox.options import Options
from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal
from frontdesk_klaviyo.sandbox.routes import Endpoint
from frontdesk_klaviyo.sandbox.wire import LIMIT, VENDOR, Request, unzipped

#: Those that are answered as such; older ones are retired.
REVISIONS: Final = (
    "2025-01-15",
    "2025-04-15",
    "2025-07-15",
    "2025-10-15",
    "2026-01-15",
    "2026-04-15",
    "2026-07-15",
    "2026-10-15",
)
_REVISION: Final = re.compile(r"\d{4}-\d{2}-\d{2}(\.pre)?")
_OPT_OUT: Final = "x-klaviyo-revision-fall-forward-opt-out"


def authenticate(request: Request, accounts: Iterable[Account]) -> tuple[Account, Key]:
    """Find whose key or token it is.

    Raises:
        Refusal: Nobody's.
    """
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind not in {"Klaviyo-API-Key", "Bearer"} or not value:
        raise Refusal(
            401,
            Problem("Missing or invalid authorization."),
            code="not_authenticated",
        )
    for account in accounts:
        for key in account.keys:
            if key.value == value and (key.app is not None) == (kind == "Bearer"):
                if key.revoked:
                    break
                return account, key
    raise Refusal(401, Problem("Incorrect authentication credentials."))


def revision(request: Request, options: Options) -> str:
    """Tell in which revision a request is answered.

    Raises:
        Refusal: It names none, or one that is gone and it wants no other.
    """
    named = request.headers.get("revision")
    if named is None:
        if options.missing_revision == "fall_forward":
            return REVISIONS[-1]
        raise Refusal(400, Problem("The revision header is required.", parameter="revision"))
    if not _REVISION.fullmatch(named):
        raise Refusal(400, Problem("Invalid revision.", parameter="revision"))
    plain = named.removesuffix(".pre")
    if plain in REVISIONS:
        return plain
    if request.headers.get(_OPT_OUT) == "1":
        raise Refusal(410, Problem(f"Revision {named} is not available.", parameter="revision"))
    return next((known for known in REVISIONS if known > plain), REVISIONS[-1])


def authorize(endpoint: Endpoint, key: Key) -> None:
    """Refuse a key without the scopes an operation takes, and name those."""
    lacking = [scope for scope in endpoint.scopes if scope not in key.scopes]
    if lacking:
        names = ", ".join(lacking)
        raise Refusal(403, Problem(f"The API key is missing the required scopes: {names}."))


def body(request: Request, options: Options) -> bytes:
    """Give the body as it was meant.

    Raises:
        Refusal: It is too large, or not what is asked for.
    """
    if request.method == "GET":
        return b""
    encoding = request.headers.get("content-encoding", "identity")
    zipped = encoding == "gzip" and options.gzip == "accept"
    if encoding != "identity" and not zipped:
        raise Refusal(415, Problem(f"Unsupported content encoding {encoding!r}."))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    known = {VENDOR} if options.content_types == "vendor" else {VENDOR, "application/json"}
    if kind not in known:
        raise Refusal(415, Problem(f"Unsupported media type {kind!r} in request."))
    if request.size > LIMIT:
        raise Refusal(413, Problem("A body may have at most 5 MB."))
    content = unzipped(request.body) if zipped else request.body
    if content is None:
        raise Refusal(400, Problem("The body cannot be unpacked."))
    if len(content) > LIMIT:
        raise Refusal(413, Problem("A body may have at most 5 MB, unpacked."))
    return content
