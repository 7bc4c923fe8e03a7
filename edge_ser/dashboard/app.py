"""The dashboard's web application: pages, server-sent events, login, mute button."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request, cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_ser.console import standard_error
from edge_ser.dashboard.feed import Feed
from edge_ser.dashboard.pages import LANGUAGE_COOKIE, Pages, choose_language, static_files
from edge_ser.dashboard.security import COOKIE, HEADERS, Guard, RequestFacts

_LONGEST_BODY: Final = 4_096
"""Most bytes of the body of a login or mute request."""

_TURN_SECONDS: Final = 0.5
"""How often an idle stream checks whether the program is stopping or the page was dropped, s."""

_BEAT_SECONDS: Final = 10.0
"""Interval of the messages that keep a connection alive and tell the time, s."""

_COOKIE_SECONDS: Final = 90 * 86_400
"""How long a login lasts, s."""

_NO_STORE: Final = {"Cache-Control": "no-store"}


def make_app(feed: Feed, guard: Guard, ready: Callable[[], object], stopping: Callable[[], bool]) -> Starlette:
    """Return the application.

    Args:
        feed: Messages for the pages.
        guard: Decides which requests are answered.
        ready: Called once, just before the first request can be answered.
        stopping: Returns whether the program is stopping, so that streams must end.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(feed.run())
        ready()
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    handlers = _Handlers(feed, guard, stopping)
    return Starlette(
        routes=[
            Route("/", handlers.index, methods=["GET"]),
            Route("/login", handlers.login_page, methods=["GET"]),
            Route("/login", handlers.login, methods=["POST"]),
            Route("/events", handlers.events, methods=["GET"]),
            Route("/state", handlers.state, methods=["GET"]),
            Route("/mute", handlers.mute, methods=["POST"]),
            Route("/static/{name}", handlers.static, methods=["GET"]),
        ],
        middleware=[Middleware(_Guarded, guard=guard)],
        lifespan=lifespan,
    )


class _Handlers:
    """Answers to the requests that the guard accepts."""

    def __init__(self, feed: Feed, guard: Guard, stopping: Callable[[], bool]) -> None:
        self._feed = feed
        self._guard = guard
        self._stopping = stopping
        self._pages = Pages()
        self._files = static_files()

    async def index(self, request: Request) -> Response:
        return self._page(request, "index")

    async def login_page(self, request: Request) -> Response:
        return self._page(request, "login", hide_wrong=True)

    async def login(self, request: Request) -> Response:
        body = await _body(request)
        try:
            fields = parse_qs((body or b"").decode(), max_num_fields=4)
        except ValueError:
            fields = {}
        token = self._guard.token
        if token is None or not token.fits("".join(fields.get("token", [])).strip()):
            return self._page(request, "login", status=401, hide_wrong=False)
        response = RedirectResponse(".", 303, _NO_STORE)
        # Not Secure: a home network has no certificate.  Lax: GET changes nothing, and Origin is checked.
        response.set_cookie(COOKIE, token.cookie, max_age=_COOKIE_SECONDS, httponly=True, samesite="lax")
        return response

    async def state(self, request: Request) -> Response:
        return JSONResponse(self._feed.snapshot(), headers=_NO_STORE)

    async def mute(self, request: Request) -> Response:
        try:
            mute = json.loads(await _body(request) or b"")["mute"]
        except (ValueError, TypeError, KeyError, RecursionError):
            mute = None
        if not isinstance(mute, bool):
            return _refuse(400, 'allowed is {"mute": true} or {"mute": false}')
        reason = await self._feed.mute(mute)
        return Response(status_code=204, headers=_NO_STORE) if reason is None else _refuse(409, reason)

    async def static(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            return _refuse(404, "no such file")
        headers = {"Cache-Control": "no-cache", "ETag": file.tag}
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.type)

    async def events(self, request: Request) -> Response:
        # X-Accel-Buffering: a proxy on this machine must pass events on at once.
        headers = _NO_STORE | {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=headers)

    async def _stream(self) -> AsyncIterator[bytes]:
        with self._feed.subscribe() as page:
            if page is None:
                yield b"retry: 10000\nevent: full\ndata: {}\n\n"
                return
            yield b"retry: 1000\n\n"
            last_beat = time.monotonic()
            while not self._stopping() and not page.too_slow:
                # In Python 3.10 asyncio's TimeoutError is a class of its own.
                with contextlib.suppress(asyncio.TimeoutError):
                    yield await asyncio.wait_for(page.messages.get(), _TURN_SECONDS)
                if time.monotonic() - last_beat >= _BEAT_SECONDS:
                    last_beat = time.monotonic()
                    yield self._feed.beat()

    def _page(self, request: Request, name: str, status: int = 200, hide_wrong: bool = True) -> Response:
        asked = request.query_params.get("lang")
        cookie = request.cookies.get(LANGUAGE_COOKIE)
        language = choose_language(asked, cookie, request.headers.get("accept-language", ""))
        text = self._pages.render(name, language, wrong=hide_wrong)
        response = HTMLResponse(text, status, _NO_STORE | {"Content-Language": language, "Vary": "Accept-Language"})
        if asked == language:
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=_COOKIE_SECONDS, httponly=True, samesite="lax")
        return response


class _Guarded:
    """Refuses the requests that the guard rejects, and adds the headers that every answer has."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        facts = _facts_of(scope)
        refusal = self._guard.refusal(facts)
        answer: ASGIApp = self._app
        if refusal is not None:
            answer = _refuse(refusal.status, refusal.reason)
            if refusal.status == 401 and (facts.method, facts.path) == ("GET", "/"):
                answer = RedirectResponse("login", 303, _NO_STORE)
        try:
            await answer(scope, receive, send_with_headers)
        except ClientDisconnect:  # in the middle of its request
            pass
        except Exception as error:
            standard_error.say(f"dashboard: {facts.method} {facts.path} failed: {error!r}")
            raise


def _facts_of(scope: Scope) -> RequestFacts:
    headers = Headers(scope=scope)
    return RequestFacts(
        method=scope["method"],
        path=scope["path"],
        host=headers.get("host", ""),
        origin=headers.get("origin", ""),
        site=headers.get("sec-fetch-site", ""),
        mode=headers.get("sec-fetch-mode", ""),
        authorization=headers.get("authorization", ""),
        cookie=cookie_parser(headers.get("cookie", "")).get(COOKIE, ""),
    )


def _refuse(status: int, reason: str) -> JSONResponse:
    headers: dict[str, Any] = dict(_NO_STORE)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": reason}, status, headers)


async def _body(request: Request) -> bytes | None:
    """Return the body of a request, or ``None`` if it is too long."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_BODY:
            return None
    return body
