"""When an e-mail goes to whom, in words."""

from __future__ import annotations

from starlette.requests import Request

from frontdesk.web.pages.frame import translator
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.pages.emailform import CRITERIA, ON
from frontdesk_guestlist.rules import Kind, Phase


def when(request: Request, email: Email) -> str:
    """Return when an e-mail is sent."""
    _, rules = translator(request), email.rules
    given = {
        "at": f"{rules.at:%H:%M}",
        "earliest": rules.earliest,
        "latest": rules.latest,
        "nights": rules.min_nights,
        "day": rules.day_of_stay,
        "days": rules.days_after,
    }
    if email.kind is Kind.CONFIRMATION:
        return _(ON[rules.on])
    if email.phase is Phase.DURING:
        return _("day %(day)s of stays of %(nights)s nights or more, %(at)s") % given
    if email.phase is Phase.POST_STAY:
        return _("days after departure: %(days)s, %(at)s") % given
    if rules.instantly:
        return (
            _("as soon as the reservation is made, %(latest)s days before arrival or more") % given
        )
    if rules.earliest == rules.latest:
        return _("days before arrival: %(earliest)s, %(at)s") % given
    return _("days before arrival: %(earliest)s to %(latest)s, %(at)s") % given


def segments(request: Request, email: Email) -> list[str]:
    """Return whom an e-mail is meant for, a sentence for each condition."""
    _ = translator(request)
    said = {True: _("%(what)s: only %(values)s"), False: _("%(what)s: not %(values)s")}
    return [
        said[one.include] % {"what": _(CRITERIA[one.criterion]), "values": ", ".join(one.values)}
        for one in email.rules.segments
    ]
