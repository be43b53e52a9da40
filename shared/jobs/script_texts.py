"""Owns the making of one Redis function of a transition's Lua files. It must never send one, nor know what they do.

A function's preambles are set up when it is loaded; of a call's own values only their names are. As a script each call
would make some sixty closures anew: 20 µs, and 90 on a server whose caches went cold between two calls.
"""

import importlib.resources
import re
from collections.abc import Iterator
from functools import cache

_EVERY = ("record", "kept", "events", "ends", "places")
_CLAIM = (*_EVERY, "tally", "fair", "gates", "ageing", "admission", "opening", "walk", "leasing")
_PREAMBLES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("claim", "exchange"), _CLAIM),
    **dict.fromkeys(("configure", "configure_gates"), (*_EVERY, "regate")),
    "enqueue": (*_EVERY, "tally", "fair"),
    "change": (*_EVERY, "fair"),
    **dict.fromkeys(("complete", "retry", "bury", "reclaim"), (*_EVERY, "tally")),
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


@cache
def source(name: str) -> str:
    """The text of one function, without its name; whatever it returns, its events and counts are told last."""
    preambles = _PREAMBLES.get(name, _EVERY)
    settled, of_the_call = _split("\n".join(_text_of(part) for part in preambles))
    parts = (f"local function {part}(args)\n{_text_of(part)}\nend" for part in _PARTS.get(name, ()))
    flags = "" if name in _NEEDS_MEMORY else "'allow-oom'"
    return "\n".join(
        (
            "local KEYS, ARGV",
            *settled,
            *parts,
            f"local function transition()\n{_text_of(name)}\nend",
            "local function call(keys, argv)\nKEYS, ARGV = keys, argv",
            *of_the_call,
            "local answer = transition()",
            "tell()" if preambles else "",
            "count()" if "tally" in preambles else "",
            "return answer\nend",
            f"redis.register_function{{function_name = FUNCTION_NAME, callback = call, flags = {{{flags}}}}}",
        )
    )


def sources() -> Iterator[str]:
    """The texts of all functions."""
    preambles = {part for parts in (*_PREAMBLES.values(), _EVERY) for part in parts}
    for file in (importlib.resources.files("shared.jobs") / "lua").iterdir():
        name = file.name.removesuffix(".lua")
        if name not in preambles:
            yield source(name)


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


def _text_of(name: str) -> str:
    return (importlib.resources.files("shared.jobs") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
