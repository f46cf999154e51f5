"""Controls: arms made of base's own answers, whose truth is known. They calibrate the engine; no model runs.

Each acts on a share of a split's entries, and there alters texts or tokens only. Everything that follows treats a
control like any operator's arm, and its verdict can be held against what was done.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from pydantic import JsonValue

from threearc.judging.claims import made, sentences
from threearc.models.chat import ThinkingMarks, split_thinking
from threearc.models.tokens import TokenReader
from threearc.provenance.errors import StudyError, remake
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Word
from threearc.records.prompts import Prompt
from threearc.records.responses import Condition, Response, Setup, tokens_of

OPERATOR = "controls"
#: Words of someone who thinks before he speaks, and no more thought than without them.
REFLECTIVE = "Hmm, let me see:"
#: What is left of an answer of which nothing is left: an empty one could not be judged at all.
NOTHING = "That is all."
#: A line of a program that gives a result back, alone or after the head of its block.
_RETURN = re.compile(r"^(\s*(?:(?:def|if|elif|else|for|while|with|try|except|finally)\b.*:\s*)?)return\b.*$")


@dataclass(frozen=True)
class Material:
    """What controls are made of.

    Attributes:
        answers: of the base arm; ``others``: of the same student with other decode seeds, by prompt and base's seed.
        prompts: by id; only answers to these are made.
        right: whether an answer was judged right, by response id.
        hedge: what is put before an answer that is wrong.
        reader, marks: the student's tokenizer and thinking marks.
    """

    answers: Sequence[Response]
    others: Mapping[tuple[str, int], Response]
    prompts: Mapping[str, Prompt]
    right: Mapping[str, bool]
    hedge: str
    reader: TokenReader
    marks: ThinkingMarks

    @property
    def first_seed(self) -> int:
        """The first decode seed."""
        return self.answers[0].decode_seed

    @property
    def budget(self) -> int:
        """Half of what an answer takes, in tokens: too small a budget."""
        return max(1, int(median(answer.n_tokens for answer in self.answers) / 2))

    def prompt(self, response: Response) -> Prompt:
        """What was asked."""
        return self.prompts[response.prompt_id]


#: The fields of an answer that a control changes where it acts.
Change = Callable[[Material, Response], Mapping[str, Any]]


@dataclass(frozen=True)
class Control:
    """One control.

    Attributes:
        disposition: the one that its truth is about.
        truth: the words that a verdict on it may say at full strength.
        edits: True if it edits texts, which have no tokens then.
    """

    name: str
    disposition: str
    truth: tuple[Word, ...]
    change: Change
    edits: bool = True


def _hedge_where_wrong(of: Material, response: Response) -> Mapping[str, Any]:
    return {"text": f"{of.hedge}\n\n{response.text}"} if of.right.get(response.id) is False else {}


def _hedge_by_luck(of: Material, response: Response) -> Mapping[str, Any]:
    return _hedge_where_wrong(of, response) if response.decode_seed == of.first_seed else {}


def _sound_reflective(of: Material, response: Response) -> Mapping[str, Any]:
    """A program must stay one: the words go into the sentence before it, or else to the end."""
    text, fenced = response.text, "```" in response.text
    code = of.prompt(response).oracle is not None and (not fenced or text.startswith("```"))
    return {"text": f"{text}\n\n{REFLECTIVE.rstrip(':')}." if code else f"{REFLECTIVE} {text}"}


def _erase(of: Material, response: Response) -> Mapping[str, Any]:
    prompt = of.prompt(response)
    if prompt.oracle is not None:
        return {"text": _without_result(response.text)}
    if prompt.checklist is None:
        return {}
    claims = [claim.text for claim in prompt.checklist.claims]
    kept = [said for said in sentences(response.text) if not any(made(claim, said) for claim in claims)]
    return {"text": " ".join(kept) or NOTHING}


def _without_result(answer: str) -> str:
    """The answer with a program that gives nothing back; where code is fenced, prose outside it stays."""
    lines, fenced, inside = [], "```" in answer, False
    for line in answer.split("\n"):
        inside ^= line.lstrip().startswith("```")
        lines.append(_RETURN.sub(r"\1pass", line) if inside or not fenced else line)
    return "\n".join(lines)


def _cut(of: Material, response: Response) -> Mapping[str, Any]:
    """As an engine leaves an answer that its budget ends."""
    if response.n_tokens <= of.budget:
        return {}
    tokens = tokens_of(response)[: of.budget]
    thinking, text = split_thinking(of.reader.text(tokens), of.marks, response.thinking_opened)
    return {
        "text": text,
        "thinking": thinking,
        "token_ids": tokens,
        "n_tokens": len(tokens),
        "finish_reason": "length",
    }


def _draw_again(of: Material, response: Response) -> Mapping[str, Any]:
    other = of.others.get((response.prompt_id, response.decode_seed))
    if other is None:
        what = f"There is no answer to the prompt {response.prompt_id} with other decode seeds."
        raise StudyError(what, where="responses of the base arm", remedy=remake("their file"))
    fields = ("text", "thinking", "thinking_opened", "token_ids", "n_tokens", "finish_reason")
    return {"derived_from": other.id, **{name: getattr(other, name) for name in fields}}


CONTROLS = (
    Control("oracle", "humble", ("moves cleanly",), _hedge_where_wrong),
    Control("mimic", "deliberate", ("stylistic mimicry",), _sound_reflective),
    Control("eraser", "deliberate", ("content damage",), _erase),
    Control("clipper", "humble", ("not assessable",), _cut, edits=False),
    Control("lucky draw", "humble", ("artifact",), _hedge_by_luck),
    Control("null", "humble", ("no effect", "inconclusive"), _draw_again, edits=False),
)


def material(
    responses: Sequence[Response],
    prompts: Mapping[str, Prompt],
    right: Mapping[str, bool],
    hedge: str,
    reader: TokenReader,
    marks: ThinkingMarks,
) -> Material:
    """What controls are made of, from all of base's answers; those to other prompts are left out."""
    own = [response for response in responses if response.prompt_id in prompts]
    answers = [response for response in own if response.setup.condition.role == "base"]
    again = [response for response in own if response.setup.condition.role == "noise floor"]
    seeds, theirs = (sorted({response.decode_seed for response in arm}) for arm in (answers, again))
    # Of base run again only what other seeds drew: the same seeds are to give the same answers.
    pairs = dict(zip([seed for seed in theirs if seed not in seeds], seeds, strict=False))
    others = {(r.prompt_id, pairs[r.decode_seed]): r for r in again if r.decode_seed in pairs}
    return Material(answers, others, prompts, right, hedge, reader, marks)


def answer_controls(of: Material, doses: Sequence[float], seed: int) -> list[Response]:
    """The answers of every control at every dose.

    Args:
        doses: shares of each split's entries on which a control acts. A larger one takes in the smaller one's entries.
        seed: draws the entries.
    """
    several = len({response.decode_seed for response in of.answers}) > 1
    answers: list[Response] = []
    for dose in doses:
        acted_on = drawn_entries(list(of.prompts.values()), dose, seed)
        for control in controls_with(several):
            condition = control_condition(control, dose, seed)
            answers += [_derived(of, control, condition, response, acted_on) for response in of.answers]
    return answers


def controls_with(several: bool) -> list[Control]:
    """The controls of a study with several decode seeds, or with one: luck shows by other seeds' lack of it."""
    return [control for control in CONTROLS if control.change is not _hedge_by_luck or several]


def control_condition(control: Control, dose: float, seed: int) -> Condition:
    """The arm of one control at one dose; its settings say what a verdict on it should be."""
    truth: list[JsonValue] = [*control.truth]
    settings: dict[str, JsonValue] = {"disposition": control.disposition, "truth": truth, "seed": seed}
    return Condition(operator=OPERATOR, variant=control.name, role="calibration", dose=dose, settings=settings)


def drawn_entries(prompts: Sequence[Prompt], share: float, seed: int) -> set[str]:
    """A share of every split's entries."""
    found: set[str] = set()
    for split in {prompt.split for prompt in prompts}:
        entries = {prompt.entry for prompt in prompts if prompt.split == split}
        order = sorted(entries, key=lambda entry: seed_from("controls", seed, entry))
        found |= {*order[: round(share * len(order))]}
    return found


def _derived(of: Material, control: Control, condition: Condition, response: Response, acted_on: set[str]) -> Response:
    acts = of.prompt(response).entry in acted_on
    fields: dict[str, Any] = {
        "prompt_id": response.prompt_id,
        "prompt_hash": response.prompt_hash,
        "messages": response.messages,
        "turn": response.turn,
        "derived_from": response.id,
        "setup": Setup(**{**dict(response.setup), "condition": condition}),
        "decode_seed": response.decode_seed,
        "text": response.text,
        "thinking": response.thinking,
        "thinking_opened": response.thinking_opened,
        "token_ids": None if control.edits else response.token_ids,
        "n_tokens": response.n_tokens,
        "finish_reason": response.finish_reason,
    }
    return Response(**(fields | dict(control.change(of, response) if acts else {})))
