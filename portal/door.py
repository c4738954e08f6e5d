"""What the web door holds on to: the store, where it is reached, a pool for passwords, its words and templates."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from portal import words
from portal.words import Words
from store import HashPool, Store, logins, pins


@dataclass(frozen=True, slots=True)
class Door:
    """`origin` is that of PUBLIC_URL. `pool` is not the callers' own: whoever tries passwords keeps nobody on the phone waiting.
    `decoy` is the hash of a password that nobody has; `texting` the countries to which codes go by text message, none where they do not;
    `phone`: whether customers can ring the desk."""

    store: Store
    origin: str
    pool: HashPool
    decoy: str
    words: Words
    pages: Environment
    texting: tuple[str, ...] = ()
    phone: bool = False

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")


PLACES, QUEUE = 1, 4  # passwords hashed at once, and how many may wait for that


def open_door(store: Store, public_url: str, texting: tuple[str, ...] = (), *, phone: bool) -> Door:
    parts, said = urlsplit(public_url), words.load()
    pages = Environment(
        loader=PackageLoader("portal"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    pages.globals |= {
        "word": said.word,
        "words": said.several,
        "clock": words.clock,
        "day": words.day,
        "lasted": words.lasted,
        "known_words": said.known,
    }
    pool = HashPool(places=PLACES, queue=QUEUE, name="portal")
    decoy = logins.hashed(pins.issue().digits + "-a-password-of-nobody")
    return Door(store, f"{parts.scheme}://{parts.netloc}", pool, decoy, said, pages, texting, phone)
