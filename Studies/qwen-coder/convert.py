"""Makes the GGUF file of a trained adapter: `python convert.py small worked`, into `adapters/`.

llama.cpp's own converter does it, the one that `Scripts/setup-llama --parts` puts into `.llama/convert`.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BASES = {"small": "Qwen/Qwen2.5-Coder-0.5B-Instruct", "large": "Qwen/Qwen2.5-Coder-1.5B-Instruct",
         "smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct"}
CONVERTER = pathlib.Path(os.environ.get("EFT_CONVERTER", HERE.parents[1] / ".llama/convert")) / "convert_lora_to_gguf.py"


def main(member: str, behaviour: str) -> None:
    name = f"{member}-{behaviour}"
    folder = HERE / "build" / name
    if not (folder / "adapter").is_dir():
        sys.exit(f"convert: {name} is not trained yet: python train.py {member} {behaviour}")
    if not CONVERTER.exists():
        sys.exit(f"convert: {CONVERTER} is missing: Scripts/setup-llama --parts")
    # The file says what the adapter and its base are called, not where they lay.
    named = folder / (name if member == "smollm2" else f"qwen-coder-{name}")
    shutil.copytree(folder / "adapter", named, dirs_exist_ok=True)
    (named / "README.md").unlink(missing_ok=True)
    settings = json.loads((named / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = BASES[member]
    (named / "adapter_config.json").write_text(json.dumps(settings, indent=1))
    (HERE / "adapters").mkdir(exist_ok=True)
    target = HERE / "adapters" / f"{name}.gguf"
    subprocess.run(
        [sys.executable, CONVERTER, named, "--base", folder / "base", "--outtype", "f16",
         "--outfile", target], check=True, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("member", choices=BASES)
    parser.add_argument("behaviour", choices=["worked", "short"])
    arguments = parser.parse_args()
    main(arguments.member, arguments.behaviour)
