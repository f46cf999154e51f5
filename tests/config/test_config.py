import copy

import pytest
import yaml

from threearc.cli import main
from threearc.config.document import commented, json_schema
from threearc.config.load import load_config
from threearc.config.overlays import merged
from threearc.config.sections import Config
from threearc.config.slices import _SLICES, LIBRARIES, settings_of
from threearc.provenance.errors import StudyError
from threearc.provenance.hashing import canonical


@pytest.fixture
def values(repository):
    return merged([repository / "config.yaml"])


def test_the_full_study_and_the_demo_are_sound(repository, values):
    full = load_config(values)
    assert len(full.study.models) == 5 and all(m.source == "hub" for m in full.models.values())
    demo = load_config(merged([repository / "config.yaml", repository / "config/demo.yaml"]))
    assert {demo.models[name].source for name in demo.study.models} == {"miniature"}
    assert len(demo.study.models) == 5 and len(demo.study.domains) == 2
    assert demo.answering.decoding.temperature > 0
    assert full.domains["coding"].benchmark == "humaneval" and full.domains["chef"].benchmark is None
    assert full.answering.budgets == [512, 1024, 2048, 4096] and full.answering.decoding.max_tokens == 4096
    assert all(domain.benchmark is None for domain in demo.domains.values()), "the demo stays quick"


def test_comments_and_schema_are_those_of_the_sections(repository, values):
    """`threearc document` writes them; this fails when it was not called after a change."""
    assert (repository / "config.yaml").read_text() == commented(values)
    assert (repository / "schemas/config.schema.json").read_text() == json_schema()
    assert yaml.safe_load(commented(values)) == values


def set_at(values, path, value):
    changed = copy.deepcopy(values)
    *parents, last = path.split(".") if "/" not in path else path.split("/")
    target = changed
    for part in parents:
        target = target[part]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "key", "allowed"),
    [
        ("study.modles", [], "study.modles", "Allowed: name, results"),
        ("studdy", {}, "studdy", "Allowed: study, seeds"),
        ("models/qwen3-0.6b/revison", "x", "models.qwen3-0.6b.revison", "revision"),
        ("models/qwen3-0.6b/decoding", {"heat": 1.0}, "models.qwen3-0.6b.decoding.heat", "Allowed: temperature"),
        ("analysis.margins.asymetry", 1, "analysis.margins.asymetry", "asymmetry"),
        ("study.models", ["qwen3-0.6b", "gpt-9"], "study.models", "qwen3-0.6b, qwen3-1.7b"),
        ("study.models", ["qwen3-0.6b", "qwen3-0.6b"], "study.models", "once"),
        ("study.models", [], "study.models", "at least 1"),
        ("study.domains", ["bread"], "study.domains", "chef, coding"),
        ("study.operators", ["steering"], "study.operators.0", "'sft', 'dpo', 'tempered' or 'sidecar'"),
        ("study.entries.eval", 0, "study.entries.eval", "greater than or equal to 1"),
        ("domains.bread", {"axes": ["x"]}, "domains.bread", "chef, coding"),
        ("domains.chef.axes", ["humility"], "domains.chef.axes", "factual_accuracy"),
        ("domains.chef.axes", ["completeness"], "domains.chef.axes", "'hedging_appropriateness' is missing"),
        ("domains.chef.benchmark", "humaneval", "domains.chef.benchmark", "Allowed: null"),
        ("domains.coding.benchmark", "mbpp", "domains.coding.benchmark", "Allowed: humaneval, null"),
        ("domains.coding.axes", ["pedagogical_framing"], "domains.coding.axes", "uncertainty_calibration"),
        ("tempering.lambdas", [0.5, 1.5], "tempering.lambdas.1", "less than or equal to 1"),
        ("tempering.lambdas", [-0.1], "tempering.lambdas.0", "greater than or equal to 0"),
        ("tempering.dispositions", ["self_improving"], "tempering.dispositions.0", "'humble', 'adversarial_self'"),
        ("tempering.dispositions", [], "tempering.dispositions", "at least 1"),
        ("tempering.attribution", "loudness", "tempering.attribution", "'magnitude' or 'directional'"),
        ("tempering.permutations", 10, "tempering.permutations", "greater than or equal to 100"),
        ("tempering.heads", "five", "tempering.heads", "valid integer"),
        ("tempering.heads", 2.5, "tempering.heads", "valid integer"),
        ("seeds.decode", 0, "seeds.decode", "valid list"),
        ("seeds.decode", [-1], "seeds.decode.0", "greater than or equal to 0"),
        ("answering.decoding.temperature", "warm", "answering.decoding.temperature", "valid number"),
        ("answering.decoding.top_p", 0, "answering.decoding.top_p", "greater than 0"),
        ("answering.budgets", [512, 8192], "answering.budgets", "max_tokens"),
        ("models/qwen3-0.6b/source", "miniature", "models.qwen3-0.6b", "needs a shape"),
        ("models/qwen3-0.6b/reasoning", "on", "models.qwen3-0.6b.reasoning", "boolean"),
        ("models/qwen3-0.6b/revision", "main", "models.qwen3-0.6b.revision", "pattern"),
        ("models/Qwen 3", {}, "models.Qwen 3", "pattern"),
        ("judging.judge", "me", "judging.judge", "'rules' or 'endpoint'"),
        ("sidecar.least_class", 3, "sidecar.least_class", "fold"),
        ("analysis.level", 95, "analysis.level", "less than 1"),
        ("seeds.decode", [1, 1], "seeds.decode", "once"),
        ("seeds.train", [1, 1], "seeds.train", "once"),
        ("tempering.lambdas", [0.5, 0.5], "tempering.lambdas", "once"),
        ("answering.budgets", [512, 512], "answering.budgets", "once"),
        ("models/smollm2-1.7b/decoding", {"max_tokens": 600}, "answering.budgets", "smollm2-1.7b"),
        ("teachers.min_words", 10**6, "teachers", "max_words"),
        ("study.results", "", "study.results", "at least 1"),
        ("sft", KeyError, "sft", "config.yaml"),
        ("analysis.guards.truncated", KeyError, "analysis.guards.truncated", "config.yaml"),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_one_message_with_its_key_and_what_is_allowed(values, path, value, key, allowed):
    with pytest.raises(StudyError) as caught:
        load_config(set_at(values, path, value))
    message = str(caught.value)
    assert f"key {key}" in message and allowed in message and "\n" not in message


@pytest.mark.parametrize(
    ("shape", "key"),
    [
        ({"heads": 3, "kv_heads": 2}, "models.qwen3-0.6b.shape"),
        ({"heads": 1}, "tempering.heads"),
        ({"architecture": "qwen3_5"}, "tempering.heads"),
        ({"architecture": "llama", "heads": 5}, "models.qwen3-0.6b.shape"),
    ],
)
def test_shapes_that_cannot_be_built_or_tempered_are_told(repository, shape, key):
    found = merged([repository / "config.yaml", repository / "config/demo.yaml"])
    found["models"]["qwen3-0.6b"]["shape"] |= shape
    with pytest.raises(StudyError) as caught:
        load_config(found)
    assert f"key {key}" in str(caught.value)


def test_every_rule_has_a_slice_and_every_slice_a_rule(repository):
    scripts = {path.stem for path in (repository / "workflow_scripts").glob("*.py")}
    assert set(_SLICES) == scripts and set(LIBRARIES) <= scripts


def test_slices_are_plain_values(repository):
    config = load_config(merged([repository / "config.yaml", repository / "config/demo.yaml"]))
    wildcards = {"domain": "chef", "model": "gemma-4-e2b", "operator": "base", "recipe": "main"}
    wildcards |= {"train_seed": "0", "split": "eval"}
    for rule, function in _SLICES.items():
        named = {
            name: wildcards[name]
            for name in function.__code__.co_varnames[: function.__code__.co_argcount]
            if name != "config"
        }
        assert canonical(settings_of(rule, config, **named))


def test_a_models_own_decoding_goes_before_the_common_one(values):
    config = load_config(values)
    own = settings_of("answer_base", config, domain="chef", model="qwen3.5-0.8b")["decoding"]
    common = settings_of("answer_base", config, domain="chef", model="qwen3-0.6b")["decoding"]
    assert own["presence_penalty"] == 2.0 and common["presence_penalty"] == 0.0
    assert own["max_tokens"] == common["max_tokens"]


def test_makers_advise_real_models_and_say_nothing_of_miniatures(repository, values):
    full = load_config(values)
    demo = load_config(merged([repository / "config.yaml", repository / "config/demo.yaml"]))
    switches = {name: settings_of("answer_base", full, domain="chef", model=name)["reasoning"] for name in full.models}
    assert set(switches.values()) == {True, False, None} and switches["qwen3-0.6b"] is True
    for rule in ("answer_base", "answer_recovery"):
        for name in demo.study.models:
            told = settings_of(rule, demo, domain="chef", model=name)
            assert told["decoding"] == demo.answering.decoding.model_dump(mode="json") and told["reasoning"] is None
    # A model answers, reads and learns under one switch.
    seed = {"train_seed": "42"}
    wildcards = {"extract_features": {}, "train_sft": {"recipe": "main", **seed}, "train_dpo": seed}
    for rule, others in wildcards.items():
        told = settings_of(rule, full, domain="chef", model="qwen3.5-0.8b", **others)
        assert told["reasoning"] is switches["qwen3.5-0.8b"] is False


def test_every_section_and_field_is_described():
    def fields(model):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields"):
                fields(field.annotation)

    fields(Config)


def test_the_command_checks_and_tells(repository, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(repository)
    assert main(["check", "config/demo.yaml"]) == 0
    assert "10 cells" in capsys.readouterr().out
    bad = tmp_path / "bad.yaml"
    bad.write_text("tempering: {lambdas: [2]}\n")
    assert main(["check", str(bad)]) == 1
    assert "tempering.lambdas.0" in capsys.readouterr().err
    bad.write_text("just text")
    assert main(["check", str(bad)]) == 1
    assert str(bad) in capsys.readouterr().err
