# The two commands that a newcomer needs are `make build` and `make test`; each sets itself up.
PYTHON ?= python3.11
VENV := .venv
PORT ?= 8501
# How many events the logs have whose growth is measured. The capacity note is computed of the last.
BENCHMARK_EVENTS ?= 1000000 5000000 20000000
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed
DASHBOARD_SETUP := $(VENV)/.installed-dashboard
# Spark has an environment of its own, so that nobody installs it who does not want it.
SPARK_VENV := .venv-spark
SPARK_BIN := $(SPARK_VENV)/bin
SPARK_SETUP := $(SPARK_VENV)/.installed
JAVA_PACKAGE := openjdk-17-jre-headless
# What `make test-deep` runs: what is deep, and random streams once more, with more of them.
DEEP ?= deep or hypothesis
# The adapters, each of which is switched off unless MESSAGING_SOURCE names it.
SOURCES := service_cloud

.PHONY: build build-spark test test-deep test-spark test-ui java dashboard lint lint-python lint-sql docs wheel bench bench-spark clean setup setup-spark lock

build: $(SETUP)  ## build the warehouse: the demo's, or that of MESSAGING_RAW
	$(BIN)/dbt build

test: lint  ## what can be told in minutes: lint, types, a build, the warehouse against its slow reference
	$(BIN)/python -m pytest

test-deep: $(SETUP)  ## the rest: builds upon builds, crashes, readers, redaction, many more random streams: half an hour (ONLY names tests, as pytest's -k does)
	$(BIN)/python -m pytest -m "$(DEEP)" --hypothesis-profile=deep $(if $(ONLY),-k "$(ONLY)")

build-spark: $(SPARK_SETUP) java  ## the same on Spark, on this machine or where MESSAGING_SPARK_MASTER says (docs/spark.md)
	$(SPARK_BIN)/dbt build --target spark --exclude resource_type:test resource_type:unit_test

test-spark: $(SPARK_SETUP) java  ## Spark and DuckDB say the same, of the demo and of a hostile stream, at once and bit by bit
	$(SPARK_BIN)/mypy --cache-dir .mypy_cache/spark src tests/spark
	$(SPARK_BIN)/python -m pytest tests/spark -o addopts= -q --strict-markers -m spark

test-ui: $(DASHBOARD_SETUP)  ## the dashboard: its types, its pages, and in a headless Chromium what people do (CHROMIUM names another)
	$(BIN)/mypy --cache-dir .mypy_cache/dashboard dashboard tests/ui
	$(BIN)/python -m pytest tests/ui -o addopts= -q --strict-markers -m ui -n 2 --dist loadfile --no-loadscope-reorder

dashboard: $(DASHBOARD_SETUP)  ## the dashboard at http://127.0.0.1:8501, over the serving copy; PORT names another port
	$(BIN)/python -m streamlit run dashboard/app.py --server.port $(PORT)

lint: $(SETUP)  ## SQL, Python, types, layers
	$(MAKE) --no-print-directory -j2 lint-python lint-sql

# Apart, because each uses one core for most of its time. SQL that is as it was when it was clean is not looked at again:
# its linter takes minutes. Where a file is gone its folder is newer than the mark, which is as old as the look's beginning.
LINTED := target/lint/clean
OF_SQL = $(shell find models macros analyses seeds tests/generic tests/singular *.yml .sqlfluff requirements.lock)
lint-python: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint-sql: $(LINTED)

# sqlfluff takes what `dbt parse` leaves in its target (.sqlfluff), as long as the environment is the same.
$(LINTED): $(SETUP) $(OF_SQL)
	mkdir -p $(@D) && touch $@.begun
	$(foreach source,$(SOURCES),$(call lint_source,$(source),models/staging/$(source)))
	$(call lint_source,,models/core models/intermediate models/marts models/staging/messaging analyses tests/singular)
	mv $@.begun $@

# With a file of its own: the warehouse may be in the midst of a build.
lint_environment = env -u MESSAGING_RAW MESSAGING_DB=target/lint/warehouse.duckdb MESSAGING_SOURCE=$(1)

define lint_source
$(call lint_environment,$(1)) $(BIN)/dbt parse --quiet --no-partial-parse --target-path target/lint
$(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml --output-only-failures
$(call lint_environment,$(1)) $(BIN)/sqlfluff lint $(2) --processes 2

endef

wheel: $(SETUP)  ## the Python of the models and the command line, as a wheel in dist/ (docs/as-a-package.md)
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

docs: $(SETUP)  ## the documentation site, as one file: target/static_index.html
	$(BIN)/dbt docs generate --static
	$(BIN)/python -m messaging_warehouse.docs_site target/static_index.html

bench: $(DASHBOARD_SETUP)  ## measure the warehouse against hand-written SQL and data frames, how it grows, increments, functions and exports: two hours
	$(BIN)/python benchmarks/run.py
	$(BIN)/python -m benchmarks.intervals
	$(BIN)/python -m benchmarks.business_time
	$(BIN)/python -m benchmarks.scale --events $(BENCHMARK_EVENTS) --models $(lastword $(BENCHMARK_EVENTS))
	$(BIN)/python -m benchmarks.increments --events $(BENCHMARK_EVENTS)
	$(BIN)/python -m benchmarks.dataframes
	$(BIN)/python -m benchmarks.exports

bench-spark: $(SPARK_SETUP) java  ## measure a whole build on Spark with one executor and with two, and DuckDB's beside it
	$(SPARK_BIN)/python -m benchmarks.spark

clean:  ## remove what builds and tests leave behind, but for the environment
	rm -rf target logs dist build warehouse.duckdb warehouse.duckdb.wal warehouse_serving.duckdb .warehouse_serving.duckdb.*.tmp* .warehouse_serving.duckdb.spare .warehouse.duckdb.anew* .pytest_cache .mypy_cache .ruff_cache .hypothesis

setup: $(SETUP)

setup-spark: $(SPARK_SETUP) java

# Hashes are checked and nothing is resolved: the lock file is the environment. The project itself is
# installed from here, without isolation, with the setuptools that the lock names.
$(SETUP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -c "import sys; assert sys.version_info >= (3, 11), 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 build'"
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# What only the dashboard and its tests need comes on top, in the same versions of what both need.
$(DASHBOARD_SETUP): $(SETUP) requirements-dashboard.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dashboard.lock
	touch $@

$(SPARK_SETUP): requirements-spark.lock pyproject.toml
	$(PYTHON) -m venv $(SPARK_VENV) || python3 -m venv $(SPARK_VENV)
	$(SPARK_BIN)/python -c "import sys; assert sys.version_info >= (3, 11), 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 build-spark'"
	$(SPARK_BIN)/python -m pip install --quiet --require-hashes -r requirements-spark.lock
	$(SPARK_BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# Spark runs on Java. Where there is none it is installed by the name of its package, if that may be done here.
java:
	@[ -n "$$JAVA_HOME" ] || command -v java > /dev/null || { \
		command -v apt-get > /dev/null && [ "$$(id -u)" = 0 ] \
		&& apt-get update > /dev/null && apt-get install --yes --no-install-recommends $(JAVA_PACKAGE) > /dev/null; \
	} || { echo "Spark needs Java 17 or newer: install the package $(JAVA_PACKAGE), or set JAVA_HOME." >&2; exit 1; }

COMPILE := pip-compile --quiet --generate-hashes --allow-unsafe --no-strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock:  ## resolve the dependencies anew (needs pip-tools)
	$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dashboard --extra test-ui --constraint requirements.lock --output-file requirements-dashboard.lock pyproject.toml
	$(COMPILE) --extra dev --extra spark --constraint requirements.lock --output-file requirements-spark.lock pyproject.toml
