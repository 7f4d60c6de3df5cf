"""The body of a generated network's `forward`: stages in a row, the condition, further outputs."""

from __future__ import annotations

from gangen.plan import Layer, Network, Stage
from gangen.text import Code

ERROR = "error"  # attribute of a last layer that also sees the network's input


def sees_input(layer: Layer) -> bool:
    """Whether a last layer compares what comes to it with the network's input."""
    return bool(layer.component.constant("SEES_INPUT"))


def body(network: Network, condition: str) -> list[Code]:
    """The statements of `forward`; `condition` names the tensor that is conditioned on."""
    argument = network.role.argument
    flow = network.conditioning.flow if network.conditioning else ""
    given = {"layers": f", {condition}", "chunks": ", chunks"}.get(flow, "")
    value = argument + (".flatten(1)" if network.flat else "")
    lines: list[str] = []
    if flow == "chunks" and network.conditioning is not None:
        lines.append(f"first, chunks = self.{network.conditioning.name}({value}, {condition})")
        value = "first"
    elif network.before is not None and network.conditioning is not None:
        value = f"self.{network.conditioning.name}({value}, {condition})"
    if network.before is not None and sees_input(network.stages[-1].layers[-1]):
        lines.append(f"{argument} = {value}")  # what is compared with the result at the end
        value = argument
    split = len(network.outputs) > 1 or network.addend is not None
    kept = {name for stage in network.stages for name in (stage.joins, stage.adds)}
    for stage in network.stages[:-1] if split else network.stages:
        value = _call(stage, _read(stage, value), given, argument)
        if stage.name in kept:
            lines.append(f"{stage.name} = {value}")
            value = stage.name
        elif kept != {""} and stage is not network.stages[-1]:
            lines.append(f"{argument} = {value}")
            value = argument
    if split:
        lines += _outputs(network, value, given, condition)
    else:
        lines.append(f"return {value}" + _squeeze(network))
    return [Code(line) for line in lines]


def _read(stage: Stage, value: str) -> str:
    """What a stage is given: what the one before it computes, with that of an earlier one."""
    if stage.joins:
        return f"torch.cat([{value}, {stage.joins}], dim=1)"
    return f"{value} + {stage.adds}" if stage.adds else value


def _outputs(network: Network, value: str, given: str, condition: str) -> list[str]:
    flat = len(network.stages[-2].after) > 1
    lines = [f"features = {value}"]
    last = network.stages[-1]
    result = _call(last, _read(last, "features"), given, network.role.argument)
    result += _squeeze(network)
    features = "flat" if flat else "features"
    if flat:
        lines.append("flat = features.flatten(1)")
    if network.addend is not None and network.conditioning is not None:
        result += f" + self.{network.conditioning.name}({features}, {condition})"
    outputs = [result, *(f"self.{head.name}_head({features})" for head in network.heads)]
    outputs += [features] * network.gives_features
    return [*lines, f"return {', '.join(outputs)}"]


def _call(stage: Stage, value: str, given: str, argument: str) -> str:
    given = given if any(layer.conditional for layer in stage.layers) else ""
    value = f"self.{stage.name}({value}{given})"
    return f"self.{ERROR}({value}, {argument})" if sees_input(stage.layers[-1]) else value


def _squeeze(network: Network) -> str:
    return ".squeeze(1)" if network.target.scalar else ""
