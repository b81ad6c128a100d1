"""Turn a stream of headlines into events: which listed company is in the news, when, and where.

python examples/trading/trading.py training/model-best examples/trading/headlines.txt

Writes a line of JSON for each organization of each headline, as soon as the headline has come.
A demonstration of the recognizer, and no advice on what to buy or sell.
"""

import argparse
import csv
import json
import re
import signal
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple, TextIO

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_lstm_ner.instruments import drawing

TICKERS = Path(__file__).with_name("tickers.csv")
LONGEST = 1_000
# What companies add to their names, after full stops are taken out.
LEGAL_FORMS = re.compile(
    r"[\s,&]+(inc|corp|corporation|co|com|company|ltd|limited|plc|ag|se|sa|nv|ab|group|holdings?|motor)$"
)


class Event(NamedTuple):
    """An organization in a headline.

    received (str): When the headline came, in UTC.
    when (Optional[str]): The first date or time in the headline.
    organization (str): As the headline has it.
    ticker (Optional[str]): What its shares are called, if the table knows.
    probability (float): How sure it is that this is an organization.
    headline (str): The headline.
    """

    received: str
    when: str | None
    organization: str
    ticker: str | None
    probability: float
    headline: str


def normalize(name: str) -> str:
    """A company's name without its legal form, a genitive, "The" and full stops, in small letters.

    name (str): Such as "The Coca-Cola Company's".
    RETURNS (str): Such as "coca-cola".
    """
    name = re.sub(r"['’]s?$", "", name.strip().lower())
    name = re.sub(r"\.com\b", " com", name).replace(".", "").removeprefix("the ")
    while (shorter := LEGAL_FORMS.sub("", name)) != name:
        name = shorter
    return name


def read_tickers(path: Path) -> dict[str, str]:
    """The tickers of companies, by their normalized names."""
    with path.open(encoding="utf-8", newline="") as file:
        return {normalize(row["name"]): row["ticker"] for row in csv.DictReader(file)}


def find_events(doc: Doc, tickers: dict[str, str], received: str) -> list[Event]:
    """The organizations of a headline, each once.

    doc (Doc): The headline.
    tickers (dict[str, str]): Tickers by normalized names.
    received (str): When it came.
    RETURNS (list[Event]): The events, in the order of the headline.
    """
    when = next((ent.text for ent in doc.ents if ent.label_ == "TIM"), None)
    events: dict[str, Event] = {}
    for ent in doc.ents:
        if ent.label_ == "ORG":
            name = normalize(ent.text)
            event = Event(received, when, ent.text, tickers.get(name), ent._.probability, doc.text)
            events.setdefault(event.ticker or name, event)
    return list(events.values())


def watch(
    nlp: Language, tickers: dict[str, str], lines: Iterable[str]
) -> Iterator[tuple[list[Event], float]]:
    """Process headlines one by one, as they come.

    nlp (Language): The pipeline.
    tickers (dict[str, str]): Tickers by normalized names.
    lines (Iterable[str]): A headline in each. Empty ones are left out, and too long ones, which are
        told of.
    YIELDS (tuple[list[Event], float]): The events of a headline, and how many seconds they took.
    """
    for number, line in enumerate(lines, start=1):
        headline = line.strip()
        if len(headline) > LONGEST:
            print(f"Line {number} is longer than {LONGEST:,} characters.", file=sys.stderr)
        elif headline:
            start = time.perf_counter()
            received = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
            events = find_events(nlp(headline), tickers, received)
            yield events, time.perf_counter() - start


def describe(took: list[float]) -> str:
    """Median, 95th and 99th percentile of latencies in seconds, in milliseconds."""
    ms = sorted(1e3 * seconds for seconds in took)
    high, highest = ms[int(0.95 * (len(ms) - 1))], ms[int(0.99 * (len(ms) - 1))]
    median = statistics.median(ms)
    return f"{len(ms):,} headlines: median {median:.1f} ms, 95 % {high:.1f}, 99 % {highest:.1f}"


def draw(took: list[float]) -> bytes:
    """A histogram of latencies in seconds, as a PNG."""
    figure, (axes,) = drawing.figure(6, 3)
    axes.hist([1e3 * seconds for seconds in took], bins=60, color=drawing.COLORS[0])
    axes.set_xlabel("milliseconds from a headline to its events")
    axes.set_ylabel("headlines")
    axes.set_title(describe(took), fontsize=9, loc="left")
    return drawing.png(figure)


def load(model: str, threshold: float) -> Language:
    """Load a pipeline, or end with one line that says why not."""
    settings = {"spans_key": "lstm_ner", "threshold": threshold}
    try:
        return spacy.load(model, config={"components": {"lstm_ner": settings}})
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())  # in one line
        sys.exit(f"Cannot load {model!r} ({reason}). Expected a pipeline as of `make train`.")


def open_lines(path: str) -> "nullcontext[TextIO] | TextIO":
    """The lines of a file, or of what comes in for "-". What is no UTF-8 stays as a mark."""
    if path != "-":
        return open(path, encoding="utf-8", errors="replace")
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    return nullcontext(sys.stdin)


def main() -> None:
    """Write the events of headlines, and how long they took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="pipeline, such as training/model-best")
    parser.add_argument("headlines", nargs="?", default="-", help="a file, or - for what comes in")
    parser.add_argument("--threshold", type=float, default=0.5, help="least probability")
    parser.add_argument("--rounds", type=int, default=1, help="how often to read the file")
    parser.add_argument("--histogram", type=Path, help="PNG file to draw the latencies to")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # end quietly when nobody reads the events
    nlp, took = load(args.model, args.threshold), []
    try:
        tickers = read_tickers(TICKERS)
        for _ in range(args.rounds):
            with open_lines(args.headlines) as lines:
                for events, seconds in watch(nlp, tickers, lines):
                    took.append(seconds)
                    for event in events:
                        print(json.dumps(event._asdict(), ensure_ascii=False), flush=True)
        if not took:
            sys.exit("No headlines. Give one in each line of a file, or of what comes in.")
        if args.histogram:
            args.histogram.write_bytes(draw(took))
    except (OSError, ValueError) as error:
        sys.exit(f"Cannot turn headlines into events: {error}")
    print(describe(took), file=sys.stderr)


if __name__ == "__main__":
    main()
