"""What the portal holds on to: the store, where it is reached, the threads for its requests, its words and templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

from desk.request_pools import RequestPool
from portal.web import page_words
from portal.web.browser_marks import Marks
from portal.web.page_words import Words
from portal.web.turned_away import TurnedAway
from store import HashPool, Store
from store.sign_in import credentials
from store.sign_in.passkey_answers import Site
from store.sign_in.realms import STAFF, Realm
from store.text import numbers
from store.text.durations import in_minutes, lasted
from store.verification import pins

Networks = tuple[IPv4Network | IPv6Network, ...]


class RequestPools:
    """Browsers of the staff and of customers that are known, those with a one-time link, and strangers."""

    def __init__(self) -> None:
        self.known = RequestPool("portal-known", threads=6, places=200, each=20, near=200)
        self.customers = RequestPool("portal-customers", threads=4, places=200, each=20, near=200)
        self.links = RequestPool("portal-links", threads=2, places=32, each=8, near=16)
        self.strangers = RequestPool("portal-strangers", threads=2, places=32, each=4, near=12)


def _nobody(_number: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class PortalContext:
    """`origin` is that of PUBLIC_URL. `pool` is not the callers' own: whoever tries passwords keeps nobody on the phone waiting;
    `customers` have theirs, and strangers of both `strangers`. `decoy` is the hash of a password that nobody has; `texting` the countries to which codes
    go by text message, none where they do not; `phone`: whether customers can call the desk, `may_call` which numbers it may ring;
    `proxies` are believed about whom they ask for; `region` is where a number is that is typed without its country (GB); `passkeys_required`: the staff sign in by passkey alone;
    `step_up_minutes`: for how long a second proof stands; `zone`: where a day of the desk begins and ends; `opening_hours` as in OPENING_HOURS; `mails`: the desk can send
    some; `assistants`: the staff may let a program help them with a case."""

    store: Store
    origin: str
    pool: HashPool
    customers: HashPool
    strangers: HashPool
    decoy: str
    words: Words
    pages: Environment
    marks: Marks
    turned_away: TurnedAway
    zone: ZoneInfo
    texting: tuple[str, ...] = ()
    phone: bool = False
    may_call: Callable[[str], bool] = _nobody
    proxies: Networks = ()
    region: str = ""
    accounts_an_hour: int = 0
    passkeys_required: bool = False
    step_up_minutes: int = 15
    opening_hours: str = ""
    mails: bool = True
    assistants: bool = True
    request_pools: RequestPools = field(default_factory=RequestPools)

    def hashing(self, realm: Realm) -> HashPool:
        """Where the passwords of whoever is known are hashed."""
        return self.pool if realm is STAFF else self.customers

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def site(self) -> Site:
        """What passkeys are of."""
        return Site(urlsplit(self.origin).hostname or "", self.origin)


PLACES, QUEUE = 1, 4  # passwords hashed at once, and how many may wait for that


def open_context(
    store: Store,
    public_url: str,
    texting: tuple[str, ...] = (),
    *,
    phone: bool,
    may_call: Callable[[str], bool],
    proxies: Networks = (),
    region: str = "",
    accounts_an_hour: int,
    passkeys_required: bool = False,
    step_up_minutes: int = 15,
    zone: ZoneInfo,
    opening_hours: str = "",
    mails: bool = True,
    assistants: bool = True,
) -> PortalContext:
    """`mails` and `assistants` as in `PortalContext`."""
    parts, said = urlsplit(public_url), page_words.load(mails=mails)
    names = ("portal", "portal-customers", "portal-new")
    pool, customers, strangers = (HashPool(places=PLACES, queue=QUEUE, name=name) for name in names)
    decoy = credentials.hashed(pins.issue().digits + "-a-password-of-nobody")
    return PortalContext(
        store,
        f"{parts.scheme}://{parts.netloc}",
        pool,
        customers,
        strangers,
        decoy,
        said,
        _pages(mails=mails),
        Marks(store),
        TurnedAway(store),
        zone,
        texting,
        phone,
        may_call,
        proxies,
        region,
        accounts_an_hour,
        passkeys_required,
        step_up_minutes,
        opening_hours,
        mails,
        assistants,
    )


ROOMS: Final = ("web", "staff", "customers")  # a template is called by its room: staff/tickets.html


@cache  # a template is compiled once for a process, however many services it makes
def _pages(*, mails: bool) -> Environment:
    said = page_words.load(mails=mails)
    pages = Environment(
        loader=PrefixLoader({room: PackageLoader(f"portal.{room}") for room in ROOMS}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals |= {
        "word": said.word,
        "words": said.several,
        "clock": page_words.clock,
        "day": page_words.day,
        "date": page_words.on_day,
        "lasted": lasted,
        "in_minutes": in_minutes,
        "known_words": said.known,
        "readable": numbers.readable,
    }
    return pages
