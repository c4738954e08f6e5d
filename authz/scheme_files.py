"""Open this to see what a scheme file may say and every check it must pass before the service starts."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final, Never

from authz.contact_rules import Broken
from authz.scheme import Column, Elsewhere, Scheme, SchemeError, Square
from authz.scheme_notices import read_notices
from authz.vocabulary import CELLS, DESK_CELLS, DESK_LIMITS, FACTS, LIMITS, OWNER_ONLY, OWNERS_ACTIONS, Action

SHIPPED: Final = Path(__file__).parent / "schemes"
DESK: Final = "desk"

_SQUARE: Final = re.compile(r"(?P<status>\S+)(?: (?!when )(?P<rules>.+?))?(?: when (?P<when>\S+))?")
_RULE: Final = re.compile(r"(?P<prefix>[A-Z]{2,})-(?P<number>[1-9][0-9]*)|D-[a-z][a-z_]*(?:\.[a-z_]+)*")
_LAST_RULE: Final = {"MT": 23, "SR": 23, "MS": 50, "WH": 18}  # docs/schemes.md
_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")
_HEAD: Final = {
    *("scheme", "title", "roles", "permissions", "together", "owner"),
    *("at_least_one", "exactly_one", "support_first", "invoiced", "domain_contacts"),
}
_KEYS: Final = _HEAD | {"requires", "changing", "switch", "notices", "decisions", "rows"}


def load_schemes(folder: Path | None = None) -> dict[str, Scheme]:
    """The schemes that ship, and those of an operator's folder, checked and compiled; SchemeError says where it fails.

    A file of the folder that names a shipped customer scheme replaces it (that is how C3's switch is turned); the
    scheme `desk` is the house's own and stays.
    """
    schemes = dict(_shipped())
    if folder is None:
        return schemes
    if not folder.is_dir():
        raise SchemeError(f"{folder}: no such folder of schemes")
    seen: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")):
        scheme = read_scheme(path)
        if scheme.name == DESK:
            raise SchemeError(f"{path}: the scheme 'desk' cannot be replaced")
        if scheme.name in seen:
            raise SchemeError(f"{path}: the scheme {scheme.name!r} is also in {seen[scheme.name].name}")
        seen[scheme.name] = path
        schemes[scheme.name] = scheme
    return schemes


@cache
def _shipped() -> dict[str, Scheme]:
    return {scheme.name: scheme for scheme in (read_scheme(path) for path in sorted(SHIPPED.glob("*.toml")))}


def read_scheme(path: Path) -> Scheme:
    """One file, checked whole; SchemeError names file, row and column."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SchemeError(f"{path}: {error}") from None
    return _File(path, document).scheme()


class _File:
    """One scheme file while it is being checked; only so that every complaint can say where."""

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self.path = path
        self.document = document
        self.cited: set[str] = set()

    def scheme(self) -> Scheme:
        for key in self.document:
            if key not in _KEYS:
                self.refuse(f"unknown key {key!r}; known are {', '.join(sorted(_KEYS))}")
        name = self.text("scheme")
        if not _WORD.fullmatch(name):
            self.refuse(f"scheme = {name!r} is no name: small letters, digits and _")
        self.desk = name == DESK
        roles, permissions = self.names("roles"), self.names("permissions")
        self.words = roles + permissions
        self.columns = self.read_columns()
        self.owner = None if self.desk else self.text("owner")
        if self.owner is not None:
            self.known(self.owner, "owner")
        switches, rows = self.read_rows()
        notices = read_notices(self.table("notices"), self.words, self.owner, self.refuse, self.check_rule)
        self.cited.update(rule for told in notices.values() for rules in told.values() for rule in rules)
        return Scheme(
            name=name,
            title=self.text("title"),
            source=str(self.path),
            roles=roles,
            permissions=permissions,
            columns=self.columns,
            owner=self.owner,
            at_least_one=self.known_names("at_least_one"),
            exactly_one=self.known_names("exactly_one"),
            requires=self.read_requires(),
            switches=switches,
            changing=self.read_changing(),
            decisions=self.read_decisions(),
            rows=rows,
            notices=notices,
            support_first=not self.desk and self.switched("support_first"),
            invoiced=self.one_role("invoiced", roles),
            domain_contacts=self.elsewhere("domain_contacts"),
        )

    def refuse(self, what: str, row: str = "", column: str = "") -> Never:
        place = "".join([f" row {row!r}" if row else "", f" column {column!r}" if column else ""])
        raise SchemeError(f"{self.path}:{place}{':' if place else ''} {what}")

    # the head of the file

    def text(self, key: str) -> str:
        value = self.document.get(key)
        if not isinstance(value, str) or not value:
            self.refuse(f'{key} = "…" is missing')
        return value

    def elsewhere(self, key: str) -> Elsewhere | None:
        """None where the file does not say."""
        value = self.document.get(key)
        if value is None:
            return None
        said = {"address": "", **value} if isinstance(value, dict) else {}
        where, address = said.get("where"), said.get("address")
        good = isinstance(where, str) and where and isinstance(address, str) and set(said) == {"where", "address"}
        if not good or not (address == "" or str(address).startswith("https://")):
            self.refuse(
                f'{key} = {{ where = "the words", address = "https://…" }}: where in words, and an address or none'
            )
        return Elsewhere(str(where), str(address))

    def one_role(self, key: str, roles: tuple[str, ...]) -> str | None:
        """None where the file does not say."""
        value = self.document.get(key)
        if value is not None and value not in roles:
            self.refuse(f"{key} = {value!r} is none of the roles")
        return value

    def switched(self, key: str) -> bool:
        """true where the file does not say."""
        value = self.document.get(key, True)
        if not isinstance(value, bool):
            self.refuse(f"{key} is true or false")
        return value

    def names(self, key: str) -> tuple[str, ...]:
        values = self.document.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self.refuse(f"{key} is a list of words")
        for value in values:
            if values.count(value) > 1:
                self.refuse(f"{key} names {value!r} twice")
        return tuple(values)

    def known(self, word: str, place: str) -> None:
        if word not in self.words:
            self.refuse(f"{place} names an unknown word {word!r}; roles and permissions are {', '.join(self.words)}")

    def known_names(self, key: str) -> tuple[str, ...]:
        for word in self.names(key):
            self.known(word, key)
        return self.names(key)

    def table(self, key: str) -> dict[str, Any]:
        value = self.document.get(key, {})
        if not isinstance(value, dict):
            self.refuse(f"[{key}] is a table")
        return value

    def read_columns(self) -> tuple[Column, ...]:
        if not self.words:
            self.refuse("roles and permissions are both empty")
        for word in self.words:
            if not _WORD.fullmatch(word):
                self.refuse(f"{word!r} is no word for a role or permission: small letters, digits and _")
            if self.words.count(word) > 1:
                self.refuse(f"{word!r} is both a role and a permission")
        columns = [Column(word, frozenset({word})) for word in self.words]
        for name in self.names("together"):
            members = name.split("+")
            for member in members:
                self.known(member, f"together {name!r}")
            if len(members) < 2 or len(set(members)) < len(members):
                self.refuse(f"together {name!r} must join two or more different words")
            if any(column.members == set(members) for column in columns):
                self.refuse(f"together {name!r} stands there twice")
            columns.append(Column(name, frozenset(members)))
        return tuple(columns)

    def read_requires(self) -> dict[str, frozenset[str]]:
        requires = self.table("requires")
        for holder, needed in requires.items():
            self.known(holder, "[requires]")
            if not isinstance(needed, list):
                self.refuse(f"[requires] {holder} is a list of words")
            for word in needed:
                self.known(word, f"[requires] {holder}")
        return {holder: frozenset(needed) for holder, needed in requires.items()}

    def read_changing(self) -> dict[str, tuple[str, ...]]:
        """`"lacks:billing_contact" = "MS-19, MS-46"`: what a refused change of contacts cites, for one role or for all."""
        cited: dict[str, tuple[str, ...]] = {}
        for why, rules in self.table("changing").items():
            code, _, role = why.partition(":")
            if code not in (*Broken,) or not isinstance(rules, str) or not rules:
                self.refuse(f'[changing] {why}: is "RULE, RULE" for one of {", ".join(Broken)}')
            if role:
                self.known(role, f"[changing] {why}")
            cited[why] = tuple(rules.split(", "))
            for rule in cited[why]:
                self.check_rule(rule, "changing", why)
            self.cited.update(cited[why])
        return cited

    def read_decisions(self) -> dict[str, str]:
        decisions = self.table("decisions")
        for rule, why in decisions.items():
            if not isinstance(why, str) or not why.strip():
                self.refuse(f"[decisions] {rule} needs a line that says why")
            if rule not in self.cited:
                self.refuse(f"[decisions] {rule} is explained but cited nowhere")
        for rule in sorted(self.cited):
            if rule.startswith("D-") and rule not in decisions:
                self.refuse(f"{rule} is cited but not explained under [decisions]")
        return decisions

    # the table

    def read_rows(self) -> tuple[dict[str, str], dict[str, dict[str, Square]]]:
        """Every reading of the switch is checked, so that turning it cannot uncover a fault; the chosen one is kept."""
        switch = self.table("switch")
        if len(switch) > 1:
            self.refuse(f"[switch] has room for one switch, not {len(switch)}")
        rows = self.table("rows")
        readings = self.readings(rows)
        for name, chosen in switch.items():
            if not readings:
                self.refuse(f"[switch] {name} is read by no square")
            if chosen not in readings:
                self.refuse(f"[switch] {name} = {chosen!r} is none of {', '.join(readings)}")
        if readings and not switch:
            self.refuse("squares depend on a switch, but [switch] is missing")
        compiled = {reading: self.compile(rows, reading) for reading in readings or ("",)}
        return dict(switch), compiled[next(iter(switch.values()), "")]

    def readings(self, rows: dict[str, Any]) -> tuple[str, ...]:
        words: tuple[str, ...] = ()
        for cell, row in rows.items():
            for column, square in row.items() if isinstance(row, dict) else ():
                if isinstance(square, dict):
                    if words and set(square) != set(words):
                        self.refuse(
                            f"the switch has the words {', '.join(words)}; here {', '.join(square)}", cell, column
                        )
                    words = words or tuple(square)
                    if not words:
                        self.refuse("empty", cell, column)
        return words

    def compile(self, rows: dict[str, Any], reading: str) -> dict[str, dict[str, Square]]:
        cells = DESK_CELLS if self.desk else CELLS
        for cell in rows:
            if cell not in cells:
                self.refuse("unknown cell; the vocabulary is in docs/schemes.md", cell)
        compiled = {}
        for cell in cells:
            if cell not in rows:
                self.refuse("missing: a hole in the table", cell)
            compiled[cell] = self.compile_row(cell, rows[cell], reading)
        return compiled if self.desk else compiled | {str(action): self.owners_row(action) for action in OWNERS_ACTIONS}

    def owners_row(self, action: Action) -> dict[str, Square]:
        theirs = {column.name: self.owner in column.members for column in self.columns}
        return {name: Square(may, (f"D-{action}",) if may else (), "") for name, may in theirs.items()}

    def compile_row(self, cell: str, row: object, reading: str) -> dict[str, Square]:
        if not isinstance(row, dict):
            self.refuse('a row is a table of columns, { owner = "yes …", … }', cell)
        names = [column.name for column in self.columns]
        for name in row:
            if name not in names:
                self.refuse(f"unknown column; known are {', '.join(names)}", cell, name)
        for name in names:
            if name not in row:
                self.refuse("missing: a hole in the table", cell, name)
        squares = {name: self.read_square(row[name], reading, cell, name) for name in names}
        self.check_row(cell, squares)
        return squares

    def read_square(self, square: object, reading: str, cell: str, column: str) -> Square:
        text = square[reading] if isinstance(square, dict) else square
        match = _SQUARE.fullmatch(text) if isinstance(text, str) else None
        if match is None or match["status"] not in ("yes", "no"):
            self.refuse(f"{text!r} is not 'yes RULE, RULE', 'yes RULE when WORD', 'no RULE' or 'no'", cell, column)
        allowed, when = match["status"] == "yes", match["when"] or ""
        rules = tuple(match["rules"].split(", ")) if match["rules"] else ()
        whens = DESK_LIMITS if self.desk else FACTS | LIMITS
        if when and (not allowed or when not in whens):
            self.refuse(f"'when {when}' is unknown here; a yes may carry {', '.join(sorted(whens))}", cell, column)
        if allowed and not rules:
            self.refuse("a yes cites the rule it rests on", cell, column)
        for rule in rules:
            self.check_rule(rule, cell, column)
        if len(set(rules)) < len(rules):
            self.refuse("a rule is cited twice", cell, column)
        self.cited.update(rules)
        return Square(allowed, rules, when)

    def check_rule(self, rule: str, cell: str, column: str) -> None:
        match = _RULE.fullmatch(rule)
        if match is None:
            self.refuse(f"{rule!r} is no citation: MT-4, SR-6, MS-28, D-word, or your own XX-1", cell, column)
        last = _LAST_RULE.get(match["prefix"] or "")
        if last is not None and int(match["number"]) > last:
            self.refuse(f"{rule!r} does not exist: the last is {match['prefix']}-{last}", cell, column)

    def check_row(self, cell: str, squares: dict[str, Square]) -> None:
        allowed = [column for column in self.columns if squares[column.name].allowed]
        if not allowed and not all(square.rules for square in squares.values()):
            self.refuse("nobody may, so every no must cite its own rule", cell)
        for column in allowed:
            if cell in OWNER_ONLY and not self.desk and self.owner not in column.members:
                self.refuse(
                    f"stays the owner's in every scheme (X1): only {self.owner!r} may hold it", cell, column.name
                )
        for wide in self.columns:
            for narrow in allowed:
                if narrow.members < wide.members and not _as_free(squares[wide.name], squares[narrow.name]):
                    self.refuse(
                        f"gives less than {narrow.name!r} alone: holding more never takes away", cell, wide.name
                    )


def _as_free(wide: Square, narrow: Square) -> bool:
    return wide.allowed and wide.when in ("", narrow.when)
