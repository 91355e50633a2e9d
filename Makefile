# make demo    the main job on small models, offline; ends with a contact sheet
# make test    the suite, with Forge's package versions; PROFILE=a1111 or newest for the others
# make test-slow  published architectures at their true size, on random weights; minutes
# make lint    ruff and mypy
# make mutants  the share of deliberate faults that the tests notice, where users would notice them too; half an hour
# make bench   speed and accuracy, as tables
# All set-up happens by itself, in .venv/.

PYTHON ?= python3
PROFILE ?= forge
VENV = .venv/$(PROFILE)
RUN = $(VENV)/bin/python
TESTS ?= tests

.PHONY: demo test test-slow test-all lint mutants bench clean

demo: $(VENV)/.ready
	$(RUN) -m examples.demo --out demo-output

test: $(VENV)/.ready
	$(RUN) -m pytest $(TESTS)

test-slow: $(VENV)/.ready
	$(RUN) -m pytest -m slow -s tests/test_true_architectures.py

test-all:
	$(MAKE) test PROFILE=a1111
	$(MAKE) test PROFILE=forge
	$(MAKE) test PROFILE=newest

lint: $(VENV)/.ready .venv/lint.ready
	.venv/lint/bin/ruff check .
	.venv/lint/bin/ruff format --check .
	.venv/lint/bin/mypy --python-executable $(RUN)

mutants: .venv/mutation/.ready
	.venv/mutation/bin/python -m mutmut run > mutants.log 2>&1
	.venv/mutation/bin/python -m mutmut export-cicd-stats
	cat mutants/mutmut-cicd-stats.json

bench: $(VENV)/.ready
	$(RUN) -m benchmarks.icon_world score --count 200 --seed 1
	$(RUN) -m benchmarks.cutouts --count 100 --seed 1
	$(RUN) -m benchmarks.edits --gold benchmarks/adversarial.jsonl
	OMP_NUM_THREADS=1 $(RUN) -m benchmarks.localise icon-world --edits 400 --seed 1
	OMP_NUM_THREADS=1 $(RUN) -m benchmarks.localise noise --edits 100 --seed 1
	OMP_NUM_THREADS=1 $(RUN) -m benchmarks.speed

# Each profile is a virtual environment of its own. The order matters: torch comes first and is then left alone.
.venv/%/.ready: requirements/%.txt requirements/common.txt tools/torchvision_cpu/install.py tools/torchvision_cpu/torchvision_cpu.py
	$(PYTHON) -m venv .venv/$*
	.venv/$*/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/$*.txt
	.venv/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps torchvision==0.28.0 segment-anything==1.0
	.venv/$*/bin/python tools/torchvision_cpu/install.py
	touch $@

.venv/lint.ready: requirements/lint.txt
	$(PYTHON) -m venv .venv/lint
	.venv/lint/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/lint.txt
	touch $@

clean:
	rm -rf .venv demo-output mutants mutants.log
