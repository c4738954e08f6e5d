"""A cast to begin with: the desk's own Slack, a customer who shares a channel, and an impostor who shares another.

Ids are those of deskgate/sample-accounts.json where the file has them; the others (Mia, Leo) are still to be linked.
"""

from __future__ import annotations

from simulator.slack.cast import Cast, Channel, Person, Team

DESK, HARBOUR, STRANGE = "T0DESK", "T0HARBOUR", "T0STRANGE"
BOT = "U0DESKGATE"
AGENT_CHANNEL = "C0AGENTS"

SAMPLE = Cast(
    teams=(
        Team(DESK, "Deskgate Hosting", "deskgate-hosting"),
        Team(HARBOUR, "Harbour Bakery", "harbour-bakery"),
        Team(STRANGE, "Somebody Else Ltd", "somebody-else"),
    ),
    people=(
        Person("U0MIA", DESK, "Mia", "Mia Chen", "mia@tideworks.example", note="Manage Support at Tideworks"),
        Person("U0LEO", DESK, "Leo", "Leo Fox", "leo@tideworks.example", note="Manage Services only"),
        Person("U0RAJ", DESK, "Raj", "Raj Patel", "raj@tideworks.example", note="admin contact of Tideworks"),
        Person("U0DEV", DESK, "Dev", "Dev Anand", "dev@pixelsmith.example", note="on three accounts"),
        Person("U0SAM", DESK, "Sam", "Sam Okoro", "sam@northlight.example", note="owner of Northlight"),
        Person(
            "U0OLIVIA", HARBOUR, "Olivia", "Olivia Hart", "olivia@harbourbakery.example", note="owner of the bakery"
        ),
        Person("U0TOM", HARBOUR, "Tom", "Tom Reyes", "tom@harbourbakery.example", note="technical contact"),
        Person("U0KIM", DESK, "Kim", "Kim Novak", "kim@desk.example", note="agent"),
        Person("U0ANA", DESK, "Ana", "Ana Brandt", "ana@desk.example", note="supervisor"),
        Person(
            "U0FAKE", STRANGE, "Olivia", "Olivia Hart", "olivia@harbourbakery.example", note="says she is Olivia Hart"
        ),
    ),
    channels=(
        Channel(
            AGENT_CHANNEL, "desk-agents", ("U0KIM", "U0ANA", BOT), (DESK,), private=True, topic="Where cards arrive"
        ),
        Channel(
            "C0HELP",
            "help",
            ("U0MIA", "U0LEO", "U0RAJ", "U0DEV", "U0SAM", "U0KIM", "U0ANA", BOT),
            (DESK,),
            topic="Ask the desk",
        ),
        Channel(
            "C0HARBOUR",
            "harbour-bakery",
            ("U0OLIVIA", "U0TOM", "U0KIM", "U0ANA", BOT),
            (DESK, HARBOUR),
            topic="The bakery's own line to the desk",
        ),
        Channel(
            "C0MEETUP", "hosting-meetup", ("U0FAKE", "U0ANA", "U0MIA", BOT), (DESK, STRANGE), topic="Anybody's talk"
        ),
        Channel("C0RANDOM", "random", ("U0MIA", "U0LEO", "U0KIM"), (DESK,), topic="Nobody asked the app in"),
    ),
)
