"""The numbers released with the paper, as far as they stand for single answers: labels, scores, states, pass lists.

Here every row is read, of both halves: labels only are used, and no rule of the rules judge is held against a text.
"""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from threearc.operators.probing.answers import Answers
from threearc.provenance.errors import StudyError
from threearc.provenance.files import read_json

RESULTS, AUDIT = "eval/results", "phase0_audit/results"


class Row(BaseModel):
    """A row of the release: what is named here is read, what else it holds is left."""

    model_config = ConfigDict(strict=True)


class GemmaAnswer(Row):
    prompt: str
    response: str
    coverage: float
    correct: bool
    cert: str
    scores: dict[str, int] | dict[Literal["error"], str]


class SmolAnswer(Row):
    prompt_i: int
    coverage: float
    correct: bool
    text: str


class VerifiedAnswer(Row):
    prompt: str
    incorrect_technique: int
    incorrect_regional: int
    incorrect_ingredient: int


class FreshLabels(Row):
    coverage: list[float]
    labels: list[int]


class Problem(Row):
    task_id: str
    passed: bool


class McasPrompt(Row):
    prompt: str
    type: Literal["tricky", "straightforward"]


class Mcas(Row):
    baseline_scores: list[int]
    dd_fp16_scores: list[int]
    prompts: list[McasPrompt]


class Head(Row):
    layer: int
    head: int
    cohen_d: float


class Attribution(Row):
    cohorts: dict[str, int]
    all_heads_ranked_by_cohen_d: list[Head]


class Gate(Row):
    """AUC and gate asymmetry at the threshold that the paper calls balanced."""

    auc: float


class Released:
    """A download of the release; every file is read when it is first asked for.

    Raises:
        StudyError: from any property, if its file is missing or not as in the release.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @cached_property
    def gemma(self) -> list[GemmaAnswer]:
        """Gemma 4 E2B's answers to the eval prompts, with the paper's judgements."""
        return self._read(f"{RESULTS}/judge_v4_step16.json", list[GemmaAnswer], "items")

    @cached_property
    def smollm(self) -> list[SmolAnswer]:
        """SmolLM2's answers to the same prompts."""
        return self._read(f"{RESULTS}/baseline_smollm_v2_disposition_profile.json", list[SmolAnswer], "samples")

    @cached_property
    def smollm_fresh(self) -> FreshLabels:
        """Labels of SmolLM2's answers to fresh prompts; neither prompts nor answers were released."""
        return self._read(f"{RESULTS}/smollm_fresh_judged_gold.json", FreshLabels)

    @cached_property
    def verified(self) -> list[VerifiedAnswer]:
        """Gemma's base and trained answers as the paper's first verifier saw them."""
        names = ("eval_baseline", "eval_full_ddv2")
        return [row for name in names for row in self._read(f"{RESULTS}/{name}.json", list[VerifiedAnswer], "rows")]

    @cached_property
    def attribution(self) -> Attribution:
        """Cohen's d of every head of Gemma between confidently wrong and confidently right answers."""
        return self._read(f"{RESULTS}/path_b_attribution_gemma4.json", Attribution)

    @cached_property
    def passes(self) -> dict[str, tuple[bool, bool]]:
        """HumanEval's first look: did base, and the trained student, pass; by problem."""
        base, trained = (
            {row.task_id: row.passed for row in self._read(f"{AUDIT}/{name}.json", list[Problem])}
            for name in ("humaneval_baseline", "humaneval_dd_fp16")
        )
        if base.keys() != trained.keys():
            raise self._fault(f"{AUDIT}/humaneval_dd_fp16.json", "Its problems are not those of humaneval_baseline.")
        return {name: (base[name], trained[name]) for name in base}

    @cached_property
    def mcas(self) -> Mcas:
        """MCAS of base and of the trained student, 0 to 2 by prompt."""
        found: Mcas = self._read(f"{AUDIT}/mcas_details.json", Mcas)
        if {len(found.baseline_scores), len(found.dd_fp16_scores)} != {len(found.prompts)}:
            raise self._fault(f"{AUDIT}/mcas_details.json", "There is not one score of each student per prompt.")
        return found

    def gate(self, file: str, *keys: str) -> Gate:
        """A probe of the paper's, as a results file has it under the keys."""
        return self._read(f"{RESULTS}/{file}", Gate, *keys)

    @cached_property
    def smollm_coverage(self) -> np.ndarray:
        """Coverage as it lies beside the eval states: (100,)."""
        return self._arrays("smollm_step16_features.npz")["coverage"]

    def smollm_answers(self) -> Answers:
        """SmolLM2's answers as a probe sees them; each is an entry of its own.

        Not released, and blank here: fresh prompts, categories, lengths of fresh answers, states of earlier layers.
        """
        states = [self._arrays(f"smollm_{split}_features.npz")["X"] for split in ("step16", "fresh")]
        right = [row.correct for row in self.smollm] + [label == 1 for label in self.smollm_fresh.labels]
        texts = {i: row.prompt for i, row in enumerate(self.gemma)}
        n, fresh = len(self.smollm), len(self.smollm_fresh.labels)
        return _answers(
            prompts=[texts[row.prompt_i] for row in self.smollm] + [""] * fresh,
            states=np.concatenate(states).astype(float),
            lengths=[len(row.text) for row in self.smollm] + [0] * fresh,
            use=["train"] * n + ["fresh"] * fresh,
            right=right,
        )

    def gemma_answers(self) -> Answers:
        """Gemma's eval answers; its states were not released, and are blank."""
        n = len(self.gemma)
        return _answers(
            prompts=[row.prompt for row in self.gemma],
            states=np.zeros((n, 1)),
            lengths=[len(row.response) for row in self.gemma],
            use=["train"] * n,
            right=[row.correct for row in self.gemma],
        )

    def _arrays(self, name: str) -> dict[str, np.ndarray]:
        path = f"{RESULTS}/{name}"
        try:
            with np.load(self.folder / path) as arrays:
                return dict(arrays)
        except (OSError, ValueError) as error:
            raise self._fault(path, f"The arrays cannot be read ({error}).") from None

    def _read(self, path: str, kind: Any, *keys: str) -> Any:
        try:
            found = read_json(self.folder / path)
            for key in keys:
                found = found[key]
            return TypeAdapter(kind).validate_python(found)
        except (StudyError, KeyError, TypeError, IndexError, ValidationError) as error:
            raise self._fault(path, f"It is not as in the release ({error}).") from None

    def _fault(self, path: str, what: str) -> StudyError:
        remedy = "Point to a whole download of the release, the folder above eval."
        return StudyError(what, where=str(self.folder / path), remedy=remedy)


def _answers(
    *, prompts: list[str], states: np.ndarray, lengths: list[int], use: list[str], right: list[bool]
) -> Answers:
    names = np.array([f"row {i}" for i in range(len(right))], dtype=object)
    return Answers(
        response_ids=names,
        prompt_ids=names,
        entries=names,
        prompts=np.array(prompts, dtype=object),
        categories=np.full(len(right), "chef", dtype=object),
        h_last=states,
        h_late=np.zeros((len(right), 1)),
        lengths=np.array(lengths),
        use=np.array(use, dtype=object),
        right=np.array(right),
        axes={},
    )
