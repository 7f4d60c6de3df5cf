"""Train digits-dcgan.

Run the same command again to resume, or with a higher --steps to train on.

python train.py                                     # all knobs: python train.py --help
python train.py --batch-size 128 --out-dir runs/b128
torchrun --standalone --nproc-per-node=4 train.py   # four GPUs share each batch
"""

import copy
import math
import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import trange

from config import Config, changed_knobs, parse_args, to_plain
from data import DataError, infinite_batches, load_data
from losses import discriminator_loss, generator_loss
from models import Discriminator, Generator, sample_latent
from pictures import save_picture
from runtime import (
    CheckpointError,
    Meter,
    MetricWriter,
    State,
    StopSignal,
    agree_on,
    all_finite,
    evaluating,
    frozen,
    init_process_group,
    load_checkpoint,
    prepare,
    save_checkpoint,
    seed_everything,
    update_ema,
)


def train(config: Config) -> None:
    """Make config.steps updates, or those that config.out_dir/last.pt still lacks."""
    rank, world_size, device = init_process_group(config.device)
    seed_everything(config.seed)  # every process builds the same weights
    samples = load_data()[0].to(device)

    generator = Generator().to(device)  # z [B, 100] -> data [B, 1, 16, 16]
    discriminator = Discriminator().to(device)  # x [B, 1, 16, 16] -> logits [B]
    ema = copy.deepcopy(generator).requires_grad_(False)  # its weights, averaged over the steps
    g_opt = torch.optim.Adam(generator.parameters(), lr=config.g_lr, betas=(0.5, 0.999), fused=True)
    d_opt = torch.optim.Adam(
        discriminator.parameters(), lr=config.d_lr, betas=(0.5, 0.999), fused=True
    )
    fixed_z = sample_latent(config.samples, torch.device("cpu")).to(device)  # for the pictures

    # Checkpoints hold the plain modules, never their compiled or distributed wrappers.
    state: State = {
        "generator": generator,
        "discriminator": discriminator,
        "ema": ema,
        "g_opt": g_opt,
        "d_opt": d_opt,
    }
    last = config.out_dir / "last.pt"
    found = resume(last, state, config, device, rank) if last.exists() else 0
    start = saved = agree_on(found)
    g_opt.param_groups[0]["lr"] = config.g_lr  # also after a resume
    d_opt.param_groups[0]["lr"] = config.d_lr  # also after a resume
    G = prepare(generator, compile=config.compile)
    D = prepare(discriminator, compile=config.compile)

    batches = infinite_batches(samples, config, first_batch=start, rank=rank, world_size=world_size)
    meter = Meter(samples_per_step=config.batch_size)
    if rank == 0:
        metrics = MetricWriter(config.out_dir, start, tensorboard=config.tensorboard)
        if start == 0:
            save_samples(ema, fixed_z, config, 0)
    stop = StopSignal()
    progress = trange(start, config.steps, initial=start, total=config.steps, disable=rank > 0)
    for step in progress:
        seed_everything(config.seed, step, rank)  # a resumed run replays the same noise

        # Discriminator: raise D(real), lower D(G(z)).
        real = next(batches)  # [B, 1, 16, 16] in [-1, 1]
        z = sample_latent(len(real), device)
        with torch.autocast(device.type, torch.bfloat16, enabled=config.bf16):
            with torch.no_grad():
                fake = G(z)
            real_logits, fake_logits = D(real), D(fake)
        d_loss = discriminator_loss(real_logits.float(), fake_logits.float())
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()

        # Generator: raise D(G(z)) with D held fixed.
        z = sample_latent(len(real), device)
        with frozen(discriminator):
            with torch.autocast(device.type, torch.bfloat16, enabled=config.bf16):
                fake_logits = D(G(z))
            g_loss = generator_loss(fake_logits.float())
            g_opt.zero_grad()
            g_loss.backward()
        g_opt.step()
        # Early on the average is short, or it would be of the weights before training.
        update_ema(ema, generator, decay=min(config.ema_decay, (step + 1) / (step + 10)))

        done = step + 1
        signal_number = stop.received(done)
        save_due = done % config.checkpoint_every == 0 or done == config.steps or signal_number > 0
        meter.add(d_loss=d_loss, g_loss=g_loss)
        if done % config.log_every == 0 or save_due:
            values = meter.read()  # here, and only here, the loop waits for the device
            healthy = all(map(math.isfinite, values.values()))
            if not (healthy and all_finite(generator, discriminator)):
                progress.close()
                sys.exit(diverged(done, values, last, saved) if rank == 0 else 1)
            if rank == 0:
                metrics.write(done, values)
                progress.set_postfix({name: f"{value:.4g}" for name, value in values.items()})
        if rank == 0 and done % config.sample_every == 0:
            save_samples(ema, fixed_z, config, done)
        if save_due:
            saved = done
            if rank == 0:
                save_checkpoint(last, state, step=done, config=to_plain(config))
        if signal_number:
            progress.close()
            if rank == 0:
                print(f"stopped: step {done} is saved in {last}; the same command goes on")
            sys.exit(128 + signal_number)
    stop.restore()
    if rank == 0:
        print(
            f"{last} holds all {saved} of {config.steps} steps. Sample from it: python sample.py "
            f"--checkpoint {last}. Train on: raise --steps. Start anew: choose another --out-dir."
        )


def resume(path: Path, state: State, config: Config, device: torch.device, rank: int) -> int:
    """Load the checkpoint, say what changed since, return its step."""
    step, saved = load_checkpoint(path, state, device)
    changes = changed_knobs(saved, config)
    if rank == 0:
        print(f"resuming {path} after step {step}" + (f"; changed: {changes}" if changes else ""))
    return step


def save_samples(generator: nn.Module, z: Tensor, config: Config, step: int) -> None:
    """Write out_dir/samples/<step>.png: what the generator makes of the fixed noise."""
    path = config.out_dir / "samples" / f"{step:06d}.png"
    with evaluating(generator):
        save_picture(generator(z), path)


def diverged(step: int, values: dict[str, float], last: Path, saved: int) -> str:
    """What to tell the user when a loss or a weight is NaN or infinite."""
    losses = ", ".join(f"{name} {value:.4g}" for name, value in values.items() if "loss" in name)
    kept = (
        f"{last} keeps step {saved}, the last good one" if saved else "there is no checkpoint yet"
    )
    return (
        f"error: the training diverged by step {step} ({losses}); {kept}. The same command would "
        "fail again: lower --g-lr and --d-lr, or change --seed."
    )


def main() -> None:
    try:
        train(parse_args())
    except (CheckpointError, DataError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
