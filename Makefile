# Everything from a fresh clone: python3 (3.11+), a C++ compiler and a package index are all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(wildcard cpp/CMakeLists.txt cpp/core/* cpp/bindings/*) CMakeLists.txt pyproject.toml
# an editable install knows the modules it was made with: a new one asks for a new install
NAMES := $(shell find src -name '*.py' | LC_ALL=C sort | cksum | cut -d ' ' -f 1)
INSTALLED := $(VENV)/installed-$(NAMES)
# each of these takes about ten minutes on two cores
SPEED := em_iteration limits skip scoring end_to_end small scaling
STATISTICS := selection optimum merging resampling acceleration
SOURCES := memory out_of_core cluster on_paper
FAITHFUL := src/bactrian/datasets/old_faithful.csv

SANITIZERS := address undefined thread

.PHONY: demo test lint sanitize arm bench bench-statistics bench-sources bench-all gallery clean

demo: $(INSTALLED)
	mkdir -p demo
	$(BIN)/bactrian fit $(FAITHFUL) -k 1:9 --family all --criterion bic -o demo/model.bactrian --report demo/report.txt
	$(BIN)/bactrian predict demo/model.bactrian $(FAITHFUL) -o demo/labels.csv
	$(BIN)/bactrian plot demo/model.bactrian $(FAITHFUL) -o demo/density.png
	@echo "See demo/: model.bactrian, labels.csv, density.png, report.txt"

test: $(VENV)/test
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# the core without Python, three times; a finding stops it.
sanitize: $(VENV)/sanitize
	set -e; PATH="$(abspath $(BIN)):$$PATH"; for s in $(SANITIZERS); do \
	  cmake -S cpp -B build/$$s -G Ninja -DCMAKE_CXX_FLAGS=-O1 -DBACTRIAN_TESTS=ON -DBACTRIAN_SANITIZE=$$s; \
	  cmake --build build/$$s; \
	  ctest --test-dir build/$$s --output-on-failure --timeout 120 -j 2; \
	done

# the core of an ARM machine, run on this one: the system's cross compiler and QEMU (Debian: g++-aarch64-linux-gnu,
# qemu-user) are needed
arm: $(VENV)/sanitize
	set -e; PATH="$(abspath $(BIN)):$$PATH"; \
	  cmake -S cpp -B build/arm -G Ninja -DCMAKE_BUILD_TYPE=Release -DBACTRIAN_TESTS=ON -DCMAKE_SYSTEM_NAME=Linux \
	    -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ \
	    "-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64;-L;/usr/aarch64-linux-gnu"; \
	  cmake --build build/arm; \
	  ctest --test-dir build/arm --output-on-failure --timeout 300 -j 2

# without these two, NumPy's BLAS runs the best kernel of the machine: rivals are measured at their best
bench: PAGES := $(SPEED)
bench-statistics: PAGES := $(STATISTICS)
bench-sources: PAGES := $(SOURCES)
bench-all: PAGES := $(SPEED) $(STATISTICS) $(SOURCES)
bench bench-statistics bench-sources bench-all: $(VENV)/bench
	set -e; for name in $(PAGES); do \
	    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE \
	        $(BIN)/python benchmarks/$$name.py --write docs/benchmarks/$$name.md; \
	done

gallery: $(INSTALLED)
	$(BIN)/python docs/gallery/draw_all.py
	$(BIN)/python docs/pictures.py

$(VENV)/pip:
	$(PYTHON) -c 'import sys; sys.exit("bactrian needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(INSTALLED): $(VENV)/pip $(CORE)
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	touch $@

$(VENV)/test $(VENV)/lint $(VENV)/bench $(VENV)/spark: $(VENV)/%: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --group $*
	touch $@

$(VENV)/sanitize: $(VENV)/pip
	$(BIN)/python -m pip install --quiet --group $(@F)
	touch $@

clean:
	rm -rf $(VENV) build demo
