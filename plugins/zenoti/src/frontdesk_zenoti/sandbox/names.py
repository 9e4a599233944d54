"""The words that invented centers, guests and services are made of."""

from __future__ import annotations

from typing import Final

#: Text in what must never reach a marketing tool; tests look for it.
CANARY: Final = "CANARY"
#: Zenoti's ids for nothing, and its dates for nothing.
NOBODY: Final = "00000000-0000-0000-0000-000000000000"
NEVER: Final = "0001-01-01T00:00:00"
LONG_AGO: Final = "1900-01-01T00:00:00"

#: First name as written, as it stands in an e-mail address, and Zenoti's number of the gender.
FIRST: Final = (
    ("Anna", "anna", 0),
    ("Bela", "bela", 1),
    ("Chloé", "chloe", 0),
    ("Dieter", "dieter", 1),
    ("Elif", "elif", 0),
    ("François", "francois", 1),
    ("Grace", "grace", 0),
    ("Hiro", "hiro", 3),
    ("Ines", "ines", 0),
    ("Jürgen", "juergen", 1),
    ("Katarzyna", "katarzyna", 0),
    ("Liam", "liam", 1),
    ("Maja", "maja", -1),
    ("Noah", "noah", 1),
    ("Olivia", "olivia", 0),
    ("Pavel", "pavel", 1),
    ("Renée", "renee", 0),
    ("Søren", "soren", 1),
    ("=Wei", "wei", 0),
    ("<b>Zoë</b>", "zoe", 0),
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
    ('Rossi "Ro"', "rossi"),
    ("Smith, Jr.", "smith"),
    ("Tanaka & Co", "tanaka"),
    ("van den Berg", "vandenberg"),
    ("Whitfield", "whitfield"),
    ("Ødegård", "odegard"),
)
#: Reserved for examples (RFC 2606), so that nothing can ever be delivered.
DOMAINS: Final = ("example.com", "zenoti.example.com")
#: What a receptionist typed where a number should be.
MESSY_PHONES: Final = ("00000", "ask her", "555", "+", "n/a", "07700 900 / home")
TAGS: Final = ("VIP", "Bride", "Late payer", "Prefers <quiet> room", "=SUM(A1)", "Student")
COMMENTS: Final = (
    "Wonderful, thank you!",
    "Too cold in <the> room.",
    '=HYPERLINK("x")',
    'Très bien, "merci"',
    "",
)
FEEDBACK_TAGS: Final = ("Check-in", "Ambiance", "Cleanliness", "Check-out")
OCCASIONS: Final = ("Birthday", "Christmas", "Mother's Day", "Thank you")
REASONS: Final = ("Moving away", "Too expensive", "Injury", "No reason given")

#: Zenoti's number of a country, its ISO code, its name, dialling code and how its people are
#: telephoned. The numbers but 225 and 95 are made up: nobody may rely on them.
COUNTRIES: Final = (
    (225, "US", "United States", 1, "206555{:04d}"),
    (224, "GB", "United Kingdom", 44, "7700900{:03d}"),
    (13, "AU", "Australia", 61, "491570{:03d}"),
    (95, "IN", "India", 91, "98765{:05d}"),
    (223, "AE", "United Arab Emirates", 971, "50123{:04d}"),
)
STATES: Final = (
    (125, 225, "WA", "Washington"),
    (126, 225, "NY", "New York"),
    (127, 225, "AZ", "Arizona"),
    (201, 224, "ENG", "England"),
    (297, 13, "NSW", "New South Wales"),
    (301, 95, "TG", "Telangana"),
    (311, 223, "DU", "Dubai"),
)
#: Places: city, prefix of invoices, zone, its Windows names, state, postal code, street.
PLACES: Final = (
    ("Bellevue", "BEL", "America/Los_Angeles", "Pacific Standard Time",
     "(UTC-08:00) Pacific Time (US & Canada)", "PST", 125, "98004", "10850 NE 8th Street"),
    ("Leeds", "LDS", "Europe/London", "GMT Standard Time",
     "(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "GMT", 201, "LS1 4DY", "7 Park Row"),
    ("Dubai Marina", "DXB", "Asia/Dubai", "Arabian Standard Time",
     "(UTC+04:00) Abu Dhabi, Muscat", "GST", 311, "00000", "Tower 3, Marina Walk"),
    ("Sydney", "SYD", "Australia/Sydney", "AUS Eastern Standard Time",
     "(UTC+10:00) Canberra, Melbourne, Sydney", "AEST", 297, "2000", "88 George Street"),
    ("Hyderabad", "HYD", "Asia/Kolkata", "India Standard Time",
     "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "IST", 301, "500033", "12 Jubilee Hills"),
    ("Albany", "ALB", "America/New_York", "Eastern Standard Time",
     "(UTC-05:00) Eastern Time (US & Canada)", "EST", 126, "12207", "41 State Street"),
    ("Phoenix", "PHX", "America/Phoenix", "US Mountain Standard Time",
     "(UTC-07:00) Arizona", "MST", 127, "85004", "2 Central Avenue"),
)  # fmt: skip
#: Zenoti's number of a currency by the ISO code of the country, its ISO code and symbol.
CURRENCIES: Final = {
    "US": (148, "USD", "US Dollar", "$"),
    "GB": (146, "GBP", "Pound Sterling", "£"),
    "AU": (8, "AUD", "Australian Dollar", "A$"),
    "IN": (59, "INR", "Indian Rupee", "₹"),
    "AE": (1, "AED", "UAE Dirham", "AED"),
}
#: Categories, their services: name, minutes, price in hundredths.
SERVICES: Final = (
    ("Massage", (("Aroma Body Massage", 60, 9_500), ("Deep Tissue Massage", 90, 14_000),
                 ("Hot Stones (add-on)", 15, 2_500))),
    ("Facial", (("Oxy Facial", 45, 8_000), ("SkinFit - Level 2", 60, 11_000))),
    ("Cut & Style", (("Ladies Cut & Finish", 60, 7_200), ("Gents' Cut", 30, 3_800),
                     ("Coloring", 120, 16_000))),
    ("Nails", (("Manicure", 40, 4_000), ("Pedicure <deluxe>", 50, 5_550))),
)  # fmt: skip
PRODUCTS: Final = (
    ("Argan Oil 100 ml", "P-ARG", 2_200),
    ("Night Cream", "P-CRM", 4_800),
    ('Brush, 2"', "P-BRU", 1_250),
)
MEMBERSHIPS: Final = (
    ("10 Massages", "M10", 90_000, 1, 365),
    ("Wellness Monthly", "MWELL", 7_900, 1, 30),
    ("Gold Club", "MGOLD", 120_000, 0, 730),
)
PACKAGES: Final = (
    ("Signature Spa Package", "SIG", 33_000),
    ("Class Pack", "CLS", 12_000),
    ("Hair <Series>", "HAIR", 21_000),
)
JOBS: Final = ("THERAPIST", "BEAUTICIAN", "STYLIST")
