"""Measure how long tickets wait at the service, by how many clients ask at once.

python -m examples.customer_service.load training/model-best

Starts the service, asks it from 1, 8 and 32 clients, each of which sends its next ticket when it
has the answer, and ends it by SIGTERM while the last tickets are on their way.
"""

import argparse
import asyncio
import json
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, cycle, islice

import httpx

from examples.customer_service.tickets import FOLDER

CLIENTS = (1, 8, 32)
LIMITS = httpx.Limits(max_connections=None)


@contextmanager
def service(model: str, *options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the service on a port that is free.

    model (str): The pipeline.
    options (str): Further arguments of the service.
    YIELDS (tuple[str, Popen]): Its address and its process.
    """
    command = [sys.executable, "-m", "examples.customer_service.service", model, "--port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            if not address:
                sys.exit("The service did not start.")
            yield address, process
        finally:
            process.terminate()


async def ask(client: httpx.AsyncClient, text: str) -> float:
    """Send a ticket, and tell how many seconds the answer took; infinite if it was lost."""
    start = time.perf_counter()
    try:
        response = await client.post("/tickets", json={"text": text})
    except httpx.HTTPError:
        return float("inf")
    return time.perf_counter() - start if response.is_success else float("inf")


async def measure(address: str, texts: list[str], clients: int, count: int) -> list[float]:
    """Seconds that each of a number of tickets took, sent by clients that wait for answers."""
    todo = iter(list(islice(cycle(texts), count)))

    async def work() -> list[float]:
        async with httpx.AsyncClient(base_url=address, timeout=60, verify=False) as client:
            return [await ask(client, text) for text in todo]

    return list(chain(*await asyncio.gather(*(work() for _ in range(clients)))))


async def interrupt(
    address: str, process: "subprocess.Popen[str]", texts: list[str]
) -> tuple[int, int]:
    """End the service once the first of many tickets is answered; answered and lost ones."""
    async with httpx.AsyncClient(base_url=address, limits=LIMITS, timeout=60) as client:
        tasks = [asyncio.create_task(ask(client, text)) for text in texts]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        process.send_signal(signal.SIGTERM)
        took = await asyncio.gather(*tasks)
    answered = sum(seconds < float("inf") for seconds in took)
    return answered, len(took) - answered


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="pipeline, such as training/model-best")
    parser.add_argument("--requests", type=int, default=1500, help="for each number of clients")
    args = parser.parse_args()
    lines = (FOLDER / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    print("| together at most | clients | median ms | 95th percentile | tickets a second | lost |")
    print("|---|---|---|---|---|---|")
    for batch in (64, 1):
        with service(args.model, "--batch", str(batch)) as (address, process):
            asyncio.run(measure(address, texts, 8, 200))  # warm
            for clients in CLIENTS:
                start = time.perf_counter()
                took = asyncio.run(measure(address, texts, clients, args.requests))
                rate = len(took) / (time.perf_counter() - start)
                lost = took.count(float("inf"))
                median, high = statistics.median(took), statistics.quantiles(took, n=20)[-1]
                row = f"| {batch} | {clients} | {1e3 * median:.1f} | {1e3 * high:.1f} "
                print(f"{row}| {rate:.0f} | {lost} |", flush=True)
            long = [" ".join(texts)[:5000]] * 32
            answered, lost = asyncio.run(interrupt(address, process, long))
            code = process.wait(timeout=60)
            print(f"ended by SIGTERM ({code}): {answered} on their way answered, {lost} lost")


if __name__ == "__main__":
    main()
