# Two commands do all the set-up on a fresh Debian 12 / Raspberry Pi OS machine, and run again in seconds:
#   make listen   install what is missing, then listen; without a microphone, to the demonstration recording
#   make test     the same with the tools for development, then the whole suite
# ARGS="..." goes on to edge-ser or pytest, VENV=DIR puts the virtual environment elsewhere.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
# Test processes.  More than the cores of a small machine: many tests wait for sound to be played.
WORKERS ?= 4
BIN := $(VENV)/bin

# PyAudio has no wheels for Linux: its build takes a compiler and the headers of Python and PortAudio.
RUNTIME_PACKAGES := gcc portaudio19-dev python3-dev python3-venv
# A virtual microphone, a C compiler's headers, ps, an MQTT broker and a browser with a font for the tests.
TEST_PACKAGES := espeak-ng chromium chromium-driver fonts-dejavu-core libasound2-plugins libc6-dev mosquitto openssl procps pulseaudio pulseaudio-utils

.PHONY: listen test lint clean packages test-packages

listen: $(VENV)/runtime.stamp
	@$(BIN)/edge-ser listen $(ARGS) || { status=$$?; \
	if [ $$status -eq 10 ]; then \
		echo "Playing the demonstration recording instead."; \
		$(BIN)/edge-ser listen --input demo --realtime; \
	else exit $$status; fi; }

test: lint
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: $(VENV)/development.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean:
	rm -rf $(VENV) build dist

$(VENV)/runtime.stamp: pyproject.toml | packages
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/development.stamp: pyproject.toml $(VENV)/runtime.stamp | test-packages
	@echo "Installing the tools for development; TensorFlow takes a few minutes ..."
	@$(BIN)/python -m pip install --quiet --editable '.[train,plots,dev]'
	@touch $@

# Installs Debian packages, those only that are missing: $(call install,PACKAGES)
define install
	@missing=$$(for p in $(1); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done | xargs); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" -eq 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; \
	else echo "These packages are missing, install them as root: apt-get install $$missing" >&2; exit 1; fi; \
	echo "Installing system packages: $$missing ..."; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		$$sudo apt-get install -qq -y --no-install-recommends $$missing >/dev/null
endef

packages:
	$(call install,$(RUNTIME_PACKAGES))

test-packages:
	$(call install,$(TEST_PACKAGES))
