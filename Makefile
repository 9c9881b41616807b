# eft: emulated fine-tuning. `make help` lists the targets.
# Every target that compiles goes through Scripts/swift, which prepares llama.cpp first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: build install dist test-install test-dist demo study study-real test test-clients test-browser test-library test-convert test-vllm test-schemas test-peer record-vllm test-gpu-pack test-benchmarks models test-models fuzz check format setup atlas bench fixtures reference pictures docc clean distclean help

RELEASE := .build/release/eft
SWIFT_SOURCES := Sources Tests Benchmarks Package.swift
# Options for `make test`, e.g. SWIFT_TEST_FLAGS='--filter Formula'.
SWIFT_TEST_FLAGS ?=

build: ## release build of the command-line tool, in .build/release/eft
	@Scripts/setup-llama --quiet
	@echo "Building eft in release mode (the first time takes several minutes)"
	@Scripts/swift build -c release --product eft
	@echo "Built $(RELEASE)"

PREFIX ?= /usr/local
install: build ## bin/eft and its libraries under PREFIX
	@Scripts/install "$(PREFIX)"

test-install: build ## an installed copy, moved, without an environment
	@Tests/dist/run installed

dist: ## a tarball for other machines, in .build-dist (builds everything once more)
	@Scripts/dist

test-dist: dist ## the tarball and an installed copy in bare places
	@Tests/dist/run

demo: build ## build, then ask the demo family: large base, small tuned, up-scaled
	@$(RELEASE) compare Recipes/atlas.yaml --prompts Atlas/demo.jsonl --only large --only chat

study: build ## every experiment on the demo family, into Studies/atlas
	@$(RELEASE) study Studies/atlas.yaml

study-real: build ## the same questions on Qwen2.5-Coder, into Studies/qwen-coder/study (STUDY_QUESTIONS=20 for a quick look)
	@Studies/qwen-coder/run

# Tests run optimised, as the tool does: without optimisation the vector loops are a hundred times slower.
test: ## all tests
	@Scripts/setup-llama --quiet
	@echo "Building and running the tests (the first build takes several minutes)"
	@Scripts/swift test -c release -Xswiftc -enable-testing --scratch-path .build-tests --disable-xctest $(SWIFT_TEST_FLAGS)

test-library: ## a package that depends on this one by version
	@Tests/library-user/run

test-clients: build ## clients from PyPI (openai, anthropic, lm-eval) against a real server
	@Tests/clients/run

test-browser: build ## the playground in a headless Chromium, against a real server
	@Tests/browser/run

test-convert: build ## safetensors and PEFT adapters, converted and compared with transformers (installs PyTorch)
	@Tests/convert/run

test-vllm: build ## a composite with its large member on a real vLLM, on CPUs (installs 2 GB)
	@Tests/vllm/run

test-peer: build ## llama.cpp's own tests of its server, against eft serve (needs SmolLM2: make models)
	@Tests/peer/run

test-gpu-pack: build ## what Benchmarks/gpu packs for a GPU machine, run here without CUDA on tiny members
	@Tests/gpu-pack/run

test-benchmarks: build ## the scripts of Benchmarks, in their smallest form: do they work?
	@Tests/benchmarks/run

test-schemas: ## grammars of JSON schemas, against jsonschema and llama.cpp's converter
	@Tests/schemas/run

# Some of the models only: MODELS="smollm2-135m qwen-0.5b".
MODELS ?=
models: ## real models for `make test-models`, into .models (2 GB; MODELS="NAME …" for some)
	@Scripts/fetch-models $(MODELS)

test-models: build ## real models, against transformers and llama.cpp itself (MODELS="NAME …" for some)
	@Tests/models/run $(MODELS)

record-vllm: ## record again what `make test` replays of a vLLM
	@Tests/vllm/record

# Seconds of `make fuzz`.
SECONDS ?= 60
fuzz: ## hostile JSON, recipes and formulas for SECONDS
	@FUZZ_SECONDS=$(SECONDS) $(MAKE) --no-print-directory test SWIFT_TEST_FLAGS='--filter FuzzTests'

check: ## formatting and lint, as CI runs it
	@echo "Checking the format of $(SWIFT_SOURCES)"
	@Scripts/swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)

format: ## format the Swift sources in place
	@Scripts/swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

setup: ## make llama.cpp available (part of build and test)
	@Scripts/setup-llama

atlas: build ## train the demo models again and write Atlas/weights (over an hour)
	@Atlas/make-atlas

bench: build ## measure against the peers, into Benchmarks/results
	@Benchmarks/run

fixtures: ## recompute the numeric references with PyTorch, into Tests/Fixtures
	@Tests/Fixtures/reference/make-reference
	@Tests/Fixtures/architectures/make-architectures

reference: build ## write Documentation/cli.md from the tool's own help
	@Scripts/cli-reference >Documentation/cli.md.new
	@mv Documentation/cli.md.new Documentation/cli.md

pictures: build ## draw the pictures of Documentation/concepts.md
	@Documentation/pictures/draw

docc: ## the library's reference from its doc comments, into .build-docc
	@Scripts/docc

clean: ## remove what SwiftPM built
	@rm -rf .build .build-tests .build-dist .build-library-user .build-docc .build-schemas .build-templates

distclean: clean ## also remove llama.cpp, the models and the Python environments
	@rm -rf .llama .models .venv-fixtures .venv-architectures .venv-atlas .venv-bench .venv-clients .venv-agents .venv-peer .venv-browser .venv-convert .venv-schemas .venv-templates .venv-vllm .venv-models .venv-gpu-pack .venv-real

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
