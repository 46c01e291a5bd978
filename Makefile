# Short names for the commands of dev.py, which also runs without make: python dev.py test
PYTHON ?= python3
COMMANDS = book serve play test test-all test-browser test-gpu bench mutants refresh lint

.PHONY: help $(COMMANDS)
help:
	@$(PYTHON) dev.py || true
$(COMMANDS):
	@$(PYTHON) dev.py $@
