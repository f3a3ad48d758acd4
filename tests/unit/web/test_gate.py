from __future__ import annotations

from http import HTTPStatus

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from bot.domain.staff import RIGHTS, Right, Role, Viewer
from bot.errors import NotAllowed
from bot.web.gate import May, signed_in


@pytest.fixture(params=Role)
def ada(request) -> Viewer:
    return Viewer(name="Ada", role=request.param, zone="Australia/Sydney")


def served(ada: Viewer, right: Right) -> TestClient:
    web = FastAPI()
    web.dependency_overrides[signed_in] = lambda: ada

    @web.get("/room", dependencies=[Depends(May(right))])
    def room() -> None:
        """Nothing but a door."""

    @web.exception_handler(NotAllowed)
    def refused(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": str(error)}, HTTPStatus.FORBIDDEN)

    return TestClient(web)


@pytest.mark.parametrize("right", Right)
def test_a_route_lets_in_exactly_whom_the_table_names(
    ada: Viewer, right: Right
) -> None:
    answer = served(ada, right).get("/room")

    assert answer.status_code == (200 if right in RIGHTS[ada.role] else 403)


def test_the_compliance_officer_changes_nothing_but_reviews() -> None:
    changes = {right for right in Right if not right.value.startswith("see_")}

    assert RIGHTS[Role.COMPLIANCE_OFFICER] & changes == {Right.REVIEW_SCOPE}
