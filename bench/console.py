"""How long the console's pages take, measured from a second process, signed in.

Starts ``bot serve`` over a database that ``bench/_many.py`` filled, signs in as a lead
and asks for each page many times, one request after the other. Prints a Markdown table
for docs/benchmarks.md; exit status 1 where a page's p95 is over the limit.
"""

from __future__ import annotations

import argparse
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyotp
import sqlalchemy as sa

from bot.clock import SystemClock
from bot.domain.staff import Role
from bot.services.staff import add_user
from bot.storage.store import SqlStore

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "nine grey herons at dawn"  # noqa: S105 - of somebody who lives for one run
START_WITHIN = 60
LIMIT_MS = 100.0
FEW = ("case1f2e3d", "case4c4b4", "case2", '"lost bag"', "refund power", "from:user77")
FREQUENT = ("flight", "bag", "money", "power", "danke", "outage power", "fix* again")
BOTH = (*FREQUENT, *FEW)


@dataclass(frozen=True)
class Measured:
    """What one kind of page took, in milliseconds."""

    name: str
    taken: Sequence[float]

    @property
    def p95(self) -> float:
        """Return what nineteen of twenty took at most."""
        return statistics.quantiles(self.taken, n=20, method="inclusive")[-1]

    def row(self) -> str:
        """Return it as a line of the table."""
        most = max(self.taken)
        middle = statistics.median(self.taken)
        return f"| {self.name} | {middle:.0f} | {self.p95:.0f} | {most:.0f} |"


@contextmanager
def served(url: str) -> Iterator[str]:
    """Let ``bot serve`` listen in a process of its own; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "bot.yaml"
        config.write_text(f"packs: {{house: {ROOT}/config/packs/house/1}}\n")
        bot = [sys.executable, "-c", "from bot.cli.main import main; main()"]
        asked = ["serve", "--port", str(port), "--db", url, "--config", str(config)]
        with subprocess.Popen([*bot, *asked], cwd=ROOT) as process:
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


def signed_in(url: str, at: str) -> httpx.Client:
    """Come in as a lead who was just invited."""
    store = SqlStore(url)
    name = f"Bench {int(time.time())}"
    _, invitation = add_user(store, SystemClock(), name, Role.LEAD, by="bench")
    store.close()
    client = httpx.Client(base_url=at, headers={"Sec-Fetch-Site": "same-origin"})
    _until_there(client)
    chosen = {"password": PASSWORD, "again": PASSWORD}
    answer = client.post(f"/welcome/{invitation.token}", data=chosen)
    where = answer.headers.get("location", "")
    if where.startswith("/sign-in/factor"):
        page = client.get(where).text
        secret = re.search(r'<code class="mono">([A-Z2-7]+)</code>', page)
        if secret is None:
            raise SystemExit("the page of the second factor shows no secret")
        code = pyotp.TOTP(secret[1]).now()
        answer = client.post("/sign-in/factor", data={"code": code})
    answer.read()
    return client


def _until_there(client: httpx.Client) -> None:
    last = time.monotonic() + START_WITHIN
    while time.monotonic() < last:
        try:
            client.get("/sign-in")
            return
        except httpx.ConnectError:
            time.sleep(0.2)
    raise SystemExit("bot serve did not begin to listen")


def pages(url: str, chance: random.Random) -> Mapping[str, Callable[[], str]]:
    """Name each kind of page, and how an address of one is made."""
    engine = sa.create_engine(SqlStore(url).url)
    with engine.connect() as db:
        newest = db.scalar(sa.text("SELECT max(id) FROM tickets"))
    engine.dispose()
    some = random.Random(271)
    tickets = [some.randrange(1, newest + 1) for _ in range(200)]
    narrowed = "brand=Aurora+Air&language=de&severity=high"
    search, log, brand = "/search?q=", "/log?q=", "&brand=Aurora+Air"
    return {
        "queue: all open": lambda: "/queues?view=open",
        "queue: unclaimed": lambda: "/queues?view=unclaimed",
        "queue: due soon": lambda: "/queues?view=due_soon",
        "queue: breached": lambda: "/queues?view=breached",
        "queue: influencers": lambda: "/queues?view=influencers",
        "queue: code red": lambda: "/queues?view=code_red",
        "queue: by next deadline": lambda: "/queues?view=open&order=deadline",
        "queue: narrowed": lambda: f"/queues?view=open&{narrowed}",
        "one ticket": lambda: f"/tickets/T-{chance.choice(tickets):06d}",
        "response log": lambda: "/log",
        "response log: frequent words": lambda: log + chance.choice(FREQUENT),
        "response log: rare words": lambda: log + chance.choice(FEW),
        "response log: words and a brand": lambda: f"{log}{chance.choice(BOTH)}{brand}",
        "response log, one ticket": lambda: f"/log/T-{chance.choice(tickets):06d}",
        "search: frequent words": lambda: search + chance.choice(FREQUENT),
        "search: rare words": lambda: search + chance.choice(FEW),
        "search: our replies": lambda: f"{search}{chance.choice(FREQUENT)}&in=reply",
    }


def measured(
    client: httpx.Client, name: str, address: Callable[[], str], rounds: int
) -> Measured:
    """Ask for pages of one kind; the first two answers only warm up."""
    taken = []
    for turn in range(rounds + 2):
        where = address()
        began = time.perf_counter()
        answer = client.get(where)
        spent = (time.perf_counter() - began) * 1e3
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            time.sleep(int(answer.headers["Retry-After"]))
            continue
        if answer.status_code != httpx.codes.OK:
            raise SystemExit(f"{where} answered {answer.status_code}")
        if turn > 1:
            taken.append(spent)
    return Measured(name, taken)


def main(arguments: list[str]) -> int:
    """Measure every kind of page, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="A database that bench/_many.py filled.")
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args(arguments)
    chance = random.Random(7)
    with served(asked.url) as at, closing(signed_in(asked.url, at)) as client:
        print("| page | p50, ms | p95, ms | longest, ms |\n|---|---:|---:|---:|")
        over = False
        for name, address in pages(asked.url, chance).items():
            found = measured(client, name, address, asked.rounds)
            print(found.row(), flush=True)
            over = over or found.p95 > LIMIT_MS
    return int(over)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
