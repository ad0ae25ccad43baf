# The one door: every target sets up what it needs in .venv, from plain Python and pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := .peers
LOAD := .load

export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo mock test test-all check contract mutants fuzz bench bench-peers hostile soak scale container-test lint format tables docs samples wheel dist clean

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 15

demo: $(READY) ## judge a request, run it through the mock, fetch its picture
	@$(BIN)/python examples/demo.py

mock: $(READY) ## a mock on http://127.0.0.1:2266
	@$(BIN)/cannon-mock

test: lint ## decide whether all is well: lint, types, tests, the contract suite, a mutant of each kind
	@$(BIN)/pytest -n 2 --dist worksteal -m "not extended"

test-all: lint $(VENV)/.docs $(VENV)/.dist ## the same, and what repeats, kills, installs or builds; with coverage and more examples
	@rm -f .coverage .coverage.*
	@$(BIN)/pytest -n 2 --dist worksteal --hypothesis-profile=extended --cov --cov-report=
	@$(BIN)/coverage report

check: lint ## the fast loop: lint, types, and the tests of the folders that have changed
	@$(BIN)/python -m tests.changed

contract: $(READY) ## the contract tests against the mock
	@$(BIN)/cannon-contract

mutants: $(READY) ## servers that each break one promise, and what catches them
	@$(BIN)/python -m tests.mutants

fuzz: $(VENV)/.fuzz ## ten minutes of made-up calls and inputs: none may be a server error, or make two readers differ
	@$(BIN)/python -m tests.fuzz

bench: $(READY) ## speed, as ratios measured side by side (ROWS=create,poll: these alone)
	@$(BIN)/python -m benchmarks --rows "$(ROWS)" $(BENCH)

bench-peers: $(READY) $(PEERS)/.ready ## the same with Ajv and Prism, from npm (BENCH=--keep: for docs/performance.md)
	@$(BIN)/python -m benchmarks --peers --rows "$(ROWS)" $(BENCH)

scale: $(LOAD)/.ready ## clients of locust, more and more, on one and two workers with Valkey (SCALE=--keep: for docs/scale.md)
	@$(LOAD)/bin/python -m benchmarks.scale $(SCALE)

hostile: $(READY) ## many contract tests against each kind of hostile server (HOSTILE='polls: files:': of these places)
	@$(BIN)/python -m tests.servers.hostile_server $(HOSTILE)

soak: $(READY) ## ten minutes of load, kills, outages and hostile clients on each store (SOAK='--minutes 2': less)
	@$(BIN)/python -m tests.soak $(SOAK)

container-test: $(READY) ## build the image with buildah, as root, and run it (BASE=IMAGE or FILE.tar: on that)
	@CONTAINER_BASE="$(BASE)" $(BIN)/pytest -q tests/container/image_laws.py

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY) ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

tables: $(READY) ## write the generated pages of docs/
	@$(BIN)/python -m docs.generate
	@$(BIN)/python -m docs.licence_page

docs: $(VENV)/.docs ## the documentation as a site, in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

SAMPLES := mock_server/cannon_mock/media/samples
FFMPEG := ffmpeg -hide_banner -loglevel error -y -fflags +bitexact -f lavfi

samples: ## make the files that the mock serves without the extra media: small, the same bytes each time (ffmpeg)
	@$(FFMPEG) -i testsrc2=size=320x180:rate=8:duration=1 -flags:v +bitexact -map_metadata -1 -c:v libx264 \
		-preset veryslow -crf 36 -pix_fmt yuv420p -movflags +faststart $(SAMPLES)/sample.mp4
	@$(FFMPEG) -i sine=frequency=440:duration=1:sample_rate=8000 -flags:a +bitexact -map_metadata -1 -c:a libmp3lame \
		-b:a 8k -id3v2_version 0 -write_xing 0 $(SAMPLES)/sample.mp3

wheel: $(READY) ## dist/*.whl
	@$(BIN)/python -m build --wheel --no-isolation

DIST := dist

dist: $(VENV)/.dist ## wheel and sdist, checked as an index would (DIST=FOLDER: there)
	@rm -rf $(DIST)
	@$(BIN)/python -m build --no-isolation --outdir $(DIST)
	@$(BIN)/twine check --strict $(DIST)/*
	@$(BIN)/check-wheel-contents $(DIST)/*.whl

clean:
	rm -rf $(VENV) $(PEERS) $(LOAD) dist site .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

$(VENV)/.docs: $(READY)
	@$(BIN)/pip install --quiet --editable '.[docs]'
	@touch $@

$(VENV)/.dist: $(READY)
	@$(BIN)/pip install --quiet --editable '.[dist]'
	@touch $@

$(VENV)/.fuzz: $(READY)
	@$(BIN)/pip install --quiet --editable '.[fuzz]'
	@touch $@

# Apart from .venv: locust brings a plugin of pytest, which would run in all tests.
$(LOAD)/.ready: pyproject.toml constraints.txt
	@echo "setting up $(LOAD)"
	@$(PYTHON) -m venv $(LOAD)
	@$(LOAD)/bin/pip install --quiet --editable '.[scale]'
	@touch $@

$(PEERS)/.ready: benchmarks/peers/package.json benchmarks/peers/package-lock.json
	@command -v npm >/dev/null || { echo "make bench-peers needs Node.js with npm"; exit 1; }
	@mkdir -p $(PEERS) && cp $^ $(PEERS)
	@npm ci --prefix $(PEERS) --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@
