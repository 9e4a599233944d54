"""The words invented clients and sites are made of."""

from __future__ import annotations

from typing import Final

#: Text in what must never reach a marketing tool; tests look for it.
CANARY: Final = "CANARY"

#: First name as written, as it stands in an e-mail address, and a gender as a site would note it.
FIRST: Final = (
    ("Anna", "anna", "Female"),
    ("Bela", "bela", "Male"),
    ("Chloé", "chloe", "Female"),
    ("Dieter", "dieter", "Male"),
    ("Elif", "elif", "Female"),
    ("François", "francois", "Male"),
    ("Grace", "grace", "Female"),
    ("Hiro", "hiro", "Male"),
    ("Ines", "ines", "None"),
    ("Katarzyna", "katarzyna", "Female"),
    ("Liam", "liam", "Male"),
    ("Maja", "maja", "Female"),
    ("Noah", "noah", "Male"),
    ("Olivia", "olivia", "Female"),
    ("Paweł", "pawel", "Male"),
    ("Renée", "renee", "Female"),
    ("Søren", "soren", "Male"),
    ("Wei", "wei", "Female"),
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
    ("Tanaka", "tanaka"),
    ("van den Berg", "vandenberg"),
    ("Wiśniewska", "wisniewska"),
)
#: Names that a page or a spreadsheet would take for something else.
HOSTILE: Final = (
    "<b>Bo</b>",
    "=HYPERLINK(1)",
    'Quo"te, Comma',
    "{{ first_name }}",
    "-1+1",
    "Zoë 🧘",
)
#: Reserved for examples (RFC 2606), so that nothing can ever be delivered.
DOMAINS: Final = ("example.com", "mail.example.com", "home.example.com")
#: What the front desk typed where a number should be.
MESSY_PHONES: Final = ("00000", "ask at class", "+", "n/a", "(mobile) 0{:03d}", "12")
REFERRALS: Final = ("Another client", "Instagram", "Walk-by", "Google", None, None, None)
STREETS: Final = ("12 Mill Lane", "48 Elm Street", "7 Linden Row", "3 Harbour Walk", "90 Hill Rd")
NOTES: Final = (f"{CANARY}: prefers the back row.", f"{CANARY}: sore left knee.", None, None, None)
COMPANIES: Final = ("Northwind Logistics", "Blue Fjord Films", "Sable & Rowe Solicitors")

STAFF: Final = (
    ("Jane", "Doe"),
    ("Sam", "Seller"),
    ("Ioana", "Popescu"),
    ("Mateus", "Silva"),
    ("Aoife", "Byrne"),
    ("Zbigniew", "Żak"),
    ("Nia", ""),
)
CLASSES: Final = ("Hatha Yoga", "Power Pilates", "Spin 45", "Barre", "Aqua Fit", "Meditation")
TREATMENTS: Final = (
    ("60 min deep muscle massage", 60),
    ("30 min consultation", 30),
    ("Personal training", 45),
    ("Facial", 75),
)
ROOMS: Final = ("Room A", "Room B", "Pool", "Cycle Loft")
