"""What the machine has: devices as the built llama.cpp sees them, memory, disk.

    python3 machine.py LIBGGML    prints the devices as JSON: a program of its own, since asking a GPU takes its memory
"""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
from pathlib import Path

GPU_KINDS = (1, 2)  # of ggml_backend_dev_type: discrete, integrated


def devices(library: str) -> list[dict]:
    ggml = ctypes.CDLL(library)
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    ggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    for name in ("ggml_backend_dev_name", "ggml_backend_dev_description"):
        getattr(ggml, name).restype = ctypes.c_char_p
        getattr(ggml, name).argtypes = [ctypes.c_void_p]
    ggml.ggml_backend_dev_type.restype = ctypes.c_int
    ggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    size = ctypes.POINTER(ctypes.c_size_t)
    ggml.ggml_backend_dev_memory.restype = None
    ggml.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size, size]
    found = []
    for index in range(ggml.ggml_backend_dev_count()):
        device = ggml.ggml_backend_dev_get(index)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        ggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
        found.append({
            "name": ggml.ggml_backend_dev_name(device).decode(),
            "product": ggml.ggml_backend_dev_description(device).decode(),
            "gpu": ggml.ggml_backend_dev_type(device) in GPU_KINDS,
            "free_bytes": free.value, "total_bytes": total.value})
    return found


def available_memory() -> int:
    """Bytes of main memory that programs can take."""
    for line in Path("/proc/meminfo").read_text("utf-8").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def free_disk(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def driver() -> str:
    """What the GPU's driver says of it; empty without one."""
    try:
        return subprocess.run(
            ["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm", "--format=csv,noheader"],
            check=True, capture_output=True, text=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


if __name__ == "__main__":
    print(json.dumps(devices(sys.argv[1])))
