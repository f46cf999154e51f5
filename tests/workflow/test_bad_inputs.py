"""Bad configurations, domains and records: each is told in one line that names file and key, and what to do.

The tables are to be read: what is wrong, in which file, how it is spoiled, what the message must name. Students,
adapters, features and whole runs are in test_bad_files.py.
"""

import importlib
import json
import shutil

import pytest
from factories import delivery, prompt, response
from spoiling import Bad, each, edit, lose, refused, swap, tear, write

import threearc.domains
from threearc.cli import main
from threearc.domains.facts import FactDomain
from threearc.domains.protocol import load_domain
from threearc.effects.outcomes import join
from threearc.judging import checks, rules
from threearc.records.jsonl import read_records, write_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import read_responses
from threearc.teachers.scripted import open_classroom

CONFIGURATIONS = {
    "an unknown key": ("tempering: {lamdas: [0.5]}", "key tempering.lamdas", "lambdas"),
    "an unknown section": ("reporting: {}", "key reporting", "study, seeds"),
    "a word for a number": ("tempering: {heads: five}", "key tempering.heads", "integer"),
    "a quoted number": ('seeds: {world: "0"}', "key seeds.world", "integer"),
    "a number for a section": ("answering: 3", "key answering", "dictionary"),
    "a value for a list": ("study: {models: qwen3-0.6b}", "key study.models", "list"),
    "infinity": ("answering: {decoding: {presence_penalty: .inf}}", "presence_penalty", "finite"),
    "a seed too large for its library": ("seeds: {train: [4294967296]}", "key seeds.train.0", "less than"),
    "a missing key": ("models: {new: {source: hub}}", "key models.new.repo", "Copy it"),
    "an unknown model": ("study: {models: [gpt-9]}", "key study.models", "Allowed: qwen3-0.6b"),
    "an unknown domain": ("study: {domains: [bread]}", "key study.domains", "Allowed: chef"),
    "a domain without a folder": ("domains: {bread: {axes: [x]}}", "key domains.bread", "add the folder"),
    "an unknown operator": ("study: {operators: [steering]}", "key study.operators.0", "'sft'"),
    "an axis of another instrument": ("domains: {chef: {axes: [error_detection]}}", "domains.chef.axes", "Allowed:"),
    "budgets above the long one": ("answering: {budgets: [8192]}", "key answering.budgets", "max_tokens"),
    "a recipe that is not described": ("sft: {recipes: [main, qlora]}", "key sft.recipes", "Allowed: main"),
    "a variant with the section's name": ("sft: {variants: {main: {rank: 8}}}", "key sft.variants", "otherwise"),
    "a list with a value twice": ("seeds: {decode: [1, 1]}", "key seeds.decode", "once"),
    "a branch for a revision": ("models: {qwen3-0.6b: {revision: main}}", "qwen3-0.6b.revision", "pattern"),
    "no results folder": ('study: {results: ""}', "key study.results", "at least 1"),
    "a wildcard in the results folder": ('study: {results: "out/{x}"}', "key study.results", "pattern"),
    "more heads than a student has": ("tempering: {heads: 99}", "key tempering.heads", "Use at most"),
    "labels that are not there": ("judging: {validation: labels.jsonl}", "key judging.validation", "Name a file"),
    "an empty thinking mark": ('models: {qwen3-0.6b: {thinking: ["", x]}}', "thinking.0", "at least 1"),
    "YAML that does not parse": ("study: {name: [", "bad.yaml", "YAML"),
    "YAML that is no mapping": ("- study", "bad.yaml", "config.yaml"),
}


@pytest.mark.parametrize("case", CONFIGURATIONS.values(), ids=[name.replace(" ", "-") for name in CONFIGURATIONS])
def test_a_bad_configuration_is_told_in_one_line(repository, tmp_path, capsys, case):
    text, key, remedy = case
    (tmp_path / "bad.yaml").write_text(text)
    demo = [str(repository / "config/demo.yaml"), str(tmp_path / "bad.yaml")]
    assert main(["check", "--config", str(repository / "config.yaml"), *demo]) == 1
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("Error: ") and key in line and remedy in line and not said.out


def first_claims(dishes):
    return dishes[0]["entries"][0]["claims"]


CHEF = (
    Bad("a claim without its mistake", "facts.yaml", edit(lambda d: first_claims(d)[0].pop("wrong")), "claims.0.wrong"),
    Bad(
        "a mistake that is true",
        "facts.yaml",
        edit(lambda d: first_claims(d)[0].update(wrong=first_claims(d)[0]["true"])),
        "claims.0",
    ),
    Bad("two claims", "facts.yaml", edit(lambda d: first_claims(d).__delitem__(slice(2, None))), "0.entries.0.claims"),
    Bad("claims of one kind", "facts.yaml", edit(lambda d: first_claims(d)[1].update(kind="cause")), "different kinds"),
    Bad("an entry twice", "facts.yaml", edit(lambda d: d.append(d[0])), "hollandaise/split"),
    Bad(
        "a fresh entry that is taught",
        "facts_fresh.yaml",
        edit(lambda d: d[0].update(dish="hollandaise")),
        "hollandaise/split",
    ),
    Bad("no dishes", "facts.yaml", write(b"[]"), "at least 1"),
    Bad("an unknown certainty", "facts.yaml", swap("certainty: settled", "certainty: sure"), "0.entries.0.certainty"),
    Bad("no fact base", "facts_fresh.yaml", lose, "No such file"),
    Bad("data that are no text", "facts.yaml", write(b"\xff\xfe\xff"), "cannot be read"),
    Bad(
        "a wording without a slot",
        "phrasings.yaml",
        swap("My {name} failed", "Dinner failed"),
        "eval.0: the slot {name}",
    ),
    Bad(
        "a wording with an unknown slot",
        "phrasings.yaml",
        swap("My {name} failed", "My {dish} failed"),
        "eval.0: the slot {dish}",
    ),
    Bad("a wording with one brace", "phrasings.yaml", swap("My {name} failed", "My {name failed"), "eval.0"),
    Bad(
        "a fresh wording without a slot",
        "phrasings_fresh.yaml",
        swap("{problem}", "it went wrong"),
        "0: the slot {problem}",
    ),
    Bad("one wording", "phrasings.yaml", edit(lambda p: p["train"].pop()), "train: "),
    Bad("a wording twice", "phrasings.yaml", edit(lambda p: p.update(eval=[p["eval"][0]] * 2)), "eval: "),
    Bad("a rate above one", "world.yaml", swap("slip: 0.08", "slip: 8"), "rates.slip"),
    Bad("a rate that is missing", "world.yaml", edit(lambda w: w["rates"].pop("myth")), "rates.myth"),
    Bad("a key nobody reads", "world.yaml", edit(lambda w: w.update(mood="good")), "mood"),
    Bad("a review without what is true", "world.yaml", swap("Correct is this. {truth}", "Think."), "teacher.review"),
    Bad(
        "a complaint with another slot", "world.yaml", swap("my {name}: {problem}", "my {it}: {problem}"), "told_wrong"
    ),
    Bad(
        "a broken pattern",
        "evidence.yaml",
        edit(lambda e: e["completeness"]["amount"].append("(")),
        "completeness.amount.1",
    ),
    Bad(
        "a pattern that matches everything",
        "evidence.yaml",
        edit(lambda e: e["completeness"].update(amount=["a*"])),
        "completeness.amount.0",
    ),
    Bad("evidence for no axis", "evidence.yaml", swap("completeness:", "completness:"), "completness.remedy"),
    Bad("a stage without instruction", "teacher.yaml", edit(lambda t: t.pop("gold")), "'gold'"),
    Bad("an unknown stage", "teacher.yaml", edit(lambda t: t.update(silver="x")), "silver"),
    Bad("a broken template", "teacher.yaml", swap("{{ prompt }}", "{{ prompt"), "'eager'"),
    Bad(
        "a template with an unknown name",
        "teacher.yaml",
        swap("{{ prompt }}", "{{ question }}"),
        "'question' is undefined",
    ),
    Bad("a template that divides by zero", "teacher.yaml", swap("{{ prompt }}", "{{ 1 / 0 }}"), "ZeroDivisionError"),
    Bad(
        "a boundary case twice",
        "boundary.yaml",
        edit(lambda b: b.append(b[0])),
        "Who really invented the croissant? stands there twice",
    ),
    Bad("a boundary case without answer", "boundary.yaml", edit(lambda b: b[3].pop("answer")), "3.answer"),
    Bad("YAML with a tab", "world.yaml", swap("  slip", "\tslip"), "cannot be read"),
)
CODING = (
    Bad("a request of unknown kind", "requests.yaml", swap("kind: tricky", "kind: vague"), "0.kind"),
    Bad(
        "a request twice",
        "requests_fresh.yaml",
        edit(lambda r: r.append(r[0])),
        "Round the prices in this list. stands",
    ),
    Bad("a request without its edge", "requests.yaml", edit(lambda r: r[2].pop("edge")), "2.edge"),
    Bad("a share above one", "world.yaml", swap("thinking: 0.9", "thinking: 90"), "rates.thinking"),
    Bad("a share nobody reads", "world.yaml", edit(lambda w: w["rates"].update(luck=0.5)), "rates.luck"),
    Bad("no hedges", "world.yaml", edit(lambda w: w["native"].update(hedge=[])), "native.hedge"),
    Bad(
        "a docstring without a slot",
        "phrasings.yaml",
        edit(lambda p: p["docstrings"]["eval"].append("Keep {keep}.")),
        "docstrings.eval.2",
    ),
    Bad("no wordings of a split", "phrasings.yaml", edit(lambda p: p["asks"].pop("eval")), "asks.eval"),
    Bad(
        "a fresh docstring twice",
        "phrasings_fresh.yaml",
        edit(lambda p: p["docstrings"].extend(p["docstrings"])),
        "twice",
    ),
    Bad("a piece without meaning", "functions.yaml", swap("name: even", "name: prime"), "prime"),
    Bad("a piece twice", "functions.yaml", edit(lambda f: f["turn"].append(f["turn"][0])), "squared"),
    Bad("a piece that is no Python", "functions.yaml", swap("n % 2 == 0", "n % 2 ="), "keep.0.code"),
    Bad("no maps", "functions.yaml", edit(lambda f: f.pop("turn")), "turn"),
)
JUDGE = (
    Bad("a broken hedge", "delivery.yaml", edit(lambda d: d["strong"].append("[")), "strong."),
    Bad("no hedges to look for", "delivery.yaml", edit(lambda d: d.update(weak=[])), "weak"),
    Bad("a bar that is missing", "delivery.yaml", edit(lambda d: d.pop("weak_share")), "weak_share"),
    Bad("a broken feature", "style.yaml", edit(lambda s: s["features"].update(loud="*")), "features.loud"),
    Bad("a rubric without axes", "rubric.yaml", write(b"{}"), "axes"),
    Bad("a check that is announced by nothing", "checks.yaml", edit(lambda c: c.pop("announced")), "announced"),
)


def used(domain, axes):
    """A domain used for all that a study uses it for, with the judge and the teacher."""
    prompts = [p for split in ("train", "eval", "fresh") for p in domain.prompts(split)]
    domain.dialogues(0, 3)
    classroom = open_classroom(domain, "scripted")
    classroom.teach([next(p for p in prompts if p.checklist or p.oracle), prompts[-1]])
    judge = rules.RulesJudge(domain, axes, oracle=None)
    judge.scores(prompts[0], "Whisk it. I am not sure.", "certain")
    judge.style(prompts[0], "Whisk it.")
    checks.stated_checks("f(2) gives 4.", "f", "")


@each(*CHEF)
def test_a_bad_fact_domain_is_told_in_one_line(tmp_path, bad):
    data = shutil.copytree(load_domain("chef").data, tmp_path / "data")
    bad.spoil(data / bad.file)
    refused(lambda: used(FactDomain("chef", data), ("completeness",)), bad.file, bad.told)


@each(*CODING)
def test_a_bad_coding_domain_is_told_in_one_line(tmp_path, monkeypatch, bad):
    module = importlib.import_module("threearc.domains.coding.domain")
    monkeypatch.setattr(module, "DATA", shutil.copytree(module.DATA, tmp_path / "data"))
    bad.spoil(tmp_path / "data" / bad.file)
    refused(lambda: used(module.Coding(), ("error_detection",)), bad.file, bad.told)


@each(*JUDGE)
def test_bad_rules_of_the_judge_are_told_in_one_line(tmp_path, monkeypatch, bad):
    data = shutil.copytree(rules.DATA, tmp_path / "data")
    for module in (rules, checks):
        monkeypatch.setattr(module, "DATA", data)
    bad.spoil(data / bad.file)
    refused(lambda: used(load_domain("chef"), ("completeness",)), bad.file, bad.told)


def test_sound_domains_are_used_without_a_word():
    used(load_domain("chef"), ("completeness",))
    used(load_domain("coding"), ("error_detection",))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (None, "There is no domain"),
        ("", "defines no DOMAIN"),
        ("import flour", "No module named 'flour'"),
        ("DOMAIN = (", "SyntaxError"),
        ("class DOMAIN: name, instrument = 'chef', 'rubric'", "name of its folder"),
        ("class DOMAIN: name, instrument = '{name}', 'spoon'", "instrument"),
    ],
    ids=["no-module", "no-DOMAIN", "a-missing-library", "no-Python", "another-name", "another-instrument"],
)
def test_a_folder_that_is_no_domain_is_told_in_one_line(tmp_path, monkeypatch, request, source, told):
    name = request.node.callspec.id.replace("-", "_").lower()
    (tmp_path / name).mkdir()
    if source is not None:
        (tmp_path / name / "domain.py").write_text(source.replace("{name}", name))
    monkeypatch.setattr(threearc.domains, "__path__", [*threearc.domains.__path__, str(tmp_path)])
    refused(lambda: load_domain(name), name, told)


@pytest.mark.parametrize(("backend", "key"), [("judge", "judging.judge"), ("teacher", "teachers.backend")])
def test_a_backend_of_another_version_is_told_in_one_line(backend, key):
    def opened():
        if backend == "teacher":
            return open_classroom(load_domain("chef"), "endpoint")
        with rules.opened_judge({"judge": "endpoint", "domain": "chef", "axes": []}):
            return None

    refused(opened, f"config key {key}")


def row(**changed):
    """Change values of the first row, its id left out so that it may be another row."""

    def spoil(path):
        first, *others = path.read_text().splitlines()
        path.write_text("\n".join([json.dumps(json.loads(first) | {"id": ""} | changed), *others]) + "\n")

    return spoil


OTHER_CHECKLIST = {"author": "a", "prompt_hash": "of another", "claims": [{"id": "c", "text": "x"}]}
ORACLE = dict.fromkeys(("task_id", "starter", "entry_point", "test", "canonical_solution"), "x")
PROMPTS = (
    Bad("an edited row", "eval.jsonl", swap("split. Why?", "split. Why not?"), "line 1: This is not a valid prompt"),
    Bad("a torn row", "eval.jsonl", tear(40), "line 2"),
    Bad("a row twice", "eval.jsonl", lambda p: p.write_text(p.read_text() * 2), "line 3: The prompt"),
    Bad("a checklist for another question", "eval.jsonl", row(checklist=OTHER_CHECKLIST), "hash of another prompt"),
    Bad("a checklist and an oracle", "eval.jsonl", row(oracle=ORACLE), "not by both"),
    Bad("a prompt without text", "eval.jsonl", row(text="", checklist=None), "text"),
    Bad("an unknown split", "eval.jsonl", row(split="dev"), "split"),
    Bad("a field nobody reads", "eval.jsonl", row(mood="good"), "mood"),
    Bad("an empty line", "eval.jsonl", lambda p: p.write_text("\n" + p.read_text()), "line 1"),
    Bad("no prompts", "eval.jsonl", lose, "No such file"),
    Bad("prompts that are no text", "eval.jsonl", write(b"\xff\xfe"), "cannot be read"),
)
RESPONSES = (
    Bad("a torn response", "base.jsonl", tear(40), "line 2"),
    Bad("an edited response", "base.jsonl", swap("too hot", "too cold"), "line 1: This is not a valid response"),
    Bad("a condition with another name", "base.jsonl", row(condition_id="0" * 20), "condition_id"),
    Bad("a turn that was never taken", "base.jsonl", row(turn=2), "turn"),
    Bad("a response to another prompt", "base.jsonl", row(prompt_id="0" * 20), "prompt that is not there"),
    Bad("a response to another text", "base.jsonl", row(prompt_hash="0" * 20), "prompt that is not there"),
)
JUDGEMENTS = (
    Bad(
        "a judgement about nothing",
        "judged.jsonl",
        row(subject={"type": "response", "response_id": "gone"}),
        "response gone",
    ),
    Bad(
        "a response never judged",
        "judged.jsonl",
        lambda p: p.write_text(p.read_text().splitlines()[0] + "\n"),
        "never judged",
    ),
    Bad("a verdict and a reason for none", "judged.jsonl", row(missing="silent"), "either a verdict or a reason"),
    Bad("a verdict on another question", "judged.jsonl", row(question="style"), "cannot have a verdict on delivery"),
)


@each(*PROMPTS, *RESPONSES, *JUDGEMENTS)
def test_bad_records_are_told_in_one_line(tmp_path, bad):
    asked = [prompt(), prompt(text="Why is it thin?", entry="sauce/thin")]
    given = [response(to) for to in asked]
    for name, rows in (("eval", asked), ("base", given), ("judged", map(delivery, given))):
        write_records(tmp_path / f"{name}.jsonl", rows)
    prompts = {p.id: p for p in asked}
    paths = {name: tmp_path / f"{name}.jsonl" for name in ("eval", "base", "judged")}

    def read():
        read_records(paths["eval"], Prompt)
        answers = read_responses(paths["base"], prompts)
        judged = read_records(paths["judged"], Judgement)
        return join(answers, judged, prompts, {}, 0.5, str(paths["judged"]))

    assert len(read()) == 2
    bad.spoil(tmp_path / bad.file)
    refused(read, tmp_path / bad.file, bad.told)
