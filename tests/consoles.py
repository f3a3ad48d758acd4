"""The console in a test: any app, looked at by whomever the test names."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.staff import Role, Viewer
from bot.web.app import application
from bot.web.gate import signed_in

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def viewer(role: Role, name: str = "Ada") -> Viewer:
    """Somebody of a role, in Sydney."""
    return Viewer(name=name, role=role, zone="Australia/Sydney")


def looked_at(app: App, by: Viewer) -> TestClient:
    """The whole console as one person sees it, without signing in."""
    web: FastAPI = application(app)
    web.dependency_overrides[signed_in] = lambda: by
    return TestClient(web, headers=SAME_ORIGIN, follow_redirects=False)
