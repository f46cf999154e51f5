"""Arc 3's operator: the student's own answer, with a hedge before it where the probe doubts it. No model runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from threearc.provenance.errors import StudyError, remake
from threearc.provenance.hashing import file_hash
from threearc.records.base import Part
from threearc.records.jsonl import read_document
from threearc.records.probes import ProbeReport
from threearc.records.responses import Condition, Response, Setup

OPERATOR = "sidecar"


class SidecarSettings(Part):
    """The gate: which probe decides, its threshold on new prompts, and what it says before an answer that it doubts."""

    probe: str
    threshold: float
    hedge: str


def sidecar_condition(settings: SidecarSettings) -> Condition:
    """The sidecar's one arm."""
    return Condition(operator=OPERATOR, variant="gate", role="treatment", settings=settings.model_dump(mode="json"))


def answer_sidecar(base: Sequence[Response], probe_file: str | Path, hedge: str) -> list[Response]:
    """The sidecar's answers: base's, gated by a probe.json.

    Where no probe could be fitted the gate lets everything stand; probe.json says why, and so does the verdict.

    Raises:
        StudyError: if the file is no probe.json, or is about other answers.
    """
    probe = read_document(probe_file, ProbeReport)
    answers = [response for response in base if response.id in probe.asserts]
    strange = len(probe.asserts) - len(answers)
    if strange or not answers:
        raise StudyError(
            f"The probe decides on {len(probe.asserts)} answers, {strange} of which are not base's.",
            where=str(probe_file),
            remedy=remake(probe_file),
        )
    settings = SidecarSettings(probe=file_hash(probe_file), threshold=probe.gate.threshold, hedge=hedge)
    return apply_sidecar(answers, probe.asserts, settings)


def apply_sidecar(base: Sequence[Response], asserts: Mapping[str, bool], settings: SidecarSettings) -> list[Response]:
    """A derived response for every base response.

    Args:
        base: responses of the base arm.
        asserts: the gate's decision by response id; one is needed for every response.
    """
    condition = sidecar_condition(settings)
    derived = []
    for response in base:
        hedged = not asserts[response.id]
        setup = Setup(**{**dict(response.setup), "condition": condition})
        derived.append(
            Response(
                prompt_id=response.prompt_id,
                prompt_hash=response.prompt_hash,
                messages=response.messages,
                turn=response.turn,
                derived_from=response.id,
                setup=setup,
                decode_seed=response.decode_seed,
                # Content is untouched: the hedge stands before it, in a paragraph of its own.
                text=f"{settings.hedge}\n\n{response.text}" if hedged else response.text,
                thinking=response.thinking,
                n_tokens=response.n_tokens,
                finish_reason=response.finish_reason,
            )
        )
    return derived
