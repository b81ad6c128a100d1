"""`python -m spacy lstm-ner distil`: a small, fast pipeline that does what a large one does."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Annotated as Option
from typing import cast

import typer
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import DIR_MODEL_BEST
from spacy.training.loop import train as train_pipeline
from spacy.vocab import Vocab
from thinc.api import Config
from tqdm import tqdm
from wasabi import msg

from ..errors import CodedError, Errors
from ..instruments import fidelity_page
from ..instruments.fidelity import (
    Fidelity,
    bytes_on_disk,
    judge,
    measure_fidelity,
    words_per_second,
)
from ..instruments.readings import Reading
from ..pipeline.lstm_ner import LSTMEntityRecognizer
from ..pipeline.teaching import as_teacher, can_teach, learn_from, sole_recognizer
from ..training import student
from ..training.docbin import write_docbins
from ..training.labelling import Survey, label, read_labelled, survey
from ..training.voting import LABELLED, Naming, vote
from . import lstm_ner_cli, printable
from .examples import read_docs, read_files
from .manifest import Facts, fingerprint, fits, write_manifest
from .options import parse_list, parse_map
from .outputs import replaced
from .pipelines import load_pipeline
from .texts import TEXTS, read_pool

# What share of the texts is not trained on, and how many at most.
HELDOUT, MOST_HELDOUT = 0.1, 1000
# Texts that it takes at least, so that there is one to train on and one to measure with.
FEWEST = 2


@dataclass(frozen=True)
class Task:
    """What is to be done.

    teachers (Sequence[str]): Pipelines, each its folder or the name of its package.
    raw (Path): Text for them to label.
    output (Path): The folder for everything that is made.
    naming (Naming): What becomes of their labels.
    exclude (Sequence[str]): Components of the teachers to leave out.
    gold (Optional[Path]): Annotated text to train on as well, most at the end.
    dev (Optional[Path]): Annotated text to choose the best weights by.
    config (Optional[Path]): Config of the student; None for the component's default settings.
    steps (Optional[int]): Steps to train on labelled text; None to go by its size.
    gpu (int): GPU to work on, -1 for none.
    """

    teachers: Sequence[str]
    raw: Path
    output: Path
    naming: Naming = field(default_factory=Naming)
    exclude: Sequence[str] = ()
    gold: Path | None = None
    dev: Path | None = None
    config: Path | None = None
    steps: int | None = None
    gpu: int = -1

    @property
    def manifest(self) -> Path:
        """Says what training was begun with."""
        return self.output / "manifest.json"

    @property
    def train(self) -> Path:
        """What is trained on first: labelled text, and gold text beside it."""
        return self.output / "train.spacy"

    @property
    def heldout(self) -> Path:
        """Labelled text that is not trained on."""
        return self.output / "heldout.spacy"

    def labelled(self, number: int, what: str = "raw") -> Path:
        """Where the labels of a teacher are, by its number."""
        return self.output / "labelled" / f"teacher-{number}" / what


@lstm_ner_cli.command("distil")
def distil_cli(
    teacher: Option[str, typer.Argument(help="Pipeline that labels: its folder or package name")],
    raw_path: Option[Path, typer.Argument(help=f"Texts for it to label: {TEXTS}")],
    output_path: Option[Path, typer.Argument(help="Folder for the student and what is measured")],
    others: Option[
        list[str] | None, typer.Option("--teacher", "-t", help="Another teacher, which votes too")
    ] = None,
    rename: Option[
        str, typer.Option("--map", "-m", help="Labels to rename, e.g. GPE=GEO,LOC=GEO,PERSON=PER")
    ] = "",
    drop: Option[
        str, typer.Option("--drop", "-d", help="Labels whose entities are none, e.g. CARDINAL,LAW")
    ] = "",
    unknown: Option[
        str, typer.Option("--unknown", "-u", help="Labels to leave open, e.g. DATE,TIME")
    ] = "",
    exclude: Option[
        str, typer.Option("--exclude", "-x", help="Components of teachers that are not needed")
    ] = "",
    gold_path: Option[
        Path | None, typer.Option("--gold", "-g", help="Annotated text to train on too, as .spacy")
    ] = None,
    dev_path: Option[
        Path | None, typer.Option("--dev", help="Annotated text to choose weights by, as .spacy")
    ] = None,
    config_path: Option[
        Path | None, typer.Option("--config", "-c", help="Training config of the student")
    ] = None,
    steps: Option[
        int | None, typer.Option("--steps", "-s", help="Steps on labelled text", min=1)
    ] = None,
    use_gpu: Option[int, typer.Option("--gpu-id", help="GPU to work on, -1 for none")] = -1,
) -> None:
    """Train a small, fast pipeline to do what a large, slow one does, and say how faithful it is.

    Teachers label raw text, a student is trained on that and on gold text if there is some, and
    a page shows where it differs from them on text that it was not trained on. The same command
    goes on where it was interrupted.
    """
    try:
        task = Task(
            teachers=[teacher, *(others or [])],
            raw=raw_path,
            output=output_path,
            naming=Naming(parse_map(rename), parse_list(drop), parse_list(unknown)),
            exclude=parse_list(exclude),
            gold=gold_path,
            dev=dev_path,
            config=config_path,
            steps=steps,
            gpu=use_gpu,
        )
        setup_gpu(use_gpu)
        fidelity = distil(task)
    except ValueError as error:  # spaCy's too, of a teacher or in training
        msg.fail("Could not distil", printable(error), exits=1)
    total = fidelity.report.scores[0]
    msg.info(
        f"F1 against the teachers: {100 * total.f1:.2f}, at {fidelity.ratio:,.1f} times their speed"
    )
    msg.info(f"Wrote {printable(output_path / 'fidelity.html')}")
    msg.good(f"Trained student: {printable(output_path / DIR_MODEL_BEST)}")


def distil(task: Task) -> Fidelity:
    """Train a student, or go on with it, and write it with a page and the numbers on it.

    task (Task): What is to be done.
    RETURNS (Fidelity): What there is to say of the student.
    RAISES (ValueError): Something cannot be read or written, or does not fit. What was labelled and
        trained before is kept.
    """
    _check_output(task)
    teachers = [load_pipeline(name, exclude=task.exclude) for name in task.teachers]
    texts = _read_texts(task, teachers[0])
    gold = None if task.gold is None else _read_gold(task.gold, teachers[0])
    if task.dev is not None:
        _read_gold(task.dev, teachers[0])
    config = _read_config(task, str(teachers[0].lang))
    facts = _facts(task)
    begun = fits(task.manifest, facts)
    surveys = [_label(task, number, nlp, texts) for number, nlp in enumerate(teachers, start=1)]
    found = sum((each.labels for each in surveys), Counter[str]())
    task.naming.check(found, [] if gold is None else list(gold.labels))
    if not (begun and task.train.exists() and task.heldout.exists()):
        _write_corpus(task, surveys[0], gold)
        write_manifest(task.manifest, facts)
    best = _train(task, config, teachers, surveys, gold)
    _replace_folder(best, task.output / DIR_MODEL_BEST)
    return _measure(task, teachers)


def _check_output(task: Task) -> None:
    output = task.output
    if output.exists() and not output.is_dir():
        raise CodedError(Errors.E215.format(path=output, problem="it is a file"))
    is_ours = task.manifest.exists() or (output / "labelled").is_dir()
    if output.is_dir() and any(output.iterdir()) and not is_ours:
        raise CodedError(Errors.E215.format(path=output, problem="it holds something else"))
    if len(set(task.teachers)) < len(task.teachers):
        (twice, _), *_ = Counter(task.teachers).most_common()
        raise CodedError(Errors.E223.format(teacher=twice))


def _read_texts(task: Task, nlp: Language) -> list[str | Doc]:
    inputs, total = read_pool(task.raw, nlp)
    texts = [text for text, _ in inputs if str(text).strip()]
    if len(texts) < total:
        msg.info(f"Skipped {total - len(texts):,} texts without a word")
    if len(texts) < FEWEST:
        message = Errors.E219.format(path=task.raw, texts=len(texts), needed=FEWEST)
        raise CodedError(message)
    return texts


def _read_gold(path: Path, nlp: Language) -> Survey:
    found = survey(read_docs(nlp, path))
    if not found.labels:
        raise CodedError(Errors.E216.format(path=path))
    return found


def _read_config(task: Task, lang: str) -> Config:
    return student.default_config(lang) if task.config is None else student.read_config(task.config)


def _facts(task: Task) -> Facts:
    """What training depends on."""
    paths = {"raw": task.raw, "gold": task.gold, "dev": task.dev, "config": task.config}
    return {
        "teachers": list(task.teachers),
        "exclude": list(task.exclude),
        "map": dict(task.naming.rename),
        "drop": sorted(task.naming.drop),
        "unknown": sorted(task.naming.unknown),
        "steps": task.steps,
        **{name: None if path is None else fingerprint(path) for name, path in paths.items()},
    }


def _label(task: Task, number: int, nlp: Language, texts: Sequence[str | Doc]) -> Survey:
    """Let a teacher label the raw text, as far as it has not, and count what it found."""
    _label_texts(task, number, nlp, texts, "raw", task.raw)
    found = survey(read_labelled(task.labelled(number), Vocab()))
    if not found.labels:
        raise CodedError(
            Errors.E210.format(
                teacher=task.teachers[number - 1],
                texts=found.texts,
                components=", ".join(nlp.pipe_names) or "none",
            )
        )
    return found


def _label_texts(
    task: Task, number: int, nlp: Language, texts: Sequence[str | Doc], what: str, source: Path
) -> None:
    folder, teacher = task.labelled(number, what), task.teachers[number - 1]
    facts = {"teacher": teacher, "exclude": list(task.exclude), "text": fingerprint(source)}
    manifest = folder / "manifest.json"
    if not fits(manifest, facts):
        write_manifest(manifest, facts)
    label(nlp, tqdm(texts, desc=printable(teacher), unit="text", leave=False), folder)


def _write_corpus(task: Task, labelled: Survey, gold: Survey | None) -> None:
    """Write what to train on and what to measure on."""
    number = min(MOST_HELDOUT, max(1, int(HELDOUT * labelled.texts)))
    docs = _voted(task, Vocab())
    train = islice(docs, labelled.texts - number)
    parts = {task.train: _with_gold(train, task, labelled, gold), task.heldout: docs}
    write_docbins(parts, store_user_data=True)


def _voted(task: Task, vocab: Vocab, what: str = "raw") -> Iterator[Doc]:
    """What all teachers say of each text together."""
    folders = [task.labelled(number, what) for number in range(1, len(task.teachers) + 1)]
    for readings in zip(*(read_labelled(folder, vocab) for folder in folders), strict=True):
        doc = vote(readings, task.naming)
        doc.user_data[LABELLED] = list(task.teachers)
        yield doc


def _with_gold(
    labelled: Iterator[Doc], task: Task, found: Survey, gold: Survey | None
) -> Iterator[Doc]:
    yield from labelled
    if task.gold is not None and gold is not None:
        docs = read_docs(Language(), task.gold)
        yield from docs * student.repeats(found.tokens, gold.tokens)


def _train(
    task: Task,
    config: Config,
    teachers: Sequence[Language],
    surveys: Sequence[Survey],
    gold: Survey | None,
) -> Path:
    """Train in one stage or two; one that has ended is not repeated.

    RETURNS (Path): The trained pipeline.
    """
    dev = task.dev or task.heldout
    first, last = task.output / "stage-1", task.output / "stage-2"
    if not first.exists():
        candidates = _recognizers(task, teachers, gold)
        labels = candidates[0].label_data if candidates else _labels(task, surveys, gold)
        steps = task.steps or student.steps_for(surveys[0].tokens + _gold_tokens(surveys[0], gold))
        settings = student.set_up(config, train=task.train, dev=dev, labels=labels, steps=steps)
        nlp = init_nlp(settings, use_gpu=task.gpu)
        can = bool(candidates) and all(can_teach(teacher, nlp) for teacher in teachers)
        _run(nlp, first, task, teachers if can else [])
    if task.gold is None or gold is None:
        return first / DIR_MODEL_BEST
    if not last.exists():
        nlp = load_pipeline(str(first / DIR_MODEL_BEST))
        student.set_up_gold(nlp, train=task.gold, dev=dev, tokens=gold.tokens)
        _run(nlp, last, task, [])
    return last / DIR_MODEL_BEST


def _recognizers(
    task: Task, teachers: Sequence[Language], gold: Survey | None
) -> list[LSTMEntityRecognizer]:
    """The recognizers of the teachers, if their probabilities can take the place of labels.

    They can if all are this package's own and have the labels that the student is to have.
    """
    found = [ner for ner in map(sole_recognizer, teachers) if ner is not None]
    if task.naming or len(found) < len(teachers):
        return []
    known = [set(ner.label_data) for ner in found]
    wanted = known[0] | set(gold.labels if gold is not None else ())
    return found if all(labels == wanted for labels in known) else []


def _labels(task: Task, surveys: Sequence[Survey], gold: Survey | None) -> list[str]:
    """The labels of a student that learns from labels."""
    naming = task.naming
    found = {label for each in surveys for label in each.labels}
    kept = found - {*naming.drop, *naming.unknown}
    renamed = {naming.rename.get(label, label) for label in kept}
    return sorted(renamed | set(gold.labels if gold is not None else ()))


def _gold_tokens(labelled: Survey, gold: Survey | None) -> int:
    """Tokens of gold text beside what is labelled, as often as it is repeated."""
    return 0 if gold is None else gold.tokens * student.repeats(labelled.tokens, gold.tokens)


def _run(nlp: Language, folder: Path, task: Task, teachers: Sequence[Language]) -> None:
    """Train a pipeline into a folder, which is there only if training has ended."""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    (name,) = student.find_students(nlp)
    recognizers = ((teacher, sole_recognizer(teacher)) for teacher in teachers)
    sources = [as_teacher(teacher, ner) for teacher, ner in recognizers if ner is not None]
    learned = "probabilities of the teachers" if sources else "annotation and labels"
    msg.divider(f"{folder.name}: training on {learned}")
    with learn_from(cast(LSTMEntityRecognizer, nlp.get_pipe(name)), sources):
        train_pipeline(nlp, part, use_gpu=task.gpu)
    part.rename(folder)


def _replace_folder(source: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)


def _measure(task: Task, teachers: Sequence[Language]) -> Fidelity:
    """Compare the student with its teachers, and write numbers and page."""
    path = task.output / DIR_MODEL_BEST
    nlp = load_pipeline(str(path))
    heldout = read_docs(nlp, task.heldout)
    readers = {"teachers": partial(_read_all, teachers), "student": partial(_read_all, [nlp])}
    fidelity = measure_fidelity(
        _judge(nlp, task.heldout),
        speed=words_per_second(readers, heldout),
        size={"teachers": bytes_on_disk(teachers), "student": bytes_on_disk([nlp])},
        on_gold=None
        if task.dev is None
        else (_judge(nlp, task.dev), _judge_teachers(task, teachers, task.dev)),
    )
    page = fidelity_page.render_page(
        fidelity, teachers=[Path(name).name for name in task.teachers], student=str(path)
    )
    told = {"teachers": list(task.teachers), "student": str(path), **fidelity.to_json()}
    with replaced(task.output / "fidelity.json") as file:
        file.write(json.dumps(told, indent=2, ensure_ascii=False).encode())
    with replaced(task.output / "fidelity.html") as file:
        file.write(page.encode("utf-8", "backslashreplace"))
    return fidelity


def _read_all(pipelines: Sequence[Language], texts: Sequence[str]) -> None:
    for nlp in pipelines:
        for _ in nlp.pipe(texts):
            pass


def _judge(nlp: Language, path: Path) -> list[Reading]:
    """Annotated text as a pipeline reads it."""
    examples = list(chain.from_iterable(read_files(nlp, path).values()))
    for eg, doc in zip(examples, nlp.pipe(eg.predicted for eg in examples), strict=True):
        eg.predicted = doc
    return judge(examples, path.name)


def _judge_teachers(task: Task, teachers: Sequence[Language], path: Path) -> list[Reading]:
    """Annotated text as the teachers read it together; what they label of it is kept as well."""
    vocab = Language().vocab
    gold = read_docs(Language(vocab), path)
    texts = [doc if doc.has_unknown_spaces else doc.text for doc in gold]
    for number, nlp in enumerate(teachers, start=1):
        _label_texts(task, number, nlp, texts, "dev", path)
    voted = _voted(task, vocab, "dev")
    return judge(map(Example, voted, gold), path.name)
