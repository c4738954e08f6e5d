"""The pages keep up with the code: every setting, command, route, word and code stands in them, and every link leads somewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.core import TyperCommand, TyperGroup

from authz import CELLS, HOUSE_DECISIONS, REASON_WORDS, WAY_FORWARD_WORDS, load_schemes
from authz.vocabulary import DESK_CELLS
from deskgate.__main__ import COMMANDS as TABLE
from deskgate.__main__ import load
from deskgate.settings import Settings
from store.tables import Base
from tests.desk import Desk
from tests.house import data_model
from tests.house.test_names import PACKAGES, ROOT

DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in (*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")))  # SECURITY.md among them: F6
}
LATER: set[str] = set()  # promised, and not built yet: docs/settings.md says so


def walk(command: TyperCommand | TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Every command that does something by itself, with its whole name."""
    below = getattr(command, "commands", {})
    if not below or getattr(command, "invoke_without_command", False):
        yield name, command
    for word, further in below.items():
        yield from walk(further, f"{name} {word}")


COMMANDS = {whole: command for name in TABLE for whole, command in walk(load(name), f"deskgate {name}")}


# --- settings


def test_every_setting_has_its_heading_and_no_heading_is_made_up() -> None:
    headings = set(re.findall(r"^### `([A-Z_]+)`", PAGES["docs/settings.md"], re.MULTILINE))
    settings = {name.upper() for name in Settings.model_fields}
    assert len(settings) > 10
    assert headings == settings


def test_a_setting_of_later_is_named_until_it_is_there() -> None:
    later = PAGES["docs/settings.md"].partition("## Not read yet")[2]
    assert set(re.findall(r"`([A-Z_]+)`", later)) == LATER - {name.upper() for name in Settings.model_fields}


def test_every_variable_a_page_names_is_a_setting() -> None:
    known = {name.upper() for name in Settings.model_fields} | LATER
    for page in (
        "README.md",
        "docs/settings.md",
        "docs/operating.md",
        "docs/phone.md",
        "docs/slack.md",
        "docs/commands.md",
    ):
        assigned = set(re.findall(r"(?<![\w$])([A-Z][A-Z_]{3,})=", PAGES[page])) - {"NAME", "PORT"}
        assert assigned <= known, page


# --- commands


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_heading_and_its_options(name: str) -> None:
    part = PAGES["docs/commands.md"].partition(f"## `{name}`\n")[2].partition("\n## ")[0]
    assert part, f"docs/commands.md has no part `{name}`"
    for parameter in COMMANDS[name].params:
        for option in getattr(parameter, "opts", []):
            if option.startswith("--") and option != "--help":
                assert option in part, f"docs/commands.md, {name}: {option}"


def test_no_command_is_made_up() -> None:
    headings = set(re.findall(r"^## `(deskgate [a-z -]+)`", PAGES["docs/commands.md"], re.MULTILINE))
    assert headings == set(COMMANDS)
    assert len(COMMANDS) > 8


# --- routes, words, codes


def test_every_route_is_told(sqlite_url: str) -> None:
    desk = Desk(sqlite_url)
    paths = set(routes(desk.app))
    desk.close()
    assert {"/ivr/voice", "/healthz", "/metrics", "/simulator"} <= paths
    for path in paths - {"/"}:
        told = path.partition("{")[0].rstrip("/")
        if told.startswith("/simulator/twilio"):
            told = "/simulator/twilio"
        assert told in PAGES["docs/architecture.md"], f"docs/architecture.md: {told}"
        if not told.startswith("/simulator"):
            assert (
                told
                in PAGES["docs/customers.md"]
                + PAGES["docs/phone.md"]
                + PAGES["docs/slack.md"]
                + PAGES["docs/operating.md"]
                + PAGES["docs/desk.md"]
                + PAGES["docs/api.md"]
            ), told


def test_every_kind_of_later_work_is_told(sqlite_url: str) -> None:
    desk = Desk(sqlite_url)
    kinds = set(desk.container.deliveries)
    desk.close()
    assert {"ring_agent", "notice"} <= kinds
    for kind in kinds:
        assert f"`{kind}`" in PAGES["docs/operating.md"], kind


def test_the_tables_are_drawn_as_they_are() -> None:
    assert len(re.findall(r"^    [a-z_]+ \{$", data_model.page(), re.MULTILINE)) == len(Base.metadata.tables) > 40
    assert PAGES["docs/data-model.md"] == data_model.page(), "a table or a column was changed: make data-model"


def routes(app: FastAPI) -> Iterator[str]:
    """The paths of an app, its routers' as well."""
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        if hasattr(route, "original_router"):  # what FastAPI keeps of include_router
            waiting += route.original_router.routes
        elif hasattr(route, "path"):
            yield route.path


def test_every_scheme_and_word_is_told() -> None:
    for name, scheme in load_schemes().items():
        assert f"`{name}`" in PAGES["docs/schemes.md"]
        for word in scheme.words:
            assert f"`{word}`" in PAGES["docs/commands.md"], f"{name}: {word}"


def test_every_cell_is_told() -> None:
    for cell in (*CELLS, *DESK_CELLS):
        assert f"`{cell.partition(':')[0]}`" in PAGES["docs/schemes.md"], cell


def test_every_rule_a_scheme_cites_is_numbered() -> None:
    pages = PAGES["docs/reference/rules.md"] + PAGES["docs/reference/whmcs.md"]
    numbered = set(re.findall(r"^- ((?:[MS][TRS]|WH)-\d+) ", pages, re.MULTILINE))
    schemes = "".join(path.read_text("utf-8") for path in (ROOT / "authz" / "schemes").glob("*.toml"))
    cited = set(re.findall(r"\b(?:[MS][TRS]|WH)-\d+", schemes))
    assert len(cited) > 40
    assert cited <= numbered


@pytest.mark.parametrize("code", [*REASON_WORDS, *WAY_FORWARD_WORDS, *HOUSE_DECISIONS])
def test_every_code_is_told(code: str) -> None:
    assert f"`{code}`" in PAGES["docs/reasons.md"]


# --- what callers hear


def phrases() -> list[re.Pattern[str]]:
    """Every sentence of the phrases, with anything where something is filled in."""
    document = tomllib.loads((ROOT / "ivr" / "phrases" / "en.toml").read_text("utf-8"))
    waiting: list[object] = [document["say"]]
    found = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        else:
            parts = re.split(r"\{[^}]*\}", str(value))
            if sum(map(str.isalpha, "".join(parts))) > 3:  # "{name} is {status}." would match too much
                found.append(re.compile(".+".join(map(re.escape, parts))))
    return found


def is_spoken(quoted: str, known: list[re.Pattern[str]]) -> bool:
    return any(phrase.fullmatch(quoted) for phrase in known)


def test_what_the_phone_page_quotes_is_said() -> None:
    known = phrases()
    quotes = re.findall("“([^”]+)”", " ".join(PAGES["docs/phone.md"].partition("\n## ")[2].split()))
    assert len(quotes) > 50
    made_up = [quoted for quoted in quotes if quoted != "…" and not is_spoken(quoted, known)]
    assert not made_up


def test_a_sentence_that_nobody_says_is_seen() -> None:
    known = phrases()
    assert is_spoken("Raj Patel can give you that right.", known)
    assert not is_spoken("Raj Patel could change that.", known)


# --- links, and what no page may hold


def links(text: str) -> Iterator[str]:
    """Where the links and pictures of a page lead."""
    yield from re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def anchors(page: Path) -> set[str]:
    """A heading's anchor, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: str, text: str) -> list[str]:
    """The links of a page that lead to no file or to no heading."""
    found = []
    for link in links(text):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    assert not broken(page, PAGES[page])


def test_a_broken_link_is_seen() -> None:
    assert broken("docs/README.md", "[a](nowhere.md) [b](phone.md#nothing) [c](phone.md#4-the-menu)") == [
        "nowhere.md",
        "phone.md#nothing",
    ]


def test_every_file_of_the_product_has_its_place_in_the_architecture() -> None:
    """Of the doors, the store and the judge; the simulator's are its own matter."""
    rooms = ("authz", "store", "desk", "ivr", "bot", "portal", "api", "deskgate")
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py") if path.parent.name != "versions"]
    told = {path.name for path in files if not path.stem.startswith("_")}
    assert len(told) > 150
    assert {name for name in told if f"{name}`" not in PAGES["docs/architecture.md"]} == set()


def test_a_page_that_code_names_is_there() -> None:
    """Whoever follows a comment to its reason must not be led out of the repository."""
    pages = {Path(page).name for page in PAGES} | {path.name for path in (ROOT / "tests").rglob("*.md")}
    code = [
        path for folder in (*PACKAGES, "tests", "benchmarks", "reliability") for path in (ROOT / folder).rglob("*.py")
    ]
    named = {
        path: set(re.findall(r"[\w-]+\.md\b", path.read_text("utf-8"))) - pages
        for path in code
        if path != Path(__file__)
    }
    assert {str(path.relative_to(ROOT)): gone for path, gone in named.items() if gone} == {}


@pytest.mark.parametrize("page", sorted(PAGES.keys() - {"CHANGELOG.md"}))
def test_a_file_that_a_page_names_is_there(page: str) -> None:
    named = set(
        re.findall(rf"`((?:{'|'.join((*PACKAGES, 'tests', 'docs'))})/[\w/.-]+\.[a-z]+)(?:::\w+)?`", PAGES[page])
    )
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert page != "docs/where.md" or len(named) > 15


def test_every_page_is_listed() -> None:
    listed = set(links(PAGES["docs/README.md"]))
    pages = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")} - {"README.md", "decisions/template.md"}
    assert pages <= listed


OUT_OF_PLACE = re.compile(
    r"\bpypi\.|files\.pythonhosted|registry\.npmjs|index-url|find-links"  # where packages come from is each machine's matter
    r"|(?<![\w.])/(?:work|home|root|Users|opt/wheels)/"  # somebody's own folders
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_of_no_one_machine(page: str) -> None:
    assert not OUT_OF_PLACE.findall(PAGES[page])
    assert str(ROOT) not in PAGES[page]


def test_what_is_out_of_place_is_seen() -> None:
    assert OUT_OF_PLACE.search("see /home/kim/deskgate")
    assert OUT_OF_PLACE.search("pip --index-url https://example")
    assert not OUT_OF_PLACE.search("/srv/deskgate and docs/work/")


@pytest.mark.parametrize("name", ["simulator", "desk"])
def test_the_picture_is_small_and_wide_enough(name: str) -> None:
    picture = (DOCS / "images" / f"{name}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 1280
    assert len(picture) < 150_000
