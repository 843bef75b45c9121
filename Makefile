# SPDX-FileCopyrightText: 2026 The gstpublish authors
# SPDX-License-Identifier: Apache-2.0

.PHONY: help demo check test vulncheck sanitize bench bench-operators bench-screencast lint fmt build setup

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

demo: ## start a LiveKit server, publish a test pattern, watch it, write demo.png
	@scripts/demo

check: ## run what needs no server, browser or wall clock: format, linters, go.mod, licences, quick tests
	@scripts/check

test: ## run every test with the race detector, and vet
	@scripts/test

vulncheck: ## look for known vulnerabilities in what gstpublish imports (needs the internet)
	@scripts/vulncheck

sanitize: ## look for errors of memory in our encoders: sanitizers, random settings, valgrind
	@scripts/sanitize

bench: ## run the benchmarks
	@scripts/bench

bench-screencast: ## measure screencasts, codec by codec, on a recording of a screen
	@scripts/bench-screencast

bench-operators: ## measure faults beside healthy publications, 40 jobs on two workers, agent dispatch
	@scripts/bench-operators

lint: ## run the linters (the first time builds them)
	@scripts/lint

fmt: ## format the Go files
	@scripts/fmt

build: ## build bin/gstpublish
	@scripts/build

setup: ## install what is missing (the other targets do this themselves)
	@scripts/setup
