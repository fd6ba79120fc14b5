"""Names, languages and addresses of invented people; addresses are of ranges kept free for such use."""

from __future__ import annotations

from messaging_warehouse.simulator.centre import Channel
from messaging_warehouse.simulator.distributions import Chance

FIRST_NAMES = (
    "Ada", "Alma", "Amadou", "Anton", "Astrid", "Bilal", "Cara", "Chiara", "Dario", "Dina", "Edith", "Eero", "Farid",
    "Fiona", "Gita", "Goran", "Hedda", "Idris", "Ilse", "Iva", "Jamal", "Joana", "Kaito", "Karim", "Lea", "Levi",
    "Lotte", "Luca", "Mads", "Malik", "Mila", "Nadia", "Nils", "Nora", "Olga", "Omar", "Pia", "Rania", "Rosa", "Samir",
    "Selma", "Soren", "Tara", "Theo", "Uma", "Vera", "Willem", "Yara", "Zeno", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Abel", "Acosta", "Barros", "Becker", "Benali", "Blom", "Castro", "Conti", "Dahl", "Dias", "Eriksen", "Farkas",
    "Fofana", "Gallo", "Greene", "Haas", "Holm", "Ito", "Jansen", "Kamara", "Khan", "Klein", "Kovac", "Lam", "Lopez",
    "Marin", "Meier", "Moreau", "Ndiaye", "Novak", "Okoye", "Olsen", "Park", "Petrov", "Quinn", "Rao", "Rivera",
    "Roth", "Sato", "Shaw", "Silva", "Stone", "Tran", "Usman", "Vega", "Weber", "Wolf", "Yilmaz", "Young", "Zhang",
)  # fmt: skip
# Everybody writes English here, so most have set it.
_LOCALES = (*("en-GB",) * 9, "en-IE", "en-IE", "en-IE", "en-US", "en-US", "de-DE", "fr-FR", "nl-NL")


def display_name(chance: Chance) -> str:
    """Return a first and a last name."""
    return f"{chance.one_of(FIRST_NAMES)} {chance.one_of(LAST_NAMES)}"


def agent_name(number: int) -> str:
    """Return the name of the agent of this number; the first 2,500 have different ones."""
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[(number * 7 + number // len(FIRST_NAMES)) % len(LAST_NAMES)]
    return f"{first} {last}"


def locale_of(channel: Channel, chance: Chance) -> str:
    """Return a language and country as a platform would tell it."""
    return "ja-JP" if channel.channel_type == "line" else chance.one_of(_LOCALES)


def platform_key(channel: Channel, number: int) -> str:
    """Return an address on a channel; telephone numbers are of the British range for drama."""
    match channel.channel_type:
        case "whatsapp" | "sms":
            return f"+4477009{number:05d}"
        case "web_chat":
            return f"visitor-{number + 6000}"
        case "facebook_messenger":
            return f"psid-{40100000 + number}"
        case "in_app":
            return f"device-{number + 40000:x}"
        case _:
            return f"{channel.channel_type}-{number}"
