"""What a probe may look at: a student's own answers, their states, and what was judged about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from threearc.models.features import Features
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

#: Splits whose finished and judged answers teach a probe, or show how it does; of others the gate decides only.
USES = {"eval": "train", "fresh": "fresh"}


@dataclass(frozen=True)
class Answers:
    """n responses.

    Attributes:
        response_ids, prompt_ids, entries, prompts, categories: (n,) strings.
        h_last, h_late: (n, hidden).
        lengths: (n,) generated tokens.
        use: (n,) "train" or "fresh" where the answer finished and was judged, else "".
        right: (n,) bool; false where ``use`` is "" and nothing is known.
        axes: by axis (n,) scores from 1 to 5, nan where there is none.
    """

    response_ids: np.ndarray
    prompt_ids: np.ndarray
    entries: np.ndarray
    prompts: np.ndarray
    categories: np.ndarray
    h_last: np.ndarray
    h_late: np.ndarray
    lengths: np.ndarray
    use: np.ndarray
    right: np.ndarray
    axes: dict[str, np.ndarray]

    @property
    def train(self) -> np.ndarray:
        """(n,) bool: those that teach."""
        found: np.ndarray = self.use == "train"
        return found

    @property
    def fresh(self) -> np.ndarray:
        """(n,) bool: those on fresh prompts."""
        found: np.ndarray = self.use == "fresh"
        return found

    def only(self, rows: np.ndarray) -> "Answers":
        """Some of the answers, in the order of ``rows``."""
        own = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "axes"}
        return Answers(**own, axes={axis: scores[rows] for axis, scores in self.axes.items()})


def gather(
    responses: Sequence[Response],
    prompts: Mapping[str, Prompt],
    right: Mapping[str, bool],
    scores: Mapping[str, Mapping[str, int]],
    axes: Sequence[str],
    features: Features,
) -> Answers:
    """All responses, right or not unknown.

    A cut answer has no last token of its own: its state is no example, but the gate must decide on it all the same.

    Args:
        right: by response id, where correctness was judged; ``scores``: by response id and axis, likewise.
    """
    places = features.rows()
    rows = [places[response.id] for response in responses]
    asked = [prompts[response.prompt_id] for response in responses]
    teaches = [bool(features.finished[row]) and r.id in right for row, r in zip(rows, responses, strict=True)]
    return Answers(
        response_ids=np.array([r.id for r in responses], dtype=object),
        prompt_ids=np.array([p.id for p in asked], dtype=object),
        entries=np.array([p.entry for p in asked], dtype=object),
        prompts=np.array([p.text for p in asked], dtype=object),
        categories=np.array([p.category for p in asked], dtype=object),
        h_last=features.h_last[rows].astype(float),
        h_late=features.h_late[rows].astype(float),
        lengths=np.array([r.n_tokens for r in responses]),
        use=np.array([USES.get(p.split, "") if known else "" for p, known in zip(asked, teaches, strict=True)]),
        right=np.array([right.get(r.id, False) for r in responses], dtype=bool),
        axes={axis: np.array([scores.get(r.id, {}).get(axis, np.nan) for r in responses], float) for axis in axes},
    )


def rarest(labels: np.ndarray, entries: np.ndarray) -> tuple[int, int]:
    """Answers of the rarer class, and the fewest entries that either class comes from."""
    fewest = min(len(set(entries[labels == side])) for side in (True, False))
    return int(min(labels.sum(), (~labels).sum())), fewest


def too_few(labels: np.ndarray, entries: np.ndarray, folds: int, least_class: int) -> str | None:
    """Why these labels can teach no probe, nor be told apart by anything, if so."""
    answers, from_entries = rarest(labels, entries)
    if answers < least_class:
        return f"Only {answers} answers are in the rarer class; {least_class} are needed."
    if from_entries < 2 * folds:
        # Fewer, and a fold may leave the others with one class only.
        return f"The rarer class comes from {from_entries} entries; {2 * folds} are needed."
    return None
