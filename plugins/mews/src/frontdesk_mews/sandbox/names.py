"""The words invented guests and companies are made of."""

from __future__ import annotations

from typing import Final

#: Text in what must never reach a marketing tool; tests look for it.
CANARY: Final = "CANARY"

#: First name as written, as it stands in an e-mail address, and its usual title.
FIRST: Final = (
    ("Anna", "anna", "Misses"),
    ("Bela", "bela", "Mister"),
    ("Chloé", "chloe", "Miss"),
    ("Dieter", "dieter", "Mister"),
    ("Elif", "elif", "Miss"),
    ("François", "francois", "Mister"),
    ("Grace", "grace", "Misses"),
    ("Hiro", "hiro", "Mister"),
    ("Ines", "ines", "Misses"),
    ("Jürgen", "juergen", "Mister"),
    ("Katarzyna", "katarzyna", "Misses"),
    ("Liam", "liam", "Mister"),
    ("Maja", "maja", "Miss"),
    ("Noah", "noah", "Mister"),
    ("Olivia", "olivia", "Miss"),
    ("Pavel", "pavel", "Mister"),
    ("Renée", "renee", "Misses"),
    ("Søren", "soren", "Mister"),
    ("Tomás", "tomas", "Mister"),
    ("Wei", "wei", "Miss"),
)
LAST: Final = (
    ("Almeida", "almeida"),
    ("Bauer", "bauer"),
    ("Castellanos", "castellanos"),
    ("Dvořák", "dvorak"),
    ("Eriksson", "eriksson"),
    ("Ferrari", "ferrari"),
    ("García López", "garcialopez"),
    ("Hughes", "hughes"),
    ("Ito", "ito"),
    ("Jensen", "jensen"),
    ("Kowalska", "kowalska"),
    ("Lefèvre", "lefevre"),
    ("Müller", "mueller"),
    ("Nagy", "nagy"),
    ("O'Brien", "obrien"),
    ("Papadopoulos", "papadopoulos"),
    ("Rossi", "rossi"),
    ("Schmidt", "schmidt"),
    ("Tanaka", "tanaka"),
    ("van den Berg", "vandenberg"),
    ("Whitfield", "whitfield"),
    ("Ødegård", "odegard"),
)
#: Reserved for examples (RFC 2606), so that nothing can ever be delivered.
DOMAINS: Final = ("example.com", "example.net", "example.org", "mail.example.com")
#: Mail of online travel agencies; the last ones are not among those Mews itself lists.
OTA_DOMAINS: Final = (
    "guest.booking.com",
    "m.expediapartnercentral.com",
    "agoda-messaging.com",
    "guest.airbnb.com",
    "guest.trip.com",
)
UNFLAGGED_OTA_DOMAINS: Final = ("guest.booking.com", "mchat.booking.com", "guest.hotels.com")

#: Home country, language and how its people write a telephone number.
HOMES: Final = (
    ("GB", "en-GB", "+44 7700 900{:03d}"),
    ("GB", "en-GB", "07700 900{:03d}"),
    ("US", "en-US", "+1 (202) 555-0{:03d}"),
    ("DE", "de-DE", "+49 30 23125{:03d}"),
    ("FR", "fr-FR", "+33 1 99 00 1{:03d}"),
    ("CZ", "cs-CZ", "00420601123{:03d}"),
    ("IT", "it-IT", "+39 06 5555 5{:03d}"),
    ("ES", "es-ES", "+34 91 0000{:03d}"),
    ("SE", "sv-SE", "+46 70 1740{:03d}"),
    ("JP", "ja-JP", "+81 3 0000 0{:03d}"),
)
#: What the front desk typed where a number should be.
MESSY_PHONES: Final = (
    "00000",
    "ask at check-in",
    "0{:03d}",
    "+",
    "020 7946 0{0:03d} / 07700 900{0:03d}",
    "tel:+44.20.7946.0{:03d}",
    "(mobile) 0700 {:03d}",
    "n/a",
)
TOWNS: Final = (
    ("12 Mill Lane", "York", "YO1 7EP", "GB", "GB-ENG"),
    ("48 Elm Street", "Springfield", "62701", "US", "US-IL"),
    ("Lindenallee 7", "Bremen", "28195", "DE", None),
    ("3 rue des Tilleuls", "Annecy", "74000", "FR", None),
    ("Dlouhá 21", "Brno", "602 00", "CZ", None),
    ("Via Garibaldi 90", "Parma", "43121", "IT", "IT-45"),
    ("Calle Mayor 5", "Girona", "17001", "ES", None),
    ("Storgatan 14", "Umeå", "903 26", "SE", None),
    ("1-2-3 Honmachi", "Kanazawa", "920-0853", "JP", None),
)
NOTES: Final = (
    "Prefers a quiet room.",
    "Arrives late, key in the safe.",
    "Anniversary in June.",
    "Asked twice about parking.",
    "",
)
DIETS: Final = ("Vegetarian", "Coeliac, no gluten", "Halal", "Kosher", "Nut allergy")
JOBS: Final = ("Architect", "Nurse", "Sales manager", "Teacher", "Violinist")
FEATURES: Final = ("SeaView", "TwinBeds", "DoubleBed", "Balcony", "HighFloor", "AccessibleRoom")
GROUPS: Final = ("wedding", "family", "team offsite", "choir tour", "reunion")
COMPANIES: Final = (
    "Northwind Logistics",
    "Blue Fjord Films",
    "Kestrel Engineering",
    "Banyan Consulting",
    "Sable & Rowe Solicitors",
    "Quince Catering",
)
AGENCIES: Final = ("Booking.com", "Expedia", "Agoda")
