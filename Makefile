export PATH := $(CURDIR)/.tools/node/node_modules/.bin:$(CURDIR)/.tools/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help bench test lint build setup

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

bench: setup ## run the main job; ARGS="--seed 7" adds options
	@scripts/as-root.sh node dist/index.js run $(ARGS)

test: setup ## run all tests; the kernel's need root, Docker's an engine
	@scripts/setup-tests.sh
	@scripts/as-root.sh node_modules/.bin/vitest run --configLoader runner $(ARGS)

lint: setup ## run every static check
	@scripts/setup-lint.sh
	@scripts/lint.sh

build: setup ## bring dist/ up to date (npm run build makes it anew in any case)

setup: ## install what is missing, without running anything
	@scripts/setup.sh
