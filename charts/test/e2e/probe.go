package main

import (
	"context"
	"crypto/tls"
	"flag"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A probe is a health probe of Application Gateway, as in the document "Application Gateway health probes overview".
type probe struct {
	address   url.URL // scheme, the pod's address and the port, path
	host      string  // host of the rule, sent as Host
	codes     string  // such as 200-399 or 200,401
	interval  time.Duration
	threshold int // failures in a row after which a backend is unhealthy
	client    http.Client
}

// probeFlags defines the flags of a probe. The function that it returns makes the probe of a pod's address, once the flags have
// been parsed.
func probeFlags(flags *flag.FlagSet) func(address string) *probe {
	scheme := flags.String("scheme", "http", "scheme of the backend protocol")
	port := flags.Int("port", 0, "port of the probe")
	path := flags.String("path", "/", "path of the probe")
	host := flags.String("host", "localhost", "host of the rule")
	codes := flags.String("codes", "200-399", "healthy status codes")
	interval := flags.Duration("interval", 30*time.Second, "time between probes")
	threshold := flags.Int("threshold", 3, "failures in a row after which the backend is unhealthy")
	timeout := flags.Duration("timeout", 30*time.Second, "timeout of one probe")
	return func(address string) *probe {
		return &probe{
			address:  url.URL{Scheme: *scheme, Host: net.JoinHostPort(address, strconv.Itoa(*port)), Path: *path},
			host:     *host,
			codes:    *codes,
			interval: *interval, threshold: *threshold,
			client: http.Client{
				Timeout:       *timeout,
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
				Transport: &http.Transport{
					DisableKeepAlives: true,
					// The gateway verifies the name; the authority is the test's own.
					TLSClientConfig: &tls.Config{ServerName: *host, InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) error {
						return state.PeerCertificates[0].VerifyHostname(*host)
					}},
				},
			},
		}
	}
}

// send sends one probe, a GET with the rule's Host and no User-Agent. It reports whether it succeeded, and what came.
func (p *probe) send(ctx context.Context) (succeeded bool, answer string) {
	request := &http.Request{Method: http.MethodGet, URL: &p.address, Host: p.host, Header: http.Header{"User-Agent": nil}}
	response, err := p.client.Do(request.WithContext(ctx))
	if err != nil {
		return false, err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 512))
	return matches(p.codes, response.StatusCode), strconv.Itoa(response.StatusCode) + " " + strings.TrimSpace(string(body))
}

// A health is what a gateway makes of the results of a backend's probes. A backend is unhealthy until its first success, becomes
// healthy with any success, and unhealthy with threshold failures in a row.
type health struct {
	healthy  bool
	failures int // in a row
}

func (h *health) add(succeeded bool, threshold int) {
	if succeeded {
		*h = health{healthy: true}
		return
	}
	if h.failures++; h.failures >= threshold {
		h.healthy = false
	}
}

// matches reports whether a status is in a comma-separated list of codes and ranges.
func matches(codes string, status int) bool {
	for code := range strings.SplitSeq(codes, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(code), "-")
		if !isRange {
			high = low
		}
		least, _ := strconv.Atoi(low)
		most, _ := strconv.Atoi(high)
		if status >= least && status <= most {
			return true
		}
	}
	return false
}
