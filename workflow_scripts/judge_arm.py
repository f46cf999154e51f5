"""Judge the responses of one operator; the judge sees prompt and text only, the same for every operator."""

from threearc.judging.arm import certainties, judge_responses
from threearc.judging.rules import opened_judge
from threearc.models.tokens import TokenReader
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_all, write_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import read_responses

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id(read_all(snakemake.input.prompts, Prompt))
    marks = tuple(settings["thinking"])
    with opened_judge(settings) as judge:
        judgements = judge_responses(
            judge,
            read_responses(snakemake.input.responses, prompts),
            prompts,
            certainties(read_all(snakemake.input.certainty, Judgement)),
            settings["budgets"],
            TokenReader(snakemake.input.tokenizer, marks),
            marks,
        )
        write_records(snakemake.output.judgements, judgements)
