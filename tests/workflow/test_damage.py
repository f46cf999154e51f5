"""Damaged files of a finished study: told in one line by whoever reads them first, with the command that mends them;
that command, the same run again, and one of the whole study give the results of the study that nothing happened to."""

import json
import random
import subprocess
from dataclasses import dataclass

import pytest
from crashing import commands_in, same_as
from spoiling import tear, write
from studies import SMALL, results_of, snakemake

STUDENT = "results/students/chef/qwen3-0.6b"
CELL = "results/chef/qwen3-0.6b"
SFT, DPO = (f"{CELL}/adapters/{method}/main/0" for method in ("sft", "dpo"))
SECOND = f"{CELL}/responses/recovery.jsonl"
WEIGHTS, ADAPTER = "adapter_model.safetensors", "adapter_config.json"


def flip(path):
    """One bit in the middle is another."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def without_a_key(path):
    """A JSON document lacks its first key."""
    found = json.loads(path.read_text())
    del found[next(iter(found))]
    path.write_text(json.dumps(found))


def torn_in_half(path):
    """The second half is gone."""
    tear(path.stat().st_size // 2)(path)


EMPTY, GARBAGE = write(b""), write(random.Random(0).randbytes(5000))


@dataclass(frozen=True)
class Damage:
    """What is done to which file, and a result whose rule reads it."""

    file: str
    how: object
    target: str


DAMAGES = {
    "an empty student config": Damage(f"{STUDENT}/config.json", EMPTY, f"{CELL}/responses/base.jsonl"),
    "torn student weights": Damage(f"{STUDENT}/model.safetensors", torn_in_half, f"{CELL}/responses/base.jsonl"),
    "a flipped bit in student weights": Damage(f"{STUDENT}/model.safetensors", flip, f"{CELL}/responses/base.jsonl"),
    "a tokenizer without a key": Damage(f"{STUDENT}/tokenizer.json", without_a_key, f"{CELL}/responses/base.jsonl"),
    "a flipped bit in a tokenizer": Damage(f"{STUDENT}/tokenizer.json", flip, f"{CELL}/responses/base.jsonl"),
    "a garbled tokenizer config": Damage(f"{STUDENT}/tokenizer_config.json", GARBAGE, f"{CELL}/features/base.npz"),
    "an empty chat template": Damage(f"{STUDENT}/chat_template.jinja", EMPTY, f"{CELL}/features/base.npz"),
    "torn training prompts": Damage("results/chef/prompts/train.jsonl", tear(), "results/chef/teacher/gold.jsonl"),
    "a flipped bit in prompts": Damage("results/chef/prompts/eval.jsonl", flip, f"{CELL}/responses/base.jsonl"),
    "empty teacher answers": Damage("results/chef/teacher/gold.jsonl", EMPTY, f"{CELL}/data/sft.jsonl"),
    "a flipped bit in critiques": Damage(f"{CELL}/teacher/critiques.jsonl", flip, f"{CELL}/data/sft.jsonl"),
    "garbled responses": Damage(f"{CELL}/responses/base.jsonl", GARBAGE, f"{CELL}/features/base.npz"),
    "torn judgements": Damage(f"{CELL}/judgements/base.jsonl", tear(), f"{CELL}/probe.json"),
    "torn features": Damage(f"{CELL}/features/base.npz", tear(1000), f"{CELL}/heads.json"),
    "a flipped bit in features": Damage(f"{CELL}/features/base.npz", flip, f"{CELL}/probe.json"),
    "an empty training set": Damage(f"{CELL}/data/sft.jsonl", EMPTY, f"{SFT}/{WEIGHTS}"),
    "torn training pairs": Damage(f"{CELL}/data/pairs.jsonl", torn_in_half, f"{DPO}/{WEIGHTS}"),
    "a flipped bit in adapter weights": Damage(f"{SFT}/{WEIGHTS}", flip, f"{DPO}/{WEIGHTS}"),
    "an adapter config without a key": Damage(f"{SFT}/{ADAPTER}", without_a_key, f"{DPO}/{WEIGHTS}"),
    "torn adapter weights": Damage(f"{DPO}/{WEIGHTS}", tear(), f"{CELL}/responses/adapters.jsonl"),
    "torn states of adapters": Damage(f"{CELL}/features/adapters.npz", tear(), f"{CELL}/effects.json"),
    "garbled heads": Damage(f"{CELL}/heads.json", GARBAGE, f"{CELL}/responses/tempered.jsonl"),
    "a probe without a key": Damage(f"{CELL}/probe.json", without_a_key, f"{CELL}/responses/sidecar.jsonl"),
    "empty second answers": Damage(SECOND, EMPTY, f"{CELL}/judgements/recovery.jsonl"),
    "a flipped bit in judgements": Damage(f"{CELL}/judgements/tempered.jsonl", flip, SECOND),
    "a flipped bit in effects": Damage(f"{CELL}/effects.json", flip, "results/study/verdicts.json"),
    "guards without a key": Damage(f"{CELL}/guards.json", without_a_key, "results/study/verdicts.json"),
    "torn verdicts": Damage("results/study/verdicts.json", torn_in_half, "results/report.html"),
    "a garbled synthesis": Damage("results/study/synthesis.json", GARBAGE, "results/report.html"),
}
#: One of each kind, of files of different kinds, where little is to be made anew.
SHORT = ("a flipped bit in adapter weights", "torn judgements", "garbled heads", "a probe without a key")


def mended(study, copy, damage):
    """Damage a file, run, do what the one message says, run again, then all, and compare."""
    damage.how(copy / damage.file)
    assert results_of(copy) != results_of(study)
    done = snakemake(copy, damage.target, *SMALL, check=False)
    shown = done.stdout + done.stderr
    told = [line for line in shown.splitlines() if damage.file in line and "`" in line]
    assert done.returncode and len(told) == 1, shown[-5000:]
    assert "Traceback" not in shown
    (mend,) = commands_in(told[0])
    subprocess.run(mend, shell=True, check=True, cwd=copy)
    snakemake(copy, damage.target, *SMALL)
    snakemake(copy, *SMALL)
    same_as(study, copy)
    return told[0]


@pytest.mark.parametrize("what", SHORT, ids=[what.replace(" ", "-") for what in SHORT])
def test_a_damaged_file_is_told_with_the_command_that_mends_it(study, study_copy, what):
    mended(study, study_copy, DAMAGES[what])


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_every_damaged_file_is_told_with_the_command_that_mends_it(study, study_copy):
    assert len({damage.file for damage in DAMAGES.values()}) >= 20
    for what, damage in DAMAGES.items():
        print(f"{what}: {mended(study, study_copy, damage)}")
    print(f"{len(DAMAGES)} damages mended; each time all {same_as(study, study_copy)} files are as they were")


@pytest.mark.parametrize("how", [torn_in_half, EMPTY, write(b"{}")], ids=["torn", "empty", "without-a-key"])
def test_a_damaged_stamp_is_told_with_the_command_that_mends_it(study, study_copy, how):
    target = f"{CELL}/probe.json"
    (study_copy / target).unlink()
    mended(study, study_copy, Damage("results/stamps/judge_arm/chef/qwen3-0.6b/base.json", how, target))


@pytest.mark.parametrize("how", [torn_in_half, EMPTY], ids=["torn", "empty"])
def test_what_snakemake_noted_down_may_be_lost(study, study_copy, how):
    """Snakemake passes over a note that it cannot read, and says which; what it was about is made anew or kept."""
    notes = sorted((study_copy / ".snakemake/metadata").iterdir())
    assert len(notes) > 40
    for note in notes[::7]:
        how(note)
    done = snakemake(study_copy, *SMALL)
    assert "Traceback" not in done.stderr
    same_as(study, study_copy)
