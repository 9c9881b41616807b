"""The report of a run: report.json holds everything, report.md what to read of it."""

from __future__ import annotations

import json
from pathlib import Path

import serve

AGREEMENT = (
    "The members have random weights. They agree because all share a table of which token follows which, and because "
    "`small` and `chat` differ by a drift only (Benchmarks/repeated_gguf.py). **This agreement is artificial.** The rows "
    "without speculation do not depend on it. The others hold for the share of accepted tokens that stands beside them: "
    "`needed` says from which share on a block pays.")


def gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"


def bench_table(bench: dict) -> list[str]:
    lines = ["| system | tokens/s, medians (lowest to highest) | × plain | × large alone | accepted | needed for × plain, × large "
             "| tokens a round | outside passes |", "|---|---|---|---|---|---|---|---|"]
    needed = {f"composite, block {block['block']}": f"{block['break_even_over_plain']:.2f}, {block['break_even_over_large']:.2f}"
              for block in bench["blocks"] if {"break_even_over_plain", "break_even_over_large"} <= block.keys()}
    for system in bench["systems"]:
        runs = system["tokens_per_second_runs"]
        accepted = system.get("acceptance")
        lines.append(
            f"| {system['name']} | {system['tokens_per_second']:.1f} ({min(runs):.1f}–{max(runs):.1f}) "
            f"| {system['speed_up_over_plain']:.2f} | {system['speed_up_over_large']:.2f} "
            f"| {'' if accepted is None else f'{accepted:.2f}'} | {needed.get(system['name'], '')} "
            f"| {system['tokens_per_round']:.2f} | {100 * system['outside_share']:.1f} % |")
    return lines


def costs_line(bench: dict) -> str:
    """How long passes of more than one token take: what decides whether speculation pays."""
    costs: dict[str, list[str]] = {}
    for cost in bench["costs"]:
        costs.setdefault(cost["member"], []).append(f"{cost['width']}: {cost['milliseconds']:.2f}")
    return "Milliseconds of a pass, by its tokens: " + "; ".join(
        f"`{member}` {', '.join(times)}" for member, times in costs.items()) + "."


def markdown(report: dict) -> str:
    lines = ["# eft on this machine", "", f"{report['date']}; {report['eft']}.", ""]
    lines += [f"- {device['name']}: {device['product']}, {gigabytes(device['free_bytes'])} of "
              f"{gigabytes(device['total_bytes'])} free" for device in report["devices"]]
    lines += [f"- driver: {report['driver']}"] if report["driver"] else []
    lines += ["", AGREEMENT]
    for name, family in report["families"].items():
        lines += ["", f"## {name}", "", f"{family['note']}; {gigabytes(family['bytes'])} of weights. "
                  "Temperature 1, top-p .95."]
        if bench := family.get("bench"):
            agreement = f" The draft member agrees with {bench['agreement']:.2f} of the plain tokens." if "agreement" in bench else ""
            lines += ["", f"{bench['machine']}; libllama {bench['libllama']}.{agreement}", "", *bench_table(bench), "",
                      costs_line(bench)]
        if streams := family.get("streams"):
            lines += ["", "Streams at once:", "", *serve.table(streams)]
    if report["failures"]:
        lines += ["", "## Not measured", "", *(f"- {failure}" for failure in report["failures"])]
    lines += ["", "## Time", "", *(f"- {step['name']}: {step['seconds']:.0f} s" for step in report["steps"]), ""]
    return "\n".join(lines)


def write(report: dict, folder: Path) -> None:
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (folder / "report.md").write_text(markdown(report), encoding="utf-8")
