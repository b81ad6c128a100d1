"""Several processes: the same entities as in one, and never a hang (trap 8)."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec

import pytest

from ..conftest import entities

TEXTS = ["I like London and Berlin.", "Who is Shaka Khan?", "", "Nothing."] * 20

# A program of a user's, which has predicted and computed on two threads before it makes processes.
PROGRAM = """
import multiprocessing, sys, torch, spacy

def find(texts):
    return [[ent.text for ent in doc.ents] for doc in nlp.pipe(texts)]

def load(path):
    global nlp
    nlp = spacy.load(path)

if __name__ == "__main__":
    path, method, how = sys.argv[1:]
    multiprocessing.set_start_method(method)
    torch.set_num_threads(2)
    load(path)
    texts = {texts}
    alone = find(texts)
    assert alone[0] == ["London", "Berlin"], alone[0]
    torch.randn(500, 500) @ torch.randn(500, 500)
    if how == "pool":
        # A forked worker has the pipeline already.
        start = (load, (path,)) if method == "spawn" else ()
        with multiprocessing.Pool(2, *start) as pool:
            parts = pool.map(find, [texts[i : i + 8] for i in range(0, len(texts), 8)])
        found = sum(parts, [])
    else:
        docs = nlp.pipe(texts, n_process=int(how), batch_size=8)
        found = [[ent.text for ent in doc.ents] for doc in docs]
    assert found == alone
    print("equal")
"""


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved")
    trained.to_disk(path)
    return path


@contextmanager
def started(*command, folder):
    """A Python program, and all processes that it makes gone afterwards. Its output is in `log`."""
    with (folder / "log").open("w") as log:
        program = subprocess.Popen(
            [sys.executable, *command], cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield program
    finally:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["2", "4", "pool"])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_find_what_one_process_finds(saved, tmp_path, method, how):
    (tmp_path / "program.py").write_text(PROGRAM.replace("{texts}", repr(TEXTS)))
    with started("program.py", saved, method, how, folder=tmp_path) as program:
        code = program.wait(timeout=300)
    log = (tmp_path / "log").read_text()
    assert code == 0, log
    assert log.endswith("equal\n")


# A server that loads the pipeline and predicts before it forks its workers.

SERVICE = """
import json, os, time, urllib.parse
import spacy, torch

torch.set_num_threads(2)
nlp = spacy.load({path!r})
nlp("I like London and Berlin.")
torch.randn(500, 500) @ torch.randn(500, 500)

def app(environ, start_response):
    query = urllib.parse.parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    doc = nlp(query["text"][0])
    time.sleep(0.005)  # so that the other worker gets its share
    answer = {{"entities": [[e.text, e.label_] for e in doc.ents], "worker": os.getpid()}}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""


@pytest.fixture
def service(saved, tmp_path):
    """The address of a server with two workers, which is gone afterwards."""
    (tmp_path / "service.py").write_text(SERVICE.format(path=str(saved)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--preload", "--workers", "2", "--bind", f"127.0.0.1:{port}", "service:app"]
    with started("-m", "gunicorn", *options, folder=tmp_path) as server:
        wait_for(port, server, tmp_path / "log")
        yield f"http://127.0.0.1:{port}/"


def wait_for(port, server, log):
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"no server after a minute: {log.read_text()}")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("gunicorn") is None, reason="gunicorn is not installed")
def test_a_preforking_server_answers_200_requests(service, trained):
    texts = (TEXTS * 3)[:200]

    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(text):
        address = service + "?" + urllib.parse.urlencode({"text": text})
        with directly.open(address, timeout=60) as answer:
            return json.load(answer)

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(ask, texts))
    expected = [[list(ent) for ent in entities(doc)] for doc in trained.pipe(texts)]
    assert [answer["entities"] for answer in answers] == expected
    assert len({answer["worker"] for answer in answers}) == 2
