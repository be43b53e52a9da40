"""Owns /api/v1/alerts: alerts and their triggers over HTTP. It must never decide what a valid alert is."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import Response

from protos.alerts.v1 import alerts_pb2 as pb
from services.gateway.auth.gate import may_operate, may_view
from services.gateway.clients.alerts import Alerts
from services.gateway.rest.answers import instant, json_answer, list_answer
from services.gateway.rest.body import StrictBody, documented, typed
from services.gateway.rest.query import PageQuery, check_query, digits, no_query
from services.gateway.rest.schemas import DECIMAL, TIME

routes = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])
MAX_ID = 2**63 - 1
MAX_COOLDOWN_SECONDS = 2_592_000
KindWord = Literal["price_above", "price_below"]
KINDS: dict[str, pb.AlertKind] = {
    "price_above": pb.ALERT_KIND_PRICE_ABOVE,
    "price_below": pb.ALERT_KIND_PRICE_BELOW,
}
_WORDS = {number: word for word, number in KINDS.items()}
AlertId = Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(digits), Path(description="Alert id.")]
_THRESHOLD = "US dollars, exact decimal as text, above 0."
_HYSTERESIS = "How far the price must come back before the next trigger, as a fraction of the threshold, as text."
_COOLDOWN = "Least seconds between the ticks of two triggers."


class NewAlert(StrictBody):
    """A price to hear of."""

    owner: str = Field(min_length=1, max_length=100)
    coin_id: int = Field(ge=1, le=MAX_ID)
    kind: KindWord
    threshold_usd: str = Field(min_length=1, max_length=60, description=_THRESHOLD)
    hysteresis_fraction: str | None = Field(None, min_length=1, max_length=60, description=_HYSTERESIS)
    cooldown_seconds: int | None = Field(None, ge=0, le=MAX_COOLDOWN_SECONDS, description=_COOLDOWN)
    one_shot: bool = Field(False, description="Whether the first trigger switches it off.")


class AlertChange(StrictBody):
    """The fields to change; those left out stay. The alert is armed anew, for prices from then on."""

    threshold_usd: str = Field("", min_length=1, max_length=60, description=_THRESHOLD)
    hysteresis_fraction: str = Field("", min_length=1, max_length=60, description=_HYSTERESIS)
    cooldown_seconds: int = Field(0, ge=0, le=MAX_COOLDOWN_SECONDS, description=_COOLDOWN)
    one_shot: bool = Field(False, description="Whether the next trigger switches it off.")
    active: bool = Field(False, description="Whether prices are looked at.")


class AlertsQuery(PageQuery):
    """Whose alerts, on which coin."""

    owner: str = Field("", max_length=100)
    coin_id: Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(digits)] | None = None


class AlertAnswer(BaseModel):
    """One person's wish to hear of a price."""

    id: int
    owner: str
    coin_id: int
    kind: KindWord
    threshold_usd: str = Field(description=DECIMAL)
    hysteresis_fraction: str = Field(description=DECIMAL)
    cooldown_seconds: int
    one_shot: bool
    active: bool
    armed: bool = Field(description="False from a trigger until the price has come back.")
    last_triggered_at: str | None = Field(description="Tick of the price that triggered it last. " + TIME)
    created_at: str = Field(description=TIME)
    updated_at: str = Field(description=TIME)


class AlertList(BaseModel):
    """Alerts by id."""

    items: list[AlertAnswer]
    next_cursor: str | None


class TriggerAnswer(BaseModel):
    """A price that met an alert's condition; (alert_id, tick) is unique."""

    alert_id: int
    tick: str = Field(description=TIME)
    coin_id: int
    kind: KindWord
    threshold_usd: str = Field(description=DECIMAL)
    price_usd: str = Field(description=DECIMAL)
    job_id: str
    triggered_at: str = Field(description=TIME)


class TriggerList(BaseModel):
    """Triggers, newest first."""

    items: list[TriggerAnswer]
    next_cursor: str | None


def _alerts(request: Request) -> Alerts:
    return Alerts(request.app.state.fleet)


AlertsHere = Annotated[Alerts, Depends(_alerts)]
_VIEW = [Depends(may_view), Depends(no_query)]
_VIEW_PAGE = [Depends(may_view), Depends(check_query)]
_CHANGE = [Depends(may_operate), Depends(no_query)]


@routes.post("", status_code=201, dependencies=_CHANGE, response_model=AlertAnswer, openapi_extra=documented(NewAlert))
def create_alert(alerts: AlertsHere, body: Annotated[NewAlert, Depends(typed(NewAlert))]) -> Response:
    """Register an alert on a coin; it looks at prices from now on."""
    fields = body.model_dump(exclude_none=True) | {"kind": KINDS[body.kind]}
    alert = alerts.create(pb.CreateAlertRequest(**fields))
    return json_answer(alert_json(alert), status=201, headers={"Location": f"{routes.prefix}/{alert.id}"})


@routes.get("", dependencies=_VIEW_PAGE, response_model=AlertList)
def list_alerts(alerts: AlertsHere, query: Annotated[AlertsQuery, Query()]) -> Response:
    """List alerts by id, of one owner or on one coin if asked so."""
    page = alerts.list(owner=query.owner, coin_id=query.coin_id or 0, limit=query.limit, cursor=query.cursor)
    return list_answer([alert_json(alert) for alert in page.alerts], next_cursor=page.next_page_token)


@routes.get("/{alert_id}", dependencies=_VIEW, response_model=AlertAnswer)
def get_alert(alerts: AlertsHere, alert_id: AlertId) -> Response:
    """Read one alert."""
    return json_answer(alert_json(alerts.get(alert_id)))


@routes.patch("/{alert_id}", dependencies=_CHANGE, response_model=AlertAnswer, openapi_extra=documented(AlertChange))
def change_alert(
    alerts: AlertsHere, alert_id: AlertId, body: Annotated[AlertChange, Depends(typed(AlertChange))]
) -> Response:
    """Change the given fields; `active: false` switches it off."""
    request = pb.UpdateAlertRequest(id=alert_id, **body.model_dump(exclude_unset=True))
    return json_answer(alert_json(alerts.update(request)))


@routes.delete("/{alert_id}", status_code=204, dependencies=_CHANGE)
def delete_alert(alerts: AlertsHere, alert_id: AlertId) -> Response:
    """Remove an alert with its triggers."""
    alerts.delete(alert_id)
    return Response(status_code=204)


@routes.get("/{alert_id}/triggers", dependencies=_VIEW_PAGE, response_model=TriggerList)
def list_triggers(alerts: AlertsHere, alert_id: AlertId, query: Annotated[PageQuery, Query()]) -> Response:
    """List the prices that triggered an alert, newest first."""
    page = alerts.triggers(alert_id, limit=query.limit, cursor=query.cursor)
    return list_answer([trigger_json(trigger) for trigger in page.triggers], next_cursor=page.next_page_token)


def alert_json(alert: pb.Alert) -> dict[str, object]:
    """An alert as the API promises it; decimals stay text."""
    return {
        "id": alert.id,
        "owner": alert.owner,
        "coin_id": alert.coin_id,
        "kind": _WORDS[alert.kind],
        "threshold_usd": alert.threshold_usd,
        "hysteresis_fraction": alert.hysteresis_fraction,
        "cooldown_seconds": alert.cooldown_seconds,
        "one_shot": alert.one_shot,
        "active": alert.active,
        "armed": alert.armed,
        "last_triggered_at": instant(alert, "last_triggered_at"),
        "created_at": instant(alert, "created_at"),
        "updated_at": instant(alert, "updated_at"),
    }


def trigger_json(trigger: pb.Trigger) -> dict[str, object]:
    """A trigger as the API promises it."""
    return {
        "alert_id": trigger.alert_id,
        "tick": instant(trigger, "tick"),
        "coin_id": trigger.coin_id,
        "kind": _WORDS[trigger.kind],
        "threshold_usd": trigger.threshold_usd,
        "price_usd": trigger.price_usd,
        "job_id": trigger.job_id,
        "triggered_at": instant(trigger, "triggered_at"),
    }
