"""Owns the text of a service that nobody has written yet: a folder, a contract, a block of the compose file.
It must never change another file of the tree."""

from pathlib import Path

NAME = "tides"
FOLDER = f"services/{NAME}"
CONTRACT = f"protos/{NAME}/v1/{NAME}.proto"
COMPOSE = "docker-compose.yml"
FILES = {
    "__init__.py": "",
    "README.md": """# tides

Owns how high the water stood, in schema `tides`. Nobody else reads its tables.

| job | queue | when | how long | why a second run is harmless |
|---|---|---|---|---|
| `measure-tide` | `gauges` (2 slots) | on request | milliseconds | it writes the same height |
""",
    "app.py": '''"""Owns what tides is made of. It must never do work at import."""

from collections.abc import Sequence

from protos.tides.v1 import tides_pb2, tides_pb2_grpc
from services.tides.queues import GAUGES
from services.tides.servicer import TidesServicer
from shared.bootstrap import Service, ServiceRuntime
from shared.rpc import Servicer
from shared.settings import ServiceSettings


def servicers(runtime: ServiceRuntime) -> Sequence[Servicer]:
    """The gRPC face of this service, beside the JobService that every service has."""
    return (
        Servicer(
            tides_pb2_grpc.add_TidesServiceServicer_to_server,
            TidesServicer(runtime.database),
            tides_pb2.DESCRIPTOR.services_by_name["TidesService"].full_name,
        ),
    )


SERVICE = Service(name="tides", settings=ServiceSettings, queues=(GAUGES,), servicers=servicers)
''',
    "queues.py": '''"""Owns the queues of tides. It must never overwrite an operator's change."""

from shared.jobs import Queue

GAUGES = Queue("gauges", slots=2)
''',
    "jobs/__init__.py": "",
    "jobs/measure_tide.py": '''"""Owns the job measure-tide. It must never invent a height."""

from typing import Annotated

import msgspec

from services.tides.queues import GAUGES
from services.tides.store import TideStore
from shared.jobs import Arguments, JobContext, Result, job, seconds


class MeasureTide(Arguments, frozen=True, kw_only=True):
    """What the gauge says."""

    harbour: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    height_cm: int
    #: Lines to log, a quarter of a second apart.
    readings: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0


class TideMeasured(Result, frozen=True, kw_only=True):
    """What was noted."""

    height_cm: int


@job(queue=GAUGES, name="measure-tide", timeout=seconds(60), attempts=3)
def measure_tide(ctx: JobContext, args: MeasureTide) -> TideMeasured:
    """Note a height.

    When: on request. How long: milliseconds. A second run is harmless: it writes the same height.
    """
    for number in range(args.readings):
        ctx.log.info("reading", number=number)
        ctx.sleep(0.25)
    with ctx.unit_of_work() as work:
        TideStore(work.connection).put(args.harbour, args.height_cm)
    return TideMeasured(height_cm=args.height_cm)
''',
    "servicer.py": '''"""Owns TidesService: request to store, value to response. It must never hold SQL."""

# ruff: noqa: N802  the names of RPCs are the proto's

import grpc

from protos.tides.v1 import tides_pb2 as pb
from protos.tides.v1 import tides_pb2_grpc
from services.tides.store import TideStore
from shared.db import Database


class TidesServicer(tides_pb2_grpc.TidesServiceServicer):
    """Heights, over gRPC."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def GetTide(self, request: pb.GetTideRequest, _context: grpc.ServicerContext) -> pb.GetTideResponse:
        """The newest height of a harbour."""
        with self._database.unit_of_work() as work:
            height = TideStore(work.connection).get(request.harbour)
        return pb.GetTideResponse(tide=pb.Tide(harbour=request.harbour, height_cm=height))
''',
    "store.py": '''"""Owns every query on heights. It must never commit."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.tides.tables import tide
from shared.errors import NotFound


class TideStore:
    """The newest height of each harbour, inside the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, harbour: str, height_cm: int) -> None:
        """Replace what was known."""
        row = insert(tide).values(harbour=harbour, height_cm=height_cm)
        self._connection.execute(row.on_conflict_do_update(index_elements=["harbour"], set_={"height_cm": height_cm}))

    def get(self, harbour: str) -> int:
        """The height. Raises NotFound."""
        query = sa.select(tide.c.height_cm).where(tide.c.harbour == harbour)
        height: int | None = self._connection.execute(query).scalar_one_or_none()
        if height is None:
            raise NotFound(f"no tide is known of {harbour[:40]!r}")
        return height
''',
    "tables.py": '''"""Owns the tables of schema tides. It must never hold a query; those are the store's."""

import sqlalchemy as sa

from shared.db import NAMING

metadata = sa.MetaData(naming_convention=NAMING)

tide = sa.Table(
    "tide",
    metadata,
    sa.Column("harbour", sa.String(40), primary_key=True),
    sa.Column("height_cm", sa.Integer, nullable=False),
)
''',
    "migrations/__init__.py": "",
    "migrations/versions/0001_tide.py": '''"""The newest height of each harbour."""

import sqlalchemy as sa
from alembic import op

revision = "tides_0001"
down_revision = None
branch_labels = ("tides",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tide",
        sa.Column("harbour", sa.String(40), nullable=False),
        sa.Column("height_cm", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("harbour", name=op.f("pk_tide")),
    )


def downgrade() -> None:
    op.drop_table("tide")
''',
}
PROTO = """syntax = "proto3";

package millrace.tides.v1;

import "protos/rest/v1/rest.proto";

// TidesService owns how high the water stood.
service TidesService {
  // The newest height of a harbour. NOT_FOUND before the first.
  rpc GetTide(GetTideRequest) returns (GetTideResponse) {
    option (millrace.rest.v1.route) = {
      get: "/api/v1/tides/{harbour}"
      role: ROLE_VIEWER
      about: "Read the newest height of a harbour."
      answer: "tide"
    };
  }
}

// Tide is one height.
message Tide {
  // Where, 1 to 40 characters.
  string harbour = 1;
  // Centimetres above chart datum.
  int32 height_cm = 2;
}

// GetTideRequest names a harbour.
message GetTideRequest {
  // Where, 1 to 40 characters.
  string harbour = 1 [(millrace.rest.v1.rule) = {
    least: 1
    most: 40
  }];
}

// GetTideResponse carries the height.
message GetTideResponse {
  // The height.
  Tide tide = 1;
}
"""


def add(root: Path) -> list[str]:
    """Write the service into a copy of the tree, as a person would; returns the files that are new or changed."""
    texts = {f"{FOLDER}/{leaf}": text for leaf, text in FILES.items()} | {CONTRACT: PROTO}
    texts |= {f"protos/{NAME}/__init__.py": "", f"protos/{NAME}/v1/__init__.py": ""}
    texts[COMPOSE] = _with_a_block((root / COMPOSE).read_text(encoding="utf-8"))
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return sorted(texts)


def _with_a_block(compose: str) -> str:
    """The compose file with the block of alerts once more, under another name."""
    begin, end = compose.index("  alerts-migrate:"), compose.index("  market-data-migrate:")
    block = compose[begin:end].replace("alerts", NAME).replace("ALERTS", NAME.upper())
    return compose[:end] + block + compose[end:]
