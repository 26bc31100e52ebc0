FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS
ARG TARGETARCH
ARG TARGETVARIANT
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY main.go LICENSE THIRD_PARTY_LICENSES ./
COPY internal internal
COPY probe probe
COPY upgrade upgrade
ARG VERSION=dev
ARG COMMIT=
# The same flags as in the Makefile, so that the image has the same bytes as the release.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build -buildvcs=false -trimpath -tags nethttpomithttp2 \
    -ldflags "-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o /image/wshealthz .
# All times are the commit's, so that one commit makes one layer, whoever builds it.
ARG SOURCE_DATE_EPOCH=0
RUN mkdir -p /image/etc/ssl/certs /image/licenses \
 && cp LICENSE THIRD_PARTY_LICENSES /image/licenses \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs \
 && chmod -R u=rwX,go=rX /image && find /image -exec touch -d @$SOURCE_DATE_EPOCH {} +

# No HEALTHCHECK: it would restart the sidecar when the server is at fault.
FROM scratch
ARG VERSION=dev
ARG COMMIT=
LABEL org.opencontainers.image.title=wshealthz \
      org.opencontainers.image.description="Answers a plain GET /health with the verdict of a real WebSocket handshake" \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$COMMIT
COPY --from=build /image /
USER 65532:65532
EXPOSE 10101
ENTRYPOINT ["/wshealthz"]
