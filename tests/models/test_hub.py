"""Students of the Hub: the real client against a Hub of our own, in processes of their own, as jobs run."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from fake_hub import REVISION, FakeHub

from threearc.models.hub import MANIFEST, READ, verified
from threearc.models.students import load_student, student_hash
from threearc.provenance.errors import StudyError
from threearc.provenance.hashing import sha256
from threearc.provenance.keys import Key

RUN = """
import runpy, sys, time, types
time.sleep = lambda seconds: None  # between its tries the client waits half a minute
files = {name: f"{sys.argv[2]}/{file}" for name, file in
         (("config", "config.json"), ("tokenizer", "tokenizer.json"), ("manifest", "files.json"))}
class Outputs(dict):
    __getattr__ = dict.__getitem__
job = types.SimpleNamespace(params=types.SimpleNamespace(key=sys.argv[3]), log=[sys.argv[4]], output=Outputs(files))
runpy.run_path(sys.argv[1], init_globals={"snakemake": job})
"""


@pytest.fixture(scope="module")
def repo(students, tmp_path_factory):
    """What a repository holds: a student, and much that no one should fetch."""
    folder = tmp_path_factory.mktemp("repo")
    shutil.copytree(students["llama"], folder, dirs_exist_ok=True)
    (folder / "pytorch_model.bin").write_bytes(b"pickled")
    (folder / "README.md").write_text("read me")
    (folder / "onnx").mkdir()
    (folder / "onnx/model.safetensors").write_bytes(b"other weights")
    return folder


@pytest.fixture
def hub(repo):
    served = FakeHub(repo)
    yield served
    served.close()


@pytest.fixture
def fetch(repository, tmp_path, hub):
    """Run the script as Snakemake does; returns the student's folder and the finished process."""

    def run(repo="tiny/student", revision=REVISION, **variables):
        key = Key("fetch_student", {"repo": repo, "revision": revision}, "code", {}, {}, {}).text()
        folder, log = tmp_path / "results/students/hub/tiny", tmp_path / "results/logs/fetch_student/tiny.log"
        own = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        own |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")} | variables
        command = [sys.executable, "-c", RUN, repository / "workflow_scripts/fetch_student.py", folder, key, log]
        done = subprocess.run(list(map(str, command)), env=own, capture_output=True, text=True, check=False)
        return folder, done

    return run


def said(done):
    """The one line that a failed job says."""
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("Error in fetch_student: ")
    return done.stderr


def test_a_fetched_student_is_the_student_of_the_repository(fetch, hub, repo, students, tmp_path):
    folder, done = fetch(HF_TOKEN="hf_a_secret")
    assert done.returncode == 0, done.stderr
    read = {path.name for path in repo.iterdir() if any(path.match(pattern) for pattern in READ)}
    assert {path.name for path in folder.iterdir()} == read | {MANIFEST}
    assert not any("pytorch_model" in path or "onnx" in path or "README" in path for path in hub.asked)
    assert all((folder / name).is_symlink() for name in read), "links, not second copies"
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["total"] == sum((repo / name).stat().st_size for name in read)
    assert {name: row["sha256"] for name, row in manifest["files"].items()} == {n: sha256(repo / n) for n in read}
    student = load_student(folder, "float32")
    assert student.hash == student_hash(folder) == student_hash(students["llama"])
    assert "Bearer hf_a_secret" in hub.tokens
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left and not any(b"hf_a_secret" in path.read_bytes() for path in left) and "secret" not in done.stderr


def test_what_is_in_the_cache_needs_no_network_and_lays_the_same_files(fetch, hub):
    folder, _ = fetch()
    first = (folder / MANIFEST).read_bytes()
    shutil.rmtree(folder)
    (folder.parent / "other").mkdir(parents=True)
    hub.close()
    for variables in ({}, {"HF_HUB_OFFLINE": "1"}):
        folder, done = fetch(**variables)
        assert done.returncode == 0, done.stderr
        assert (folder / MANIFEST).read_bytes() == first


def test_files_of_an_older_revision_go(fetch):
    folder, _ = fetch()
    (folder / "tokenizer.model").write_text("old")
    fetch()
    assert not (folder / "tokenizer.model").exists() and (folder / "tokenizer.json").exists()


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"repo": "gated/student"}, ("gated", "https://huggingface.co/gated/student", "HF_TOKEN")),
        ({"repo": "no/such"}, ("no such repository", "repo in the config")),
        ({"repo": "no such//name"}, ("no such repository", "repo in the config")),
        ({"revision": "b" * 40}, (f"no revision {'b' * 40}", "revision in the config")),
        ({"HF_TOKEN": "stale"}, ("does not accept the token", "HF_TOKEN")),
        ({"HF_HUB_OFFLINE": "1"}, ("HF_HUB_OFFLINE is set", "Unset HF_HUB_OFFLINE")),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, ("cannot be reached", "HF_HOME")),
        ({"repo": "down/now"}, ("HTTP 500", "later")),
        ({"HF_HOME": "/proc/none"}, ("cannot be written", "HF_HOME")),
    ],
    ids=[
        "gated",
        "no repository",
        "no name",
        "no revision",
        "bad token",
        "offline",
        "no network",
        "Hub down",
        "no cache",
    ],
)
def test_a_failed_fetch_is_told_in_one_line_with_its_remedy(fetch, named, told):
    _, done = fetch(**named)
    line = said(done)
    assert all(part in line for part in told), line
    assert "stale" not in line


@pytest.mark.parametrize("lacking", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_snapshot_that_is_no_student_is_told(fetch, hub, lacking):
    del hub.files[lacking]
    folder, done = fetch()
    line = said(done)
    assert lacking.replace("model", "*") in line and f"/tree/{REVISION}" in line
    assert not folder.exists()


def test_a_full_disk_is_told(fetch, tmp_path):
    """The error of the operating system itself, through the client and back: /dev/full has no room."""
    folder, _ = fetch()
    shutil.rmtree(folder)
    from threearc.models.hub_errors import download_fault

    with pytest.raises(OSError) as caught, open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")
    fault = download_fault(caught.value, "tiny/student", REVISION)
    assert "disk is full" in fault.what and "HF_HOME" in fault.remedy
    wrapped = RuntimeError("Data processing error: IO Error: No space left on device (os error 28)")
    assert "disk is full" in download_fault(wrapped, "tiny/student", REVISION).what


def test_a_damaged_file_of_the_cache_is_told(fetch, tmp_path):
    folder, _ = fetch()
    blob = (folder / "model.safetensors").resolve()
    blob.write_bytes(blob.read_bytes()[:-8] + b"tampered")
    _, done = fetch()
    assert "damaged" in said(done) and str(blob) in done.stderr


@pytest.fixture
def fetched(fetch):
    return fetch()[0]


def edit(path, same_size):
    """Write to the file that a link leads to."""
    data = path.read_bytes()
    path.resolve().write_bytes(data[:-1] + b"x" if same_size else data + b"x")


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("model.safetensors", lambda path: path.resolve().unlink(), "missing"),
        ("tokenizer.json", lambda path: path.unlink(), "missing"),
        ("model.safetensors", lambda path: edit(path, same_size=False), "bytes, not"),
        ("model.safetensors", lambda path: edit(path, same_size=True), "changed after"),
        ("config.json", lambda path: edit(path, same_size=True), "changed after"),
        (MANIFEST, lambda path: path.write_text("{}"), "no manifest"),
        (MANIFEST, lambda path: path.write_text("{"), "cannot be read"),
    ],
)
def test_a_file_that_is_not_what_was_fetched_is_told(fetched, name, change, told):
    change(fetched / name)
    with pytest.raises(StudyError, match=told) as caught:
        load_student(fetched, "float32")
    assert str(fetched / name) in caught.value.where and "then the same command again" in caught.value.remedy


def test_weights_are_not_hashed_again_unless_they_were_written_to(fetched, monkeypatch):
    from threearc.models import hub

    hashed = []
    monkeypatch.setattr(hub, "sha256", lambda path: hashed.append(path.name) or sha256(path))
    digests = verified(fetched)
    assert "model.safetensors" not in hashed and "tokenizer.json" in hashed
    weights = (fetched / "model.safetensors").resolve()
    os.utime(weights, (2**31, 2**31))
    assert verified(fetched) == digests and "model.safetensors" in hashed


def test_where_links_are_impossible_files_are_copied(repo, tmp_path, monkeypatch):
    from threearc.models import hub

    def refuse(*arguments):
        raise OSError("no links here")

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(os, "link", refuse)
    hub._lay(repo / "config.json", tmp_path / "config.json")
    assert not (tmp_path / "config.json").is_symlink()
    assert (tmp_path / "config.json").read_bytes() == (repo / "config.json").read_bytes()
