"""E-mails to start from, in English and French; all are off until somebody switches them on."""

from __future__ import annotations

from datetime import time
from typing import Final

from sqlalchemy import Connection as Db

from frontdesk.annex import Annex
from frontdesk_guestlist import emails
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.rules import Kind, On, Phase, Rules
from frontdesk_guestlist.templating import Text

_HELLO: Final = 'Hello {{ guest.first_name|default("dear guest") }},'
_BONJOUR: Final = 'Bonjour {{ guest.first_name|default("cher client, chère cliente") }},'
_STAY: Final = """
- Reservation: {{ guest.number }}
- Arrival: {{ guest.arrival }}
- Departure: {{ guest.departure }}
"""
_SEJOUR: Final = """
- Réservation : {{ guest.number }}
- Arrivée : {{ guest.arrival }}
- Départ : {{ guest.departure }}
"""


def _texts(english: tuple[str, str], french: tuple[str, str]) -> dict[str, Text]:
    """Return texts with their greetings and farewells."""
    written = {
        "en": (english, _HELLO, "See you soon,"),
        "fr": (french, _BONJOUR, "À bientôt,"),
    }
    return {
        language: Text(subject, f"{hello}\n\n{body.strip()}\n\n{bye}\n{{{{ property.title }}}}\n")
        for language, ((subject, body), hello, bye) in written.items()
    }


STARTERS: Final = (
    Email(
        name="Reservation confirmation",
        phase=Phase.PRE_STAY,
        kind=Kind.CONFIRMATION,
        service=True,
        texts=_texts(
            (
                "Your reservation at {{ property.title }}",
                (
                    f"thank you for your reservation. We have noted:\n{_STAY}\n"
                    "All about your stay is [on your page]({{ links.concierge }})."
                ),
            ),
            (
                "Votre réservation : {{ property.title }}",
                (
                    f"merci de votre réservation. Nous avons noté :\n{_SEJOUR}\n"
                    "Vous trouverez tout sur votre séjour [sur votre page]({{ links.concierge }})."
                ),
            ),
        ),
    ),
    Email(
        name="Reservation changed",
        phase=Phase.PRE_STAY,
        kind=Kind.CONFIRMATION,
        service=True,
        rules=Rules(on=On.MODIFIED),
        texts=_texts(
            (
                "Your reservation at {{ property.title }} has changed",
                f"your reservation was changed. It now reads:\n{_STAY}",
            ),
            (
                "Votre réservation a changé : {{ property.title }}",
                f"votre réservation a été modifiée. La voici maintenant :\n{_SEJOUR}",
            ),
        ),
    ),
    Email(
        name="Before your stay",
        phase=Phase.PRE_STAY,
        kind=Kind.INFORMATION,
        service=True,
        rules=Rules(earliest=7, latest=1, at=time(10)),
        texts=_texts(
            (
                "Before your stay at {{ property.title }}",
                (
                    "we look forward to seeing you on {{ guest.arrival }}. How to find us, and what "
                    "there is to do, is [on your page]({{ links.concierge }})."
                ),
            ),
            (
                "Avant votre séjour : {{ property.title }}",
                (
                    "nous vous attendons avec plaisir le {{ guest.arrival }}. Comment nous trouver et "
                    "que faire sur place : tout est [sur votre page]({{ links.concierge }})."
                ),
            ),
        ),
    ),
    Email(
        name="Check-in form",
        phase=Phase.PRE_STAY,
        kind=Kind.CHECK_IN,
        service=True,
        rules=Rules(earliest=3, latest=0, at=time(9)),
        texts=_texts(
            (
                "Save time on arrival at {{ property.title }}",
                (
                    "fill in the [check-in form]({{ links.check_in }}) now, and your key is ready "
                    "when you arrive on {{ guest.arrival }}."
                ),
            ),
            (
                "Gagnez du temps à l'arrivée : {{ property.title }}",
                (
                    "remplissez dès maintenant le [formulaire d'arrivée]({{ links.check_in }}) : "
                    "votre clé vous attendra le {{ guest.arrival }}."
                ),
            ),
        ),
    ),
    Email(
        name="Offers for your stay",
        phase=Phase.PRE_STAY,
        kind=Kind.UPSELL,
        rules=Rules(earliest=14, latest=2, at=time(11)),
        texts=_texts(
            (
                "A little more for your stay at {{ property.title }}",
                (
                    "would you like a little more of your stay? See [what we offer]"
                    "({{ links.concierge }}) and tell us what you would like."
                ),
            ),
            (
                "Un petit plus pour votre séjour : {{ property.title }}",
                (
                    "un petit plus vous ferait plaisir ? Voyez [ce que nous proposons]"
                    "({{ links.concierge }}) et dites-nous ce qui vous plairait."
                ),
            ),
        ),
    ),
    Email(
        name="How is your stay?",
        phase=Phase.DURING,
        kind=Kind.FEEDBACK,
        rules=Rules(min_nights=2, day_of_stay=2, at=time(10)),
        texts=_texts(
            (
                "How is your stay at {{ property.title }}?",
                (
                    "is all as you wish? [Tell us]({{ links.in_stay }}), and we will see to it "
                    "while you are here."
                ),
            ),
            (
                "Comment se passe votre séjour ? {{ property.title }}",
                (
                    "tout est-il à votre goût ? [Dites-le-nous]({{ links.in_stay }}) : nous y "
                    "veillerons pendant que vous êtes là."
                ),
            ),
        ),
    ),
    Email(
        name="Thank you for your stay",
        phase=Phase.POST_STAY,
        kind=Kind.FEEDBACK,
        rules=Rules(days_after=1, at=time(10)),
        texts=_texts(
            (
                "How was your stay at {{ property.title }}?",
                (
                    "thank you for staying with us. [Tell us how it was]({{ links.post_stay }}): "
                    "it takes a minute."
                ),
            ),
            (
                "Comment était votre séjour ? {{ property.title }}",
                (
                    "merci d'avoir séjourné chez nous. [Dites-nous comment c'était]"
                    "({{ links.post_stay }}) : cela prend une minute."
                ),
            ),
        ),
    ),
)


def add(db: Db, annex: Annex, who: str) -> list[int]:
    """Add the starters whose names are not taken; return the ids of the new ones."""
    taken = {email.name for email in emails.all_(db, annex)}
    return [emails.save(db, annex, one, who) for one in STARTERS if one.name not in taken]
