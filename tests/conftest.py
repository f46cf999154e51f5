"""Shared fixtures: tiny students and one miniature study, made once for all workers."""

import os
import shutil

import pytest
from filelock import FileLock
from studies import REPOSITORY, prepare, snakemake

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def repository():
    return REPOSITORY


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


def once(folder, name, make):
    """Call ``make(path)`` in one worker only; every worker gets the finished path."""
    path = folder / name
    with FileLock(f"{path}.lock"):
        if not (folder / f"{name}.done").exists():
            make(path)
            (folder / f"{name}.done").touch()
    return path


class Students(dict):
    """Folders by architecture."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def __missing__(self, architecture):
        from threearc.domains.protocol import load_domain
        from threearc.models.miniature.architectures import Shape
        from threearc.models.miniature.pretraining import Recipe, train_student

        def make(path):
            shape = Shape(architecture, 96, 96, 2, 3, 1, 32, 1024)
            train_student(path, load_domain("chef").dialogues(0, 500), shape, Recipe(500, 8, 0.02, 0.02), 0)

        self[architecture] = once(self.folder, f"student-{architecture}", make)
        return self[architecture]


@pytest.fixture(scope="session")
def students(shared):
    """Folders of barely trained students of the real classes, by architecture, made when first asked for."""
    return Students(shared)


@pytest.fixture(scope="session")
def study(shared):
    """A finished study of two cells, smaller than the demo; tests must leave it as it is."""
    return once(shared, "study", lambda folder: snakemake(folder, *prepare(folder)))


@pytest.fixture
def study_copy(study, tmp_path):
    """A copy of the finished study, Snakemake's memory included, to change at will."""
    copy = tmp_path / "study"
    shutil.copytree(study, copy)
    return copy
