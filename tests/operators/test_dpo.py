import json
from math import log

import pytest
import torch
from studies import ARCHITECTURES
from training import DPO, MARKS, RECIPE, adapted, examples, pairs

from threearc.models.lora import FILES, apply_adapter, load_adapter
from threearc.models.students import load_student
from threearc.operators.adapters import Encoder
from threearc.operators.dpo import train_dpo
from threearc.operators.sft import train_sft
from threearc.provenance.errors import StudyError


@pytest.fixture(scope="module", params=ARCHITECTURES)
def trained(students, request, tmp_path_factory):
    """A student with an SFT adapter and the DPO adapter that goes on from it."""
    sft, dpo = tmp_path_factory.mktemp("sft"), tmp_path_factory.mktemp("dpo")
    student = load_student(students[request.param], "float32")
    train_sft(student.model, student.tokenizer, examples(), RECIPE, MARKS, 0, sft)
    student = load_student(students[request.param], "float32")
    train_dpo(student.model, student.tokenizer, pairs(), DPO, MARKS, 0, sft, dpo)
    return students[request.param], sft, dpo


def log_probability(model, student, completion):
    encoder = Encoder(student.tokenizer, MARKS)
    prompt, answer = encoder.prompt(pairs(1)[0].messages), encoder.answer(completion)
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
    return float(logits.log_softmax(dim=-1).gather(1, torch.tensor(answer)[:, None]).sum())


def test_the_adapter_goes_on_from_sft_and_prefers_the_chosen_answer_more(trained):
    """Against the SFT policy, not against the untouched student: that is the reference."""
    folder, sft, dpo = trained
    margins = {}
    for name, adapter in (("sft", sft), ("dpo", dpo)):
        student = load_student(folder, "float32")
        model = apply_adapter(student.model, adapter)
        pair = pairs(1)[0]
        margins[name] = log_probability(model, student, pair.chosen) - log_probability(model, student, pair.rejected)
    assert margins["dpo"] > margins["sft"] + 0.5


def test_it_is_an_ordinary_adapter_of_the_untouched_student(trained):
    _, sft, dpo = trained
    assert adapted(dpo) == adapted(sft)
    assert (dpo / FILES[0]).read_bytes() != (sft / FILES[0]).read_bytes()
    assert json.loads((dpo / FILES[1]).read_text())["r"] == RECIPE.rank
    assert not list(dpo.glob("ref*"))


def test_the_first_loss_is_that_of_two_equal_policies(trained):
    curve = json.loads((trained[2] / FILES[2]).read_text())
    assert len(curve) == 4 and curve[0]["loss"] == pytest.approx(log(2), rel=1e-3)
    assert curve[-1]["loss"] < curve[0]["loss"] and curve[-1]["rewards/margins"] > 0


def test_the_same_seed_gives_the_same_adapter(trained, tmp_path):
    folder, sft, dpo = trained
    student = load_student(folder, "float32")
    train_dpo(student.model, student.tokenizer, pairs(), DPO, MARKS, 0, sft, tmp_path)
    assert (tmp_path / FILES[0]).read_bytes() == (dpo / FILES[0]).read_bytes()


@pytest.mark.parametrize("fault", ["untouched student", "learning"])
def test_another_reference_than_the_frozen_sft_policy_is_refused(students, trained, tmp_path, monkeypatch, fault):
    """As if the trainer held the policy against the untouched student, or let its reference learn."""
    from trl import DPOTrainer

    original = DPOTrainer.__init__

    def spoiled(self, *arguments, **named):
        original(self, *arguments, **named)
        for name, parameter in self.model.named_parameters():
            if ".ref." in name and fault == "learning":
                parameter.requires_grad_(True)
            elif ".ref.lora_B" in name or ".lora_B.ref." in name:
                parameter.data.zero_()

    monkeypatch.setattr(DPOTrainer, "__init__", spoiled)
    folder, sft, _ = trained
    student = load_student(folder, "float32")
    with pytest.raises(StudyError, match="not the frozen SFT policy"):
        train_dpo(student.model, student.tokenizer, pairs(4), DPO, MARKS, 0, sft, tmp_path)


def test_no_pairs_and_a_broken_start_are_told(students, trained, tmp_path):
    student = load_student(students["qwen3"], "float32")
    with pytest.raises(StudyError, match=r"No row was left in pairs\.jsonl"):
        train_dpo(student.model, student.tokenizer, [], DPO, MARKS, 0, tmp_path, tmp_path)
    with pytest.raises(StudyError, match="adapter cannot be loaded"):
        load_adapter(student.model, tmp_path)
