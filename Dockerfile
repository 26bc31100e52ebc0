FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY *.go ./
COPY probe probe
COPY upgrade upgrade
# nethttpomithttp2: the health listener speaks HTTP/1.1 only, and 0.3 MiB stay out of the binary and out of memory.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -tags nethttpomithttp2 \
    -ldflags "-s -w -X main.version=$VERSION" -o /wshealthz .

# No HEALTHCHECK: it would restart the sidecar for the server's fault.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /wshealthz /wshealthz
USER 65532:65532
EXPOSE 10101
ENTRYPOINT ["/wshealthz"]
