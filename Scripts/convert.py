"""Runs one of llama.cpp's converters for `eft`: convert.py SCRIPT ARGUMENT… --outfile FILE.

It has no network, does not run code that a model brings along, and ends with the program that started it.
"""
import functools
import os
import runpy
import sys
import threading
import time

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
script, arguments = sys.argv[1], sys.argv[2:]
partial = arguments[arguments.index("--outfile") + 1]


def end_with(parent):
    # A killed `eft` must not leave a converter behind that goes on for an hour.
    while os.getppid() == parent:
        time.sleep(0.5)
    try:
        os.unlink(partial)
    finally:
        os._exit(1)


threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()

import transformers  # noqa: E402

# The converters trust a model's own code; whoever names a folder in a recipe has not agreed to run it.
for loader in (transformers.AutoTokenizer, transformers.AutoConfig, transformers.AutoModel):
    def without_code(*args, _load=loader.from_pretrained, **options):
        options["trust_remote_code"] = False
        try:
            return _load(*args, **options)
        except ValueError as error:
            # A configuration that needs code can still be read from its JSON: the converters try that.
            if "trust_remote_code" not in str(error) or _load.__self__ is not transformers.AutoTokenizer:
                raise
            sys.exit("The model brings code of its own (`trust_remote_code`), which is not run here.")

    loader.from_pretrained = staticmethod(functools.wraps(loader.from_pretrained)(without_code))

sys.path.insert(0, os.path.dirname(script))
sys.argv = [script, *arguments]
runpy.run_path(script, run_name="__main__")
