package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// A backend is a pod as the gateway knows it.
type backend struct {
	address string
	health  health // guarded by the balancer's mu
	proxy   http.Handler

	probed    context.Context // until it is removed
	stopProbe context.CancelFunc
	connected context.Context // until its connections are cut
	cut       context.CancelFunc
}

func newBackend(address, port string) *backend {
	b := &backend{address: address}
	b.probed, b.stopProbe = context.WithCancel(context.Background())
	b.connected, b.cut = context.WithCancel(context.Background())
	server := &url.URL{Scheme: "http", Host: net.JoinHostPort(address, port)}
	b.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(server)
			r.Out.Host = r.In.Host
		},
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	return b
}

// forward forwards a request, and what follows it on the connection when the server has upgraded it.
func (b *backend) forward(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(b.connected, cancel)()
	b.proxy.ServeHTTP(w, r.WithContext(ctx))
}

// remove ends the probes at once, and cuts the connections after the connection draining timeout.
func (b *backend) remove(draining time.Duration) {
	b.stopProbe()
	time.AfterFunc(draining, b.cut)
}
