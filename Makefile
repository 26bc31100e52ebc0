VERSION ?= $(or $(patsubst v%,%,$(shell git describe --tags --always --dirty 2>/dev/null)),dev)
COMMIT ?= $(shell git describe --match '' --always --abbrev=40 --dirty 2>/dev/null)
IMAGE ?= wshealthz:$(VERSION)
# The same flags as in the Dockerfile.
BUILD = CGO_ENABLED=0 go build -buildvcs=false -trimpath -tags nethttpomithttp2 -ldflags "-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)"
# make release VERSION=1.2.3: the archives of every platform, their SBOMs and checksums, in dist/release
RELEASE ?= dist/release
PROGRAM ?= dist/wshealthz

.PHONY: build test demo fuzz lint charts e2e e2e-drain servers browser oracles attack release bench endurance image ci ci-all

build: ; $(BUILD) -o '$(PROGRAM)' .
release: ; .ci/archives $(VERSION) $(RELEASE)
test: ; go test ./...
demo: ; go run ./examples/demo
lint: ; .ci/lint
fuzz: ; .ci/fuzz 60s
charts: ; .ci/charts
servers: ; .ci/servers
browser: ; .ci/browser
oracles: ; .ci/oracles
# On the cluster that KUBECONFIG names: make e2e IMAGE=REGISTRY/wshealthz:TAG E2E_IMAGE=REGISTRY/e2e:TAG
e2e: ; IMAGE=$(IMAGE) .ci/e2e
# Three rollouts in each drain mode, under load, and a table: the same, or make e2e-drain KIT=DIRECTORY for a node of its own.
e2e-drain: ; IMAGE=$(IMAGE) .ci/e2e drain $(KIT)
# All attacks, in three minutes; some of them: make attack ATTACKS="-only 'TLS|FIFO'"
attack: build ; CGO_ENABLED=0 go run ./internal/attack -binary dist/wshealthz $(ATTACKS)
# Next to C, HAProxy, nginx with Lua (apt-get install haproxy nginx-light libnginx-mod-http-lua) and Node, those that are here.
# Next to an older binary too, with the change from it: make bench BASE=path/to/wshealthz
bench: build ; CGO_ENABLED=0 go run ./internal/bench $(BASE) dist/wshealthz
# A million probes and ten million shared answers: a quarter of an hour, on Linux alone. make ci runs a tenth of it.
endurance: ; .ci/endurance 1000000 10000000
# Build and push for two platforms: make image IMAGE=REGISTRY/wshealthz:TAG PLATFORM=linux/amd64,linux/arm64 PUSH=1
image: ; docker buildx build $(if $(PLATFORM),--platform $(PLATFORM)) --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --tag $(IMAGE) $(if $(PUSH),--push,--load) .
# What needs nothing but Go, and all of it.
ci: ; .ci/run go
ci-all: ; .ci/run
