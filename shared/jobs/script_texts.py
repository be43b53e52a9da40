"""Owns the making of one Redis function library of all Lua files. It must never send it, nor know what they do.

What the files have in common is set up once, when the library is loaded; of a call's own values only the names are.
As a script each call would make some sixty closures anew: 20 µs, and 90 on a server whose caches went cold meanwhile.
As a library each, 32 copies of the common part lay in the server's interpreter, whose garbage collector goes through
all of it over and over: up to 40 % of the time of a short call.
"""

import hashlib
import importlib.resources
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

#: How the names of our libraries begin.
PREFIX = "millrace_"
_EVERY = ("record", "kept", "events", "ends", "places")
_TALLIED = (*_EVERY, "tally")
_CLAIM = (*_TALLIED, "fair", "gates", "ageing", "admission", "opening", "walk", "leasing")
#: All preambles: one that uses another comes after it.
_PREAMBLES = (*_CLAIM, "regate")
#: What the transitions use that use more than _EVERY, or less.
_USED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("claim", "exchange"), _CLAIM),
    **dict.fromkeys(("configure", "configure_gates"), (*_EVERY, "regate")),
    "enqueue": (*_TALLIED, "fair"),
    "change": (*_EVERY, "fair"),
    **dict.fromkeys(("complete", "retry", "bury", "reclaim"), _TALLIED),
    **dict.fromkeys(("lock", "present", "limiter_lease", "limiter_configure", "limiter_close"), ()),
    **dict.fromkeys(("circuit_admit", "circuit_report", "circuit_configure"), ()),
    **dict.fromkeys(("budget_spend", "budget_configure"), ()),
}
#: Transitions made of others, which they call by name with their arguments.
_PARTS: dict[str, tuple[str, ...]] = {"exchange": ("complete", "claim")}
#: Refused when the server's memory is full; everything else ends work, moves it or stops it, and must go on.
_NEEDS_MEMORY = frozenset(("enqueue", "progress"))
#: What makes the value of a preamble's local one of the call: it is new, or comes from the call or the server.
_OF_THE_CALL = re.compile(r"\b(KEYS|ARGV|args|clock|redis)\b|\{\}")
_LOCAL = re.compile(r"local ([\w, \n]+?) =\s")


class Library(NamedTuple):
    """A function library: its name, which says what is in it, and its text as FUNCTION LOAD takes it."""

    name: str
    text: str


@cache
def library() -> Library:
    """The library of this build; versions beside one another keep apart."""
    return library_of(text_of)


def library_of(read: Callable[[str], str]) -> Library:
    """The library made of what `read` gives for the name of a Lua file."""
    split = {name: _split(read(name)) for name in _PREAMBLES}
    begins = {used: f"begin_{number}" for number, used in enumerate(dict.fromkeys((*_USED.values(), _EVERY)))}
    body = "\n".join(
        (
            "local KEYS, ARGV",
            *(line for settled, _ in split.values() for line in settled),
            *(_begin(name, [line for each in used for line in split[each][1]]) for used, name in begins.items()),
            *(_function(name, begins, read) for name in transitions()),
        )
    )
    name = PREFIX + hashlib.sha256(body.encode()).hexdigest()[:24]
    return Library(name, f"#!lua name={name}\nlocal LIBRARY = '{name}'\n{body}")


def transitions() -> Iterator[str]:
    """The names of all transitions, in order."""
    files = (importlib.resources.files("shared.jobs") / "lua").iterdir()
    names = {file.name.removesuffix(".lua") for file in files}
    yield from sorted(names - set(_PREAMBLES))


def text_of(name: str) -> str:
    """One Lua file, by its name."""
    return (importlib.resources.files("shared.jobs") / "lua" / f"{name}.lua").read_text(encoding="utf-8")


def _begin(name: str, of_the_call: list[str]) -> str:
    return "\n".join((f"local function {name}(keys, argv)\nKEYS, ARGV = keys, argv", *of_the_call, "end"))


def _function(name: str, begins: dict[tuple[str, ...], str], read: Callable[[str], str]) -> str:
    """Whatever a transition returns, its events and counts are told last."""
    used = _USED.get(name, _EVERY)
    parts = (f"local function {part}(args)\n{read(part)}\nend" for part in _PARTS.get(name, ()))
    flags = "" if name in _NEEDS_MEMORY else "'allow-oom'"
    return "\n".join(
        (
            "do",
            *parts,
            f"local function transition()\n{read(name)}\nend",
            f"local function call(keys, argv)\n{begins[used]}(keys, argv)\nlocal answer = transition()",
            "tell()" if used else "",
            "count()" if "tally" in used else "",
            "return answer\nend",
            f"redis.register_function{{function_name = LIBRARY .. '_{name}', callback = call, flags = {{{flags}}}}}",
            "end",
        )
    )


def _split(text: str) -> tuple[list[str], list[str]]:
    """A preamble's statements at load, and the assignments of each call, in their order."""
    settled: list[str] = []
    of_the_call: list[str] = []
    for statement in _statements(text):
        local = _LOCAL.match(statement)
        if local is not None and _OF_THE_CALL.search(statement, local.end()):
            settled.append(f"local {local[1]}")
            of_the_call.append(statement.removeprefix("local "))
        else:
            settled.append(statement)
    return settled, of_the_call


def _statements(text: str) -> list[str]:
    """Statements of the outermost level: what starts a line in its first column, with the lines below it."""
    found: list[str] = []
    for line in text.splitlines():
        if line.startswith("local ") or not found:
            found.append(line)
        else:
            found[-1] += f"\n{line}"
    return found
