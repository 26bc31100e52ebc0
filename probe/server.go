package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

const (
	maxHeader   = 16 << 10    // bytes of a request's header: 256 callers cannot use up a small container
	stopTimeout = time.Second // for answers under way when the server stops
)

// A Server is a listener with a bound on its connections, and what it answers over HTTP/1.1.
type Server struct {
	listener *limitListener
	http     http.Server
}

// ServerOptions are the options of NewServer; all but Certificate are required.
type ServerOptions struct {
	Address        string // host:port, as net.Listen takes it; port 0 is any free one
	MaxConnections int    // open at a time, or a quarter of the descriptor limit where that is less
	Handler        http.Handler
	HeaderTimeout  time.Duration // for a request's header, and TLS before it
	WriteTimeout   time.Duration // from the end of the header to the end of the answer
	IdleTimeout    time.Duration // between two requests
	// Certificate is asked for at each TLS handshake. Default: plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// connKey is the key of the connection in a request's context.
type connKey struct{}

// NewServer binds the address; nothing is answered before Serve. The error is that of net.Listen.
func NewServer(o ServerOptions) (*Server, error) {
	// Multipath TCP, Go's default for listeners, costs CPU and does nothing for a sidecar.
	config := net.ListenConfig{}
	config.SetMultipathTCP(false)
	listener, err := config.Listen(context.Background(), "tcp", o.Address)
	if err != nil {
		return nil, err
	}
	s := &Server{listener: newLimitListener(listener.(*net.TCPListener), connectionLimit(o.MaxConnections), o.Log)}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.http = http.Server{
		Handler:                      o.Handler,
		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * with 200
		Protocols:                    protocols,
		MaxHeaderBytes:               maxHeader,
		ReadHeaderTimeout:            o.HeaderTimeout,
		WriteTimeout:                 o.WriteTimeout,
		IdleTimeout:                  o.IdleTimeout,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		ErrorLog: debugLog(o.Log),
	}
	if o.Certificate != nil {
		s.http.TLSConfig = &tls.Config{
			MinVersion:     tls.VersionTLS12,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return o.Certificate() },
		}
	}
	return s, nil
}

// Addr returns the address that is bound, with its real port.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// OpenConnections returns how many connections of callers are open.
func (s *Server) OpenConnections() int { return s.listener.openConnections() }

// Serve answers until Stop. It returns nil only after Stop.
func (s *Server) Serve() error {
	serve := func() error { return s.http.Serve(s.listener) }
	if s.http.TLSConfig != nil {
		serve = func() error { return s.http.ServeTLS(s.listener, "", "") }
	}
	if err := serve(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop closes the listener at once, lets the answers under way end, for at most a second, and closes the rest.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	s.http.Shutdown(ctx)
	s.http.Close()
}

// debugLog takes what net/http says about callers (a bare connect to a TLS port, a malformed request). It is seen at the
// level debug only: a port that the network reaches must not be able to fill a log.
func debugLog(to *zap.Logger) *log.Logger {
	std, err := zap.NewStdLogAt(to, zap.DebugLevel)
	if err != nil {
		panic(err) // the level is one of zap's own
	}
	return std
}
