VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
IMAGE ?= wshealthz:$(VERSION)
BUILD = CGO_ENABLED=0 go build -trimpath -tags nethttpomithttp2 -ldflags "-s -w -X main.version=$(VERSION)"

.PHONY: build test demo fuzz lint servers bench image ci

build: ; $(BUILD) -o dist/wshealthz .
test: ; go test ./...
demo: ; go run ./examples/demo
lint: ; .ci/lint
fuzz: ; .ci/fuzz 60s
servers: ; .ci/servers
bench: build ; .ci/bench/run dist/wshealthz
image: ; docker buildx build --build-arg VERSION=$(VERSION) --tag $(IMAGE) .
ci: ; .ci/run
