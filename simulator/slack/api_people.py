"""The Web API's methods about who somebody is: the app itself, people, organisations, and how an installation gets tokens."""

from __future__ import annotations

from simulator.slack.arguments import needed, person_met
from simulator.slack.cast import Person
from simulator.slack.message import Json
from simulator.slack.refusals import RefusedError
from simulator.slack.state import State
from simulator.slack.tokens import TOKEN_LIVES


def auth_test(ws: State, args: Json) -> Json:
    home = ws.teams[ws.app.team]
    return {
        "url": f"https://{home.domain}.slack.com/",
        "team": home.name,
        "user": ws.app.name.lower(),
        "team_id": home.id,
        "user_id": ws.app.user,
        "bot_id": ws.app.bot,
        "is_enterprise_install": False,
    }


def users_info(ws: State, args: Json) -> Json:
    """Who somebody says they are. An e-mail address is what their own organisation asserts, and may be missing (2.8)."""
    user = needed(args, "user")
    if user == ws.app.user:
        return {"user": _bot_user(ws)}
    return {"user": _user(ws, person_met(ws, user))}


def _user(ws: State, person: Person) -> Json:
    profile: Json = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "first_name": person.real_name.partition(" ")[0],
        "last_name": person.real_name.rpartition(" ")[2],
        "title": "",
        "phone": "",
        "avatar_hash": "",
        "image_72": "",
        "team": person.team,
    }
    if person.email and "users:read.email" in ws.app.scopes:
        profile["email"] = person.email
    user: Json = {
        "id": person.id,
        "team_id": person.team,
        "name": person.handle,
        "deleted": person.deactivated,
        "real_name": person.real_name,
        "tz": "Europe/London",
        "tz_label": "Greenwich Mean Time",
        "tz_offset": 0,
        "profile": profile,
        "is_bot": False,
        "is_app_user": False,
        "updated": 0,
    }
    if ws.is_external(person):
        return user | {"is_stranger": False}
    return user | {
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_email_confirmed": True,
    }


def _bot_user(ws: State) -> Json:
    app = ws.app
    return {
        "id": app.user,
        "team_id": app.team,
        "name": app.name.lower(),
        "deleted": False,
        "real_name": app.name,
        "profile": {
            "real_name": app.name,
            "display_name": "",
            "api_app_id": app.id,
            "bot_id": app.bot,
            "team": app.team,
        },
        "is_bot": True,
        "is_app_user": False,
        "updated": 0,
    }


def bots_info(ws: State, args: Json) -> Json:
    if args.get("bot") not in (None, "", ws.app.bot):
        raise RefusedError("bot_not_found")
    app = ws.app
    bot = {"id": app.bot, "deleted": False, "name": app.name, "updated": 0, "app_id": app.id, "user_id": app.user}
    return {"bot": bot | {"icons": {}}}


def team_info(ws: State, args: Json) -> Json:
    """Home, or an organisation that a channel is shared with."""
    team = ws.teams.get(str(args.get("team") or ws.app.team))
    shared = {id_ for room in ws.rooms.values() if ws.app.user in room.members for id_ in room.teams}
    if team is None or team.id not in shared | {ws.app.team}:
        raise RefusedError("team_not_found")
    return {
        "team": {
            "id": team.id,
            "name": team.name,
            "domain": team.domain,
            "url": f"https://{team.domain}.slack.com/",
            "email_domain": "",
            "icon": {"image_default": True},
        }
    }


def oauth_access(ws: State, args: Json) -> Json:
    """The code of an installation for tokens, or a refresh token for the next ones."""
    ws.tokens.check_client(str(args.get("client_id") or ""), str(args.get("client_secret") or ""))
    if args.get("grant_type") == "refresh_token":
        access, refresh = ws.tokens.refresh(str(args.get("refresh_token") or ""))
    else:
        access, refresh = ws.tokens.exchange(str(args.get("code") or ""))
    home = ws.teams[ws.app.team]
    return {
        "app_id": ws.app.id,
        "authed_user": {"id": next((one.id for one in ws.cast.people if one.team == home.id), "")},
        "scope": ",".join(ws.app.scopes),
        "token_type": "bot",
        "access_token": access,
        "bot_user_id": ws.app.user,
        "refresh_token": refresh,
        "expires_in": TOKEN_LIVES,
        "team": {"id": home.id, "name": home.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def connections_open(ws: State, args: Json) -> Json:
    """Socket Mode is not played: a bot's token is the wrong kind anyway."""
    raise RefusedError("not_allowed_token_type")


METHODS = {
    "api.test": lambda ws, args: {"args": args},
    "auth.test": auth_test,
    "users.info": users_info,
    "bots.info": bots_info,
    "team.info": team_info,
    "oauth.v2.access": oauth_access,
    "apps.connections.open": connections_open,
}
