"""Owns POST /api/v1/jobs/price-update/{coinId} as the meme-coin analyzer's clients know it.
It must never hold logic of its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse

from services.gateway.auth.gate import may_operate
from services.gateway.clients.coins import Coins

routes = APIRouter(prefix="/api/v1/jobs", tags=["jobs of a coin"])


class PriceUpdateAnswer(BaseModel):
    """The job that was submitted."""

    success: bool
    jobId: str  # noqa: N815  # the dialect's own spelling
    queueName: str  # noqa: N815  # the dialect's own spelling
    jobName: str  # noqa: N815  # the dialect's own spelling
    state: str
    message: str


def _coins(request: Request) -> Coins:
    coins: Coins = request.app.state.coins
    return coins


@routes.post(
    "/price-update/{coinId}", status_code=202, dependencies=[Depends(may_operate)], response_model=PriceUpdateAnswer
)
def update_price(
    coins: Annotated[Coins, Depends(_coins)], coin_id: Annotated[str, Path(alias="coinId", pattern="^[0-9]{1,18}$")]
) -> JSONResponse:
    """Submit update-coin-price for one coin now. A body is not needed and not read."""
    job = coins.trigger_update(int(coin_id))
    content = {
        "success": True,
        "jobId": job.job_id,
        "queueName": job.queue,
        "jobName": job.name,
        "state": job.state,
        "message": f"Price update scheduled for coin {int(coin_id)}",
    }
    return JSONResponse(content, status_code=202, headers={"Location": f"{routes.prefix}/{job.job_id}"})
