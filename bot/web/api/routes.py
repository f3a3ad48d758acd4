"""All of ``/api/v1``, and its description for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from bot import __version__
from bot.domain.staff import Right, Viewer
from bot.web.api import log, mentions, replies, tickets, webhooks
from bot.web.api.calls import Problem
from bot.web.door import API
from bot.web.gate import May
from bot.web.room import Console, Unfit

ROOMS = (tickets, mentions, replies, log, webhooks)


def said_once(request: Request) -> None:
    """Refuse a question that says two things: which of them was meant, nobody knows."""
    named = [name for name, _ in request.query_params.multi_items()]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise Unfit(f"query.{twice[0]}: say it once")


def router(console: Console) -> APIRouter:
    """Make every route of the API."""
    routes = APIRouter(prefix=API, dependencies=[Depends(said_once)])
    for room in ROOMS:
        routes.include_router(room.router(console))

    @routes.get("/openapi.json", include_in_schema=False)
    def described(
        request: Request,
        _viewer: Annotated[Viewer, Depends(May(Right.SEE_OWN_ACCOUNT))],
    ) -> JSONResponse:
        """Describe the API (OpenAPI 3.1)."""
        return JSONResponse(description(request.app.routes))

    return routes


def description(every: list[Any]) -> dict[str, Any]:
    """Describe what an application shows of itself: the API alone."""
    made = get_openapi(
        title="Answerable",
        version=__version__,
        summary="Mentions, tickets, replies and the proof of them.",
        routes=every,
    )
    made["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "bot user key"}
    }
    made["security"] = [{"key": []}]
    made["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    for path in made["paths"].values():
        for verb in path.values():
            # FastAPI describes its own 422; ours is a problem document like the rest.
            unfit = verb["responses"].get(str(HTTPStatus.UNPROCESSABLE_ENTITY.value))
            if unfit is not None:
                unfit["content"] = {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"}
                    }
                }
    return made
