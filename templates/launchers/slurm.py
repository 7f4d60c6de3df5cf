"""Batch script for SLURM: sbatch and srun (SchedMD documentation), torchrun (PyTorch Elastic)."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import StringConstraints

FILE = "launch/slurm.sh"
TIME = r"^([0-9]{1,3}-)?[0-9]{1,2}:[0-5][0-9]:[0-5][0-9]$"
WORD = r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$"
SIZE = r"^([1-9][0-9]{0,5}[MGT])?$"

SCRIPT = r"""#!/usr/bin/env bash
# Trains {name} on a SLURM cluster, one torchrun per node, one process per GPU.
#
#   sbatch launch/slurm.sh                       from the project's folder
#   sbatch launch/slurm.sh --batch-size 256      what follows goes to train.py
#   sbatch --nodes=4 launch/slurm.sh             flags in front replace the lines below
#
# Activate your Python environment first: the job inherits it. The project's folder has to be on a
# disk that all nodes share. A batch is split over all GPUs, so their number has to divide it.
#
#SBATCH --job-name={name}
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append
#SBATCH --nodes={nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node={gpus_per_node}
#SBATCH --cpus-per-task={cpus}
#SBATCH --time={time}
{optional}# The script is told {grace} seconds before the time is up, and then requeues its job.
#SBATCH --signal=B:USR1@{grace}
#SBATCH --requeue

set -euo pipefail

nodes=${{SLURM_NNODES:?is set by SLURM; submit this script with sbatch}}
mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
port=$((20000 + SLURM_JOB_ID % 20000)) # jobs that share a node meet at different ports
export OMP_NUM_THREADS=${{OMP_NUM_THREADS:-{threads}}} # per process
export PET_SHUTDOWN_TIMEOUT={patience} # torchrun's patience for a last checkpoint; 30 before 2.13

# Told to stop, train.py finishes its step, saves and ends; started again, it goes on from there.
# scancel tells the processes that srun started, not this script.
time_is_up=""
trap 'time_is_up=yes; scancel --signal=TERM "$SLURM_JOB_ID"' USR1

# In the background, because bash runs a trap only between commands and while it waits. When the
# first node has ended, the others have --wait seconds: the one that saves comes last.
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" --kill-on-bad-exit=0 --wait={patience} torchrun \
    --nnodes="$nodes" \
    --nproc-per-node="${{SLURM_GPUS_ON_NODE:-{gpus_per_node}}}" \
    --rdzv-backend=c10d \
    --rdzv-endpoint="${{hosts[0]}}:$port" \
    --rdzv-id="$SLURM_JOB_ID" \
    train.py "$@" &
step=$!

code=0
wait "$step" || code=$?
if [[ -n $time_is_up ]]; then
    wait "$step" || true # the wait above ended at the signal, before the training did
    echo "the time is up: the job returns to the queue and will go on from its last checkpoint"
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
fi
exit "$code"
"""


def slurm(
    name: str,
    *,
    nodes: Annotated[int, Ge(1), Le(4096)] = 1,
    gpus_per_node: Annotated[int, Ge(1), Le(64)] = 1,
    cpus_per_gpu: Annotated[int, Ge(1), Le(256)] = 4,
    time: Annotated[str, StringConstraints(pattern=TIME)] = "24:00:00",
    grace: Annotated[int, Ge(60), Le(3600)] = 180,
    memory: Annotated[str, StringConstraints(pattern=SIZE)] = "",
    partition: Annotated[str, StringConstraints(pattern=WORD)] = "",
    account: Annotated[str, StringConstraints(pattern=WORD)] = "",
) -> str:
    """launch/slurm.sh, an sbatch script that saves before its time is up, requeues and goes on.

    Args:
        nodes: machines that train together.
        gpus_per_node: GPUs on each of them, one process per GPU.
        cpus_per_gpu: processor cores for each GPU's process.
        time: most time that one job may take, [days-]hours:minutes:seconds.
        grace: seconds before the end at which the training saves and the job is queued again.
        memory: memory of a node, such as 64G; by default what the cluster gives.
        partition: partition of the cluster; by default the cluster's own.
        account: account that is charged; by default your own.
    """
    said = {"mem": memory, "partition": partition, "account": account}
    return SCRIPT.format(
        name=name,
        nodes=nodes,
        gpus_per_node=gpus_per_node,
        cpus=cpus_per_gpu * gpus_per_node,
        threads=cpus_per_gpu,
        time=time,
        grace=grace,
        patience=grace - 30,  # what is left is for SLURM
        optional="".join(f"#SBATCH --{flag}={value}\n" for flag, value in said.items() if value),
    )
