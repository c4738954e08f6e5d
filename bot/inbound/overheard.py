"""What is said where others read it, anywhere the app is: looked through for codes that are good, and never answered.

All of a message counts: text, blocks, attachments, what was forwarded, names of files, what it said before it was edited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from store.codes import exposed_codes

if TYPE_CHECKING:
    from bot.platform.context import SlackContext
    from bot.platform.payloads import Event, Spoken
    from store.slack.installations import Installation

HOUR: Final = 3_600_000  # ms
_NO_WORDS: Final = frozenset(  # names of what nobody reads: ids, times, kinds, pictures
    [
        "ts",
        "event_ts",
        "thread_ts",
        "deleted_ts",
        "message_ts",
        "latest_reply",
        "parent_user_id",
        "client_msg_id",
        "id",
        "user",
        "users",
        "user_id",
        "usergroup_id",
        "team",
        "channel",
        "channel_id",
        "channel_type",
        "type",
        "subtype",
        "block_id",
        "action_id",
        "app_id",
        "bot_id",
        "bot_profile",
        "user_profile",
        "user_team",
        "source_team",
        "edited",
        "reactions",
        "reply_users",
        "inviter",
        "metadata",
        "icons",
        "unicode",
        "mimetype",
        "filetype",
        "mode",
        "url_private",
        "url_private_download",
        "permalink_public",
        "author_id",
        "author_icon",
        "channel_team",
        "footer_icon",
        "service_icon",
        "avatar_hash",
        "external_id",
        "color",
    ]
)


def listen(context: SlackContext, body: Event[Spoken], via: Installation) -> None:
    """Codes in a message that others read are no longer valid. Direct messages with us nobody else reads."""
    event = body.event
    if event.channel_type == "im" or event.bot_id == (via.bot_id or None):
        return
    words = "\n".join(words_in(body.whole))
    found = len(exposed_codes.candidates(words))
    if not found:
        return  # nearly always, and nobody has waited for the database
    said = event.message or event.previous_message or event
    who = said.user or said.bot_id
    allowed = context.overheard.take(who, context.store.clock() // HOUR, found)
    if not allowed:
        return  # nor does anybody wait for whoever says number after number
    with context.store.transaction("slack") as tx:
        exposed_codes.spoil(tx, words, allowed)


def words_in(said: object) -> Iterator[str]:
    """Every piece of text in a message, in its order, as deep as it lies."""
    left: list[object] = [said]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            left.extend(reversed([value for name, value in one.items() if name not in _NO_WORDS]))
        elif isinstance(one, list):
            left.extend(reversed(one))
