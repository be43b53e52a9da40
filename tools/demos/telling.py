"""Owns how a demonstration tells its steps, and its exit code. It must never call a step good by itself."""

import time
from dataclasses import dataclass, field

WIDTH = 16
#: What was seen is repeated up to this length.
SHORT = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was announced, and what was seen."""

    name: str
    announced: str
    seen: str
    seconds: float

    @property
    def is_good(self) -> bool:
        return self.announced == self.seen


@dataclass(slots=True)
class Telling:
    """Prints while it goes; `end` prints the table."""

    title: str
    steps: list[Step] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _step_began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        print(f"{self.title}\n", flush=True)

    def scene(self, text: str) -> None:
        """A headline."""
        self._step_began = time.monotonic()
        print(f"\n{text}", flush=True)

    def line(self, word: str, text: str) -> None:
        """What happens now."""
        print(f"  {word:<{WIDTH}}{text}", flush=True)

    def step(self, name: str, *, announced: str, seen: str) -> bool:
        """Compare; a step that came out otherwise is told at once."""
        now = time.monotonic()
        done = Step(name, announced, seen, now - self._step_began)
        self._step_began = now
        self.steps.append(done)
        if done.is_good:
            self.line("ok", f"{name}: {seen}" if len(seen) <= SHORT else name)
        else:
            self.line("NOT ANNOUNCED", f"{name}: announced {announced!r}, seen {seen!r}")
        return done.is_good

    def end(self) -> int:
        """The table; 0 when there were steps and all came out as announced."""
        print(f"\n{'step':<44}{'seconds':>8}  outcome")
        for step in self.steps:
            outcome = "as announced" if step.is_good else f"announced {step.announced!r}, seen {step.seen!r}"
            print(f"{step.name:<44.43}{step.seconds:>8.2f}  {outcome}")
        good = sum(step.is_good for step in self.steps)
        seconds = time.monotonic() - self._began
        print(f"\n{good} of {len(self.steps)} steps came out as announced, in {seconds:.1f} s", flush=True)
        return 0 if self.steps and good == len(self.steps) else 1
