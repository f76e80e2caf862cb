# Everything a day needs; `make` alone lists it. The build tag is the reason
# for most of this file: DuckDB's Go driver offers Arrow only under it.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

TAGS := -tags duckdb_arrow
export STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 10s
# What to test: make test PKG=./mining
PKG ?= ./...

# DuckDB is linked into each of 46 test programs: that takes GNU ld five seconds
# of a processor, and gold, where it is there, half of that.
LINK := $(if $(shell command -v ld.gold),-ldflags=-extldflags=-fuse-ld=gold)

# Where .ci/needs puts what a browser test loads into a page.
export MILLRACE_AXE ?= $(CURDIR)/.build/node_modules/axe-core/axe.min.js

.PHONY: help build test needs check vet lint fuzz bench bench-kpi bench-report rewrite echarts demo clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name doc; do printf '  make %-13s%s\n' "$$name" "$$doc"; done

build: ## bin/millrace
	go build $(TAGS) -trimpath -o bin/millrace ./cmd/millrace

# check has vetted everything already.
test: needs check ## everything that must hold before a commit; says at its end what was skipped and why
	@go test $(TAGS) $(LINK) -vet=off -timeout 45m -json $(PKG) | go run ./internal/testreport

needs: # what tests need besides Go: installed where that is allowed, else named
	@.ci/needs

check: vet # what can be said of the code without running it
	@go run $(STATICCHECK) $(TAGS) ./...
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted (gofmt -w .):"; echo "$$unformatted"; exit 1; }

vet:
	@go vet $(TAGS) ./...

lint: check ## vet, staticcheck, gofmt

fuzz: ## every fuzz test for FUZZTIME (10s)
	@for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file"); do \
	    go test $(TAGS) "$${file%/*}" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME); \
	  done; \
	done

EVENTS ?= 10000000
# A Python that has bench/rivals/requirements.txt. Where it is not said, one is
# made in .build if that is possible here; without it two rivals are missing,
# and the benchmark says so.
MILLRACE_PYTHON ?=

.build/python/ready: bench/rivals/requirements.txt
	@mkdir -p .build
	@python3 -m venv .build/python && .build/python/bin/pip install -q --disable-pip-version-check -r $< && touch $@ \
	  || echo "bench: without polars and PM4Py: no Python with bench/rivals/requirements.txt is to be had here" >&2

# The crate process_mining, for alignments; MILLRACE_RUST is the program if it is
# made already.
MILLRACE_RUST ?=

.build/cargo/ready: $(wildcard bench/rivals/with_process_mining/* bench/rivals/with_process_mining/src/*)
	@mkdir -p .build
	@cargo build -q --release --locked --manifest-path bench/rivals/with_process_mining/Cargo.toml --target-dir .build/cargo && touch $@ \
	  || echo "bench: without the Rust crate process_mining: no cargo, or no crates.io, is to be had here" >&2

bench: $(if $(MILLRACE_PYTHON),,.build/python/ready) $(if $(MILLRACE_RUST),,.build/cargo/ready) ## beside DuckDB, polars, PM4Py and a Rust crate: EVENTS=10000000, GROWTH=1 (at a tenth and a hundredth too; 0: not), ONLY="text|text" of steps
	@go test $(TAGS) -c -o .build/bench.test ./bench
	@cd bench && MILLRACE_PYTHON="$(or $(MILLRACE_PYTHON),$$(test ! -e ../.build/python/ready || echo $(CURDIR)/.build/python/bin/python))" \
	  MILLRACE_RUST="$(or $(MILLRACE_RUST),$$(test ! -e ../.build/cargo/ready || echo $(CURDIR)/.build/cargo/release/with_process_mining))" \
	  MILLRACE_BENCH_EVENTS="$(EVENTS)" MILLRACE_BENCH_GROWTH="$(GROWTH)" MILLRACE_BENCH_ONLY="$(ONLY)" ../.build/bench.test

# What it costs to simulate and load is paid once: the store stays.
bench-kpi: ## every key figure timed, over ORDERS=1000000 orders (default 25000), which stay in .build
	@mkdir -p .build/kpi
	@MILLRACE_ORDERS="$(ORDERS)" go test $(TAGS) ./metrics -run '^$$' -bench KPI -benchtime 1x -timeout 600m -args -company "$(CURDIR)/.build/kpi"

bench-report: ## millrace report timed, over ORDERS=1000000 orders (default 25000), which stay in .build
	@MILLRACE_ORDERS="$(ORDERS)" MILLRACE_COMPANY="$(CURDIR)/.build/company-$(or $(ORDERS),25000)" \
	  go test $(TAGS) ./cmd/millrace -run '^$$' -bench Report -benchtime 3x -timeout 600m

rewrite: ## rewrite all expected text; then read the diff
	@for dir in $$(grep -rl --include='*_test.go' 'cockroachdb/datadriven"' . | sed 's,/[^/]*$$,,' | sort -u); do \
	  go test $(TAGS) "$$dir" -rewrite; \
	done
	UPDATE=1 go test $(TAGS) ./cmd/millrace
	@git --no-pager diff --stat

echarts: ## the script that reports have of ECharts, made again of reports/html/echarts
	@cd reports/html/echarts && npm ci --no-audit --no-fund && node build.mjs

demo: ## the sample distributor, from its data to a report
	go run $(TAGS) ./cmd/millrace demo

clean: ## remove what these targets made
	rm -rf bin .build demo
