"""A folder of submissions, examined side by side: each costs its own row only, whatever it does."""

import bisect
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

from pellucid.check.judge import NAMES, Examination
from pellucid.check.judge_file import check_file
from pellucid.errors import DataError, OptionError, PellucidError
from pellucid.files.reading import shown

_SUFFIXES = (".py", ".ipynb")
# As submitted/LEARNER/EXERCISE/file.ipynb.
_LEVELS = 3


class Submission(NamedTuple):
    """One file of the folder.

    Attributes:
        name: its path inside the folder.
        examination: the results; None: the file could not be used.
        problem: the reason for that.
    """

    name: str
    examination: Examination | None
    problem: str


def submissions_in(folder: Path) -> list[Path]:
    """The solutions in a folder and up to three levels below it, by name; without hidden files.

    Args:
        folder: of a class.

    Raises:
        DataError: there is no solution, or a folder cannot be read.
    """
    paths = sorted(_solutions(folder, _LEVELS))
    if not paths:
        raise DataError(
            f"{shown(folder)} holds no solution; expected .py or .ipynb files in it, or up to three "
            "levels below"
        )
    return paths


def _solutions(folder: Path, levels: int) -> Iterator[Path]:
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise DataError(f"{shown(folder)} cannot be read ({error.strerror})") from error
    for path in entries:
        if path.name.startswith((".", "__")):
            continue
        if path.is_dir() and not path.is_symlink():
            if levels:
                yield from _solutions(path, levels - 1)
        elif path.suffix.lower() in _SUFFIXES and path.is_file():
            yield path


def check_class(
    folder: Path,
    *,
    only: str | None = None,
    workers: int | None = None,
    progress: Callable[[Submission, Sequence[Submission]], None] = lambda newest, done: None,
) -> list[Submission]:
    """Judge every submission; one that cannot be used is reported, and the others are judged.

    Args:
        folder: of a class.
        only: the one function to judge.
        workers: how many are examined at a time; None: one for each processor.
        progress: called as each is done, with it and all that are done, by name.

    Returns:
        All of them, by name.

    Raises:
        DataError: the folder holds none, or cannot be read.
        OptionError: `only` is not a function of the course.
    """
    if only is not None and only not in NAMES:
        raise OptionError(f"there is no function {only!r:.80} to judge; expected one of {', '.join(NAMES)}")
    paths = submissions_in(folder)
    names = {path: str(path.relative_to(folder)) for path in paths}
    order = {name: i for i, name in enumerate(names.values())}
    count = min(workers or os.cpu_count() or 1, len(paths))
    done: list[Submission] = []
    left = paths
    # A submission may break the process that examines it: those at work with it are examined once more,
    # one at a time, so that the others have their rows.
    for at_a_time in (count, 1):
        if left:
            for submission in _examined([(path, names[path]) for path in left], only, at_a_time):
                bisect.insort(done, submission, key=lambda each: order[each.name])
                progress(submission, done)
            seen = {submission.name for submission in done}
            left = [path for path in left if names[path] not in seen]
    return done


def _examined(files: Sequence[tuple[Path, str]], only: str | None, workers: int) -> Iterator[Submission]:
    """The submissions as they are done; of several at a time, none whose process broke."""
    if workers > 1:
        with _pool(workers) as pool:
            jobs = [pool.submit(_submission, path, name, only) for path, name in files]
            try:
                for job in as_completed(jobs):
                    if not isinstance(job.exception(), BrokenProcessPool):
                        yield job.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
        return
    pool = _pool(1)
    try:
        for path, name in files:
            try:
                yield pool.submit(_submission, path, name, only).result()
            except BrokenProcessPool:
                pool.shutdown()
                pool = _pool(1)
                yield Submission(name, None, f"{name} ended the process that examined it; look at it alone")
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    # Not forked: this process may have threads.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


def _submission(path: Path, name: str, only: str | None) -> Submission:
    try:
        return Submission(name, check_file(path, only=only), "")
    except PellucidError as error:
        return Submission(name, None, str(error))
    except RecursionError:
        return Submission(name, None, f"{name} nests too deep to be examined; expected a plain solution")
    except Exception as error:
        # A fault of ours, which must not take the rows of the others.
        said = " ".join(str(error).split())[:200]
        return Submission(name, None, f"{name} could not be examined: {type(error).__name__}: {said}")
