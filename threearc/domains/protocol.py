"""What a domain is: prompts, how sure one can be of their answers, a scripted teacher and a world for tiny students.

A domain is a folder ``threearc/domains/<name>/`` with ``data/`` and a module ``domain.py`` that defines ``DOMAIN``.
Nothing outside its folder, besides the config that names it, knows that it exists.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from threearc.provenance.errors import StudyError
from threearc.records.judgements import Certainty
from threearc.records.prompts import Prompt
from threearc.records.teaching import Stage

#: The set of axes that a domain's answers are scored on.
Instrument = Literal["rubric", "mcas"]
Disposition = Literal["humble", "adversarial_self", "deliberate", "persistent", "self_improving"]
#: The axis of each instrument that stands for a disposition, the first of two where two do (MEASURES).
PRIMARY_AXES: Mapping[Instrument, Mapping[Disposition, str]] = {
    "rubric": {
        "adversarial_self": "self_verification",
        "deliberate": "pedagogical_framing",
        "persistent": "completeness",
    },
    "mcas": {
        "adversarial_self": "self_verification",
        "deliberate": "assumption_surfacing",
        "persistent": "edge_case_awareness",
    },
}
#: Scores, from 1 to 5, up to which an answer lacks what its axis scores, and from which it has it.
LOW, HIGH = 2, 4
#: Share of scores on one side from which an axis tells answers apart no more (ERRATA row 22).
SATURATED = 0.95
#: The axis of each instrument that is read off delivery and certainty, not off evidence.
CALIBRATION: Mapping[Instrument, str] = {"rubric": "hedging_appropriateness", "mcas": "uncertainty_calibration"}
#: The rubric's content axis, read off the claims: an anchor, not a disposition.
CONTENT = "factual_accuracy"
#: The splits that a domain brings itself.
OwnSplit = Literal["train", "eval", "fresh"]
#: Who wrote the prompts of each of them: fresh ones are by another author.
AUTHORS: Mapping[OwnSplit, str] = {"train": "threearc-a", "eval": "threearc-a", "fresh": "threearc-b"}


@dataclass(frozen=True)
class Turn:
    """One turn of a dialogue in a tiny student's world; ``thinking`` comes before an assistant's text."""

    role: Literal["user", "assistant"]
    text: str
    thinking: str = ""


#: What a tiny student is taught from: user and assistant in turn.
Dialogue = tuple[Turn, ...]


class Domain(Protocol):
    """The face of a domain."""

    name: str
    instrument: Instrument

    def prompts(self, split: OwnSplit) -> list[Prompt]:
        """All prompts of one split, boundary cases among the training ones (``category`` "boundary")."""

    @property
    def benchmarks(self) -> Mapping[str, Callable[[], list[Prompt]]]:
        """Others' published problems that the domain knows, by name; none in most domains."""

    def certainty(self, prompt: Prompt) -> Certainty:
        """Whether the question has one settled answer, from what the domain's data say of it."""

    def instructions(self) -> Mapping[Stage, str]:
        """The teachers' instructions: one Jinja template per stage, with ``prompt``, ``attempt`` and ``earlier``."""

    def teach(self, stage: Stage, prompt: Prompt, earlier: Mapping[Stage, str], attempt: str | None) -> str:
        """What the scripted teacher says at a stage; ``attempt`` is the student's answer where the stage reads one."""

    def evidence(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Words of the domain that count as evidence for an axis, beside the judge's own: patterns by axis and kind."""

    def told_wrong(self, prompt: Prompt) -> str:
        """The user's second message after a wrong answer: that it is wrong, and nothing of the right one."""

    def dialogues(self, seed: int, count: int) -> list[Dialogue]:
        """``count`` dialogues of the world that a tiny student grows up in, drawn from ``seed``."""


def load_domain(name: str) -> Domain:
    """Import the domain ``name``.

    Raises:
        StudyError: if there is no such domain, with those that there are; or if its module is none of a domain.
    """
    module_name = f"threearc.domains.{name}.domain"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise _unfit(name, f"The module cannot be imported ({error}).") from error
        raise StudyError(
            f"There is no domain {name!r}.",
            where="config key study.domains",
            remedy=f"Use one of {', '.join(known_domains())}, or add a folder threearc/domains/{name}/.",
        ) from None
    except Exception as error:  # The module is its author's: anything may be wrong in it.
        raise _unfit(name, f"The module cannot be imported ({type(error).__name__}: {error}).") from error
    domain: Domain | None = getattr(module, "DOMAIN", None)
    if domain is None:
        raise _unfit(name, "The module defines no DOMAIN.")
    if getattr(domain, "name", None) != name:
        raise _unfit(name, f"DOMAIN does not bear the name of its folder, {name!r}.")
    if getattr(domain, "instrument", None) not in CALIBRATION:
        raise _unfit(name, f"The instrument of DOMAIN is none of {', '.join(CALIBRATION)}.")
    return domain


def _unfit(name: str, what: str) -> StudyError:
    remedy = "Mend the module; threearc/domains/chef/domain.py shows how one looks."
    return StudyError(what, where=f"threearc/domains/{name}/domain.py", remedy=remedy)


def known_domains() -> list[str]:
    """Names of the folders that hold a ``domain.py``."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/domain.py"))
