package main

import (
	"context"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// leaveBound is how long the connections that are being left may keep a process that stops.
const leaveBound = 1500 * time.Millisecond

// serve answers on both listeners until ctx is canceled.
func serve(ctx context.Context, _, environ []string, _, stderr io.Writer) int {
	log := newQueue(stderr)
	defer log.flush()
	c, faults := configure(environ, "", log)
	if len(faults) > 0 {
		return report(stderr, faults)
	}
	// Where a library cannot read something of /proc it tells Go's own log so, at every scrape.
	if restore, err := zap.RedirectStdLogAt(c.log, zapcore.DebugLevel); err == nil {
		defer restore()
	}
	a := newSidecar(c)
	if name, err := a.listen(); err != nil {
		c.log.Error("cannot listen, is the port in use? set "+prefix+name+" to a free one", zap.Error(err))
		return exitFault
	}
	c.log.Info("serving", startFields(c, a.servers)...)
	ended := make(chan error, len(a.servers))
	for _, s := range a.servers {
		go func() { ended <- s.Serve() }()
	}
	select {
	case err := <-ended:
		c.log.Error("a listener ended", zap.Error(err))
		return exitFault
	case <-ctx.Done():
	}
	a.drain.Begin()
	a.stop()
	left, cancel := context.WithTimeout(context.Background(), leaveBound)
	defer cancel()
	a.prober.Wait(left)
	return exitOK
}

// A sidecar is the two rooms wired together: who asks, what is asked, and what is shown of it.
type sidecar struct {
	*config
	prober  *upgrade.Prober
	drain   *probe.Drain
	history *probe.History
	callers *probe.Callers
	servers []*probe.Server // health, and admin where there is one
}

func newSidecar(c *config) *sidecar {
	history := probe.NewHistory(c.target.Timeout)
	a := &sidecar{config: c, prober: &upgrade.Prober{Target: c.target, Log: c.log}, drain: probe.NewDrain(), history: history, callers: probe.NewCallers(history)}
	if c.log.Core().Enabled(zapcore.DebugLevel) {
		a.prober.Done = func(v upgrade.Verdict, left upgrade.Left) { c.log.Debug("probe", probeFields(v, left)...) }
	}
	return a
}

// listen binds both listeners before anything is said or probed. name is the variable of the one that cannot be had.
func (a *sidecar) listen() (name string, err error) {
	shared := probe.Share(a.history.Of(a.prober.Probe), a.maxAge, a.drain.Lifetime, a.history.Shared)
	health, err := probe.Listen(probe.Options{
		Address: a.config.listen, Path: a.path, Probe: probe.Journal(a.drain.Over(shared), a.log), Callers: a.callers,
		Timeout: a.target.Timeout, Certificate: a.certificate, Log: a.log,
	})
	if err != nil {
		return "LISTEN", err
	}
	a.servers = append(a.servers, health)
	if a.adminListen == "" {
		return "", nil
	}
	admin, err := probe.ListenAdmin(probe.AdminOptions{
		Address: a.adminListen, History: a.history, Callers: a.callers, Health: health, Draining: a.drain.Draining,
		Connections: a.prober.Connections, Listens: func() probe.Listens { return listens(&a.target) },
		Sent: a.target.Handshake(false), Target: a.target.String(), Path: a.path, Timeout: a.target.Timeout,
		Settings: a.settings(), Version: version, Certificate: a.certificate, Log: a.log,
	})
	if err != nil {
		a.stop()
		return "ADMIN_LISTEN", err
	}
	a.servers = append(a.servers, admin)
	return "", nil
}

func (a *sidecar) stop() {
	for _, s := range a.servers {
		s.Stop()
	}
}

// listens is where the target listens, if it is on this machine.
func listens(t *upgrade.Target) probe.Listens {
	host := t.DialHost()
	address, err := netip.ParseAddr(host)
	port, _ := strconv.ParseUint(t.Port(), 10, 16)
	if upgrade.IsLocalhost(host) || err == nil && address.IsLoopback() {
		return probe.ListensOn(uint16(port))
	}
	return probe.ListensUnknown
}

// settings is the configuration in effect: each variable that holds something. What may hold a secret is "…".
func (c *config) settings() (list []probe.Setting) {
	for _, v := range c.inEffect {
		value := *v.value
		switch strings.TrimPrefix(v.name, prefix) {
		case "TARGET":
			value = c.target.String()
		case "HEADERS", "SEND", "EXPECT":
			if value != "" {
				value = "…"
			}
		}
		if value != "" {
			list = append(list, probe.Setting{Name: v.name, Value: value})
		}
	}
	return list
}

// startFields is the configuration in effect, with the real addresses.
func startFields(c *config, servers []*probe.Server) []zap.Field {
	fields := []zap.Field{zap.String("version", version)}
	for i, name := range []string{"LISTEN", "ADMIN_LISTEN"} {
		if i < len(servers) {
			fields = append(fields, zap.Stringer(strings.ToLower(name), servers[i].Addr()))
		}
	}
	for _, s := range c.settings() {
		if name := strings.TrimPrefix(s.Name, prefix); name != "LISTEN" && name != "ADMIN_LISTEN" {
			fields = append(fields, zap.String(strings.ToLower(name), s.Value))
		}
	}
	return fields
}

// probeFields is one probe for the debug log: verdict, phases, and how the connection was left.
func probeFields(v upgrade.Verdict, left upgrade.Left) []zap.Field {
	fields := probe.VerdictFields(v)
	for _, phase := range upgrade.Phases() {
		if took := v.Took[phase]; took > 0 {
			fields = append(fields, zap.Duration(phase.String()+"_time", took))
		}
	}
	return append(fields, zap.String("left", string(left.How)), zap.Duration("left_time", left.Took), zap.Int64("left_bytes", left.Read))
}
