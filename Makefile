# `make` lists the targets. Everything runs on the Node that package.json pins; the system's Node only
# has to run npm.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

PREVIEW := deploy/grafana/preview
SITE := deploy/site
# The package of npm that contains Node itself, for this platform.
NODE_22 = node-$(shell node -p 'process.platform + "-" + process.arch')
# The helm on the PATH, or one that Go builds; and the JSON Schemas of Kubernetes, which a package of PyPI has.
HELM := $(or $(shell command -v helm),$(CURDIR)/.local/bin/helm)
SCHEMAS_PACKAGE := kubernetes-validate==1.37.0
KUBERNETES_SCHEMAS := $(CURDIR)/.local/kubernetes/kubernetes_validate/kubernetes-json-schema
PREFLIGHT := @/bin/sh deploy/local/preflight.sh
# Docker's Compose, which Go builds: it renders the file without an engine.
COMPOSE := $(CURDIR)/.local/bin/docker-compose
TEST := node test/run.ts $(if $(RUNS),--runs $(RUNS)) $(if $(ORDER),--seed $(ORDER))

.PHONY: preflight-demo preflight-test audit bench-isolation help demo test test-rules check format up down bench profile bench-mapping docs screenshots dashboards preview-dashboards crash proofs clean demo-replay bench-dead-letters crash-replay scaling package test-package chart manifests test-helm image test-image test-compose release record-release site

help: ## List all targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

package: node_modules ## Build the npm package into .local; NAME=@scope/capi-relay gives it a name to publish it under
	@node deploy/package/main.ts $(if $(NAME),--name $(NAME))

test-package: node_modules .local/node-22/node_modules/.package-lock.json ## Install the npm package with npm, and run it on Node 22 and 24
	@PACKAGE_WITH_NPM=1 PACKAGE_NODES=$(CURDIR)/.local/node-22/node_modules/$(NODE_22)/bin/node \
		$(TEST) test/integration/package.test.ts --selectProjects services

chart: $(HELM) ## Package the Helm chart, with rules and dashboards, into .local/chart
	@mkdir -p .local/chart
	@$(HELM) package deploy/helm/capi-relay --destination .local/chart 2> >(grep -v symbolic >&2)

manifests: $(HELM) ## Render the chart into .local/manifests.yaml; VALUES=values.yaml RELEASE=capi-relay NAMESPACE=default
	@mkdir -p .local
	@$(HELM) template $(or $(RELEASE),capi-relay) deploy/helm/capi-relay --namespace $(or $(NAMESPACE),default) --kube-version $(or $(KUBERNETES),1.37.0) \
		--values $(or $(VALUES),$(error name your values: make manifests VALUES=values.yaml)) \
		2> >(grep -v symbolic >&2) > .local/manifests.yaml
	@echo .local/manifests.yaml

test-helm: node_modules $(HELM) $(KUBERNETES_SCHEMAS) ## Render the Helm chart, and check it against the schemas of Kubernetes
	@TEST_HELM=$(HELM) KUBERNETES_SCHEMAS=$(KUBERNETES_SCHEMAS) $(TEST) test/helm --selectProjects rules helm

test-compose: node_modules $(COMPOSE) ## Render the compose file, and run the commands of its services without an engine; needs root
	@TEST_COMPOSE=$(COMPOSE) $(TEST) test/compose --selectProjects rules compose

image: ## Build the image with a container engine; ENGINE=podman IMAGE=registry.example.com/capi-relay:0.1.0 PLATFORMS=linux/amd64,linux/arm64 (pushes it)
	@$(or $(ENGINE),docker) $(if $(PLATFORMS),buildx )build --file deploy/Dockerfile --tag $(or $(IMAGE),capi-relay) \
		$(if $(PLATFORMS),--platform $(PLATFORMS) --sbom=true --provenance=mode=max --push )--build-arg REVISION=$(shell git rev-parse HEAD) .

test-image: node_modules ## Take the steps of the Dockerfile without an engine, and run what they make; needs root
	@TEST_IMAGE=1 $(TEST) test/image --selectProjects rules image

release: node_modules ## Make a release: changelog, version, commit and tag; VERSION=0.2.0, and DRY_RUN=1 only says what it would do
	@node deploy/release/main.ts --version '$(VERSION)' $(if $(DRY_RUN),--dry-run)

record-release: node_modules ## Record in test/fixtures what the release before this one leaves in Redis, for a test that today's code goes on with it
	@node test/compatibility/record.ts

demo: preflight-demo node_modules ## Run the main job: 20,000 Track events from Kafka to the sandbox, and a ledger that balances
	@node deploy/demo/main.ts

demo-replay: preflight-demo node_modules ## Fix and replay dead letters: a token expires, a setting is wrong, and the ledger balances
	@node deploy/demo/replay.ts

test: preflight-test node_modules ## Run every test against a real Kafka and a real Redis; RUNS=10 repeats, ORDER=7 shuffles the files
	@$(TEST)

test-rules: node_modules ## Run the tests that need neither Kafka nor Redis
	@$(TEST) --selectProjects rules

check: node_modules ## Format, lint, types and import rules
	@biome check .
	@tsc --noEmit -p .
	@node test/run.ts test/architecture --selectProjects rules

audit: node_modules ## Ask the npm registry for known vulnerabilities of what users install
	@npm audit --omit=dev --audit-level=high

format: node_modules ## Format every file as `make check` expects
	@biome check --write .

up: preflight-demo node_modules ## Start Kafka, Redis, the sandbox, ingest, two workers, control and Prometheus, and leave them running
	@node deploy/local/up.ts

down: node_modules ## Stop what `make up` started
	@node deploy/local/down.ts

dashboards: node_modules ## Generate the dashboards that Grafana is provisioned with
	@node deploy/grafana/dashboards/write.ts

preview-dashboards: node_modules $(PREVIEW)/node_modules/.package-lock.json ## Render the dashboards as images, light and dark, into .local/dashboards
	@tsc --noEmit -p $(PREVIEW)
	@node $(PREVIEW)/main.ts $(FLAGS)

site: node_modules $(SITE)/node_modules/.package-lock.json ## Build the pages of docs as a website, into .local/site/html
	@node $(SITE)/build.ts

bench: node_modules ## Measure the pipeline against its floor; BASE=main compares in turns, ROUNDS=5 EVENTS=200000 JSON=.local/bench.json
	@node test/bench/pipeline/main.ts --events '$(or $(EVENTS),200000)' --rounds '$(or $(ROUNDS),5)' \
		$(if $(BASE),--base '$(BASE)') $(if $(JSON),--json '$(JSON)')

profile: node_modules ## Profile CPU and heap of ingest and worker under that load into .local/profiles; EVENTS=200000
	@EVENTS='$(EVENTS)' node test/bench/profile/main.ts

bench-mapping: node_modules ## Measure mapping and hashing against the floor, Meta's SDK and the style of Segment's code
	@node test/bench/mapping/main.ts

screenshots: node_modules ## Retake the README's screenshots in a real browser
	@node test/screenshots/main.ts

bench-dead-letters: node_modules ## Measure what a million dead letters cost: memory, writes, queries
	@node test/bench/dead-letters.ts

crash-replay: node_modules ## Kill a replay at 100 random moments, and verify that nothing is lost or sent twice
	@node test/crash/replay.ts

bench-isolation: node_modules ## Measure how much one sick pixel in twenty slows the others; BENCH_ROUNDS=3
	@node test/bench/isolation.ts

scaling: node_modules ## Plan and simulate a fleet; RATE=25000 events a second, PIXELS=40, PEAK=3 times the usual rate
	@node deploy/docs/scaling/main.ts $(if $(RATE),--rate='$(RATE)') $(if $(PIXELS),--pixels='$(PIXELS)') $(if $(PEAK),--peak='$(PEAK)')

docs: node_modules ## Generate the pages and schemas that come from code and test data
	@node deploy/docs/write.ts
	@node test/conformance/differences/write-page.ts

crash: node_modules ## Attack every promise, at length; ONLY=stores,cuts and SEED=7 narrow it down
	@node test/crash/main.ts $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED))

proofs: node_modules ## Write docs/promises.md from the results of `make crash`
	@node test/crash/page.ts

clean: down ## Stop local processes, and remove their files and what was installed
	rm -rf node_modules $(PREVIEW)/node_modules $(SITE)/node_modules .local

# What is missing on this machine is named before anything is downloaded.
preflight-demo preflight-test:
	$(PREFLIGHT) $(@:preflight-%=%) $(firstword $(MAKECMDGOALS))

# npm leaves this file when it has finished: a broken installation is done again.
node_modules: node_modules/.package-lock.json
node_modules/.package-lock.json: package.json package-lock.json
	$(PREFLIGHT) node $(firstword $(MAKECMDGOALS))
	@echo 'Installing what package-lock.json pins …'
	@npm ci --no-fund --no-audit --loglevel=error
	@node_modules/.bin/node --version > /dev/null 2>&1 || { rm -f $@; \
		echo 'The pinned Node was not installed, because npm ran no install scripts: npm ci --ignore-scripts=false' >&2; exit 1; }
	@touch $@

# The oldest Node on which the package is tested.
.local/node-22/node_modules/.package-lock.json:
	@mkdir -p .local/node-22
	@npm install --prefix .local/node-22 --ignore-scripts --no-fund --no-audit --loglevel=error $(NODE_22)@22.15.0

# Grafana's user interface is large, and only who draws dashboards needs it.
$(PREVIEW)/node_modules/.package-lock.json: $(PREVIEW)/package.json $(PREVIEW)/package-lock.json
	@echo 'Installing what draws dashboards (about 480 MB) …'
	@npm ci --prefix $(PREVIEW) --no-fund --no-audit --loglevel=error
	@touch $@

$(SITE)/node_modules/.package-lock.json: $(SITE)/package.json $(SITE)/package-lock.json
	@echo 'Installing what builds the site …'
	@npm ci --prefix $(SITE) --no-fund --no-audit --loglevel=error
	@touch $@

$(CURDIR)/.local/bin/helm:
	@echo 'Building helm with Go (once) …'
	@GOBIN=$(CURDIR)/.local/bin go install helm.sh/helm/v3/cmd/helm@v3.22.0

# Its module has exclusions, so that `go install` does not take it by name.
$(COMPOSE):
	@echo "Building Docker's Compose with Go (once, some minutes) …"
	@mkdir -p $(@D)
	@cd "$$(go mod download -json github.com/docker/compose/v2@v2.40.3 | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$$/\1/p')" && go build -o $@ ./cmd

$(KUBERNETES_SCHEMAS):
	@mkdir -p .local/kubernetes
	@python3 -m pip download --quiet --no-deps --dest .local/kubernetes $(SCHEMAS_PACKAGE)
	@cd .local/kubernetes && python3 -m zipfile --extract *.whl .
