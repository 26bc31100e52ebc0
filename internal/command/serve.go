package command

import (
	"context"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"wshealthz/internal/config"
	"wshealthz/internal/doctor"
	"wshealthz/probe"
	"wshealthz/probe/admin"
	"wshealthz/upgrade"
)

// closeTimeout bounds how long connections that are still closing may keep a process that stops.
const closeTimeout = 1500 * time.Millisecond

// serve answers on both listeners until ctx is canceled.
func serve(ctx context.Context, i *invocation) int {
	queue := newLogQueue(i.stderr)
	defer queue.flush()
	c, faults := config.Load(i.environ, "", i.build.Version)
	if len(faults) > 0 {
		return i.misconfigured(faults)
	}
	log := newLogger(c, queue)
	c.Log = limitChanges(log, "variables", "")
	defer c.Log.Sync()
	s := newSidecar(c, log, i.build)
	defer s.changes.Sync()
	if variable, err := s.listen(); err != nil {
		log.Error("cannot listen: is the port in use? set "+variable+" to a free one", zap.Error(err))
		return ExitFailure
	}
	log.Info("serving", s.startFields()...)
	ended := make(chan error, len(s.servers))
	for _, server := range s.servers {
		go func() { ended <- server.Serve() }()
	}
	select {
	case err := <-ended:
		log.Error("a listener ended", zap.Error(err))
		return ExitFailure
	case <-ctx.Done():
	}
	s.drain.Terminate("a signal to stop")
	s.stop()
	closing, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	s.prober.Wait(closing)
	return ExitOK
}

// A sidecar is everything that serves, wired together.
type sidecar struct {
	*config.Config
	log     *zap.Logger
	changes *zap.Logger // of the verdict
	build   Build
	prober  *upgrade.Prober
	drain   *probe.Drain
	history *admin.History
	callers *probe.Callers
	servers []*probe.Server // health, and admin where there is one
	look    look
}

func newSidecar(c *config.Config, log *zap.Logger, build Build) *sidecar {
	s := &sidecar{
		Config: c, log: log, changes: limitChanges(log, "", "reason"), build: build,
		prober: &upgrade.Prober{Target: c.Target, Log: log}, history: admin.NewHistory(c.Target.Timeout), callers: probe.NewCallers(time.Now),
	}
	s.drain = probe.NewDrain(probe.DrainOptions{
		Callers: s.callers, Answers: c.Drain.Answers, Timeout: c.Drain.Timeout, Sessions: c.Drain.Sessions, Server: s.serverView, Log: log,
	})
	s.prober.Closed = func(v upgrade.Verdict, closed upgrade.CloseResult) {
		s.history.RecordClose(v, closed)
		if log.Core().Enabled(zapcore.DebugLevel) {
			log.Debug("probe", probeFields(v, closed)...)
		}
	}
	return s
}

// verdict returns the probe of the health listener: each is bounded and recorded, callers share it, a drain overrides it,
// and changes are logged.
func (s *sidecar) verdict() probe.Probe {
	recorded := s.history.Record(probe.Bound(s.prober.Probe, s.Target.Timeout, s.log))
	shared := probe.Share(recorded, s.MaxAge, s.drain.Lifetime, s.history.CountShared)
	return probe.LogChanges(s.drain.Override(shared), s.changes)
}

// listen binds both listeners before anything is logged or probed. variable names the address that cannot be bound.
func (s *sidecar) listen() (variable string, err error) {
	options := probe.Options{
		Address: s.Listen, Path: s.Path, Probe: s.verdict(), Observe: s.callers.Observe,
		Certificate: s.Certificate, Log: s.log,
	}
	if s.Config.Drain.Wait {
		options.Wait = s.drain.Wait
	}
	health, err := probe.Listen(options)
	if err != nil {
		return config.Prefix + "LISTEN", err
	}
	s.servers = append(s.servers, health)
	if s.AdminListen == "" {
		return "", nil
	}
	server, err := admin.Listen(s.adminOptions(health))
	if err != nil {
		s.stop()
		return config.Prefix + "ADMIN_LISTEN", err
	}
	s.servers = append(s.servers, server)
	return "", nil
}

// adminOptions returns what the admin listener shows of the health listener.
func (s *sidecar) adminOptions(health *probe.Server) admin.Options {
	options := admin.Options{
		Address: s.AdminListen, Target: &s.Target, Gateway: gatewayOf(s.Config, health.Addr().String()), History: s.history, Callers: s.callers,
		Draining: s.drain.Draining, Drain: s.drain, CallerConnections: health.OpenConnections, ServerConnections: s.prober.OpenConnections,
		Sockets: s.serverSockets, Version: s.build.Version, Commit: s.build.Commit, Certificate: s.Certificate, Log: s.log,
	}
	for _, setting := range s.Settings {
		options.Settings = append(options.Settings, doctor.Setting(setting))
	}
	return options
}

// stop stops all listeners at once: each may take a second.
func (s *sidecar) stop() {
	var stopping sync.WaitGroup
	for _, server := range s.servers {
		stopping.Go(server.Stop)
	}
	stopping.Wait()
}

// gatewayOf returns what a gateway must be told to probe the health listener at address.
func gatewayOf(c *config.Config, address string) doctor.Gateway {
	return doctor.NewGateway(address, c.Path, c.Certificate != nil, c.Target.Timeout)
}

// startFields returns the configuration in effect, with the addresses that are really bound.
func (s *sidecar) startFields() []zap.Field {
	fields := []zap.Field{zap.String("version", s.build.Version)}
	if s.build.Commit != "" {
		fields = append(fields, zap.String("commit", s.build.Commit))
	}
	bound := []string{"LISTEN", "ADMIN_LISTEN"}
	for i, server := range s.servers {
		fields = append(fields, zap.Stringer(strings.ToLower(bound[i]), server.Addr()))
	}
	for _, setting := range s.Settings {
		if name := strings.TrimPrefix(setting.Name, config.Prefix); name != bound[0] && name != bound[1] {
			fields = append(fields, zap.String(strings.ToLower(name), setting.Value))
		}
	}
	return fields
}

// probeFields describes one probe for the debug log: its verdict, its phases, and how its connection was closed.
func probeFields(v upgrade.Verdict, closed upgrade.CloseResult) []zap.Field {
	fields := probe.VerdictFields(v)
	for _, phase := range upgrade.Phases() {
		if took := v.Took[phase]; took > 0 {
			fields = append(fields, zap.Duration(phase.String()+"_time", took))
		}
	}
	for _, m := range closed.After {
		fields = append(fields, zap.String("after_"+m.Type, doctor.MessageText(m)))
	}
	return append(fields, zap.String("close", string(closed.Outcome)), zap.Duration("close_time", closed.Took), zap.Int64("close_bytes", closed.Bytes))
}
