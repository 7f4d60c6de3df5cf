"""The losses pull the way they should."""

import torch

from losses import discriminator_loss, generator_loss


def test_the_discriminator_raises_real_and_lowers_fake() -> None:
    real, fake = (torch.full((4,), 0.5, requires_grad=True) for _ in range(2))
    discriminator_loss(real, fake, real_label=1.0).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()


def test_the_generator_raises_fake() -> None:
    fake = torch.full((4,), 0.5, requires_grad=True)
    generator_loss(fake).backward()
    assert fake.grad is not None
    assert (fake.grad < 0).all()


def test_losses_are_means_over_the_batch() -> None:
    real, fake = torch.randn(4), torch.randn(4)
    once = discriminator_loss(real, fake, real_label=1.0)
    twice = discriminator_loss(real.repeat(2), fake.repeat(2), real_label=1.0)
    assert torch.allclose(once, twice)
