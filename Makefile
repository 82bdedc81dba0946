# credit-village: what a developer or an operator types. Plain make and /bin/sh; everything lands in .venv.
.POSIX:
.SUFFIXES:
SHELL = /bin/sh
BIN = .venv/bin
PYTHON =
TESTS = tests
PYTEST_ARGS = -n 2 --dist worksteal -q
UV_COMPILE = uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

help: ## Show this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target what; do \
		printf '  make %-10s %s\n' "$$target" "$$what"; done

install: ## Install the locked packages and credit-village into .venv
	@PYTHON='$(PYTHON)' tools/install.sh run

install-dev: ## The same, with everything that tests and checks need
	@PYTHON='$(PYTHON)' tools/install.sh dev

run: install ## Make the database, fill it with the demonstration data and serve it
	@$(BIN)/credit-village up

test: install-dev ## Run every test, on SQLite and PostgreSQL (TESTS=path for some)
	@tools/browser.sh
	@tools/oidc_provider.sh
	@tools/deployment.sh
	@PYTHON='$(BIN)/python' tools/pmml_engines.sh
	@$(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS)

check: install-dev ## Lint, formatting, types, import order, migrations in step with the models
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && export DATABASE_URL="sqlite:///$$folder/check.db" && \
		$(BIN)/alembic upgrade head && $(BIN)/alembic check

format: install-dev ## Put the code into the agreed form
	@$(BIN)/ruff check --fix --exit-zero .
	@$(BIN)/ruff format .

bench: install-dev ## Run the benchmarks of docs/performance.md
	@for benchmark in benchmarks/bench_*.py; do \
		[ -f "$$benchmark" ] || { echo "There is no benchmarks/bench_*.py."; exit 1; }; \
		$(BIN)/python "$$benchmark" || exit 1; done

coverage: install-dev ## Show which branches of scoring/ the tests do not reach
	@$(BIN)/python -m coverage run --branch --source=scoring -m pytest -q -p no:xdist tests/scoring -k 'not million'
	@$(BIN)/python -m coverage report --skip-covered --show-missing --fail-under=100

mutation: install-dev ## Count the small faults in the scoring, and the checks of access, whose loss the tests find (docs/mutation.md)
	@$(BIN)/python tools/mutation.py
	@$(BIN)/python tools/mutation_access.py

audit: install-dev ## Compare the locked libraries with the weaknesses known of them (asks PyPI)
	@PYTHON='$(BIN)/python' tools/audit.sh

lock: ## Write the lock files anew with uv (UPGRADE=--upgrade takes newer versions)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH: python3 -m pip install uv"; exit 1; }
	@$(UV_COMPILE) $(UPGRADE) pyproject.toml --extra batch --extra pdf --group build -o requirements/run.txt
	@$(UV_COMPILE) $(UPGRADE) pyproject.toml --all-extras --group build --group dev \
		-c requirements/run.txt -o requirements/dev.txt
	@$(UV_COMPILE) $(UPGRADE) requirements/pmml-engines.in -o requirements/pmml-engines.txt
	@$(UV_COMPILE) $(UPGRADE) requirements/audit.in -o requirements/audit.txt

clean: ## Remove .venv and everything that was built; the database in var/ stays
	@rm -rf .venv .venv-pmml .venv-audit build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .grimp_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help install install-dev run test check format bench coverage mutation audit lock clean
