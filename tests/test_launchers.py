"""Launch files: right for sbatch and kubectl, closed to hostile options, and they resume."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
import yaml

from gangen import cli
from gangen.build import build
from gangen.catalogue import Catalogue, shipped
from gangen.compose import Compiled, compile_spec
from gangen.describe import takes
from gangen.errors import SpecError
from gangen.render import render

CATALOGUE = Catalogue((shipped(),))
LAUNCHERS = list(CATALOGUE.all("launchers"))
TEXTS = [
    (launcher.name, option.name)
    for launcher in LAUNCHERS
    for option in launcher.options().values()
    if takes(option.type, str)
]
BASE = """\
gangen: 1
name: {name}
data: {{source: ring, samples: 64}}
latent: {{dim: 2}}
generator: {{architecture: mlp, hidden: [8]}}
discriminator: {{architecture: mlp, hidden: [8]}}
objective: {{loss: hinge}}
evaluation: {{metrics: []}}
"""


def spec(launch: object = None, name: str = "toy") -> str:
    said = f"launch: {json.dumps(launch)}\n" if launch else ""  # JSON escapes all but ASCII
    return BASE.format(name=name) + said


def compiled(launch: object = None, name: str = "toy") -> Compiled:
    return compile_spec(Path("spec.yaml"), CATALOGUE, (), spec(launch, name))


def written(launch: object, name: str = "toy") -> str:
    """The one launch file of a project."""
    files = render(compiled(launch, name).plan, CATALOGUE)
    (text,) = (text for path, text in files.items() if path.startswith("launch/"))
    return text


# ------------------------------------------------------------------ which files


def test_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["list", "launchers"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{launcher.name} " in listed for launcher in LAUNCHERS)


def test_a_project_without_launch_has_no_launch_files() -> None:
    assert not [path for path in render(compiled().plan, CATALOGUE) if "launch" in path]


def test_launch_adds_its_files_and_changes_no_other(tmp_path: Path) -> None:
    build(Path("spec.yaml"), tmp_path, CATALOGUE, text=spec(["slurm", {"kubernetes": {}}]))
    names = sorted(path.name for path in (tmp_path / "launch").iterdir())
    assert names == ["kubernetes.yaml", "slurm.sh"]
    plain, more = (
        render(compiled(launch).plan, CATALOGUE) for launch in (None, ["slurm", "kubernetes"])
    )
    changed = {path for path in plain if more[path] != plain[path]}
    assert not {path for path in changed if path.endswith(".py")}


def test_each_launcher_has_a_file_of_its_own() -> None:
    files = [launcher.constant("FILE") for launcher in LAUNCHERS]
    assert all(file.startswith("launch/") for file in files)
    assert len(set(files)) == len(files)


# ------------------------------------------------------------------ hostile options

HOSTILE = [
    *("$(id)", "`id`", "a; id", "a && id", "a | id", "a > b", "a\nb", "a\n", "a b", "a'b", 'a"b'),
    *("\\", "a\\", "$HOME", "${x}", "{name}", "a: b", "- a", "[a]", "#", "a #b", "&a", "*a", "!a"),
    *(
        "../a",
        "-a",
        "--wrap=id",
        "a\u2028b",
        "\u0661",
        "\u0661:00:00",
        "a\u200b",
        "~",
        "%",
    ),
    "x" * 10_000,
]


@pytest.mark.parametrize(("launcher", "option"), TEXTS)
def test_a_hostile_text_is_refused_where_it_stands(launcher: str, option: str) -> None:
    for value in HOSTILE:
        with pytest.raises(SpecError) as caught:
            compiled([{launcher: {option: value}}])
        (problem,) = caught.value.problems
        assert problem.code == "format"
        assert f"launch[0].{launcher}.{option}" in problem.message
        assert problem.place is not None
        assert problem.place.line >= BASE.count("\n") + 1


@pytest.mark.parametrize(("launcher", "option"), TEXTS)
def test_every_text_has_a_pattern_for_all_of_it(launcher: str, option: str) -> None:
    written = CATALOGUE.get("launchers", launcher).options()[option].type
    (pattern,) = (rule.pattern for rule in get_args(written) if hasattr(rule, "pattern"))
    assert pattern.startswith("^")
    assert pattern.endswith("$")
    assert not {"\\d", "\\w", "\\s", "."} & {pattern, *pattern.split("[")[0]}, "letters of ASCII"


REFUSED = [
    ("slurm", {"nodes": 0}, "range"),
    ("slurm", {"gpus_per_node": 65}, "range"),
    ("slurm", {"grace": 5}, "range"),
    ("slurm", {"time": "24h"}, "format"),
    ("slurm", {"time": "1:99:00"}, "format"),
    ("slurm", {"memory": "64"}, "format"),
    ("slurm", {"nodes": "two"}, "type"),
    ("slurm", {"queue": "gpu"}, "unknown-key"),
    ("kubernetes", {"image": "UPPER/case"}, "format"),
    ("kubernetes", {"image": "a:b:c"}, "format"),
    ("kubernetes", {"storage": "20G"}, "format"),
    ("kubernetes", {"storage_class": "a-"}, "format"),
]


@pytest.mark.parametrize(("launcher", "options", "code"), REFUSED)
def test_wrong_values_are_refused(launcher: str, options: Mapping[str, object], code: str) -> None:
    with pytest.raises(SpecError) as caught:
        compiled([{launcher: options}])
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.place is not None


def test_the_same_launcher_twice_is_refused() -> None:
    with pytest.raises(SpecError):
        compiled(["slurm", {"slurm": {"nodes": 2}}])


IMAGES = [
    "gan",
    "user/gan:v1.2_a",
    "localhost:5000/gan",
    "registry.example.com/team/sub/gan:latest",
    "ghcr.io/a/b@sha256:" + 64 * "0",
]


@pytest.mark.parametrize("image", IMAGES)
def test_images_are_named_as_usual(image: str) -> None:
    assert pod(written([{"kubernetes": {"image": image}}]))["containers"][0]["image"] == image


# ------------------------------------------------------------------ slurm

SLURM = [
    {},
    {"nodes": 4, "gpus_per_node": 8, "cpus_per_gpu": 12, "time": "7-00:00:00", "grace": 300},
    {"memory": "64G", "partition": "gpu_a100.large", "account": "lab-1"},
]


@pytest.mark.parametrize("options", SLURM)
def test_the_batch_script_is_clean(options: Mapping[str, object], tmp_path: Path) -> None:
    path = tmp_path / "slurm.sh"
    path.write_text(written([{"slurm": options}]))
    check(["bash", "-n", str(path)])
    if shutil.which("shellcheck"):
        check(["shellcheck", str(path)])
    assert max(map(len, path.read_text().splitlines())) <= 100


def check(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_options_become_sbatch_flags() -> None:
    flags = set(sbatch(written([{"slurm": SLURM[1] | SLURM[2]}])))
    assert {"--nodes=4", "--gpus-per-node=8", "--cpus-per-task=96", "--time=7-00:00:00"} <= flags
    assert {"--mem=64G", "--partition=gpu_a100.large", "--account=lab-1"} <= flags
    assert {"--ntasks-per-node=1", "--requeue", "--signal=B:USR1@300"} <= flags


def test_what_is_not_said_is_left_to_the_cluster() -> None:
    flags = " ".join(sbatch(written(["slurm"])))
    assert not any(flag in flags for flag in ("--mem", "--partition", "--account"))


def test_flags_come_before_the_first_command() -> None:
    """sbatch reads no further."""
    lines = written(["slurm"]).splitlines()
    first = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    assert not any(line.startswith("#SBATCH") for line in lines[first:])
    assert lines[0] == "#!/usr/bin/env bash"


def sbatch(script: str) -> Iterator[str]:
    lines = script.splitlines()
    return (line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH "))


# Stand-ins for SLURM's commands on one machine, which has no other node.
FAKES = {
    "srun": """\
echo $$ > srun.pid
echo "$@" >> srun.log
while [[ $1 == --* ]]; do shift; done
exec "$@"
""",
    "scancel": 'echo "$@" >> scancel.log; kill -TERM "$(cat srun.pid)"\n',
    "scontrol": """\
if [[ $1 == show ]]; then
    echo localhost
    seq 100000 # more than a pipe holds
else
    echo "$@" >> scontrol.log
fi
""",
}


@pytest.fixture
def cluster(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A project with a batch script, and the environment that a job has."""
    build(Path("spec.yaml"), tmp_path, CATALOGUE, text=spec([{"slurm": {"gpus_per_node": 2}}]))
    commands = tmp_path / "commands"
    commands.mkdir()
    for name, text in FAKES.items():
        (commands / name).write_text("#!/usr/bin/env bash\n" + text)
        (commands / name).chmod(0o755)
    (commands / "torchrun").write_text(
        f'#!/usr/bin/env bash\nexec {sys.executable} -m torch.distributed.run "$@"\n'
    )
    (commands / "torchrun").chmod(0o755)
    slurm = {"SLURM_JOB_ID": str(os.getpid()), "SLURM_NNODES": "1", "SLURM_CPUS_PER_TASK": "2"}
    slurm |= {"SLURM_JOB_NODELIST": "node", "OMP_NUM_THREADS": "1"}
    return tmp_path, {**os.environ, **slurm, "PATH": f"{commands}:{os.environ['PATH']}"}


def job(project: Path, environment: Mapping[str, str], *flags: str) -> subprocess.Popen[str]:
    command = ["bash", "launch/slurm.sh", "--device", "cpu", "--batch-size", "8"]
    return subprocess.Popen(
        [*command, "--log-every", "1", *flags],
        cwd=project,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.mark.slow
def test_a_job_saves_requeues_and_goes_on(cluster: tuple[Path, dict[str, str]]) -> None:
    project, environment = cluster
    run = project / "runs" / "toy"
    first = job(project, environment, "--steps", "1000000", "--checkpoint-every", "1000000")
    try:
        wait_for(run / "metrics.jsonl", first)
        first.send_signal(signal.SIGUSR1)  # the time is nearly up
        said, _ = first.communicate(timeout=120)
    finally:
        first.kill()
    assert first.returncode == 0, said
    identity = environment["SLURM_JOB_ID"]
    assert (project / "scontrol.log").read_text().split() == ["requeue", identity]
    assert (project / "scancel.log").read_text().split() == ["--signal=TERM", identity]
    saved = step_of(run / "last.pt")
    assert saved % 10 == 0
    assert saved > 0

    second = job(project, environment, "--steps", str(saved + 3))
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 0, said
    assert f"after step {saved}" in said
    assert step_of(run / "last.pt") == saved + 3
    assert len((project / "scontrol.log").read_text().splitlines()) == 1  # not queued again


@pytest.mark.slow
def test_a_job_that_fails_does_not_return(cluster: tuple[Path, dict[str, str]]) -> None:
    project, environment = cluster
    failing = job(project, environment, "--steps", "2", "--batch-size", "7")
    said, _ = failing.communicate(timeout=120)
    assert failing.returncode != 0
    assert "does not split over 2 processes" in said
    assert not (project / "scontrol.log").exists()


def wait_for(path: Path, process: subprocess.Popen[str], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not (path.exists() and path.read_text()):
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < end, f"{path} was not written"
        time.sleep(0.05)


def step_of(checkpoint: Path) -> int:
    return int(torch.load(checkpoint, weights_only=True)["step"])


# ------------------------------------------------------------------ kubernetes


def documents(text: str) -> list[Any]:
    return list(yaml.safe_load_all(text))


def pod(text: str) -> Any:
    (worker,) = documents(text)[1]["spec"]["pytorchReplicaSpecs"].values()
    return worker["template"]["spec"]


def test_the_manifest_is_a_claim_and_a_job() -> None:
    claim, job = documents(written([{"kubernetes": {"gpus_per_node": 4}}]))
    assert (claim["apiVersion"], claim["kind"]) == ("v1", "PersistentVolumeClaim")
    assert (job["apiVersion"], job["kind"]) == ("kubeflow.org/v1", "PyTorchJob")
    assert set(job["spec"]) == {"nprocPerNode", "elasticPolicy", "runPolicy", "pytorchReplicaSpecs"}
    assert job["spec"]["nprocPerNode"] == "4"  # a text: it may also be auto, cpu, gpu
    (worker,) = job["spec"]["pytorchReplicaSpecs"].values()
    assert set(worker) == {"replicas", "restartPolicy", "template"}
    assert worker["restartPolicy"] == "OnFailure"


def test_the_container_trains_on_the_volume() -> None:
    text = written([{"kubernetes": {"gpus_per_node": 4, "shared_memory": "16Gi"}}])
    claim, inside = documents(text)[0], pod(text)
    (container,) = inside["containers"]
    assert container["name"] == "pytorch"  # the operator looks for it
    assert container["command"] == ["torchrun", "--nproc-per-node=4", "train.py"]
    assert container["args"] == ["--out-dir", "/runs/toy"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 4
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in inside["volumes"]}
    named = volumes[mounts["/runs"]]["persistentVolumeClaim"]["claimName"]
    assert named == claim["metadata"]["name"]
    assert volumes[mounts["/dev/shm"]]["emptyDir"] == {"medium": "Memory", "sizeLimit": "16Gi"}
    assert all(isinstance(entry["value"], str) for entry in container["env"])


@pytest.mark.parametrize(("nodes", "access"), [(1, "ReadWriteOnce"), (3, "ReadWriteMany")])
def test_several_pods_share_the_volume(nodes: int, access: str) -> None:
    claim, job = documents(written([{"kubernetes": {"nodes": nodes}}]))
    assert claim["spec"]["accessModes"] == [access]
    assert job["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] == nodes
    policy = job["spec"]["elasticPolicy"]
    assert policy["minReplicas"] == policy["maxReplicas"] == nodes


@pytest.mark.parametrize("name", ["no", "true", "null", "e1", "a_b-", "a" * 64, "a" + 63 * "-"])
def test_every_name_becomes_a_legal_one(name: str) -> None:
    text = written([{"kubernetes": {"storage_class": "1.5"}}], name=f'"{name}"')
    claim, job = documents(text)
    for label in (f"{job['metadata']['name']}-worker-4095", claim["metadata"]["name"]):
        assert re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", label)
    assert claim["spec"]["storageClassName"] == "1.5"
    assert pod(text)["containers"][0]["args"][1] == f"/runs/{name}"


def test_the_checkpoint_has_time() -> None:
    inside = pod(written([{"kubernetes": {"grace": 100}}]))
    (container,) = inside["containers"]
    said = {entry["name"]: entry["value"] for entry in container["env"]}
    assert int(said["PET_SHUTDOWN_TIMEOUT"]) < inside["terminationGracePeriodSeconds"] == 100
