"""Run by torchrun from test_train.py: train, then compare the processes' networks."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
import torch.distributed as dist
from torch import Tensor, nn

import train
from config import parse_args

networks: list[nn.Module] = []
prepare, load_data = train.prepare, train.load_data


def some_data(*given: Any, **named: Any) -> tuple[Tensor, Tensor]:
    """train.load_data, of so many samples that two processes can share an epoch's last batch."""
    samples, labels = load_data(*given, **named)
    return samples[:64], labels[:64]


def remember(module: nn.Module, *, compile: bool) -> nn.Module:
    """train.prepare, keeping the network at hand."""
    networks.append(module)
    return prepare(module, compile=compile)


train.prepare, train.load_data = remember, some_data
torch.set_num_threads(1)
train.train(parse_args())
for network in networks:
    for name, parameter in network.named_parameters():
        first = parameter.detach().clone()
        dist.broadcast(first, src=0)
        if not torch.equal(first, parameter):
            sys.exit(f"{name} differs between the processes")
