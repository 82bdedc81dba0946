"""The application over HTTP: every slice's routes, one transaction a request, one shape of refusal."""

import asyncio
import logging
import mimetypes
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from app import clock, db
from app.access import account_routes as accounts
from app.access import routes as access
from app.access.headers import SecurityHeaders
from app.access.limits import SizeLimit, Sizes, TimeLimit
from app.access.oidc import provider_of_settings
from app.access.problems import Problem, install_problems
from app.access.rates import AddressLimit, Limiter, Rate
from app.access.request_id import RequestId
from app.access.tokens import TokenKey, TokenReader, keys_of
from app.alerts import routes as alerts
from app.appraisals import routes as appraisals
from app.approvals import document_routes as documents
from app.approvals import routes as approvals
from app.attestations import routes as attestations
from app.certificates import routes as certificates
from app.certificates.signing import Signer
from app.coverage import routes as coverage
from app.designations import routes as designations
from app.designations import title_routes as titles
from app.designations import way_routes as ways
from app.errors import AppError, NotReady
from app.exports import routes as exports
from app.inquiries import routes as inquiries
from app.inquiries.direct import DirectRoutes
from app.inquiries.service import log_of, log_rows
from app.inquiry_log.writing import LogOfProcess, LogUnavailable
from app.jobs.appraisal_sheets import read_paper
from app.notices import routes as notices
from app.objections import routes as objections
from app.overrides import routes as overrides
from app.ratings import routes as ratings
from app.ratings.service import latest_run
from app.rights import routes as rights
from app.settings import Settings
from app.subjects.cipher import derived_key
from app.subjects.key_source import cipher_of
from app.subjects.keys import FOLLOW_SECONDS, Follower, signing_keys
from app.web import public_pages
from app.web import routes as web

_LOG = logging.getLogger(__name__)
SEALING_SECONDS = 30
STATIC = Path(__file__).resolve().parent / "web" / "static"
# The first are found first: most requests are inquiries.
ROUTERS = (
    inquiries.router,
    access.router,
    accounts.router,
    designations.router,
    ways.router,
    coverage.router,
    objections.router,
    rights.router,
    approvals.router,
    exports.router,
    alerts.router,
    ratings.router,
    appraisals.router,
    overrides.router,
    attestations.router,
    documents.router,
    # Before the interface: to a browser the same addresses are pages.
    public_pages.router,
    notices.router,
    certificates.router,
    titles.router,
    web.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The application with its own engine and keys; the database is first asked by the first request."""
    cipher = cipher_of(settings)
    # Half a set-up of the outside provider fails now, not at the first sign-in.
    provider_of_settings(settings)
    engine = db.make_engine(settings.database_url)

    log = log_of(settings, cipher)

    def log_inquiries(session: db.Session, added: Sequence[object]) -> None:
        log_rows(log, session, added, at=clock.now())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(keys.look, engine)
        tasks = [asyncio.create_task(each) for each in (_seal_when_due(log), _follow_keys(keys, engine))]
        yield
        for task in tasks:
            task.cancel()
        _app.state.inquiry_desk.close()
        _app.state.viewers.close()
        log.close(clock.now())
        engine.dispose()

    app = FastAPI(
        title="credit-village",
        summary="农村信用建档评级 · credit files, ratings and coverage of a rural district",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # Nothing is told to anybody outside; whether to tell would else be looked up for every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        dependencies=[Depends(access.permitted)],
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.before_commit = log_inquiries
    app.state.cipher = cipher
    app.state.signer = Signer.of(settings)
    app.state.token_key = _token_key([cipher.master(cipher.in_force[0])])
    app.state.tokens = TokenReader()
    app.state.viewers = access.viewers(engine, settings)
    app.state.read_paper = read_paper
    keys = _Keys(app, log)
    app.state.follow_keys = keys.follow
    app.state.inquiry_desk = inquiries.desk(
        engine, cipher, settings, follow_keys=keys.follow, before_commit=log_inquiries
    )
    install_problems(app)
    _add_limits(app, settings)
    for router in ROUTERS:
        app.include_router(router)
    _add_health(app)
    _add_files(app)
    return app


class _Keys:
    """How this process keeps to the keys in force: those of the database, of the tokens and of the log."""

    def __init__(self, app: FastAPI, log: LogOfProcess) -> None:
        self._state, self._log = app.state, log
        self._follower = Follower(app.state.cipher)
        self._log_key_id = app.state.cipher.in_force[0].key_id

    def follow(self, session: db.Session) -> None:
        """Look, where it is time to, which keys are in force."""
        found = self._follower.look(session)
        if found is not None:
            key = _token_key(signing_keys(self._state.cipher, found, at=clock.now()))
            if keys_of(key) != keys_of(self._state.token_key):
                self._state.token_key = key
        sealing = self._state.cipher.in_force[0].key_id
        if sealing != self._log_key_id:
            # The next entry opens it again, to be sealed with the new key.
            self._log_key_id = sealing
            self._log.close(clock.now())

    def look(self, engine: db.Engine) -> None:
        """The same while nobody asks; where the database does not answer, the next request will tell."""
        if not db.is_current(engine):
            return
        try:
            with db.reading(engine) as session:
                self.follow(session)
        except AppError as failed:
            _LOG.warning("the keys in force are not known: %s", type(failed).__name__)


def _token_key(masters: Sequence[bytes]) -> TokenKey:
    """The key tokens are signed with, and the earlier ones that hold."""
    first, *earlier = (derived_key(master, purpose="token", length=32) for master in masters)
    key = TokenKey(first)
    key.earlier = tuple(earlier)
    return key


async def _follow_keys(keys: _Keys, engine: db.Engine) -> None:
    """Look at the keys in force again and again, also while nobody asks."""
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        await run_in_threadpool(keys.look, engine)


async def _seal_when_due(log: LogOfProcess) -> None:
    """Seal the log of inquiries every ten minutes, also while nobody asks; what fails is tried again."""
    while True:
        await asyncio.sleep(SEALING_SECONDS)
        try:
            await run_in_threadpool(log.seal_if_due, clock.now())
        except LogUnavailable as refusal:
            _LOG.error("%s %s", refusal.code, refusal.detail)


def _add_limits(app: FastAPI, settings: Settings) -> None:
    """What a request may weigh, last and repeat; the last one added is the first a request meets."""
    pace = {"per_minute": settings.requests_per_minute, "burst": settings.requests_burst}
    sign_ins = Rate("sign-in", per_minute=settings.sign_ins_per_minute, burst=settings.sign_ins_per_minute)
    sizes = Sizes(settings.body_bytes_max, settings.address_bytes_max, settings.headers_bytes_max)
    app.state.account_limiter = Limiter(Rate("account", **pace))
    app.state.address_limiter = Limiter(Rate("address", **pace))
    app.add_middleware(DirectRoutes, routes=inquiries.asking.routes, handlers=app.exception_handlers)
    app.add_middleware(SizeLimit, sizes=sizes, body_seconds_max=settings.body_seconds_max)
    app.add_middleware(
        AddressLimit,
        strangers=app.state.address_limiter,
        sign_ins=Limiter(sign_ins),
        sign_in_paths=access.SIGN_IN_PATHS,
        objections=Limiter(
            Rate(
                "objection",
                per_minute=settings.objections_per_minute,
                burst=settings.objections_per_minute,
            )
        ),
        cookie=access.COOKIE,
    )
    app.add_middleware(TimeLimit, seconds_max=settings.request_seconds_max)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestId)


def _add_health(app: FastAPI) -> None:
    @app.get("/healthz", tags=["health"], summary="Does the process live · 存活")
    def healthz() -> dict[str, str]:
        """The process answers; the database is not asked."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["health"], summary="Can it serve · 就绪", responses={503: {"model": Problem}})
    def readyz(request: Request) -> dict[str, str]:
        """The database answers, its tables are of this version, and a night has been published."""
        if not db.is_current(request.app.state.engine):
            raise NotReady(
                "the database does not answer, or its tables are of another version. "
                "Check DATABASE_URL and run `credit-village init`."
            )
        with db.reading(request.app.state.engine) as session:
            newest = latest_run(session)
        if newest is None:
            raise NotReady("no night has been published. Run `credit-village rescore`.")
        return {"status": "ready", "rated_as_of": newest.as_of.isoformat()}


def _add_files(app: FastAPI) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs() -> FileResponse:
        """The operations to read and try, with nothing loaded from outside."""
        return FileResponse(STATIC / "swagger-ui" / "index.html")

    # An SVG is text too: FileResponse would name the characters of text/* only.
    mimetypes.add_type("image/svg+xml; charset=utf-8", ".svg")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
