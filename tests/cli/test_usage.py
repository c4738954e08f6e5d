"""A wrong command is told in one line that says where the right one stands; `deskgate` alone is its help."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from typer.core import TyperArgument, TyperGroup

from deskgate.__main__ import COMMANDS, load
from tests.cli.conftest import Shell


def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """A command and all that are below it, with their whole names."""
    yield name, command
    for word, below in getattr(command, "commands", {}).items():
        yield from walk(below, f"{name} {word}")


ALL = {whole: command for name in COMMANDS for whole, command in walk(load(name), name)}
GROUPS = [name for name, command in ALL.items() if isinstance(command, TyperGroup)]


def takes_a_number(parameter: Any) -> bool:
    return parameter.type_descriptor.annotation in (int, list[int])


def wrong_ways() -> Iterator[tuple[str, str]]:
    """Words typed after `deskgate`, and what the line has to name."""
    yield "--nope", "--nope"
    yield "jbos", "jobs"
    yield "no\x1b[31m-such", "no\\x1b[31m-such"
    yield "serve --port 99999999", "--port"
    yield "serve --workers 0", "--workers"
    yield "jobs show 99999999999999999999", "id"
    yield "import first.json --dry-run=3", "--dry-run"
    for name, command in ALL.items():
        yield f"{name} --nope", "--nope"
        if name in GROUPS:
            yield f"{name} nope", "nope"
            if not command.invoke_without_command:
                yield name, next(iter(command.commands))
            continue
        required = [parameter for parameter in command.params if parameter.required]
        if required:
            yield name, required[0].opts[0]
        arguments = [parameter for parameter in command.params if isinstance(parameter, TyperArgument)]
        if all(parameter in arguments for parameter in required) and all(one.nargs == 1 for one in arguments):
            yield f"{name} {' '.join(['1'] * len(arguments))} extra", "extra"
        for parameter in command.params:
            option = parameter.opts[-1]
            if isinstance(parameter, TyperArgument):
                if takes_a_number(parameter):
                    yield f"{name} abc", parameter.name
                continue
            if not parameter.is_flag:
                yield f"{name} {option}", option
            if takes_a_number(parameter):
                yield f"{name} {option} abc", option


WRONG = list(wrong_ways())


def test_every_kind_of_wrong_command_is_tried() -> None:
    assert len(WRONG) > 60
    assert {"jobs retry abc", "restored --nope", "explain", "pin", "serve --port abc"} <= {words for words, _ in WRONG}


def test_a_wrong_command_is_one_line_that_names_it_and_says_where_the_right_one_stands(light: Shell) -> None:
    pointed_at = set()
    for words, named in WRONG:
        line = light.refuses(*words.split())
        assert named in line, (words, line)
        assert line.isprintable(), (words, line)
        assert line.endswith(" --help`)"), (words, line)
        pointed_at.add(line.rpartition("(see `deskgate ")[2].removesuffix("`)"))
    assert len(pointed_at) > 15
    for path in pointed_at:
        shown = light.run(*path.split())
        assert (shown.code, shown.err) == (0, "")
        assert shown.out.startswith("Usage: deskgate ")


def test_the_line_is_all_that_a_real_process_prints() -> None:
    typed = [sys.executable, "-m", "deskgate", "jobs", "retry", "abc"]
    done = subprocess.run(typed, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("deskgate: invalid value for 'ids': ")


def test_a_port_or_host_that_cannot_be_had_is_one_line(light: Shell) -> None:
    light.set(TWILIO_ACCOUNT_SID="AC" + "1" * 32, TWILIO_AUTH_TOKEN="x", TWILIO_NUMBER="+441632960000")
    said = light.run("serve", "--host", "192.0.2.1", "--port", "8000")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("deskgate: cannot listen on 192.0.2.1, port 8000: ")
    assert said.err.count("\n") == 1


def test_deskgate_alone_is_its_help_and_every_command_has_a_whole_line_there(light: Shell) -> None:
    alone, asked = light.run(), light.run("--help")
    assert alone == asked
    assert alone.code == 0
    width = max(map(len, COMMANDS)) + 2
    for name, (_, words) in COMMANDS.items():
        assert f"  {name:<{width}}{words}\n" in alone.out
