VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
IMAGE ?= wshealthz:$(VERSION)
BUILD = CGO_ENABLED=0 go build -trimpath -tags nethttpomithttp2 -ldflags "-s -w -X main.version=$(VERSION)"

.PHONY: build test demo fuzz lint charts e2e servers bench image ci

build: ; $(BUILD) -o dist/wshealthz .
test: ; go test ./...
demo: ; go run ./examples/demo
lint: ; .ci/lint
fuzz: ; .ci/fuzz 60s
charts: ; .ci/charts
# On the cluster that KUBECONFIG names: make e2e IMAGE=REGISTRY/wshealthz:TAG E2E_IMAGE=REGISTRY/e2e:TAG
e2e: ; IMAGE=$(IMAGE) .ci/e2e
servers: ; .ci/servers
bench: build ; .ci/bench/run dist/wshealthz
image: ; docker buildx build --build-arg VERSION=$(VERSION) --tag $(IMAGE) .
ci: ; .ci/run
