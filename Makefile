# make demo: from nothing to a picture of generated digits.   make test: the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := demo/digits-dcgan

.PHONY: demo test test-slow lint examples clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

demo: $(VENV)/.installed
	$(BIN)/gangen build examples/digits-dcgan.yaml -o $(DEMO)
	$(BIN)/gangen verify $(DEMO)
	cd $(DEMO) && ../../$(BIN)/python train.py
	cd $(DEMO) && ../../$(BIN)/python sample.py --count 100
	@echo "Generated digits: $(DEMO)/samples/grid.png, and how they came about: $(DEMO)/runs/digits-dcgan/samples/"

test: $(VENV)/.installed
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(VENV)/.installed
	$(BIN)/python -m pytest -n 2 -m slow

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/black --check --quiet .
	$(BIN)/mypy

# Write the committed projects of examples/ anew.
examples: $(VENV)/.installed
	$(BIN)/python -m pytest tests/test_examples.py --update-examples

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache
