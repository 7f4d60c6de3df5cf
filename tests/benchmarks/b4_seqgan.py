"""B4: sequences that an LSTM with random parameters draws (SeqGAN, Yu et al. 2017, section 5.1).

`python tests/benchmarks/b4_seqgan.py oracle-5000-small --seeds 0`; ten minutes on a CPU core.

Each row has the scores at the end of maximum likelihood and at the end of the run. The published
ones are of another oracle, whose own NLL is 5.749, and of uniform tokens 11.43.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from _common import HERE, Run, Variant, benchmark, parse_args, read_variants


def evaluations(run: Run) -> list[dict[str, Any]]:
    """What the project recorded while it trained, by step."""
    lines = (run.checkpoint.parent / "evaluation.jsonl").read_text().splitlines()
    return sorted((json.loads(line) for line in lines), key=lambda record: record["step"])


def uniform(scores: Mapping[str, float], floor: Mapping[str, float]) -> float:
    """NLL of uniform tokens, of which `gap_closed` says how far from the oracle's own one is."""
    found, share = scores["nll_oracle"], scores["gap_closed"]
    return (found - share * floor["nll_oracle"]) / (1 - share)


def score(run: Run) -> Mapping[str, Any]:
    """Before and after the adversarial phase, and by how much it lowered the oracle's NLL."""
    knobs = json.loads((run.checkpoint.parent / "run.json").read_text())["config"]
    before = int(knobs["mle_steps"]) + int(knobs["d_pretraining"])
    records = evaluations(run)
    mle = [record for record in records if record["step"] <= before][-1]["scores"]
    end = records[-1]["scores"]
    return {
        **{name: round(value, 4) for name, value in end.items()},
        "nll_mle": round(mle["nll_oracle"], 4),
        "nll_test_mle": round(mle["nll_test"], 4),
        "gap_closed_mle": round(mle["gap_closed"], 4),
        "drop": round(mle["nll_oracle"] - end["nll_oracle"], 4),
        "lowest": round(min(record["scores"]["nll_oracle"] for record in records), 4),
        "nll_own": round(records[-1]["floor"]["nll_oracle"], 4),
        "nll_uniform": round(uniform(end, records[-1]["floor"]), 4),
    }


def floor(variant: Variant) -> Mapping[str, Any]:
    """What the drop has to reach, and what the NLL of held-out sequences may cost."""
    return {"drop": 0.25, "nll_test_rise": 1.0}


if __name__ == "__main__":
    VARIANTS = read_variants(HERE / "b4_seqgan.yaml")
    benchmark("b4", VARIANTS, score, floor, parse_args(__doc__ or "", VARIANTS))
