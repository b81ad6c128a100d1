"""Serve the routing and redacting of tickets over HTTP, with a page to try it.

python -m examples.customer_service.service training/model-best

POST /tickets with {"text": "..."} answers where the ticket goes, and its text without what is
personal. Requests that wait together go through the pipeline together.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, ValidationError
from spacy.language import Language
from spacy.tokens import Doc

from examples.customer_service.tickets import (
    FOLDER,
    Routes,
    arguments,
    choose_least,
    load,
    read_routes,
    redact,
    route,
)
from spacy_lstm_ner.instruments import page

MOST_BYTES = 64_000
STYLE = """
textarea { width: 100%; box-sizing: border-box; min-height: 9rem; font: inherit; padding: .5rem; }
textarea, button { color: inherit; background: var(--mark); border: 1px solid var(--line);
  border-radius: 4px; }
button { font: inherit; padding: .4rem 1.2rem; margin-top: .5rem; cursor: pointer; }
#redacted { background: var(--mark); padding: .75rem; border-radius: 4px; white-space: pre-wrap; }
th, td { text-align: left; padding: .25rem .5rem; }
"""


class Ticket(BaseModel):
    """What somebody wrote."""

    text: str = Field(min_length=1, max_length=5_000)


class Batcher:
    """Puts texts that wait together through a pipeline together, in one thread of its own.

    The event loop stays free, and no two threads use the pipeline at once.

    nlp (Language): The pipeline.
    most (int): Texts that go together at most.
    """

    def __init__(self, nlp: Language, most: int) -> None:
        self.nlp, self.most = nlp, most
        self.waiting: asyncio.Queue[tuple[str, asyncio.Future[Doc]]] = asyncio.Queue()

    async def process(self, text: str) -> Doc:
        """Process one text, as soon as those before it are done."""
        future: asyncio.Future[Doc] = asyncio.get_running_loop().create_future()
        await self.waiting.put((text, future))
        return await future

    async def run(self) -> None:
        """Process what waits, until cancelled."""
        with ThreadPoolExecutor(max_workers=1) as thread:
            while True:
                batch = [await self.waiting.get()]
                while len(batch) < self.most and not self.waiting.empty():
                    batch.append(self.waiting.get_nowait())
                texts = [text for text, _ in batch]
                loop = asyncio.get_running_loop()
                _answer(batch, await _outcome(loop.run_in_executor(thread, self._pipe, texts)))

    def _pipe(self, texts: list[str]) -> list[Doc]:
        return list(self.nlp.pipe(texts, batch_size=self.most))


async def _outcome(result: Awaitable[list[Doc]]) -> list[Doc] | Exception:
    try:
        return await result
    except Exception as error:  # those who wait are to hear of it, whatever it is
        return error


def _answer(batch: list[tuple[str, asyncio.Future[Doc]]], docs: list[Doc] | Exception) -> None:
    for i, (_, future) in enumerate(batch):
        if future.done():  # who asked has gone
            continue
        if isinstance(docs, Exception):
            future.set_exception(docs)
        else:
            future.set_result(docs[i])


async def read_ticket(request: Request) -> Ticket:
    """The ticket in the body of a request, of which no more is read than may be in it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"More than {MOST_BYTES:,} bytes. Send the ticket alone.")
    try:
        return Ticket.model_validate_json(bytes(body))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        message = f"{where}: {problem['msg']}" if where else problem["msg"]
        raise HTTPException(422, f'{message}. Expected {{"text": "..."}}.') from error


def make_app(
    nlp: Language, routes: Routes, *, threshold: float, least: float, batch: int = 64
) -> FastAPI:
    """Make the application.

    nlp (Language): The pipeline.
    routes (Routes): What leads where.
    threshold (float): Least probability of an entity that decides on a route.
    least (float): Least probability with which a span is blacked out.
    batch (int): Tickets that go through the pipeline together at most.
    RETURNS (FastAPI): The application.
    """
    batcher = Batcher(nlp, batch)
    body = (FOLDER / "page.html").read_text(encoding="utf-8")
    html = page.render("Where does this ticket go?", body, style=STYLE)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(batcher.run())
        yield
        running.cancel()  # the server has answered everybody before it comes here

    app = FastAPI(title="Tickets", lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.get("/", response_class=HTMLResponse)
    async def show_page() -> str:
        return html

    @app.post("/tickets")
    async def answer_ticket(ticket: Annotated[Ticket, Depends(read_ticket)]) -> dict[str, Any]:
        doc = await batcher.process(ticket.text)
        choices = route(doc, routes, threshold)
        found = {kind: choice._asdict() for kind, choice in choices.items()}
        return {"routes": found, "redacted": redact(doc, least)}

    return app


def main() -> None:
    """Serve until a signal ends it; requests that have come by then are answered."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=8000, help="0 for any that is free")
    parser.add_argument("--batch", type=int, default=64, help="tickets that go together at most")
    args = parser.parse_args()
    sys.setswitchinterval(0.0005)  # the pipeline's thread gives way to the event loop at once
    try:
        listening = socket.create_server(("127.0.0.1", args.port))
    except (OSError, OverflowError) as error:
        sys.exit(f"Cannot listen on port {args.port} ({error}). Choose another with --port.")
    # asyncio leaves this out for a socket that it is given, and each answer would take 40 ms more.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    nlp = load(args.model)
    least = choose_least(nlp, args.recall)
    app = make_app(
        nlp, read_routes(), threshold=args.threshold, least=least, batch=max(1, args.batch)
    )
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="warning")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
