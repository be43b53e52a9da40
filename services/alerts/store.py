"""Owns every query on alerts, triggers and how far prices were looked at. It must never commit, nor return rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.alerts.domain.conditions import Kind, PricePoint, Watch, look_at_all
from services.alerts.tables import alert, alert_trigger, watched_coin
from shared.errors import NotFound, NotReady

#: The database's clock, which also makes the ticks: no process' own can make an alert look at prices before it.
_NOW = sa.func.clock_timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """What a caller says of an alert."""

    owner: str
    coin_id: int
    kind: Kind
    threshold_usd: Decimal
    hysteresis_fraction: Decimal
    cooldown_seconds: int
    one_shot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(NewAlert):
    """One person's wish to hear of a price."""

    id: int
    active: bool
    armed: bool
    last_triggered_tick: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def watch(self) -> Watch:
        """The part that prices change."""
        return Watch(
            kind=self.kind,
            threshold_usd=self.threshold_usd,
            hysteresis_fraction=self.hysteresis_fraction,
            cooldown=timedelta(seconds=self.cooldown_seconds),
            is_one_shot=self.one_shot,
            is_active=self.active,
            is_armed=self.armed,
            last_triggered_tick=self.last_triggered_tick,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A price that met an alert's condition; the condition is as it was then."""

    alert_id: int
    tick: datetime
    coin_id: int
    kind: Kind
    threshold_usd: Decimal
    price_usd: Decimal
    job_id: UUID
    triggered_at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a coin's new prices came to."""

    ticks: int
    triggered: int


_ALERT_FIELDS = tuple(field.name for field in fields(Alert))
_ALERT = tuple(alert.c[name] for name in _ALERT_FIELDS)
_TRIGGER_FIELDS = tuple(field.name for field in fields(Trigger))
_TRIGGER = tuple(alert_trigger.c[name] for name in _TRIGGER_FIELDS)


class AlertStore:
    """Alerts as people make and read them, inside the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, new: NewAlert, *, most: int) -> Alert:
        """Insert an alert that looks at prices from now on. Raises NotReady when its owner has `most` already."""
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.literal(f"alerts.{new.owner}"), 0))
        self._connection.execute(sa.select(lock))  # two at once could each count the other out
        owned = sa.select(sa.func.count()).select_from(alert).where(alert.c.owner == new.owner)
        if self._connection.execute(owned).scalar_one() >= most:
            raise NotReady(f"owner {new.owner!r} has {most} alerts, which is the most; delete some first")
        position = insert(watched_coin).values(coin_id=new.coin_id, checked_until=_NOW)
        self._connection.execute(position.on_conflict_do_nothing())
        made = {"active": True, "armed": True, "watched_since": _NOW, "created_at": _NOW, "updated_at": _NOW}
        statement = insert(alert).values(**asdict(new), **made).returning(*_ALERT)
        return _alert(self._connection.execute(statement).one())

    def get(self, alert_id: int) -> Alert:
        """The alert. Raises NotFound."""
        row = self._connection.execute(sa.select(*_ALERT).where(alert.c.id == alert_id)).one_or_none()
        if row is None:
            raise _unknown(alert_id)
        return _alert(row)

    def page(self, *, owner: str, coin_id: int, after_id: int, limit: int) -> list[Alert]:
        """Up to `limit` alerts above an id, in order; an empty owner and coin 0 mean any."""
        statement = sa.select(*_ALERT).where(alert.c.id > after_id)
        if owner:
            statement = statement.where(alert.c.owner == owner)
        if coin_id:
            statement = statement.where(alert.c.coin_id == coin_id)
        rows = self._connection.execute(statement.order_by(alert.c.id).limit(limit))
        return [_alert(row) for row in rows]

    def update(self, alert_id: int, changes: Mapping[str, object]) -> Alert:
        """Change the named columns; the alert is armed and looks at later prices only. Raises NotFound."""
        anew = {"armed": True, "watched_since": _NOW, "updated_at": _NOW}
        statement = sa.update(alert).where(alert.c.id == alert_id).values(**changes, **anew).returning(*_ALERT)
        row = self._connection.execute(statement).one_or_none()
        if row is None:
            raise _unknown(alert_id)
        return _alert(row)

    def delete(self, alert_id: int) -> None:
        """Remove an alert with its triggers. Raises NotFound."""
        if self._connection.execute(sa.delete(alert).where(alert.c.id == alert_id)).rowcount == 0:
            raise _unknown(alert_id)

    def triggers(self, alert_id: int, *, before: datetime | None, limit: int) -> list[Trigger]:
        """Up to `limit` triggers, newest first. Raises NotFound."""
        self.get(alert_id)
        statement = sa.select(*_TRIGGER).where(alert_trigger.c.alert_id == alert_id)
        if before is not None:
            statement = statement.where(alert_trigger.c.tick < before)
        rows = self._connection.execute(statement.order_by(alert_trigger.c.tick.desc()).limit(limit))
        return [Trigger(**_values(_TRIGGER_FIELDS, row)) for row in rows]


class WatchStore:
    """Alerts as prices meet them, inside the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def position(self, coin_id: int) -> datetime | None:
        """The tick up to which this coin's prices need no look any more; None while nobody waits for its price."""
        row = self._connection.execute(_positions().where(alert.c.coin_id == coin_id)).one_or_none()
        return None if row is None else row.position

    def positions(self, limit: int) -> dict[int, datetime]:
        """The same of up to `limit` coins that somebody waits for, those looked at longest ago first."""
        rows = self._connection.execute(_positions().order_by(sa.text("position"), alert.c.coin_id).limit(limit))
        return {row.coin_id: row.position for row in rows}

    def check(self, coin_id: int, points: Sequence[PricePoint], *, job_id: UUID) -> Checked:
        """Let prices, oldest first, meet the alerts of their coin: each tick once, whoever else looks at the same time.

        A tick that is not later than the last one looked at is left out.
        """
        lock = sa.select(watched_coin.c.checked_until).where(watched_coin.c.coin_id == coin_id).with_for_update()
        checked_until = self._connection.execute(lock).scalar_one_or_none()
        fresh = [] if checked_until is None else [point for point in points if point.tick > checked_until]
        if not fresh:
            return Checked(0, 0)
        moved = sa.update(watched_coin).where(watched_coin.c.coin_id == coin_id)
        self._connection.execute(moved.values(checked_until=fresh[-1].tick))
        triggers: list[dict[str, object]] = []
        changes: list[dict[str, object]] = []
        for found, since in self._affected(coin_id, fresh):
            after, met = look_at_all(found.watch, (point for point in fresh if point.tick > since))
            if after != found.watch:
                changes.append(_change(found.id, after))
            triggers.extend(_trigger(found, point, job_id) for point in met)
        if changes:
            self._connection.execute(_CHANGE, changes)
        if triggers:
            self._connection.execute(insert(alert_trigger).values(triggered_at=_NOW), triggers)
        return Checked(len(fresh), len(triggers))

    def sweep(self, *, older_than: timedelta, limit: int) -> int:
        """Delete up to `limit` of the triggers found so long ago; how many."""
        old = sa.select(alert_trigger.c.alert_id, alert_trigger.c.tick)
        old = old.where(alert_trigger.c.triggered_at < _NOW - older_than).order_by(alert_trigger.c.triggered_at)
        key = sa.tuple_(alert_trigger.c.alert_id, alert_trigger.c.tick)
        return self._connection.execute(sa.delete(alert_trigger).where(key.in_(old.limit(limit)))).rowcount

    def _affected(self, coin_id: int, points: Sequence[PricePoint]) -> list[tuple[Alert, datetime]]:
        """Active alerts that these prices trigger or arm, locked; one far from its threshold costs nothing."""
        prices = [point.price_usd for point in points]
        lowest, highest = (
            sa.literal(min(prices), alert.c.threshold_usd.type),
            sa.literal(max(prices), alert.c.threshold_usd.type),
        )
        back = alert.c.threshold_usd * (1 - alert.c.hysteresis_fraction)
        over = alert.c.threshold_usd * (1 + alert.c.hysteresis_fraction)
        is_above = alert.c.kind == Kind.PRICE_ABOVE
        is_concerned = sa.case(
            (is_above & alert.c.armed, alert.c.threshold_usd < highest),
            (is_above, back >= lowest),
            (alert.c.armed, alert.c.threshold_usd > lowest),
            else_=over <= highest,
        )
        statement = sa.select(*_ALERT, alert.c.watched_since).where(
            alert.c.coin_id == coin_id, alert.c.active, is_concerned
        )
        rows = self._connection.execute(statement.order_by(alert.c.id).with_for_update()).all()
        return [(_alert(row[:-1]), row[-1]) for row in rows]


_CHANGE = (
    sa.update(alert)
    .where(alert.c.id == sa.bindparam("key"))
    .values(
        active=sa.bindparam("is_active"), armed=sa.bindparam("is_armed"), last_triggered_tick=sa.bindparam("last_tick")
    )
)


def _positions() -> sa.Select[Any]:
    position = sa.func.greatest(watched_coin.c.checked_until, sa.func.min(alert.c.watched_since)).label("position")
    joined = alert.join(watched_coin, watched_coin.c.coin_id == alert.c.coin_id)
    found = sa.select(alert.c.coin_id, position).select_from(joined).where(alert.c.active)
    return found.group_by(alert.c.coin_id, watched_coin.c.checked_until)


def _change(alert_id: int, after: Watch) -> dict[str, object]:
    return {
        "key": alert_id,
        "is_active": after.is_active,
        "is_armed": after.is_armed,
        "last_tick": after.last_triggered_tick,
    }


def _trigger(found: Alert, point: PricePoint, job_id: UUID) -> dict[str, object]:
    return {
        "alert_id": found.id,
        "tick": point.tick,
        "coin_id": found.coin_id,
        "kind": found.kind,
        "threshold_usd": found.threshold_usd,
        "price_usd": point.price_usd,
        "job_id": job_id,
    }


def _alert(row: Sequence[Any]) -> Alert:
    return Alert(**_values(_ALERT_FIELDS, row))


def _values(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    values = dict(zip(names, row, strict=True))
    return values | {"kind": Kind(values["kind"])}


def _unknown(alert_id: int) -> NotFound:
    return NotFound(f"no alert has id {alert_id}")
