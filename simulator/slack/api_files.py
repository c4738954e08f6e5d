"""The Web API's files methods, and the two addresses beside it: where a file is sent to, and where one is fetched."""

from __future__ import annotations

from simulator.slack import effects
from simulator.slack.arguments import needed, room_to_speak_in, thread_ts
from simulator.slack.message import File, Json
from simulator.slack.refusals import RefusedError
from simulator.slack.state import State

BIGGEST = 20_000_000


def info(ws: State, args: Json) -> Json:
    """All about a file, of another organisation's as well, if the app is where it was shared."""
    file = known(ws, needed(args, "file"))
    return {"file": file.shown(ws.public_url), "comments": [], "response_metadata": {"next_cursor": ""}}


def known(ws: State, file_id: str) -> File:
    file = ws.files.get(file_id)
    if file is None or file.expected is not None:
        raise RefusedError("file_not_found")
    if file.user != ws.app.user and not any(ws.app.user in ws.rooms[room].members for room in file.channels):
        raise RefusedError("file_not_found")
    return file


def get_upload_url(ws: State, args: Json) -> Json:
    """Step one: announce name and length."""
    name = needed(args, "filename")
    length = needed(args, "length")
    if not (length.isascii() and length.isdecimal()) or not 0 < int(length) <= BIGGEST:
        raise RefusedError("invalid_arguments")
    file = File(ws.new_id("F"), name, b"", ws.app.user, ws.app.team, int(ws.now()), expected=int(length))
    ws.files[file.id] = file
    return {"upload_url": f"{ws.public_url}/simulator/slack/upload/{file.id}", "file_id": file.id}


def receive(ws: State, file_id: str, content: bytes) -> str:
    """Step two: the content itself, by POST to the upload URL, with no token. The words of Slack's response."""
    file = ws.files.get(file_id)
    if file is None or file.expected is None:
        raise RefusedError("file_not_found")
    if len(content) != file.expected:
        raise RefusedError("invalid_length")
    file.content, file.expected = content, None
    return f"OK - {len(content)}"


def complete_upload(ws: State, args: Json) -> Json:
    """Step three: share what arrived, in a room if one is named."""
    given = args.get("files")
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise RefusedError("invalid_arguments")
    files = []
    for one in given:
        file = ws.files.get(str(one.get("id")))
        if file is None or file.user != ws.app.user or file.expected is not None:
            raise RefusedError("file_not_found")
        file.title = str(one.get("title") or "")
        files.append(file)
    if args.get("channel_id"):
        room = room_to_speak_in(ws, {"channel": args["channel_id"]})
        _, events = effects.app_says(
            ws, room, str(args.get("initial_comment") or ""), [], thread_ts=thread_ts(room, args), files=files
        )
        ws.later(events)
    return {"files": [{"id": file.id, "title": file.title or file.name} for file in files]}


def delete(ws: State, args: Json) -> Json:
    """One of the app's own."""
    file = known(ws, needed(args, "file"))
    if file.user != ws.app.user:
        raise RefusedError("cant_delete_file")
    del ws.files[file.id]
    return {}


METHODS = {
    "files.delete": delete,
    "files.info": info,
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
}
