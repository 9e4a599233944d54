"""Countries, currencies and languages: the reference data every property shares."""

from __future__ import annotations

from typing import Final

_COUNTRIES: Final = {
    "AT": "Austria",
    "AU": "Australia",
    "BE": "Belgium",
    "CA": "Canada",
    "CH": "Switzerland",
    "CN": "China",
    "CZ": "Czechia",
    "DE": "Germany",
    "DK": "Denmark",
    "ES": "Spain",
    "FI": "Finland",
    "FR": "France",
    "GB": "United Kingdom of Great Britain and Northern Ireland",
    "GR": "Greece",
    "HU": "Hungary",
    "IE": "Ireland",
    "IT": "Italy",
    "JP": "Japan",
    "NL": "Netherlands",
    "NO": "Norway",
    "PL": "Poland",
    "PT": "Portugal",
    "SE": "Sweden",
    "TR": "Türkiye",
    "US": "United States of America",
}
_SUBDIVISIONS: Final = {
    "AU-NSW": "New South Wales",
    "GB-ENG": "England",
    "GB-SCT": "Scotland",
    "IT-45": "Emilia-Romagna",
    "US-IL": "Illinois",
    "US-NY": "New York",
}
_SCHENGEN: Final = (
    *("AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GR", "HU", "IT", "NL", "NO"),
    *("PL", "PT", "SE"),
)
#: Units of each currency for one euro, fixed so that a converted amount can be foretold.
PER_EURO: Final = {
    "EUR": 1.0,
    "GBP": 0.85,
    "USD": 1.1,
    "CAD": 1.5,
    "CZK": 25.0,
    "JPY": 160.0,
}
PRECISION: Final = {code: 0 if code == "JPY" else 2 for code in PER_EURO}

COUNTRIES: Final = {
    "Countries": [
        {"Code": code, "SovereignCountryCode": code, "EnglishName": name}
        for code, name in _COUNTRIES.items()
    ],
    "CountrySubdivisions": [
        {"Code": code, "CountryCode": code[:2], "EnglishName": name}
        for code, name in _SUBDIVISIONS.items()
    ],
    "CountryRules": [
        {
            "CountryCode": "US",
            "IdentityCardExpirationDateNotRequired": False,
            "DriverLicenceExpirationDateNotRequired": False,
        }
    ],
    "CountryGroups": [
        {"Code": "SCHENGEN", "EnglishName": "Schengen Area", "CountryCodes": _SCHENGEN}
    ],
}
CURRENCIES: Final = {
    "Currencies": [{"Code": code, "Precision": digits} for code, digits in PRECISION.items()]
}
LANGUAGES: Final = {
    "Languages": [
        {
            "Code": code,
            "FallbackLanguageCode": None if code == "en-US" else "en-US",
            "EnglishName": english,
            "LocalName": local,
        }
        for code, english, local in (
            ("en-US", "English (United States)", "English (United States)"),
            ("en-GB", "English (United Kingdom)", "English (United Kingdom)"),
            ("cs-CZ", "Czech", "Čeština"),
            ("de-DE", "German", "Deutsch"),
            ("es-ES", "Spanish", "Español"),
            ("fr-FR", "French", "Français"),
            ("it-IT", "Italian", "Italiano"),
            ("ja-JP", "Japanese", "日本語"),
            ("sv-SE", "Swedish", "Svenska"),
        )
    ]
}


def convert(value: float, source: str, target: str) -> float:
    """Turn an amount into another currency, rounded as that currency is."""
    return round(value / PER_EURO[source] * PER_EURO[target], PRECISION[target])
