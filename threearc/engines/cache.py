"""Row caches: what was generated once is never generated again.

A row is kept under the hash of all that its tokens depend on: one more factor, seed or prompt costs its own rows and no
others, and a job that was killed goes on where it was. The device is not in the key: a row that was answered on one
device stands, as a finished file does. A row that nobody asks for any longer stays, and deleting a cache is safe.
"""

import functools
import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threearc.engines.requests import Completion, Engine, Origin, Request
from threearc.models.interventions import Intervention
from threearc.provenance.errors import StudyError
from threearc.provenance.fingerprint import fingerprint
from threearc.provenance.hashing import content_id
from threearc.provenance.stores import append, read_store
from threearc.records.responses import Decoding


@dataclass
class Tally:
    """What a job asked for and what it cost; rows that were generated are those that its cache grew by."""

    asked: int = 0
    kept: int = 0
    generated: int = 0
    tokens: int = 0

    def __str__(self) -> str:
        return f"{self.asked} rows asked, {self.kept} from the cache, {self.generated} generated ({self.tokens} tokens)"


class CachedEngine:
    """An engine that looks a request up before it asks another engine, and keeps what that one answers.

    Every finished batch is on the disk before it is given out. The key is made of what the inner engine says of itself
    and of the very intervention that it is handed.

    Args:
        engine: asked for what is not kept; it loads nothing as long as it is not asked.
        store: the cache's file; one writer at a time.
    """

    def __init__(self, engine: Engine, store: str | Path) -> None:
        self.name, self.versions = engine.name, engine.versions
        self.tally = Tally()
        self._engine, self._store = engine, Path(store)
        self._code = code_of(type(engine))

    def origin(self, intervention: Intervention) -> Origin:
        """The inner engine's own."""
        return self._engine.origin(intervention)

    def generate(
        self, requests: Sequence[Request], decoding: Decoding, intervention: Intervention
    ) -> Iterator[Mapping[int, Completion]]:
        """All that is kept at once, then the rest as it is generated; equal requests are generated once.

        Raises:
            StudyError: if a row of the cache was torn or changed; as the inner engine.
        """
        origin = self.origin(intervention)
        places: dict[str, list[int]] = {}
        for place, request in enumerate(requests):
            places.setdefault(row_key(origin, self._code, decoding, request), []).append(place)
        kept = self._kept(places)
        self.tally.asked += len(requests)
        self.tally.kept += len(requests) - sum(key not in kept for key in places)
        yield {place: completion for key, completion in kept.items() for place in places[key]}
        missing = [key for key in places if key not in kept]
        if not missing:
            return
        asked = [requests[places[key][0]] for key in missing]
        for batch in self._engine.generate(asked, decoding, intervention):
            done = {missing[row]: completion for row, completion in batch.items()}
            append(self._store, ({"key": key, **vars(completion)} for key, completion in done.items()))
            self.tally.generated += len(done)
            self.tally.tokens += sum(completion.n_tokens for completion in done.values())
            yield {place: completion for key, completion in done.items() for place in places[key]}

    def _kept(self, keys: Collection[str]) -> dict[str, Completion]:
        """The completions that are kept under some keys; no others are held in memory."""
        return {row["key"]: self._completion(row) for row in read_store(self._store) if row.get("key") in keys}

    def _completion(self, row: Mapping[str, Any]) -> Completion:
        try:
            return Completion(tuple(row["token_ids"]), row["n_tokens"], row["text"], row["finish_reason"])
        except (KeyError, TypeError):
            remedy = "Delete the file and run the same command again: its rows will be generated anew."
            raise StudyError("A row is no completion.", where=str(self._store), remedy=remedy) from None


@functools.cache
def code_of(engine: type) -> str:
    """Fingerprint of the code that turns requests into tokens: the engine's module and all that it imports."""
    return fingerprint(inspect.getfile(engine))


def row_key(origin: Origin, code: str, decoding: Decoding, request: Request) -> str:
    """The name of a completion: the hash of all that its tokens depend on.

    Args:
        code: fingerprint of the code that turns requests into tokens.
    """
    return content_id(
        {
            "origin": vars(origin),
            "code": code,
            "decoding": decoding.model_dump(mode="json"),
            "messages": [message.model_dump(mode="json") for message in request.messages],
            "seed": request.seed,
            "repeat": request.repeat,
        }
    )


def cache_of(responses: str | Path) -> Path:
    """Where the rows behind a file of responses are kept: <cell>/responses/x.jsonl -> <cell>/cache/x.jsonl."""
    path = Path(responses)
    return path.parent.with_name("cache") / path.name
