"""Composites of members' log-probabilities, in Float64: formulas, masks, the rule for control tokens.

    score(v) = f(v) + 1[v ∈ S]·(formula(v) − f(v)),   log p̃(v) = score(v) − log Z

Control tokens that the bases never learned keep the probability that softmax(f) gives them; the others
share what is left. A row is the log-probabilities of every token after one prefix, nats, normalised for
each member.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Rows = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Mask:
    """`nucleus`: the smallest set of tokens with at least `value` of the mass under softmax(of),
    heaviest first, ties to the lower id, mass added up in Float64. `relative`: the tokens with at least
    `value` times the largest probability under softmax(of). Outside: `fallback` or `forbid`."""

    rule: str
    value: float
    of: str
    effect: str


@dataclass(frozen=True)
class Composite:
    """`control` is `fallback`, where f alone rules the control tokens that the bases never learned,
    or `formula`. `tuned` is the formula that the total variation is measured from."""

    name: str
    formula: str
    fallback: str | None = None
    mask: Mask | None = None
    control: str = "fallback"
    tuned: str = "chat"


def value(formula: str, rows: Rows) -> np.ndarray:
    """A weighted sum of members' rows, such as `large + 1.5 * (chat - small)`."""

    def visit(node: ast.expr) -> np.ndarray | float:
        match node:
            case ast.Name(id=name):
                return rows[name]
            case ast.Constant(value=number):
                return float(number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -visit(operand)
            case ast.BinOp(left=left, op=operation, right=right):
                a, b = visit(left), visit(right)
                match operation:
                    case ast.Add():
                        return a + b
                    case ast.Sub():
                        return a - b
                    case ast.Mult():
                        return a * b
        raise ValueError(f"not a formula: {formula}")

    return visit(ast.parse(formula, mode="eval").body)


def members(formula: str | None) -> set[str]:
    if formula is None:
        return set()
    return {node.id for node in ast.walk(ast.parse(formula)) if isinstance(node, ast.Name)}


def normalise(scores: np.ndarray) -> np.ndarray:
    largest = scores.max()
    return scores - (largest + np.log(np.exp(scores - largest).sum()))


def kept(mask: Mask, rows: Rows) -> tuple[np.ndarray, float]:
    """S as booleans, and how far the nearest token is from the other side of its boundary.

    For a nucleus that is the smaller of |mass − p| with the boundary token and without it; for the
    relative rule the smallest |p(v)/p_max − share|. Where it is tiny, rounding may decide otherwise.
    """
    probability = np.exp(normalise(value(mask.of, rows)))
    if mask.rule == "relative":
        share = probability / probability.max()
        return share >= mask.value, float(np.abs(share - mask.value).min())
    order = np.argsort(-probability, kind="stable")
    mass = np.cumsum(probability[order])
    last = min(int(np.searchsorted(mass, mask.value)), len(mass) - 1)
    inside = np.zeros(len(probability), dtype=bool)
    inside[order[: last + 1]] = True
    before = mass[last - 1] if last else 0.0
    return inside, float(min(abs(mass[last] - mask.value), abs(before - mask.value)))


def unlearned(composite: Composite, control: list[int], ends: Mapping[str, int]) -> list[int]:
    """The control tokens that f scores: all but the bases' own end of text. The bases are the
    composite's members that f does not name."""
    if composite.fallback is None or composite.control != "fallback":
        return []
    bases = (members(composite.formula) | members(composite.mask and composite.mask.of)) - members(
        composite.fallback)
    if not bases:
        return []
    learned = {ends[name] for name in bases}
    return [token for token in control if token not in learned]


def row(composite: Composite, rows: Rows, unlearned: list[int]) -> tuple[np.ndarray, float | None]:
    """The composite's normalised row, and the distance of its mask's boundary (none without mask)."""
    scores = np.array(value(composite.formula, rows))
    fallback = None if composite.fallback is None else value(composite.fallback, rows)
    margin = None
    if composite.mask is not None:
        inside, margin = kept(composite.mask, rows)
        outside = -np.inf if composite.mask.effect == "forbid" else fallback
        scores = np.where(inside, scores, outside)
    if unlearned:
        ruled = normalise(fallback)[unlearned]
        scores[unlearned] = -np.inf
        scores = normalise(scores) + np.log1p(-np.exp(ruled).sum())
        scores[unlearned] = ruled
    return normalise(scores), margin


def total_variation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(np.exp(a) - np.exp(b)).sum() / 2)
