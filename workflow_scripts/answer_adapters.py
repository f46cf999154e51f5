"""Ask the student with each of its adapters merged in, and let each read base's answers once."""

from pathlib import Path

from threearc.models.features import States, extract_features, save_states
from threearc.models.interventions import Intervention
from threearc.models.readings import readings_of
from threearc.operators import dpo
from threearc.operators.adapters import MAIN, adapter_condition
from threearc.operators.answering import cached_interview
from threearc.provenance.job import job
from threearc.records.jsonl import read_all, read_records, write_records
from threearc.records.prompts import Prompt
from threearc.records.responses import Response, condition_id

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = read_all(snakemake.input.prompts, Prompt)
    # One answer to each eval prompt: what reading it leaves behind in base and in the trained student is compared.
    read = {prompt.id for prompt in prompts if prompt.split == "eval"}
    base = [r for r in read_records(snakemake.input.base, Response) if r.setup.condition.role == "base"]
    base = [r for r in base if r.prompt_id in read and r.decode_seed == settings["decode_seeds"][0]]
    student, answers, states, arms = Path(snakemake.input.student).parent, [], {}, {}
    with cached_interview(student, settings, snakemake.output.responses) as (interview, engine):
        tokenizer = engine.student.tokenizer
        for weights, adapter in zip(snakemake.input.adapters, settings["adapters"], strict=True):
            folder = Path(weights).parent
            trained = interview.under(Intervention(adapter=folder))
            method, recipe, seed = adapter["method"], adapter["recipe"], adapter["train_seed"]
            continues = arms.get(("sft", MAIN, seed)) if method == dpo.OPERATOR else None
            condition = adapter_condition(folder, method, recipe, seed, continues)
            setup = trained.setup(condition, seed)
            arms[method, recipe, seed] = condition_id(setup)
            answers += trained.ask(prompts, setup, settings["decode_seeds"])
            states[condition_id(setup)] = extract_features(
                engine.hand_over(trained.intervention),
                readings_of(base, tokenizer),
                last_tokens=1,
                batch_size=settings["batch_size"],
                length_step=settings["length_step"],
                pad=tokenizer.pad_token_id,
            ).h_last
    write_records(snakemake.output.responses, answers)
    save_states(snakemake.output.states, States([r.id for r in base], states))
