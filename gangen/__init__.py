"""gangen: a compiler from short YAML specs of GANs to standalone PyTorch training projects."""

__version__ = "0.1.0"
