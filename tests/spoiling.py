"""Ways to spoil files, and what a user may be told of it: one line with the file or key, and a remedy."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from threearc.provenance.errors import StudyError


@dataclass(frozen=True)
class Bad:
    """One bad input.

    Attributes:
        what: what is wrong with it, for people; the name of its test.
        file: the file that is spoiled, and that the message must name.
        spoil: how, as a function of the file's path.
        told: what else the message must name: a key, a line, a value.
    """

    what: str
    file: str
    spoil: Any
    told: str


def each(*rows):
    """A table of bad inputs as cases of a test, each named by what is wrong with it."""
    return pytest.mark.parametrize("bad", rows, ids=[row.what.replace(" ", "-") for row in rows])


def refused(work, *named):
    """Check that ``work`` ends in one StudyError of one line that names all that it must, and a remedy."""
    with pytest.raises(StudyError) as caught:
        work()
    error = caught.value
    assert "\n" not in str(error)
    for name in named:
        assert str(name) in f"{error.where}: {error.what}", str(error)
    assert len(error.remedy.split()) > 1 and error.remedy.endswith(".")
    return error


def write(data):
    """Write other bytes in the file's place."""
    return lambda path: path.write_bytes(data)


def lose(path):
    """The file is gone."""
    path.unlink()


def tear(count=100):
    """The file's end is cut off."""
    return lambda path: path.write_bytes(path.read_bytes()[:-count])


def change(**values):
    """Change values of a JSON file."""
    return lambda path: path.write_text(json.dumps(json.loads(path.read_text()) | values))


def swap(old, new):
    """Put another text in the place of the first ``old``."""

    def spoil(path):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return spoil


def edit(how):
    """Change what a YAML file holds in place."""

    def spoil(path):
        found = yaml.safe_load(path.read_text())
        how(found)
        path.write_text(yaml.safe_dump(found, allow_unicode=True, sort_keys=False))

    return spoil


def drop_a_tensor(name):
    """The weights lack one tensor."""

    def spoil(path):
        from safetensors.torch import load_file, save_file

        tensors = load_file(path)
        del tensors[next(key for key in tensors if name in key)]
        save_file(tensors, path, metadata={"format": "pt"})

    return spoil


def pickle_instead(path):
    """The weights are a pickle, which runs what it holds."""
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(path), path.with_name("pytorch_model.bin"))
    path.unlink()
