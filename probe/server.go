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
	headerTime = 10 * time.Second  // for a request's header, and TLS before it
	idleTime   = 120 * time.Second // between two requests
	writeSlack = 5 * time.Second   // beyond the probe's own budget
	maxHeader  = 16 << 10          // bytes of a request's header: 256 callers cannot use up a small container
	stopTime   = time.Second       // for the answers under way when the server stops
)

// A Server is a listener and what it answers: the health listener, or the admin listener. Use Listen or ListenAdmin.
type Server struct {
	crowd *crowd
	http  http.Server
}

// Options of a Server; all but Certificate are required.
type Options struct {
	Address string        // host:port, as net.Listen takes it; port 0 is any free one
	Path    string        // decoded, begins with "/"
	Probe   Probe         // what is asked for each GET on Path
	Callers *Callers      // is told of each request
	Timeout time.Duration // of a probe: an answer is written within 5 s more
	// Certificate is asked for each TLS handshake. Default: plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// connKey is the key of the connection in a request's context.
type connKey struct{}

// Listen binds the health listener; nothing is answered before Serve. The error is that of net.Listen.
func Listen(o Options) (*Server, error) {
	s, err := bind(o.Address, crowdLimit(), o.Log)
	if err != nil {
		return nil, err
	}
	s.http.Handler = &health{o.Path, o.Probe, o.Callers}
	s.http.ReadHeaderTimeout, s.http.WriteTimeout, s.http.IdleTimeout = headerTime, o.Timeout+writeSlack, idleTime
	if o.Certificate != nil {
		s.http.TLSConfig = &tls.Config{
			MinVersion:     tls.VersionTLS12,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return o.Certificate() },
		}
	}
	return s, nil
}

// bind binds address and speaks HTTP/1.1 there, with at most limit connections.
func bind(address string, limit int, log *zap.Logger) (*Server, error) {
	// Multipath TCP, Go's default for listeners, costs CPU and does nothing for a sidecar.
	config := net.ListenConfig{}
	config.SetMultipathTCP(false)
	listener, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &Server{crowd: newCrowd(listener.(*net.TCPListener), limit, log)}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.http = http.Server{
		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * with 200
		Protocols:                    protocols,
		MaxHeaderBytes:               maxHeader,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		ErrorLog: quietLog(log),
	}
	return s, nil
}

// Addr is the address that is bound, with its real port.
func (s *Server) Addr() net.Addr { return s.crowd.Addr() }

// Callers is how many connections are open.
func (s *Server) Callers() int {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	return s.crowd.open
}

// Serve answers until Stop. The error is never nil but after Stop.
func (s *Server) Serve() error {
	serve := func() error { return s.http.Serve(s.crowd) }
	if s.http.TLSConfig != nil {
		serve = func() error { return s.http.ServeTLS(s.crowd, "", "") }
	}
	if err := serve(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop closes the listener at once, lets the answers under way end, at most a second, and closes the rest.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	s.http.Shutdown(ctx)
	s.http.Close()
}

// quietLog is where net/http complains of its callers (a bare connect to a TLS port, a broken request): seen with
// the level debug only, because a port that the network reaches must not be able to fill a log.
func quietLog(to *zap.Logger) *log.Logger {
	std, err := zap.NewStdLogAt(to, zap.DebugLevel)
	if err != nil {
		panic(err) // the level is one of zap's own
	}
	return std
}
