"""Tickets go where their entities say, doubtful ones to a person, and nobody's name is shown."""

import asyncio
import json
import re
import socket
import sys
import threading

import pytest
import spacy
from spacy.tokens import Doc, Span, SpanGroup

from examples.customer_service.measure import needless
from examples.customer_service.tickets import (
    PERSON,
    SETTINGS,
    Choice,
    exposures,
    least_probability,
    read_routes,
    redact,
    route,
)

from ..conftest import ROOT

TEXT = "Ann Lee of York, ann@example.org or 01904 555 0137, has a Pixma since Friday 13."
ROUTES = {
    "team": {"label": "ART", "routes": {"print": ["Pixma", "LaserJet"], "cook": ["Oven"]}},
    "office": {"label": "GEO", "routes": {"north": ["york"]}},
}


@pytest.fixture
def make_doc():
    """Makes a text with entities and likely spans: each its text, its label and its probability."""
    nlp = spacy.blank("en")

    def make(text: str, found: list[tuple[str, str, float]]) -> Doc:
        doc = nlp(text)
        spans = [
            doc.char_span(text.index(part), text.index(part) + len(part), label)
            for part, label, _ in found
        ]
        for key in ("lstm_ner", "likely"):
            group = SpanGroup(doc, name=key, spans=spans)
            group.attrs["scores"] = [probability for *_, probability in found]
            doc.spans[key] = group
        return doc

    return make


def test_an_entity_leads_to_its_destination(make_doc):
    doc = make_doc("A Canon Pixma in York", [("Canon Pixma", "ART", 0.9), ("York", "GEO", 0.85)])
    assert route(doc, ROUTES, 0.8) == {
        "team": Choice("print", "Canon Pixma", 0.9),
        "office": Choice("north", "York", 0.85),
    }


@pytest.mark.parametrize(
    ("found", "because"),
    [
        ([("Pixma", "ART", 0.7)], "Pixma"),
        ([("Pixma", "ORG", 0.9)], "nothing found"),
        ([("Oven", "ART", 0.9), ("Pixma", "ART", 0.9)], "Oven and Pixma"),
        ([("Ovens", "ART", 0.9)], "nothing found"),
        ([], "nothing found"),
    ],
)
def test_what_is_doubtful_goes_to_a_person(make_doc, found, because):
    choice = route(make_doc("My Pixma, an Oven and the Ovens", found), ROUTES, 0.8)["team"]
    assert (choice.to, choice.because) == (PERSON, because)


def test_the_table_may_say_where_to_instead_of_a_person(make_doc):
    routes = {"due": {"label": "TIM", "otherwise": "later", "routes": {"now": ["today"]}}}
    doubtful = make_doc("It broke today", [("today", "TIM", 0.5)])
    assert route(doubtful, routes, 0.8)["due"].to == "later"
    assert route(doubtful, routes, 0.4)["due"].to == "now"


def test_a_second_product_that_is_doubtful_does_not_count(make_doc):
    doc = make_doc("Pixma Oven", [("Pixma", "ART", 0.9), ("Oven", "ART", 0.2)])
    assert route(doc, ROUTES, 0.8)["team"].to == "print"


def test_names_places_mail_and_telephone_are_blacked_out(make_doc):
    found = [("Ann Lee", "PER", 0.9), ("York", "GEO", 0.9), ("Pixma", "ART", 0.9)]
    expected = "[PER] of [GEO], [MAIL] or [PHONE], has a Pixma since Friday 13."
    assert redact(make_doc(TEXT, found), 0.5) == expected


def test_a_lower_least_probability_hides_more(make_doc):
    doc = make_doc("Tell Ann and May", [("Ann", "PER", 0.9), ("May", "PER", 0.1)])
    assert redact(doc, 0.5) == "Tell [PER] and May"
    assert redact(doc, 0.05) == "Tell [PER] and [PER]"


def test_overlapping_spans_hide_all_that_they_cover_and_the_likeliest_names_it(make_doc):
    spans = [("Ann", "GEO", 0.2), ("Ann Lee", "PER", 0.6), ("Lee of York", "GEO", 0.3)]
    assert redact(make_doc("Ask Ann Lee of York now", spans), 0.1) == "Ask [PER] now"


def test_the_least_probability_reaches_the_recall_on_marked_text():
    exposed = [0.9, 0.8, 0.4, 0.1, 0.0]
    assert least_probability(exposed, 0.4) == 0.8
    assert least_probability(exposed, 0.41) == 0.4
    assert least_probability(exposed, 0.8) == 0.1
    with pytest.raises(ValueError, match=r"finds 0\.800"):
        least_probability(exposed, 0.9)
    for recall, entities in ((0.5, []), (0, exposed), (1.1, exposed)):
        with pytest.raises(ValueError, match="recall"):
            least_probability(entities, recall)


@pytest.fixture
def finds_ann(make_doc):
    """A pipeline that finds the first Ann for sure, and Lee hardly."""

    class Pipeline:
        def pipe(self, texts, *, as_tuples):
            for text, context in texts:
                yield make_doc(text, [("Ann", "PER", 0.9), ("Lee", "PER", 0.2)]), context

    return Pipeline()


def test_an_entity_is_exposed_by_its_least_hidden_token(finds_ann):
    truth = spacy.blank("en")("Ask Ann, or Ann Lee")
    truth.ents = [Span(truth, 1, 2, "PER"), Span(truth, 4, 6, "PER")]
    # The second Ann is no span of the prediction, so that her name is readable.
    assert exposures(finds_ann, [truth]) == pytest.approx([0.9, 0.0])


def test_words_are_hidden_needlessly_that_are_marked_as_nobody(finds_ann):
    truth = spacy.blank("en")("Ask Ann in the Lee of 3 hills")
    truth.ents = [Span(truth, 1, 2, "PER")]
    assert needless(finds_ann, [truth], 0.5) == 0
    assert needless(finds_ann, [truth], 0.1) == pytest.approx(1 / 6)


def test_every_destination_of_the_tickets_is_in_the_table():
    routes = read_routes()
    lines = (ROOT / "examples/customer_service/tickets.jsonl").read_text("utf-8").splitlines()
    tickets = [json.loads(line) for line in lines]
    assert {ticket["team"] for ticket in tickets} - {PERSON} == set(routes["team"]["routes"])
    assert {ticket["office"] for ticket in tickets} == set(routes["office"]["routes"])
    assert all(name in ticket["text"] for ticket in tickets for name in ticket["personal"])


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    """A pipeline on disk that knows Shaka Khan, and London."""
    path = tmp_path_factory.mktemp("pipeline")
    trained.to_disk(path)
    return path


@pytest.fixture
def app(saved):
    """The application, and the sizes of the batches that its pipeline gets."""
    service = pytest.importorskip("examples.customer_service.service")
    nlp = spacy.load(saved, config={"components": {"lstm_ner": SETTINGS}})
    sizes, pipe = [], nlp.pipe

    def watch(texts, **options):
        assert threading.current_thread() is not threading.main_thread()
        sizes.append(len(texts))
        return pipe(texts, **options)

    nlp.pipe = watch
    routes = {"office": {"label": "LOC", "routes": {"north": ["London"]}}}
    return service.make_app(nlp, routes, threshold=0.5, least=0.5, batch=8), sizes


def ask(app, requests):
    """What the application answers to requests that come at once: method, path and body."""
    httpx = pytest.importorskip("httpx")

    async def run():
        transport = httpx.ASGITransport(app=app)
        client = httpx.AsyncClient(transport=transport, base_url="http://test")
        async with app.router.lifespan_context(app), client:
            asked = [client.request(how, path, content=body) for how, path, body in requests]
            return await asyncio.gather(*asked)

    return asyncio.run(run())


def test_tickets_that_wait_together_are_processed_together(app):
    made, sizes = app
    texts = ["I like London and Berlin.", "Who is Shaka Khan?"] * 10
    answers = ask(made, [("POST", "/tickets", json.dumps({"text": text})) for text in texts])
    assert [answer.status_code for answer in answers] == [200] * 20
    assert {answer.json()["routes"]["office"]["to"] for answer in answers[::2]} == {"north"}
    assert {answer.json()["routes"]["office"]["to"] for answer in answers[1::2]} == {PERSON}
    assert sum(sizes) == 20
    assert max(sizes) == 8


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("no JSON", 422, "Invalid JSON"),
        ("", 422, "Invalid JSON"),
        ("[]", 422, "Expected"),
        ("{}", 422, "text: Field required"),
        ('{"text": 3}', 422, "text: .*string"),
        ('{"text": ""}', 422, "text: .*at least 1"),
        (json.dumps({"text": "a" * 5001}), 422, "text: .*at most 5000"),
        ('{"text": "\\ud800"}', 422, "JSON"),
        (b'{"text": "\xff"}', 422, "JSON"),
        ("[" * 64_001, 413, "64,000 bytes"),
    ],
)
def test_what_is_no_ticket_is_refused_and_not_repeated(app, body, status, message):
    made, sizes = app
    (answer,) = ask(made, [("POST", "/tickets", body)])
    assert answer.status_code == status
    assert re.search(message, answer.json()["detail"])
    assert len(answer.text) < 250
    assert not sizes


def test_a_fault_of_the_pipeline_is_told_to_those_who_wait_and_to_nobody_else():
    service = pytest.importorskip("examples.customer_service.service")

    class Broken:
        """Fails at one text."""

        def pipe(self, texts, **_):
            if "bad" in texts:
                raise RuntimeError("broken")
            return [spacy.blank("en")(text) for text in texts]

    async def run():
        batcher = service.Batcher(Broken(), most=1)
        running = asyncio.create_task(batcher.run())
        results = await asyncio.gather(
            *map(batcher.process, ["good", "bad", "good"]), return_exceptions=True
        )
        running.cancel()
        return results

    first, second, third = asyncio.run(run())
    assert isinstance(second, RuntimeError)
    assert first.text == third.text == "good"


def test_there_is_a_page(app):
    (answer,) = ask(app[0], [("GET", "/", "")])
    assert answer.headers["content-type"].startswith("text/html")
    assert "<textarea" in answer.text


def test_tickets_on_their_way_are_answered_when_the_service_ends(app):
    made, sizes = app
    httpx, uvicorn = pytest.importorskip("httpx"), pytest.importorskip("uvicorn")
    text = "I like London and Berlin. " * 100

    async def run():
        server = uvicorn.Server(uvicorn.Config(made, log_level="critical"))
        listening = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            asked = [
                asyncio.create_task(client.post("/tickets", json={"text": text})) for _ in range(24)
            ]
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            waiting = sum(not task.done() for task in asked)
            server.should_exit = True
            answers = await asyncio.gather(*asked)
        await serving
        return waiting, answers

    waiting, answers = asyncio.run(run())
    assert waiting > 0
    assert [answer.status_code for answer in answers] == [200] * 24
    assert sum(sizes) == 24


def test_an_answer_that_is_none_counts_as_lost():
    httpx = pytest.importorskip("httpx")
    load = pytest.importorskip("examples.customer_service.load")

    def answer(request):
        if b"gone" in request.content:
            raise httpx.ConnectError("refused")
        return httpx.Response(500 if b"bad" in request.content else 200)

    async def run():
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(base_url="http://test", transport=transport) as client:
            return [await load.ask(client, text) for text in ("good", "bad", "gone")]

    good, *lost = asyncio.run(run())
    assert 0 < good < 60
    assert lost == [float("inf")] * 2


def test_a_port_in_use_is_one_line(monkeypatch):
    service = pytest.importorskip("examples.customer_service.service")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(sys, "argv", ["service", "none", "--port", port])
        with pytest.raises(SystemExit, match=rf"^Cannot listen on port {port} .*--port\.$"):
            service.main()
