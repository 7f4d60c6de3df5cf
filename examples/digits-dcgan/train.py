"""Train digits-dcgan.

Run the same command again to resume, or with a higher --steps to train on.

python train.py                                     # all knobs: python train.py --help
python train.py --batch-size 128 --out-dir runs/b128
torchrun --standalone --nproc-per-node=4 train.py   # four GPUs share each batch
"""

import copy
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import trange

from config import Config, changed_knobs, parse_args, to_plain
from data import DataError, infinite_batches, load_data
from losses import discriminator_loss, generator_loss
from models import Discriminator, Generator, sample_latent
from pictures import save_picture
from progress import CollapseWatch, Diverged, Meter, MetricWriter, Progress, all_finite, write_run
from report import write_report
from runtime import (
    CheckpointError,
    Frozen,
    State,
    StopSignal,
    WeightAverage,
    agree_on,
    channels_last,
    evaluating,
    in_any_process,
    init_process_group,
    is_first_process,
    load_checkpoint,
    prepare,
    save_checkpoint,
    seed_everything,
)


def train(config: Config, failures: Sequence[Diverged] = ()) -> None:
    """Make config.steps updates, or those that config.out_dir/last.pt still lacks.

    After `failures` it draws other noise than before, or it would fail in the same way.

    Raises:
        Diverged: a loss or a weight is no number any more, or all samples have become the same.
    """
    rank, world_size, device = init_process_group(config.device)
    seed_everything(config.seed)  # every process builds the same weights
    samples = load_data()[0].to(device)

    generator = Generator().to(device)  # z [B, 100] -> data [B, 1, 16, 16]
    discriminator = Discriminator().to(device)  # x [B, 1, 16, 16] -> logits [B]
    channels_last(generator, discriminator)
    ema = copy.deepcopy(generator).requires_grad_(False)  # its weights, averaged over the steps
    average = WeightAverage(ema, generator)
    g_opt = torch.optim.Adam(generator.parameters(), lr=config.g_lr, betas=(0.5, 0.999), fused=True)
    d_opt = torch.optim.Adam(
        discriminator.parameters(), lr=config.d_lr, betas=(0.5, 0.999), fused=True
    )
    progress = Progress()
    fixed_z = sample_latent(config.samples, torch.device("cpu")).to(device)  # for the pictures

    # Checkpoints hold the plain modules, never their compiled or distributed wrappers.
    state: State = {
        "generator": generator,
        "discriminator": discriminator,
        "ema": ema,
        "progress": progress,
        "g_opt": g_opt,
        "d_opt": d_opt,
    }
    last = config.out_dir / "last.pt"
    found = resume(last, state, config, device, rank) if last.exists() else 0
    start = agree_on(found)
    progress.retries += len(failures)
    retries = int(progress.retries)
    g_opt.param_groups[0]["lr"] = config.g_lr  # also after a resume
    d_opt.param_groups[0]["lr"] = config.d_lr  # also after a resume
    G = prepare(generator, compile=config.compile)
    D = prepare(discriminator, compile=config.compile)
    frozen = Frozen(discriminator)  # while the generator learns
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=config.bf16)

    batches = infinite_batches(samples, config, first_batch=start, rank=rank, world_size=world_size)
    meter = Meter(samples_per_step=config.batch_size)
    watch = CollapseWatch(samples[:1000].float() / 127.5 - 1)
    if rank == 0:
        write_run(config.out_dir, to_plain(config), device, world_size)
        metrics = MetricWriter(config.out_dir, start, tensorboard=config.tensorboard)
        if failures:
            metrics.write(start, {"rollback": failures[-1].step})
        if start == 0:
            save_samples(ema, fixed_z, config, 0)
    stop = StopSignal()
    done, signal_number, failure = start, 0, ""
    bar = trange(start, config.steps, initial=start, total=config.steps, disable=rank > 0)
    for step in bar:
        seed_everything(config.seed, step, rank, retries)  # a resumed run replays the same noise

        # Discriminator: raise D(real), lower D(G(z)).
        real = next(batches)  # [B, 1, 16, 16] in [-1, 1]
        z = sample_latent(len(real), device)
        with autocast:
            generated = G(z)  # the generator's update goes back through it
            fake = generated.detach()
            real_logits, fake_logits = D(real), D(fake)
        d_loss = discriminator_loss(real_logits.float(), fake_logits.float())
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()

        # Generator: raise D(G(z)) with D held fixed.
        with frozen:
            with autocast:
                fake_logits = D(generated)
            g_loss = generator_loss(fake_logits.float())
            g_opt.zero_grad()
            g_loss.backward()
        g_opt.step()
        # Early on the average is short, or it would be of the weights before training.
        average.update(decay=min(config.ema_decay, (step + 1) / (step + 10)))

        done = step + 1
        signal_number = stop.received(done)
        sample_due = done % config.sample_every == 0
        save_due = done % config.checkpoint_every == 0 or done == config.steps or signal_number > 0
        meter.add(d_loss=d_loss, g_loss=g_loss)
        if done % config.log_every == 0 or sample_due or save_due:
            values = meter.read()  # here, and only here, the loop waits for the device
            healthy = all(map(math.isfinite, values.values()))
            if not (healthy and all_finite(generator, discriminator)):
                failure = diverged(done, values)
                break
            if rank == 0 and sample_due:
                made = save_samples(ema, fixed_z, config, done)
                values["spread"] = watch.look(made)
            if in_any_process(watch.collapsed):
                failure = f"by step {done} all samples have become the same"
                break
            if rank == 0:
                metrics.write(done, values)
                bar.set_postfix({name: f"{value:.4g}" for name, value in values.items()})
            if rank == 0 and save_due:
                save_checkpoint(last, state, step=done, config=to_plain(config))
            meter.start()  # its clock counts no pictures, evaluations and checkpoints
        if signal_number:
            break
    bar.close()
    stop.restore()
    if failure:
        raise Diverged(failure, done)
    if signal_number:
        if rank == 0:
            print(f"stopped: step {done} is saved in {last}; the same command goes on")
        sys.exit(128 + signal_number)
    if rank == 0:
        page = write_report(config.out_dir)
        print(
            f"{last} holds step {done} of {config.steps}; {page} tells how it went. "
            f"Sample from it: python sample.py --checkpoint {last}. "
            f"Train on: raise --steps. Start anew: "
            "choose another --out-dir."
        )


def resume(path: Path, state: State, config: Config, device: torch.device, rank: int) -> int:
    """Load the checkpoint, say what changed since, return its step."""
    step, saved = load_checkpoint(path, state, device)
    changes = changed_knobs(saved, config)
    if rank == 0:
        print(f"resuming {path} after step {step}" + (f"; changed: {changes}" if changes else ""))
    return step


def save_samples(generator: nn.Module, z: Tensor, config: Config, step: int) -> Tensor:
    """Write out_dir/samples/<step>.png: what the generator makes of the fixed noise."""
    path = config.out_dir / "samples" / f"{step:06d}.png"
    with evaluating(generator):
        made: Tensor = generator(z)
    save_picture(made, path)
    return made


def diverged(step: int, values: dict[str, float]) -> str:
    """What to tell the user when a loss or a weight is NaN or infinite."""
    losses = ", ".join(f"{name} {value:.4g}" for name, value in values.items() if "loss" in name)
    return f"the training diverged by step {step} ({losses})"


def train_with_retries(config: Config) -> None:
    """Train; after a failure go back to the last checkpoint, config.attempts times in all."""
    last = config.out_dir / "last.pt"
    failures: list[Diverged] = []
    while True:
        try:
            return train(config, failures)
        except Diverged as error:
            failures.append(error)
            kept = f"{last} keeps the last good step" if last.exists() else "no step is saved yet"
            failure = f"{error}; {kept}"
        if len(failures) == config.attempts:
            raise Diverged(
                f"{failure}. Lower --g-lr and --d-lr, or change --seed.", failures[-1].step
            )
        if is_first_process():
            print(f"{failure}; going back there, with other noise", file=sys.stderr)


def main() -> None:
    try:
        train_with_retries(parse_args())
    except (CheckpointError, DataError, Diverged, OSError) as error:
        sys.exit(f"error: {error}" if is_first_process() else 1)


if __name__ == "__main__":
    main()
