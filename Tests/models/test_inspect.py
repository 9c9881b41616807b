"""`eft inspect`: what the files are."""

import models


def test_inspect_says_what_the_file_is(recipe, facts):
    out, _ = models.eft("inspect", recipe)
    assert f", {facts.architecture}, " in out
    assert f"{facts.layers} layers of {facts.width}" in out
    assert f"context       {models.CONTEXT} of {facts.context} tokens" in out
    assert f"vocabulary    {facts.vocabulary} tokens" in out
    template = next(line for line in out.splitlines() if line.startswith("  template "))
    assert (template.split(maxsplit=1)[1] == "none") != facts.has_template


def test_inspect_finds_that_the_two_qwens_are_one_family(pair, tmp_path):
    large, small = pair
    recipe = models.recipe(tmp_path, "pair", {"large": large, "small": small}, "large + 0 * small")
    assert "vocabularies: all 2 agree" in models.eft("inspect", recipe)[0]
