package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
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

// gateway probes a backend until it is healthy or unhealthy, as the first argument says, and prints each answer. A backend is
// unhealthy until its first success, becomes healthy with any success, and unhealthy with threshold failures in a row.
func gateway(args []string) error {
	flags := flag.NewFlagSet("gateway", flag.ExitOnError)
	scheme := flags.String("scheme", "http", "scheme of the backend protocol")
	port := flags.Int("port", 0, "port of the probe")
	path := flags.String("path", "/", "path of the probe")
	p := probe{}
	flags.StringVar(&p.host, "host", "localhost", "host of the rule")
	flags.StringVar(&p.codes, "codes", "200-399", "healthy status codes")
	flags.DurationVar(&p.interval, "interval", 30*time.Second, "time between probes")
	flags.IntVar(&p.threshold, "threshold", 3, "failures in a row after which the backend is unhealthy")
	timeout := flags.Duration("timeout", 30*time.Second, "timeout of one probe")
	within := flags.Duration("within", time.Minute, "time after which to give up")
	flags.Parse(args)
	if flags.NArg() != 2 {
		return fmt.Errorf("gateway has arguments %q, must have [flags] healthy|unhealthy ADDRESS", flags.Args())
	}
	p.address = url.URL{Scheme: *scheme, Host: net.JoinHostPort(flags.Arg(1), strconv.Itoa(*port)), Path: *path}
	p.client = http.Client{
		Timeout:       *timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true,
			// The gateway verifies the name; the authority is the test's own.
			TLSClientConfig: &tls.Config{ServerName: p.host, InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) error {
				return state.PeerCertificates[0].VerifyHostname(p.host)
			}},
		},
	}
	return p.until(flags.Arg(0) == "healthy", *within)
}

func (p *probe) until(healthy bool, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	tick := time.NewTicker(p.interval)
	defer tick.Stop()
	failures := 0
	for {
		if p.succeeds(ctx) {
			failures = 0
		} else {
			failures++
		}
		if healthy && failures == 0 || !healthy && failures >= p.threshold {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s was not healthy=%t within %s", p.address.Host, healthy, within)
		}
	}
}

// succeeds sends one probe, a GET with the rule's Host and no User-Agent, and reports whether it succeeded.
func (p *probe) succeeds(ctx context.Context) bool {
	request := &http.Request{Method: http.MethodGet, URL: &p.address, Host: p.host, Header: http.Header{"User-Agent": nil}}
	response, err := p.client.Do(request.WithContext(ctx))
	if err != nil {
		fmt.Println(err)
		return false
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 512))
	fmt.Println(response.StatusCode, strings.TrimSpace(string(body)))
	return matches(p.codes, response.StatusCode)
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
