# `make demo` and `make test` need Python 3.11, 3.12 or 3.13 and a package index, nothing else.

PYTHON ?= python3
BIN = .venv/bin
DEMO = $(BIN)/tfkd distill sample:2000 --labelled 200 --teacher train:text_cnn --student text_cnn:tiny --to runs/demo

.PHONY: demo test slow lint types docs notebooks clean

demo: .venv/.core
	$(DEMO)
	$(BIN)/tfkd predict runs/demo/student.tflite "The plot is thin, but the acting is never dull."

test: .venv/.dev
	$(BIN)/python -m pytest -m "not slow" --numprocesses logical --maxprocesses 4 --dist loadfile

# `make slow PART=2/3` runs those of every third test file, from the second one.
slow: .venv/.dev
	$(BIN)/python -m pytest -m slow $(if $(PART),--part $(PART)) --numprocesses logical --maxprocesses 2 --dist loadfile

lint: .venv/.dev .venv-lint/.pydoclint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	.venv-lint/bin/flake8 tfkd

types: .venv/.dev
	$(BIN)/python -m mypy

docs: .venv/.dev
	$(BIN)/mkdocs build --strict

notebooks: .venv/.dev
	$(BIN)/python -m pytest --nbmake --nbmake-timeout 1500 notebooks -q

clean:
	rm -rf .venv .venv-lint .venv-serve site runs build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "tfkd needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.core: setup.cfg requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --constraint requirements.txt --editable .
	touch $@

.venv/.dev: setup.cfg requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --requirement requirements.txt --editable .
	touch $@ .venv/.core

# In a Python of its own: its fork of docstring_parser takes the place of the one that others need.
.venv-lint/.pydoclint: | .venv/bin/python
	$(BIN)/python -m venv .venv-lint
	.venv-lint/bin/python -m pip install --quiet pydoclint==0.12.0 flake8==7.5.0
	touch $@
