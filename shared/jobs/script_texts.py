"""Owns the texts of the scripts: which parts each is made of. It must never know what one does."""

import importlib.resources
from functools import cache

_EVERY = ("record", "events", "ends", "places")
_PREAMBLES: dict[str, tuple[str, ...]] = {
    "claim": (*_EVERY, "tally", "fair", "gates", "ageing", "admission", "opening", "walk", "leasing"),
    **dict.fromkeys(("configure", "configure_gates"), (*_EVERY, "regate")),
    **dict.fromkeys(("complete", "retry", "bury", "reclaim"), (*_EVERY, "tally")),
    "enqueue": (*_EVERY, "tally", "fair"),
    "change": (*_EVERY, "fair"),
    **dict.fromkeys(("lock", "limiter_lease", "limiter_configure", "limiter_close"), ()),
}


@cache
def source(name: str) -> str:
    """The text of one script with its preambles; whatever it returns, its events are told last."""
    folder = importlib.resources.files("shared.jobs") / "lua"
    *preambles, body = (
        (folder / f"{part}.lua").read_text(encoding="utf-8") for part in (*_PREAMBLES.get(name, _EVERY), name)
    )
    if not preambles:
        return body
    return "\n".join(
        (
            *preambles,
            f"local function transition()\n{body}\nend\nlocal answer = transition()",
            "tell()",
            "return answer",
        )
    )
