"""What Slack sends, kind by kind: read once as it comes in, and typed from there on. Whatever does not fit is no request of Slack's.

Slack's own all fit. Only what we read stands here; Bolt looks at the mapping it came as. Missing and null are alike. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Generic, TypeVar

from annotated_types import MinLen
from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.text.mrkdwn import words_of

Part = TypeVar("Part")
Text = Annotated[str, BeforeValidator(lambda said: "" if said is None else said)]
Maybe = Annotated[Part, BeforeValidator(lambda said: {} if said is None else said)]
Several = Annotated[list[Part], BeforeValidator(lambda said: [] if said is None else said)]


class _Read(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Named(_Read):
    id: Text = ""


class Authorization(_Read):
    team_id: Text = ""
    enterprise_id: Text = ""
    is_enterprise_install: bool | None = None


class View(_Read):
    """A modal or somebody's home tab, with what has been filled in (`values`): block → action → field."""

    id: Text = ""
    type: Text = ""
    callback_id: Text = ""
    private_metadata: Text = ""
    app_installed_team_id: Text = ""
    blocks: Several[Block] = []
    state: Maybe[dict[str, dict[str, dict[str, Filled]]]] = {}


class Option(_Read):
    value: Text = ""


class Filled(_Read):
    value: Text = ""
    selected_option: Maybe[Option] = Option()
    selected_options: Several[Option] = []


class Block(_Read):
    type: str
    block_id: Text = ""


class Payload(_Read):
    """What every kind may say of where it comes from (context.py, `via`)."""

    api_app_id: Text = ""
    team_id: Text = ""
    context_team_id: Text = ""
    enterprise_id: Text = ""
    team: Maybe[Named] = Named()
    enterprise: Maybe[Named] = Named()
    view: Maybe[View] = View()
    authorizations: Several[Authorization] = []


class Command(Payload):
    command: str
    trigger_id: str
    user_id: Text = ""
    text: Text = ""


class Member(_Read):
    id: str
    team_id: Text = ""
    deleted: bool | None = None


class Interaction(Payload):
    user: Member
    channel: Maybe[Named] = Named()


class Container(_Read):
    type: Text = ""
    message_ts: Text = ""
    thread_ts: Text = ""
    is_ephemeral: bool | None = None


class File(_Read):
    """Of one in a shared channel nothing is said but its id."""

    id: str
    name: Text = ""
    mimetype: Text = ""
    mode: Text = ""
    size: Annotated[int, BeforeValidator(lambda said: said or 0)] = 0


class Said(_Read):
    """A message. Blocks and attachments are looked into where their words are wanted, as deep as they lie (mrkdwn.py)."""

    ts: str
    subtype: Text = ""
    text: Text = ""
    user: Text = ""
    team: Text = ""
    user_team: Text = ""
    source_team: Text = ""
    bot_id: Text = ""
    thread_ts: Text = ""
    edited: Maybe[dict[str, str]] = {}
    blocks: object = None
    attachments: object = None
    files: Several[File] = []

    def words(self, bot_user: str = "") -> str:
        return words_of(self.text, self.attachments, self.blocks, bot_user)


class Pressed(Filled):
    action_id: str
    action_ts: Text = ""


class Posted(_Read):
    """One of our own messages, with a button that was pressed."""

    blocks: Several[Block] = []


class Click(Interaction):
    trigger_id: str
    actions: Annotated[list[Pressed], MinLen(1)]
    container: Maybe[Container] = Container()
    message: Maybe[Posted] = Posted()


class Suggestion(Interaction):
    action_id: str
    value: Text = ""


class Shortcut(Interaction):
    trigger_id: str
    callback_id: str
    message_ts: Text = ""
    message: Said


class Form(View):
    id: str
    type: str
    callback_id: str


class Submission(Interaction):
    view: Form


class Happened(_Read):
    """An event of a kind that says nothing we read."""

    type: str


class Spoken(Said):
    """`previous` what it said before it was changed or deleted, `message` what it says since."""

    type: str
    channel: str
    channel_type: Text = ""
    event_ts: Text = ""
    deleted_ts: Text = ""
    message: Said | None = None
    previous_message: Said | None = None


class Came(Happened):
    """Somebody opened our home, or came into a channel."""

    user: str
    channel: str
    tab: Text = ""


class Changed(Happened):
    user: Member


class FileDeleted(Happened):
    file_id: str


class ChannelMoved(Happened):
    old_channel_id: str
    new_channel_id: str


class Revoked(Happened):
    tokens: Maybe[dict[str, list[Any]]] = {}


Of = TypeVar("Of", bound=Happened | Spoken)


class Event(Payload, Generic[Of]):
    """`whole` is all that the event says, for what looks through every word of it (overheard.py)."""

    event_id: str
    event_time: int | None = None
    is_ext_shared_channel: bool | None = None
    event: Of
    whole: dict[str, Any] = Field(validation_alias=AliasPath("event"))


EVENTS: Final[Mapping[str, type[Event[Any]]]] = {
    "message": Event[Spoken],
    "app_mention": Event[Spoken],
    "app_home_opened": Event[Came],
    "member_joined_channel": Event[Came],
    "user_change": Event[Changed],
    "file_deleted": Event[FileDeleted],
    "channel_id_changed": Event[ChannelMoved],
    "tokens_revoked": Event[Revoked],
}
_ANOTHER: Final = Event[Happened]  # made once: naming it in `parse` cost 0.2 ms a message
KINDS: Final[Mapping[str, type[Payload]]] = {
    "block_actions": Click,
    "block_suggestion": Suggestion,
    "message_action": Shortcut,
    "view_submission": Submission,
}


def parse(body: Mapping[str, Any]) -> Payload | None:
    """None: it has not what every one of its kind has. Of kinds that nothing listens to nothing is asked."""
    kind, said = body.get("type"), body.get("event")
    if "command" in body:
        model: type[Payload] = Command
    elif not isinstance(kind, str):
        return None
    elif kind == "event_callback":
        happened = said.get("type") if isinstance(said, Mapping) else None
        model = EVENTS.get(happened, _ANOTHER) if isinstance(happened, str) else _ANOTHER
    else:
        model = KINDS.get(kind, Payload)
    try:
        return model.model_validate(body)
    except ValidationError:
        return None
