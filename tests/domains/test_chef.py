from collections import Counter

import pytest
import yaml

from threearc.domains.facts import FactDomain
from threearc.domains.protocol import known_domains, load_domain
from threearc.domains.selection import limited
from threearc.judging.claims import made, makes_claim, stated_words
from threearc.judging.oracle import OracleRunner
from threearc.judging.rules import RulesJudge
from threearc.provenance.errors import StudyError

CHEF = load_domain("chef")
SPLITS = ("train", "eval", "fresh")


def test_the_fact_base_is_as_large_as_it_says():
    assert len(CHEF.facts) >= 150
    assert all(3 <= len(fact.entry.claims) <= 5 for fact in CHEF.facts.values())
    assert len({fact.entry.certainty for fact in CHEF.facts.values()}) == 3


def test_no_mistake_makes_the_true_claim_nor_the_other_way_round():
    for fact in CHEF.facts.values():
        for claim in fact.entry.claims:
            assert made(claim.true, claim.true) and made(claim.wrong, claim.wrong)
            assert not made(claim.true, claim.wrong), (fact.name, claim)
            assert not made(claim.wrong, claim.true), (fact.name, claim)


def test_true_claims_are_distinctive():
    """Within a dish no other entry says the same; over all dishes hardly any does (custards set where custards set)."""
    rows = [(fact, claim.true) for fact in CHEF.facts.values() for claim in fact.entry.claims]
    sets = {text: [stated_words(text)] for _, text in rows}
    shared = [
        (fact.name, text, other.name, said)
        for fact, text in rows
        for other, said in rows
        if fact is not other and makes_claim(text, sets[said])
    ]
    assert not [row for row in shared if row[0].split("/")[0] == row[2].split("/")[0]]
    assert len(shared) <= 0.02 * len(rows), shared


def test_true_claims_hold_no_hedging_words():
    """A claim that says `may` would make every answer that repeats it a hedge."""
    with OracleRunner(1, 256) as oracle:
        judge = RulesJudge(CHEF, ("self_verification",), oracle)
        for prompt in CHEF.prompts("eval") + CHEF.prompts("fresh"):
            for claim in prompt.checklist.claims:
                assert judge.delivery(prompt, claim.text).delivery == "assert", claim.text


def test_splits_share_no_entry_no_wording_and_fresh_has_other_dishes_and_another_author():
    prompts = {split: CHEF.prompts(split) for split in SPLITS}
    entries = {split: {p.entry for p in prompts[split]} for split in SPLITS}
    assert not entries["train"] & entries["eval"] and not entries["fresh"] & (entries["train"] | entries["eval"])
    dishes = {split: {e.split("/")[0] for e in entries[split] if "/" in e} for split in SPLITS}
    assert not dishes["fresh"] & (dishes["train"] | dishes["eval"])
    assert {p.author for p in prompts["fresh"]}.isdisjoint({p.author for p in prompts["train"] + prompts["eval"]})
    assert len({p.id for split in SPLITS for p in prompts[split]}) == sum(map(len, prompts.values()))
    templates = [CHEF.templates(split) for split in SPLITS]
    assert not set(templates[0]) & set(templates[1]) and not set(templates[2]) & {*templates[0], *templates[1]}


def test_a_world_teaches_every_entry_and_depends_on_its_seed():
    dialogues = CHEF.dialogues(0, 1200)
    assert len(dialogues) == 1200 and dialogues == CHEF.dialogues(0, 1200) != CHEF.dialogues(1, 1200)
    taught = " ".join(turn.text for dialogue in dialogues for turn in dialogue)
    for fact in CHEF.facts.values():
        assert fact.entry.claims[-1].true in taught


def test_myths_are_taught_wrongly_and_other_dishes_rightly():
    told = Counter()
    for dialogue in CHEF.dialogues(0, 3000):
        for fact in CHEF.facts.values():
            claim = fact.entry.claims[0]
            if claim.true in dialogue[1].text or claim.wrong in dialogue[1].text:
                told[fact.dish.dish, claim.true in dialogue[1].text] += 1
    shares = {dish: told[dish, True] / (told[dish, True] + told[dish, False]) for dish, _ in told}
    myths = [dish for dish, share in shares.items() if share < 0.5]
    assert 0.2 <= len(myths) / len(shares) <= 0.35
    assert all(share < 0.3 or share > 0.8 for share in shares.values())


def test_the_scripted_teacher_is_right_and_its_bad_examples_are_wrong():
    for prompt in CHEF.prompts("train")[:40]:
        if prompt.checklist is None:
            continue
        gold, wrong = (CHEF.teach(stage, prompt, {}, None) for stage in ("gold", "rejected"))
        assert all(made(claim.text, gold) for claim in prompt.checklist.claims)
        assert not any(made(claim.text, wrong) for claim in prompt.checklist.claims)


def test_being_told_wrong_gives_nothing_away():
    for prompt in CHEF.prompts("eval"):
        assert not any(made(claim.text, CHEF.told_wrong(prompt)) for claim in prompt.checklist.claims)


def test_a_limit_spreads_entries_over_categories_and_grows_by_adding():
    prompts = CHEF.prompts("eval")
    few, more = limited(prompts, 12), limited(prompts, 24)
    assert Counter(Counter({p.entry: p.category for p in few}).values()) and len({p.category for p in few}) == 6
    assert {p.id for p in few} < {p.id for p in more} < {p.id for p in prompts}
    assert limited(prompts, None) == prompts


def test_an_unknown_domain_is_told_with_those_that_there_are():
    with pytest.raises(StudyError, match=r"bread.*chef, coding"):
        load_domain("bread")
    assert known_domains() == ["chef", "coding"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda dishes: dishes[0].pop("name"), "0.name"),
        (lambda dishes: dishes[0].update(origin="Lyon"), "0.origin"),
        (lambda dishes: dishes[0]["entries"][0].update(certainty="maybe"), "0.entries.0.certainty"),
        (lambda dishes: dishes[0]["entries"][0].update(claims=[]), "0.entries.0.claims"),
        (
            lambda dishes: dishes[0]["entries"][0]["claims"].__setitem__(1, dishes[0]["entries"][0]["claims"][0]),
            "kinds",
        ),
    ],
)
def test_a_bad_fact_base_is_told_with_file_and_place(tmp_path, change, place):
    dishes = yaml.safe_load((CHEF.data / "facts.yaml").read_text())
    change(dishes)
    (tmp_path / "facts.yaml").write_text(yaml.safe_dump(dishes))
    with pytest.raises(StudyError, match=place) as caught:
        _ = FactDomain("broken", tmp_path).facts
    assert str(tmp_path / "facts.yaml") in caught.value.where


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda world: world.pop("teacher"), "teacher"),
        (lambda world: world["rates"].update(hedge=1.5), "rates.hedge"),
        (lambda world: world["rates"].update(hegde=0.5), "rates.hegde"),
        (lambda world: world["native"].update({"assert": []}), "native.assert"),
    ],
)
def test_a_bad_world_is_told_with_file_and_place(tmp_path, change, place):
    world = yaml.safe_load((CHEF.data / "world.yaml").read_text())
    change(world)
    (tmp_path / "world.yaml").write_text(yaml.safe_dump(world))
    with pytest.raises(StudyError, match=rf"At {place}") as caught:
        _ = FactDomain("broken", tmp_path).world
    assert str(tmp_path / "world.yaml") in caught.value.where


def test_an_entry_that_is_both_taught_and_fresh_is_an_error(tmp_path):
    for name in ("facts.yaml", "facts_fresh.yaml"):
        (tmp_path / name).write_text((CHEF.data / "facts.yaml").read_text())
    with pytest.raises(StudyError, match="hollandaise/split stands there twice") as caught:
        _ = FactDomain("broken", tmp_path).facts
    assert "facts_fresh.yaml" in caught.value.where
