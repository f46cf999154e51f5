"""Files that are whole or not there, whatever ends the process that writes them."""

import json
import os
import signal
import subprocess
import sys

import pytest

from threearc.provenance.files import replacing, replacing_folder, write_json


def test_a_failed_write_leaves_the_old_file_and_no_scraps(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, 1)
    with pytest.raises(RuntimeError), replacing(file) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert file.read_text() == "1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_what_is_not_json_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", float("nan"))
    assert not list(tmp_path.iterdir())


def test_a_folder_is_replaced_file_by_file_and_holds_nothing_else_afterwards(tmp_path):
    folder = tmp_path / "student"
    for names in (("config.json", "old.json"), ("config.json", "model.safetensors")):
        with replacing_folder(folder) as temporary:
            assert not [*temporary.iterdir()]
            for name in names:
                (temporary / name).write_text(str(names))
    assert {file.name: file.read_text() for file in folder.iterdir()} == dict.fromkeys(names, str(names))
    with pytest.raises(RuntimeError), replacing_folder(folder) as temporary:
        (temporary / "config.json").write_text("half")
        raise RuntimeError
    assert (folder / "config.json").read_text() == str(names)
    assert [path.name for path in tmp_path.iterdir()] == ["student"]


def test_links_stay_links_to_files_of_others(tmp_path):
    (tmp_path / "blob").write_text("{}")
    with replacing_folder(tmp_path / "student") as temporary:
        (temporary / "config.json").symlink_to(tmp_path / "blob")
    assert os.readlink(tmp_path / "student/config.json") == str(tmp_path / "blob")


KILLED = """
import os, signal, sys
from pathlib import Path
from threearc.provenance.files import replacing, replacing_folder
with {how}(Path(sys.argv[1])) as temporary:
    ({file}).write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("how", "file"), [("replacing", "temporary"), ("replacing_folder", "temporary / 'a.json'")], ids=["file", "folder"]
)
def test_what_a_killed_writer_leaves_the_next_one_overwrites(tmp_path, how, file):
    target = tmp_path / "target"
    done = subprocess.run([sys.executable, "-c", KILLED.format(how=how, file=file), target], check=False)
    assert done.returncode == -signal.SIGKILL and not target.exists() and len([*tmp_path.iterdir()]) == 1
    if how == "replacing":
        write_json(target, 1)
    else:
        with replacing_folder(target) as temporary:
            assert not [*temporary.iterdir()]
            write_json(temporary / "a.json", 1)
    assert [*tmp_path.iterdir()] == [target]
    assert json.loads((target if target.is_file() else target / "a.json").read_text()) == 1
