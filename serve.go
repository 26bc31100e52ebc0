package main

import (
	"context"
	"io"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// leaveBound is how long the connections that are being left may keep a process that stops.
const leaveBound = 1500 * time.Millisecond

// serve answers on the health listener until ctx is canceled.
func serve(ctx context.Context, _, environ []string, _, stderr io.Writer) int {
	log := newQueue(stderr)
	defer log.flush()
	c, faults := configure(environ, "", log)
	if len(faults) > 0 {
		return report(stderr, faults)
	}
	prober := &upgrade.Prober{Target: c.target, Log: c.log}
	if c.log.Core().Enabled(zapcore.DebugLevel) {
		prober.Done = func(v upgrade.Verdict, left upgrade.Left) { c.log.Debug("probe", probeFields(v, left)...) }
	}
	drain := probe.NewDrain()
	ask := probe.Journal(drain.Over(probe.Share(prober.Probe, c.maxAge, drain.Lifetime)), c.log)
	server, err := probe.Listen(probe.Options{
		Address: c.listen, Path: c.path, Probe: ask, Timeout: c.target.Timeout, Certificate: c.certificate, Log: c.log,
	})
	if err != nil {
		c.log.Error("cannot listen, is the port in use? set WSHEALTHZ_LISTEN to a free one", zap.Error(err))
		return exitFault
	}
	c.log.Info("serving", startFields(c, server)...)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve() }()
	select {
	case err := <-ended:
		c.log.Error("the health listener ended", zap.Error(err))
		return exitFault
	case <-ctx.Done():
	}
	drain.Begin()
	server.Stop()
	left, cancel := context.WithTimeout(context.Background(), leaveBound)
	defer cancel()
	prober.Wait(left)
	return exitOK
}

// startFields is the configuration in effect: the real address, and each variable that holds something. What may
// hold a secret is "…".
func startFields(c *config, server *probe.Server) []zap.Field {
	fields := []zap.Field{zap.String("version", version), zap.Stringer("listen", server.Addr()), zap.Stringer("target", &c.target)}
	for _, v := range c.inEffect {
		value := *v.value
		switch name := strings.TrimPrefix(v.name, prefix); {
		case value == "" || name == "LISTEN" || name == "TARGET":
		case name == "HEADERS" || name == "SEND" || name == "EXPECT":
			fields = append(fields, zap.String(strings.ToLower(name), "…"))
		default:
			fields = append(fields, zap.String(strings.ToLower(name), value))
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
