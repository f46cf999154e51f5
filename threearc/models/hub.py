"""Real models: a pinned revision of a Hub repository, kept in the user's own cache and linked into the study's folder.

Only the files that loading reads are fetched, and weights as safetensors alone: nothing among them can run code. A
manifest beside the links says what each file must be, so that whoever loads the student need not hash gigabytes again.
"""

import os
import shutil
from pathlib import Path

from pydantic import ValidationError

from threearc.models.hub_errors import HUB, download_fault
from threearc.provenance.errors import StudyError, remake
from threearc.provenance.files import read_json, replacing_folder, write_json
from threearc.provenance.hashing import sha256
from threearc.records.base import Part

#: The files of a ``save_pretrained`` folder that loading reads.
READ = ("*config.json", "*.safetensors", "*.index.json", "tokenizer*", "chat_template*", "special_tokens_map.json")
#: What no student can do without.
NEEDED = ("config.json", "tokenizer.json", "*.safetensors")
MANIFEST = "files.json"


class HubFile(Part):
    """One file of a snapshot: bytes, and SHA-256 in full."""

    size: int
    sha256: str


class Manifest(Part):
    """files.json: where a student comes from, and all its files by name; ``total`` is in bytes."""

    repo: str
    revision: str
    files: dict[str, HubFile]
    total: int


def fetch(repo: str, revision: str, folder: Path) -> Manifest:
    """Fetch a revision into the cache (HF_HOME), link its files into ``folder`` and write the manifest there.

    A token is taken from the environment (HF_TOKEN) by the Hub's own client, and never written anywhere.

    Raises:
        StudyError: if the revision cannot be had, or is no student; the message says what to do.
    """
    snapshot = _download(repo, revision)
    found = {path.name: path.resolve() for path in sorted(snapshot.iterdir()) if _is_read(path.name) and path.is_file()}
    for pattern in NEEDED:
        if not any(Path(name).match(pattern) for name in found):
            raise StudyError(
                f"There is no {pattern} among the files of this revision.",
                where=f"{HUB}/{repo}/tree/{revision}",
                remedy="Where only the cache lacks it, run once with a network; else correct the model's revision.",
            )
    files = {name: HubFile(size=blob.stat().st_size, sha256=_checked(blob)) for name, blob in found.items()}
    manifest = Manifest(repo=repo, revision=revision, files=files, total=sum(file.size for file in files.values()))
    with replacing_folder(folder) as temporary:
        for name, blob in found.items():
            _lay(blob, temporary / name)
        # Last, so that no copy is younger than it.
        write_json(temporary / MANIFEST, manifest.model_dump(mode="json"))
    return manifest


def verified(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a fetched student, by name, once each is found to be what the manifest says.

    Small files are hashed again. Weights are judged by their size, and hashed only if they were written to after the
    manifest was.

    Raises:
        StudyError: for the first file that is missing or changed.
    """
    path = folder / MANIFEST
    again = remake(path)
    try:
        manifest = Manifest.model_validate(read_json(path))
    except ValidationError as error:
        raise StudyError(
            f"This is no manifest of a student ({error.error_count()} faults).", where=str(path), remedy=again
        ) from None
    written = path.stat().st_mtime_ns
    for name, file in manifest.files.items():
        own = folder / name
        if not own.is_file():
            raise StudyError(
                "This file of the student is missing, here or in the Hub cache.", where=str(own), remedy=again
            )
        found = own.stat()
        if found.st_size != file.size:
            what = f"This file of the student has {found.st_size} bytes, not {file.size} as fetched."
            raise StudyError(what, where=str(own), remedy=remake(own.resolve(), path))
        touched = found.st_mtime_ns > written or not name.endswith(".safetensors")
        if touched and sha256(own) != file.sha256:
            what = "This file of the student was changed after it had been fetched."
            raise StudyError(what, where=str(own), remedy=remake(own.resolve(), path))
    return {name: file.sha256 for name, file in manifest.files.items()}


def _is_read(name: str) -> bool:
    return any(Path(name).match(pattern) for pattern in READ)


def _checked(blob: Path) -> str:
    """SHA-256 of a file of the cache, which names large files by it: a torn download shows here."""
    digest = sha256(blob)
    if len(blob.name) == len(digest) and blob.name != digest:
        raise StudyError(
            "This file of the Hub cache is damaged: its content has not the hash that it is named by.",
            where=str(blob),
            remedy=remake(blob),
        )
    return digest


def _lay(blob: Path, file: Path) -> None:
    """A link to ``blob``, or a copy where links are impossible."""
    for lay in (os.symlink, os.link, shutil.copyfile):
        try:
            lay(blob, file)
            break
        except OSError:
            if lay is shutil.copyfile:
                raise


def _download(repo: str, revision: str) -> Path:
    """The snapshot's folder in the cache.

    The client falls back to a complete snapshot of the cache by itself when it cannot reach the Hub.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    try:
        # Not from subfolders: other formats of the same weights lie there.
        return Path(snapshot_download(repo, revision=revision, allow_patterns=list(READ), ignore_patterns=["*/*"]))
    except Exception as error:  # The client, its transport and its download library each have errors of their own.
        raise download_fault(error, repo, revision) from error
