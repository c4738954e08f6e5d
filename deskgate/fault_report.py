"""`deskgate doctor --report FILE`: what the maintainers need to mend a fault, in one file, with nobody's words, names, numbers or keys in it."""

from __future__ import annotations

import json
import os
import platform
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal, get_origin

from authz import Action, SchemeError, load_schemes
from desk import faults
from deskgate import __version__
from deskgate.command_line import granted, moment
from deskgate.settings import SettingError, Settings, read_keys
from store import ConnectionLostError, DatabaseFault, DatabaseUrlError, now_ms, open_store
from store.db.last_seen import state_folder
from store.operator import report_figures

PACKAGES: Final = (
    "alembic",
    "fastapi",
    "httpx2",
    "psycopg",
    "slack-bolt",
    "sqlalchemy",
    "starlette",
    "twilio",
    "uvicorn",
)
SHOWN: Final = (int, bool)  # of settings: numbers of ours, and words to choose from


def write(file: Path, settings: Settings | None, states: list[str]) -> None:
    """`states`: of what the doctor found, how good each is. Raises `OSError` where there is a file already, or none can be made."""
    folder = state_folder()
    told: dict[str, Any] = {
        "made_at": moment(now_ms()),
        "deskgate": __version__,
        "python": platform.python_version(),
        "machine": {"system": platform.system(), "kernel": platform.release(), "cpus": os.cpu_count()},
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "settings": {} if settings is None else hidden(settings),
        "doctor": {state: states.count(state) for state in sorted(set(states))},
        "database": {"why_not": "the settings cannot be read"} if settings is None else _database(settings),
        "faults": [] if folder is None else faults.kept(folder),
    }
    if folder is not None:
        told["machine"]["free_mb"] = shutil.disk_usage(folder).free // 2**20
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        json.dump(told, opened, indent=1)
        opened.write("\n")


def hidden(settings: Settings) -> dict[str, Any]:
    """Every setting: `default`, `set`, or its value where that is a number or one of a few words of ours."""
    found: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = isinstance(value, SHOWN) or get_origin(field.annotation) is Literal
        found[name.upper()] = value if shown else "default" if value == field.get_default() else "set"
    return found


def _database(settings: Settings) -> dict[str, Any]:
    try:
        store = open_store(settings.database_url, read_keys(settings), load_schemes(settings.schemes_dir))
    except (SettingError, SchemeError, DatabaseUrlError, OSError) as trouble:
        return {"why_not": type(trouble).__name__}
    try:
        if not store.is_ready():
            return {"kind": store.engine.dialect.name, "why_not": "not reachable, or not migrated"}
        if store.why_not_write() or store.why_not_begin():
            return {"kind": store.engine.dialect.name, "why_not": "its keys are not these"}
        with store.transaction("shell") as tx:
            said = report_figures.figures(tx, granted(tx, Action.DESK_OPERATE))
        version = ".".join(map(str, store.engine.dialect.server_version_info or ()))
        troubles = [one.code for one in store.look_at_checkpoints()]
        store.checkpoint()
        return {"kind": store.engine.dialect.name, "version": version, "ledger": troubles, **said}
    except (ConnectionLostError, DatabaseFault) as lost:
        return {"why_not": type(lost).__name__}
    finally:
        store.engine.dispose()
