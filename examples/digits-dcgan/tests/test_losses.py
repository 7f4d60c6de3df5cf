"""The losses pull the way they should."""

import torch

from losses import discriminator_loss, generator_loss


def test_the_discriminator_raises_real_and_lowers_fake() -> None:
    real, fake = (torch.full((1_000,), level, requires_grad=True) for level in (0.5, 0.5))
    discriminator_loss(real, fake).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert real.grad.mean() < 0
    assert fake.grad.mean() > 0


def test_the_generator_raises_fake() -> None:
    fake = torch.full((1_000,), -0.1, requires_grad=True)
    generator_loss(fake).backward()
    assert fake.grad is not None
    assert (fake.grad < 0).all()


def test_losses_are_means_over_the_batch() -> None:
    torch.manual_seed(0)
    real, fake = torch.rand(10_000), torch.rand(10_000)
    once = discriminator_loss(real, fake)
    real, fake = real.repeat(2), fake.repeat(2)
    assert torch.allclose(once, discriminator_loss(real, fake), rtol=0.05, atol=0.05)
