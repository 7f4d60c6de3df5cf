"""PyTorchJob for Kubernetes: kubeflow.org/v1 (Kubeflow Training Operator), torchrun."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import StringConstraints

FILE = "launch/kubernetes.yaml"
IMAGE = (  # registry:port / path : tag @ digest
    r"^([a-z0-9][a-z0-9.-]{0,62}(:[0-9]{1,5})?/)?[a-z0-9][a-z0-9._/-]{0,127}"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
)
SIZE = r"^[1-9][0-9]{0,5}[MGT]i$"
WORD = r"^([a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?)?$"

MANIFEST = """\
# Trains {project} on Kubernetes, one torchrun per pod, one process per GPU. Needs Kubeflow's
# Training Operator 1.7 or later, which knows the kind PyTorchJob.
#
#   kubectl apply -f launch/kubernetes.yaml
#   kubectl logs -f {job}-worker-0
#   kubectl delete pytorchjob {job}
#
# The image holds this folder in /workspace, for example with the Dockerfile
#
#   FROM pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime
#   WORKDIR /workspace
#   COPY . .
#   RUN pip install --no-cache-dir .
#
# Deleted and applied again, the job goes on from its last checkpoint. `kubectl delete -f` with
# this file would delete the volume with the runs as well.
# train.py's flags go into `args`. A batch is split over all GPUs: their number has to divide it.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: "{job}-runs"
spec:
  accessModes: [{access}] # {access_reason}
{storage_class}  resources:
    requests:
      storage: {storage}
---
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata:
  name: "{job}" # quoted, for YAML takes a plain `no` for false
spec:
  nprocPerNode: "{gpus}"
  # Tells torchrun, through PET_NNODES and PET_RDZV_*, where the pods meet. When one of them is
  # lost, the others wait for its successor, and all go on from the last checkpoint.
  elasticPolicy:
    rdzvBackend: c10d
    minReplicas: {nodes}
    maxReplicas: {nodes} # the same: other numbers of processes draw other noise
    maxRestarts: 3 # in place; after that the pod starts anew
  runPolicy:
    backoffLimit: {restarts}
    cleanPodPolicy: None # finished pods stay, for their logs
  pytorchReplicaSpecs:
    Worker:
      replicas: {nodes}
      restartPolicy: OnFailure # the same command again resumes
      template:
        spec:
          # SIGTERM has train.py save and end; the checkpoint needs that much time at most.
          terminationGracePeriodSeconds: {grace}
          containers:
            - name: pytorch # the operator looks for this name
              image: "{image}"
              workingDir: /workspace
              command: [torchrun, --nproc-per-node={gpus}, train.py]
              args: [--out-dir, "/runs/{project}"]
              env:
                - name: OMP_NUM_THREADS
                  value: "{cpus_per_gpu}" # per process
                - name: PET_SHUTDOWN_TIMEOUT # how long torchrun waits for that checkpoint
                  value: "{patience}" # 30 before PyTorch 2.13
              resources:
                requests:
                  cpu: {cpus}
                  memory: {memory}
                limits:
                  memory: {memory}
                  nvidia.com/gpu: {gpus}
              volumeMounts:
                - name: runs
                  mountPath: /runs
                - name: shared-memory
                  mountPath: /dev/shm
          volumes:
            - name: runs
              persistentVolumeClaim:
                claimName: "{job}-runs"
            - name: shared-memory # NCCL and data workers need more than a container's 64 MiB
              emptyDir:
                medium: Memory
                sizeLimit: {shared_memory} # counts towards the memory above
"""


def kubernetes(
    name: str,
    *,
    image: Annotated[str, StringConstraints(pattern=IMAGE)] = "registry.example.com/gan:latest",
    nodes: Annotated[int, Ge(1), Le(4096)] = 1,
    gpus_per_node: Annotated[int, Ge(1), Le(64)] = 1,
    cpus_per_gpu: Annotated[int, Ge(1), Le(256)] = 4,
    memory: Annotated[str, StringConstraints(pattern=SIZE)] = "32Gi",
    shared_memory: Annotated[str, StringConstraints(pattern=SIZE)] = "8Gi",
    storage: Annotated[str, StringConstraints(pattern=SIZE)] = "20Gi",
    storage_class: Annotated[str, StringConstraints(pattern=WORD)] = "",
    restarts: Annotated[int, Ge(0), Le(1000)] = 10,
    grace: Annotated[int, Ge(60), Le(3600)] = 180,
) -> str:
    """launch/kubernetes.yaml: a PyTorchJob and the volume that its runs are kept on.

    Args:
        image: container image with the project in /workspace; a tag or a digest may follow.
        nodes: pods that train together.
        gpus_per_node: GPUs of each of them, one process per GPU.
        cpus_per_gpu: processor cores for each GPU's process.
        memory: memory of a pod, such as 64Gi.
        shared_memory: size of /dev/shm, part of the memory.
        storage: size of the volume for runs/.
        storage_class: storage class of that volume; by default the cluster's own. With several
            nodes it has to allow ReadWriteMany.
        restarts: failures after which the job is given up.
        grace: seconds that a pod has for its last checkpoint when it has to go.
    """
    several = nodes > 1
    return MANIFEST.format(
        project=name,
        # A DNS label; the operator appends -worker-<number> within the 63 characters of one.
        job=name.replace("_", "-")[:48].rstrip("-"),
        image=image,
        access="ReadWriteMany" if several else "ReadWriteOnce",
        access_reason="every pod resumes from it" if several else "there is one pod",
        storage_class=f'  storageClassName: "{storage_class}"\n' if storage_class else "",
        storage=storage,
        nodes=nodes,
        gpus=gpus_per_node,
        cpus=cpus_per_gpu * gpus_per_node,
        cpus_per_gpu=cpus_per_gpu,
        memory=memory,
        shared_memory=shared_memory,
        restarts=restarts,
        grace=grace,
        patience=grace - 30,  # what is left is for the pod itself
    )
