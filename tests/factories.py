"""Records for tests, made as the workflow makes them."""

from threearc.effects.contrasts import Asked, effects
from threearc.effects.outcomes import Outcome
from threearc.provenance.hashing import text_hash
from threearc.records.judgements import DeliveryVerdict, Judgement, ResponseSubject
from threearc.records.prompts import Checklist, Claim, Prompt
from threearc.records.responses import Condition, Decoding, Message, Response, Setup

BASE = Condition(operator="base", variant="base", role="base")
DECODING = Decoding(temperature=0.4, top_p=1.0, top_k=0, max_tokens=112)


def prompt(text="My sauce split. Why?", entry="sauce/split", split="eval", claims=("The pan was too hot.",), **fields):
    rows = tuple(Claim(id=f"c{i}", text=claim) for i, claim in enumerate(claims))
    checklist = Checklist(author="a", prompt_hash=text_hash(text), claims=rows) if rows else None
    own = {"domain": "chef", "category": "sauce", "author": "a", "checklist": checklist}
    return Prompt(text=text, entry=entry, split=split, **(own | fields))


def setup(condition=BASE, **fields):
    own = {
        "model": "tiny",
        "revision": "miniature",
        "student": "s",
        "template": "t",
        "decoding": DECODING,
        "engine": "transformers",
        "versions": {"torch": "2"},
        "dtype": "float32",
    }
    return Setup(condition=condition, **(own | fields))


def response(to, text="The pan was too hot.", condition=BASE, seed=0, tokens=5, finish="stop", **fields):
    own = {
        "prompt_id": to.id,
        "prompt_hash": to.hash,
        "messages": (Message(role="user", content=to.text),),
        "turn": 1,
        "setup": setup(condition),
        "decode_seed": seed,
        "text": text,
        "token_ids": tuple(range(tokens)),
        "n_tokens": tokens + (finish == "stop"),
        "finish_reason": finish,
    }
    return Response(**(own | fields))


def delivery(of, verdict="assert"):
    return Judgement(
        subject=ResponseSubject(response_id=of.id),
        question="delivery",
        judge="rules",
        judge_hash="j",
        verdict=DeliveryVerdict(delivery=verdict),
    )


def outcome(
    entry="e0",
    right=True,
    asserts=True,
    condition=BASE,
    seed=0,
    split="eval",
    scores=None,
    style=None,
    **response_fields,
):
    """An outcome as joining would give it; one prompt per entry and split."""
    asked = prompt(text=f"About {entry} ({split})?", entry=entry, split=split)
    given = response(asked, condition=condition, seed=seed, **response_fields)
    return Outcome(
        response=given,
        prompt=asked,
        certainty="certain",
        right=right,
        coverage=None if right is None else float(right),
        asserts=asserts,
        scores=scores or {},
        style=style or {},
        asked={"coverage", "delivery", "scores", "style"},
        judges={question: {"rules j"} for question in ("coverage", "delivery", "scores", "style")},
    )


def effect(names, measure, sides, target, plan):
    """One measure's difference over all decode seeds."""
    return effects(names, [Asked(measure, sides)], target, plan)[0]
