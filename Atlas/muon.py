"""Muon (Jordan et al. 2024) in float32 and in batches.

`torch.optim.Muon` multiplies in bfloat16, matrix by matrix: on a processor without bfloat16 products
that is slower than everything else in a step together. Here matrices of one shape go through the
Newton-Schulz iteration as one stack, and every process of a group does its share of a stack. Coefficients, momentum and scaling match torch's defaults with
`adjust_lr_fn="match_rms_adamw"`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, distributed, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


def orthogonalised(stack: Tensor) -> Tensor:
    """Each `[n, m]` matrix of a stack, n ≤ m, with its singular values moved close to one."""
    a, b, c = COEFFICIENTS
    x = stack / stack.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


def orthogonalised_together(stack: Tensor) -> Tensor:
    """The same, each process of the group doing every so-many-th matrix for all."""
    if not distributed.is_initialized():
        return orthogonalised(stack)
    part, parts = distributed.get_rank(), distributed.get_world_size()
    done = torch.zeros_like(stack)
    done[part::parts] = orthogonalised(stack[part::parts])
    distributed.all_reduce(done)
    return done


class Muon(torch.optim.Optimizer):
    """Momentum whose steps are made orthogonal; for matrices only."""

    def __init__(self, matrices: Iterable[nn.Parameter], lr: float, momentum: float = 0.95,
                 weight_decay: float = 0.01) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            alike: dict[tuple[int, int], list[tuple[nn.Parameter, Tensor]]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                average = state.setdefault("average", torch.zeros_like(matrix))
                average.lerp_(matrix.grad, 1 - group["momentum"])
                step = matrix.grad.lerp(average, group["momentum"])
                rows, columns = matrix.shape
                alike[min(rows, columns), max(rows, columns)].append(
                    (matrix, step if rows <= columns else step.mT))
            for shape, members in alike.items():
                steps = orthogonalised_together(torch.stack([step for _, step in members]))
                rate = group["lr"] * 0.2 * shape[1] ** 0.5
                for (matrix, _), step in zip(members, steps):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"])
                    matrix.add_(step if matrix.shape == step.shape else step.mT, alpha=-rate)
